# SPDX-License-Identifier: Apache-2.0
"""A name server on loopback, UDP and TCP on one port, that answers for SRV records as a test tells it.

    dns = fake_dns.start(self)
    dns.records["_ldap._tcp.dc._msdcs.contoso.com"] = [(0, 100, 389, "dc1.contoso.com")]

A name that has no records does not exist. `behaviour` says how it answers, and may change at any time.
"""
import socket
import struct
import threading

from support.server import wait_until

CONTROLLERS = "_ldap._tcp.dc._msdcs."
SRV, INTERNET = 33, 1
GOOD, SERVFAIL, NO_SUCH_NAME = 0, 2, 3

# Behaviours: how a question is answered by UDP; by TCP it is answered in full unless the server is silent.
ANSWERS, SILENT, GARBAGE, CUT, IN_TROUBLE = "answers", "silent", "garbage", "cut", "in trouble"


def _name(text):
    return b"".join(bytes([len(label)]) + label.encode("ascii") for label in text.split(".") if label) + b"\0"


def _read_name(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("ascii"))
        at += 1 + message[at]
    return ".".join(labels), at + 1


class FakeDns:
    """Its own threads answer; `records` and `behaviour` are the test's."""

    def __init__(self):
        self.records = {}
        self.behaviour = ANSWERS
        self.asked = []  # (protocol, name)
        self._tcp = socket.socket()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._tcp.bind(("127.0.0.1", 0))
        self._udp.bind(self._tcp.getsockname())
        self._tcp.listen()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=serve, daemon=True) for serve in (self._serve_udp, self._serve_tcp)]
        for thread in self._threads:
            thread.start()

    @property
    def address(self):
        return f"127.0.0.1:{self._tcp.getsockname()[1]}"

    def wait_until_asked(self, count):
        wait_until(lambda: len(self.asked) >= count, f"{count} questions")

    def stop(self):
        self._stopping.set()
        for listening in (self._tcp, self._udp):
            try:
                listening.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # UDP is not connected; the shutdown wakes it all the same
        for thread in self._threads:
            thread.join()
        self._tcp.close()
        self._udp.close()

    def _serve_udp(self):
        while not self._stopping.is_set():
            try:
                question, client = self._udp.recvfrom(4096)
            except OSError:
                return
            answer = self._answer(question, "udp") if question else None
            if answer is not None:
                self._udp.sendto(answer, client)

    def _serve_tcp(self):
        while not self._stopping.is_set():
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                length = connection.recv(2, socket.MSG_WAITALL)
                if len(length) < 2:
                    continue
                answer = self._answer(connection.recv(struct.unpack(">H", length)[0], socket.MSG_WAITALL), "tcp")
                if answer is not None:
                    connection.sendall(struct.pack(">H", len(answer)) + answer)

    def _answer(self, question, protocol):
        name, end = _read_name(question, 12)
        self.asked.append((protocol, name))
        if self.behaviour == SILENT:
            return None
        if self.behaviour == GARBAGE and protocol == "udp":
            return question[:2] + b"\x81\x80" + b"\xff" * 40
        records = self.records.get(name)
        is_cut = self.behaviour == CUT and protocol == "udp"
        code = SERVFAIL if self.behaviour == IN_TROUBLE else GOOD if records is not None else NO_SUCH_NAME
        sent = [] if is_cut or code != GOOD else records
        flags = 0x8180 | (0x0200 if is_cut else 0) | code
        head = question[:2] + struct.pack(">HHHHH", flags, 1, len(sent), 0, 0)
        return head + question[12:end + 4] + b"".join(self._record(*record) for record in sent)

    def _record(self, priority, weight, port, host):
        data = struct.pack(">HHH", priority, weight, port) + _name(host)
        return b"\xc0\x0c" + struct.pack(">HHIH", SRV, INTERNET, 600, len(data)) + data


def start(test):
    made = FakeDns()
    (test.addClassCleanup if isinstance(test, type) else test.addCleanup)(made.stop)
    return made
