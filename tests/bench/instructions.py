#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What one 451 costs in things that noise cannot move: instructions in user space and allocations, counted by
callgrind, and system calls, counted by strace. eas451 beside nginx: keep-alive over TLS and plain, and a full
handshake with as many tickets. No bar."""
import argparse
import collections
import os
import signal
import subprocess
import sys
import threading

from front import callgrind
from front.client import Client, VoidRun
from front.servers import Eas451, Nginx, Variant
from front.site import Site

# What is counted, how the client asks for it, and how often: before, and the two runs whose difference counts.
Subject = collections.namedtuple("Subject", "title mode tls warm few many")
KEEP_ALIVE = Subject("one 451, keep-alive, TLS", "load", True, 1000, 1000, 3000)
PLAIN = Subject("one 451, keep-alive, plain", "load", False, 1000, 1000, 3000)
HANDSHAKE = Subject("one connection: full handshake, 451, close", "hs", True, 16, 16, 64)
CONNECTIONS = 16
SHOWN = ("own", "libcrypto", "libssl", "libc", "other")


def ask(server, mode, requests, begin=lambda: None, end=lambda: None):
    """So many requests, `begin` before the first and `end` after the last."""
    client = Client(server, mode, requests=requests, connections=CONNECTIONS)
    try:
        client.expect("ready")
        begin()
        client.go()
        client.report()
        end()
    finally:
        client.end()


def count_instructions(kind, site, variant, subject):
    """(Counts of one request, the dump): what more requests cost more, so that nothing else is in it."""
    profile = callgrind.Profile(site.folder)
    server = kind(site, variant, wrapper=profile.command())
    try:
        ask(server, subject.mode, subject.warm)
        profile.attach(server.serving_pid())
        dumps = []
        for requests in (subject.few, subject.many):
            ask(server, subject.mode, requests, profile.begin, lambda: dumps.append(profile.end()))
    finally:
        server.stop()
    few, many = map(callgrind.read, dumps)
    return callgrind.difference(few, many, subject.many - subject.few), dumps[1]


class Strace:
    """System calls of a process and its threads while it is attached."""

    def __init__(self, pid, file):
        self.pid, self.file, self.process, self.reader = pid, file, None, None
        self.attached = threading.Event()

    def _read(self):
        for line in self.process.stderr:
            if "attached" in line:
                self.attached.set()

    def begin(self):
        self.process = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-o", self.file, "-p", str(self.pid)],
                                        stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if not self.attached.wait(20):
            raise RuntimeError("strace could not attach")

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()

    def calls(self):
        found = {}
        for line in self.file.read_text(encoding="ascii").splitlines():
            words = line.split()
            if len(words) == 2 and words[0].isdigit() and words[1] != "total":
                found[words[1]] = int(words[0])
        return found


def count_system_calls(kind, site, variant, subject):
    """{name: calls of one request}"""
    server = kind(site, variant)
    try:
        ask(server, subject.mode, subject.warm)
        tracer = Strace(server.serving_pid(), server.folder / "strace")
        ask(server, subject.mode, subject.many, tracer.begin, tracer.end)
        return {name: calls / subject.many for name, calls in tracer.calls().items() if calls >= subject.many / 50}
    finally:
        server.stop()


def print_row(name, counts, peer, calls):
    parts = ", ".join(f"{part} {counts.objects.get(part, 0) / 1000:.1f}k" for part in SHOWN if counts.objects.get(part))
    print(f"  {name:<22}{counts.instructions:>10,.0f} instructions {counts.instructions / peer:>6.3f} x nginx"
          f"{counts.allocations:>8.1f} allocations   ({parts})")
    listed = ", ".join(f"{call} {count:.2f}" for call, count in sorted(calls.items(), key=lambda item: -item[1]))
    print(f"  {'':<22}{sum(calls.values()):>10.2f} system calls: {listed}", flush=True)


def measure(site, subject, with_log, top):
    print(subject.title)
    servers = [("nginx", Nginx, False), ("eas451", Eas451, False)]
    if with_log:
        servers.append(("eas451, json log", Eas451, True))
    peer = None
    for name, kind, log in servers:
        variant = Variant(tls=subject.tls, log=log)
        counts, dump = count_instructions(kind, site, variant, subject)
        peer = peer or counts.instructions
        print_row(name, counts, peer, count_system_calls(kind, site, variant, subject))
        if top and kind is Eas451 and not log:
            callgrind.print_top(dump, subject.many, top)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eas451", default="build/release/eas451", help="the binary that is measured")
    parser.add_argument("--client", default="build/bench/tests/bench/load_client", help="the load generator")
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--top", type=int, default=0, help="also the functions of eas451 that cost most")
    arguments = parser.parse_args()
    Eas451.binary, Client.binary = os.path.abspath(arguments.eas451), os.path.abspath(arguments.client)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end too
    site = Site(arguments.users)
    try:
        for kind in (Eas451, Nginx):
            print(f"{kind.name}: {kind.version()}")
        print(f"{callgrind.version()}\n", flush=True)
        for subject, with_log in ((KEEP_ALIVE, True), (PLAIN, False), (HANDSHAKE, False)):
            measure(site, subject, with_log, arguments.top)
        return 0
    except VoidRun as error:
        print(f"void: {error}", file=sys.stderr)
        return 1
    finally:
        site.remove()


if __name__ == "__main__":
    sys.exit(main())
