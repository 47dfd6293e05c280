#!/usr/bin/env python3
"""What clients see when a process of the server dies: the figures of reliability.md.

    docs/reliability-load.py CASE [ROUNDS]     CASE: worker, workers, parent, stopped, few

Each round starts ./caffeine with four workers, loads it with 16 kept-alive clients of a CGI script
and 16 clients of a direct script, sends the signal, and lets the load go on ("few": no signal, but
64 descriptors for each process). Every request carries a
number of its own, which every line of the answer must show.
"""
import collections, os, random, re, signal, socket, statistics, subprocess, sys, tempfile, threading, time

HOME = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
LINES = 20
PATIENCE = 30
SCRIPT = """#!/bin/sh
{head}
i=0
while [ $i -lt 10 ]; do echo "$QUERY_STRING $PPID"; i=$((i+1)); done
sleep 0.02
while [ $i -lt 20 ]; do echo "$QUERY_STRING $1"; i=$((i+1)); done
"""


class Cut(Exception):
    pass


def receive(sock, so_far):
    try:
        data = sock.recv(65536)
    except socket.timeout:
        raise
    except OSError:
        data = b""
    if not data:
        raise Cut("cut" if so_far else "no byte")
    return data


def answer(sock, direct):
    """Reads one response; its status and content. Cut: it ended before its time."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(sock, data)
    head, _, rest = data.partition(b"\r\n\r\n")
    status, content = int(head[9:12]), b""
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    if length or b"chunked" not in head:
        want = int(length[1]) if length else LINES
        while (len(rest) < want) if length else (rest.count(b"\n") < want):
            rest += receive(sock, data)
        return status, rest, head
    while True:
        while b"\r\n" not in rest:
            rest += receive(sock, data)
        size, _, rest = rest.partition(b"\r\n")
        size = int(size, 16)
        while len(rest) < size + 2:
            rest += receive(sock, data)
        content, rest = content + rest[:size], rest[size + 2 :]
        if size == 0:
            return status, content, head


class Client(threading.Thread):
    def __init__(self, load, direct, number):
        super().__init__(daemon=True)
        self.load, self.direct, self.number = load, direct, number
        self.seen = collections.Counter()
        self.slowest = 0.0

    def run(self):
        asked, sock, workers = 0, None, None
        while not self.load.over:
            asked += 1
            token = b"%d.%d" % (self.number, asked)
            began = time.monotonic()
            try:
                if sock is None:
                    sock, worker = socket.create_connection(("127.0.0.1", self.load.port), PATIENCE), None
                target = b"/direct?" if self.direct else b"/cgi-bin/script?"
                sock.sendall(b"GET " + target + token + b" HTTP/1.1\r\nHost: x\r\n\r\n")
                status, content, head = answer(sock, self.direct)
                lines = content.split(b"\n")[:-1]
                if status != 200:
                    self.seen[str(status)] += 1
                elif len(lines) != LINES or any(line.split()[0] != token for line in lines):
                    self.seen["WRONG"] += 1
                else:
                    self.seen["whole"] += 1
                    worker = int(lines[0].split()[1])
                    self.slowest = max(self.slowest, time.monotonic() - began)
                if self.direct or b"Connection: close" in head:
                    sock.close()
                    sock = None
                continue
            except socket.timeout:
                self.seen["NEVER"] += 1
            except Cut as e:
                kind = str(e)
                if worker is not None and self.load.victims and worker not in self.load.victims:
                    kind = "of another worker"
                elif kind == "no byte" and began > self.load.signalled:
                    kind = "no byte, asked after the signal"
                self.seen[kind] += 1
            except ConnectionRefusedError:
                if self.load.parent_dead:
                    return
                self.seen["refused"] += 1
            except OSError:
                self.seen["no byte"] += 1
            if sock:
                sock.close()
            sock = None


class Load:
    def __init__(self, port):
        self.port, self.over, self.victims, self.parent_dead = port, False, set(), False
        self.signalled = float("inf")
        self.clients = [Client(self, i % 2 == 1, i) for i in range(32)]
        for client in self.clients:
            client.start()

    def end(self):
        self.over = True
        for client in self.clients:
            client.join(PATIENCE + 5)
        return {
            mode: sum((c.seen for c in self.clients if c.direct == direct), collections.Counter())
            + collections.Counter(slowest=max(c.slowest for c in self.clients if c.direct == direct))
            for mode, direct in (("cgi", False), ("direct", True))
        }


def workers_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as one:
        children = one.read()
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as more:
            children += " " + more.read()
    def is_worker(child):
        try:
            with open(f"/proc/{child}/comm") as name:
                return name.read().strip() == "java"
        except OSError:
            return False
    return [int(child) for child in sorted(set(children.split())) if is_worker(child)]


def round_of(case, tree):
    limited = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"] if case == "few" else []
    server = subprocess.Popen(
        limited + [os.path.join(HOME, "caffeine"), "--path", tree, "--port", "0", "--workers", "4"],
        env=dict(os.environ, CAFFEINE_NO_BUILD="1"),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
    load = Load(int(re.search(r":(\d+) ", server.stdout.readline())[1]))
    time.sleep(1.5 + random.random() / 5)
    workers = workers_of(server.pid)
    victims = {"worker": workers[:1], "stopped": workers[:1], "workers": workers, "parent": [server.pid], "few": []}[case]
    load.victims = set() if case == "parent" else set(victims)
    load.parent_dead = case == "parent"
    load.signalled = time.monotonic() if victims else float("inf")
    for pid in victims:
        os.kill(pid, signal.SIGSTOP if case == "stopped" else signal.SIGKILL)
    time.sleep(18 if case == "stopped" else 3)
    seen = load.end()
    if case != "parent":
        server.terminate()
    server.wait(40)
    return seen


def main():
    case, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10
    with tempfile.TemporaryDirectory() as tree:
        os.mkdir(tree + "/cgi-bin")
        head = "printf 'HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n'"
        for name, text in (("cgi-bin/script", "echo Content-Type: text/plain; echo"), ("direct", head)):
            with open(f"{tree}/{name}", "w") as script:
                script.write(SCRIPT.format(head=text))
            os.chmod(f"{tree}/{name}", 0o755)
        all_seen = []
        for _ in range(rounds):
            all_seen.append(round_of(case, tree))
            print({mode: dict(seen) for mode, seen in all_seen[-1].items()}, flush=True)
    for mode in ("cgi", "direct"):
        kinds = sorted({kind for seen in all_seen for kind in seen[mode]})
        print(f"{case}, {mode}:", *(
            f"{kind} {statistics.median(s[mode][kind] for s in all_seen):.4g}"
            f" ({min(s[mode][kind] for s in all_seen):.4g}-{max(s[mode][kind] for s in all_seen):.4g})"
            for kind in kinds), sep="\n    ")


main()
