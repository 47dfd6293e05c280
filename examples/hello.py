#!/usr/bin/env python3
"""Hello in Python: a whole HTTP response, as bytes, with CR LF at the end of each line of the head."""
import os
import sys
from email.utils import formatdate

content = b"Hello from Python.\n"
head = (
    "HTTP/1.1 200 OK\r\n"
    f"Date: {formatdate(usegmt=True)}\r\n"
    "Content-Type: text/plain\r\n"
    f"Content-Length: {len(content)}\r\n"
    "Connection: close\r\n"
    "\r\n"
)
sys.stdout.buffer.write(head.encode("ascii"))
if os.environ.get("REQUEST_METHOD") != "HEAD":
    sys.stdout.buffer.write(content)
