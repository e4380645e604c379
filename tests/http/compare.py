#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The cases of tests/http/corpus against this server, and against Debian's nginx and HAProxy as reverse proxies.

A must-reject case counts as processed when the server behind the proxy got a complete request of it, or of what is
behind it, mended or not; with us, when any of its answers is not a refusal. The class of limits is left out: everybody
has limits of their own. Prints a table, with --names also which cases they are.
"""
import argparse
import collections
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

import corpus
import exchange

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from support import contoso  # noqa: E402
from support.server import Server, Site, wait_until  # noqa: E402

GENUINE = 299  # the status of the server behind the proxies
PATIENCE = 8.0  # a proxy that waits for more bytes than there are gives up after 2 s

Seen = collections.namedtuple("Seen", "statuses requests trailers")


class Upstream:
    """Reads requests as leniently as can be, and remembers the complete ones."""

    def __init__(self):
        self.requests = []
        self.trailers = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def close(self):
        self._listener.close()

    def take(self):
        """What was complete since the last time."""
        with self._lock:
            taken = self.requests, self.trailers
            self.requests, self.trailers = [], 0
        return taken

    def _serve(self, connected):
        with connected, connected.makefile("rb") as stream:
            try:
                while self._read_one(stream):
                    connected.sendall(b"HTTP/1.1 %d Genuine\r\nContent-Length: 0\r\n\r\n" % GENUINE)
            except (OSError, ValueError, OverflowError):
                pass

    def _read_one(self, stream):
        head = _lines(stream)
        if not head:
            return False
        fields = b"\n".join(head[1:]).lower()
        length = re.search(rb"content-length:\s*([0-9]+)", fields)
        trailers = []
        if b"chunked" in fields:
            trailers = _chunks(stream)
        elif length and len(stream.read(int(length.group(1)))) < int(length.group(1)):
            return False
        with self._lock:
            self.requests.append(head[0])
            self.trailers += bool(trailers)
        return True


def _lines(stream):
    """Up to an empty line; a stream that ends before is a ValueError if it had begun."""
    lines = []
    while True:
        line = stream.readline()
        if not line.endswith(b"\n"):
            if lines or line:
                raise ValueError("unfinished")
            return lines
        if not line.strip(b"\r\n"):
            return lines
        lines.append(line.strip(b"\r\n"))


def _chunks(stream):
    while True:
        line = stream.readline()
        if not line.endswith(b"\n"):
            raise ValueError("unfinished")
        size = int(line.split(b";")[0], 16)
        if size == 0:
            return _lines(stream)
        if len(stream.read(size)) < size or not stream.readline().endswith(b"\n"):
            raise ValueError("unfinished")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_header_timeout 2s;
    client_body_timeout 2s;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{upstream};
            proxy_http_version 1.1;
        }}
    }}
}}
"""

HAPROXY = """
defaults
    mode http
    timeout connect 2s
    timeout server 2s
    timeout client 2s
    timeout http-request 2s
frontend front
    bind 127.0.0.1:{port}
    default_backend back
backend back
    server upstream 127.0.0.1:{upstream}
"""


class Proxy:
    """A proxy with a configuration of its own in a folder of its own, ended by its process id."""

    def __init__(self, program, arguments, configuration):
        self.upstream = Upstream()
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix="eas451-compare-")
        path = pathlib.Path(self.folder, "configuration")
        path.write_text(configuration.format(folder=self.folder, port=self.port, upstream=self.upstream.port),
                        encoding="ascii")
        self.process = subprocess.Popen([program, *arguments, str(path)], cwd=self.folder,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, f"{program} to listen")

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), PATIENCE):
                return True
        except OSError:
            if self.process.poll() is not None:
                raise AssertionError("a proxy did not start") from None
            return False

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.upstream.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _send(self, data):
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connected:
            try:
                connected.sendall(data + exchange.LAST)
            except OSError:
                pass
            try:
                return exchange.read_answers(connected)[0]
            except (OSError, AssertionError):
                return ()

    def ask(self, data):
        statuses = self._send(data)
        # A proxy may refuse and still be passing on: what it sent has arrived when a later request has.
        self._send(b"")
        requests, trailers = self.upstream.take()
        requests.pop()
        return Seen(statuses, requests, trailers)


class Ourselves:
    """The release binary, over TLS."""

    def __init__(self):
        self._site = Site(contoso.config(authentication={"basic": "off"}),
                          contoso.directory(contoso.moved("u")))
        self._server = Server(self._site).wait_until_listening()
        self._talker = exchange.Talker(self._server.https, exchange.tls_context())

    def ask(self, data):
        try:
            statuses, _ = self._talker.talk([data])
        except TimeoutError:  # it waits for more: neither served nor refused
            statuses = ()
        return Seen(statuses, [status for status in statuses if status not in exchange.REFUSALS], 0)

    def close(self):
        self._server.stop()
        self._site.remove()


def version_of(program, flag):
    told = subprocess.run([program, flag], capture_output=True, text=True, check=True)
    return re.search(r"[0-9]+\.[0-9]+\.[0-9]+", told.stdout + told.stderr).group()


def contestants():
    return {
        "eas451": Ourselves,
        "nginx " + version_of("nginx", "-v"): lambda: Proxy("nginx", ["-e", "stderr", "-c"], NGINX),
        "HAProxy " + version_of("haproxy", "-v"): lambda: Proxy("haproxy", ["-db", "-f"], HAPROXY),
    }


def run(cases, start):
    """{case name: Seen}"""
    server = start()
    try:
        return {case.name: server.ask(case.data) for case in cases}
    finally:
        server.close()


def print_table(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        print("  ".join(cells))


def tabulate(cases, results):
    """Rows of text: what was processed of each class of must-reject cases, and what became of the others."""
    rejects = [case for case in cases if case.verdict == "reject"]
    rows = [["must-reject, processed", "cases", *results]]
    for kind in dict.fromkeys(case.kind for case in rejects):
        chosen = [case for case in rejects if case.kind == kind]
        rows.append(["  " + kind, str(len(chosen)),
                     *(str(sum(bool(seen[case.name].requests) for case in chosen)) for seen in results.values())])
    rows.append(["all must-reject, processed", str(len(rejects)),
                 *(str(sum(bool(seen[case.name].requests) for case in rejects)) for seen in results.values())])
    for title, verdict, count in (
            ("policy, processed", "policy", lambda seen: bool(seen.requests)),
            ("accept, processed", "accept", lambda seen: bool(seen.requests)),
            ("trailers, passed on", "drop-trailers", lambda seen: bool(seen.trailers))):
        chosen = [case for case in cases if case.verdict == verdict]
        rows.append([title, str(len(chosen)),
                     *(str(sum(count(seen[case.name]) for case in chosen)) for seen in results.values())])
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", action="store_true", help="which must-reject cases were processed")
    arguments = parser.parse_args()
    cases = [case for case in corpus.read_cases() if case.kind != "limit"]
    results = {name: run(cases, start) for name, start in contestants().items()}
    print_table(tabulate(cases, results))
    if arguments.names:
        for name, seen in results.items():
            slipped = [case.name for case in cases if case.verdict == "reject" and seen[case.name].requests]
            print(f"\n{name}: {' '.join(slipped) or 'none'}")
    ours = next(iter(results.values()))
    return any(ours[case.name].requests for case in cases if case.verdict == "reject")


if __name__ == "__main__":
    sys.exit(main())
