# SPDX-License-Identifier: Apache-2.0
"""Passwords that are known again: each is sent in a way of its own, and then looked for, plain, in base64 and
percent-encoded, in every log, in what the admin listener tells, and in the memory of the server within a second."""
import base64
import os
import ssl
import unittest
import urllib.parse

from support import contoso, ldap_site, memory, slapd
from support.admin import ask, metric
from support.phone import Phone, Wire, basic, connect, context, eas, get
from support.server import IS_ROOT, command, start, wait_until

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
SOON = 30.0 if {"ASAN_OPTIONS", "TSAN_OPTIONS"} & os.environ.keys() else 1.0
LOG = {"level": "debug"}
OWNER = "canary@contoso.com"
RIGHT = "Canary!right~4f1d9ab0c7"


def needles(login, password):
    """The password, what base64 makes of it behind its login, and what a URL makes of it."""
    # The first and last groups of base64 depend on what is beside the password.
    encoded = base64.b64encode(f"{login}:{password}".encode())
    first = (len(login) + 1 + 2) // 3 * 4
    return [password.encode(), encoded[first:-4], urllib.parse.quote(password, safe="").encode()]


class Canaries:
    """One password for each way, and all that may never be found."""

    def __init__(self):
        self.needles = []
        self.not_in_logs = []

    def new(self, way, login=OWNER):
        return self.known(f"Canary!{way}~{os.urandom(8).hex()}", login)

    def known(self, password, login=OWNER):
        self.needles += needles(login, password)
        return password


def send_half(server, tls, data):
    """A request that ends in the middle, with its connection."""
    with Phone(server, tls) as phone:
        phone.send(data)


def call_in_every_way(test, server, canaries, right):
    """`right`: (login, password) of a user who is redirected."""
    login, password = right
    for version in VERSIONS:
        tls = context(minimum_version=version, maximum_version=version)

        def wrong(way, tls=tls, **more):
            """A request with a password that is wrong, and new."""
            return eas(login, canaries.new(f"{way}{tls.minimum_version.name[-1]}", login), **more)

        def refused(data, status, tls=tls):
            with Phone(server, tls) as phone:
                test.assertEqual(status, phone.ask(data).status)

        with Phone(server, tls) as phone:
            test.assertEqual(451, phone.ask(eas(login, password)).status)
            test.assertIn(phone.ask(wrong("wrong")).status, (401, 200))
            # Both arrive in one piece; the second waits in the buffer behind the first.
            phone.send(eas(login, password) + wrong("pipelined"))
            test.assertEqual(451, phone.read().status)
            test.assertIn(phone.read().status, (401, 200))
            phone.finish()
        refused(wrong("field", fields=("Bad Name: x",)), 400)
        refused(wrong("folded", fields=(" folded: x",)), 400)
        refused(wrong("old", http="HTTP/0.9"), 400)
        refused(wrong("twice", fields=(f"Authorization: {basic(login, canaries.new('again', login))}",)), 400)
        refused(wrong("nohost", host=None), 400)
        refused(wrong("large", fields=("X-Filler: " + "f" * 20000,)), 400)
        refused(wrong("method", method="BREW"), 404)
        refused(wrong("path", target="/owa"), 404)
        broken = basic(login, canaries.new("broken", login))
        refused(eas(login, authorization=broken[:-6] + "*" + broken[-6:]), 401)
        whole = wrong("cut")
        send_half(server, tls, whole[:-4])
        send_half(server, tls, wrong("body", fields=("Content-Length: 1000",)) + b"b" * 10)
        send_half(server, tls, wrong("gone"))
    # Plain HTTP on the port of TLS. Whoever listens has it already; that no log has it is looked at.
    in_plain = f"Canary!plain~{os.urandom(8).hex()}"
    canaries.not_in_logs += needles(login, in_plain)
    with Wire(connect(server.https)) as plain:
        plain.send(eas(login, in_plain))
        try:
            while plain.socket.recv(65536):
                pass
        except ConnectionResetError:
            pass


class Canary(unittest.TestCase):
    def judge(self, server, canaries):
        told = b""
        for path in ("/metrics", "/healthz", "/readyz", "/api/v1/status"):
            told += ask(server, path).raw
        # A wrong password that is checked by a slow hash is a request for as long as that takes.
        wait_until(lambda: metric(server, "eas451_connections") == 0, "the end of every request")
        if IS_ROOT:
            memory.wait_until_gone(server.process.pid, canaries.needles, SOON)
        server.stop()
        told += (server.out.text() + server.err.text()).encode("utf-8", "surrogateescape")
        found = [needle for needle in canaries.needles + canaries.not_in_logs if needle in told]
        self.assertEqual([], found)
        # What was looked through was worth it.
        self.assertGreater(len(canaries.needles), 90)
        self.assertIn(b"bad-credentials", told)

    def test_users_in_a_file(self):
        for form in ("w3c", "json"):
            with self.subTest(form):
                canaries = Canaries()
                made = command("hash-password", stdin=RIGHT + "\n").stdout.strip()
                owner = contoso.moved("canary", password_hash=made)
                del owner["password"]
                server = start(self, contoso.config(access_log={"format": form}, log=LOG), contoso.directory(owner))
                call_in_every_way(self, server, canaries, (OWNER, canaries.known(RIGHT)))
                self.judge(server, canaries)

    def test_users_in_a_directory_server(self):
        directory = slapd.start(self)
        canaries = Canaries()
        login = "user12@contoso.com"
        server = ldap_site.start(self, directory, log=LOG)
        # Twice: tried by a bind, and known again.
        for _ in range(2):
            call_in_every_way(self, server, canaries, (login, canaries.known("Passw0rd!user12", login)))
        self.judge(server, canaries)

    def test_while_something_is_waited_for(self):
        """The password was read: it does not lie about until a body has come, or for as long as a client is deaf."""
        server = start(self, contoso.config(log=LOG), contoso.directory())
        canaries = Canaries()
        with Phone(server) as bodiless, Phone(server, receive_buffer=2048) as refused:
            bodiless.send(eas(password=canaries.new("stalled"), fields=("Content-Length: 1000",)) + b"b" * 10)
            refused.send(eas(password=canaries.new("refused"), fields=("Content-Length: 1", "Content-Length: 2")))
            self.assertEqual(400, refused.read().status)
            if IS_ROOT:
                memory.wait_until_gone(server.process.pid, canaries.needles, SOON)
            bodiless.send(b"b" * 990)
            self.assertEqual(401, bodiless.read().status)

    def test_the_admins_own(self):
        canaries = Canaries()
        right = canaries.known("Canary!admin~77aa01", "admin")
        made = command("hash-password", stdin=right + "\n").stdout
        server = start(self, contoso.config(log=LOG, admin={"bind": "127.0.0.1:0", "password_hash_file": "admin.hash"}),
                       contoso.directory(), {"admin.hash": made})
        for password, status in ((right, 200), (canaries.new("admin", "admin"), 401), (right, 200)):
            with Wire(connect(server.admin)) as wire:
                answer = wire.ask(get("/metrics", "127.0.0.1", fields=(f"Authorization: {basic('admin', password)}",)))
                self.assertEqual(status, answer.status)
        if IS_ROOT:
            memory.wait_until_gone(server.process.pid, canaries.needles, SOON)
        server.stop()
        self.assertFalse(any(needle.decode() in server.err.text() for needle in canaries.needles))


if __name__ == "__main__":
    unittest.main()
