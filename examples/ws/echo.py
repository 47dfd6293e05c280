#!/usr/bin/env python3
"""Sends every message back. Output into a pipe is buffered, so each line is flushed."""
import sys

for line in sys.stdin:
    print(line, end="", flush=True)
