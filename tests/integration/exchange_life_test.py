# SPDX-License-Identifier: Apache-2.0
"""Long polls and large bodies in front of Exchange: what they cost, and how they end when a server does."""
import contextlib
import os
import signal
import threading
import unittest

from support import contoso, fake_exchange, memory
from support.admin import metric
from support.fake_exchange import Ended
from support.phone import Phone, eas
from support.server import IS_ROOT, start, wait_until, w3c
from support.usage import resident_kib

ANNA = "anna@contoso.com"
MIB = 1 << 20
# A sanitizer keeps what was freed.
SANITIZED = bool(os.environ.get("EAS451_SANITIZER"))


class Life(unittest.TestCase):
    def setUp(self):
        self.exchange = fake_exchange.start(self)

    def start(self, **sections):
        return start(self, self.exchange.config(**sections), contoso.directory())


class Bodies(Life):
    def test_a_body_that_exchange_does_not_take_is_not_held(self):
        server = self.start(workers=1)
        goes_on = threading.Event()

        def wait(*_):
            goes_on.wait(60)
        self.exchange.before_body = wait
        before = resident_kib(server.process.pid)
        body = b"b" * (24 * MIB)
        with Phone(server) as phone:
            sender = threading.Thread(target=phone.send, args=(eas(ANNA, cmd="SendMail", body=body),))
            sender.start()
            self.exchange.wait_for(lambda: self.exchange.connections >= 1, "it is on its way")
            # It stands still once the kernel's buffers are full.
            sender.join(1.0)
            self.assertTrue(sender.is_alive())
            if not SANITIZED:
                self.assertLess(resident_kib(server.process.pid) - before, 4096)
            goes_on.set()
            sender.join(60)
            self.assertEqual(len(body), len(phone.read().body))

    def test_an_answer_that_the_phone_does_not_take_is_not_held(self):
        server = self.start(workers=1)
        size = 24 * MIB
        sent = threading.Event()

        def much(peer, _):
            peer.answer(200, b"a" * size)
            sent.set()
        self.exchange.behaviour = much
        before = resident_kib(server.process.pid)
        with Phone(server) as phone:
            phone.send(eas(ANNA, cmd="Sync"))
            self.exchange.wait_for_requests(1)
            self.assertFalse(sent.wait(1.0))
            if not SANITIZED:
                self.assertLess(resident_kib(server.process.pid) - before, 4096)
            self.assertEqual(size, len(phone.read().body))

    def test_an_answer_before_the_end_of_the_body(self):
        server = self.start()

        def refuses(peer, _):
            peer.answer(503, b"full", ("Connection: close",), phrase="Service Unavailable")
            peer.wait_for_end()
            raise Ended
        self.exchange.before_body = refuses
        for fields, body in ((("Content-Length: 10000000",), b"b" * 100000), (("Transfer-Encoding: chunked",), b"5\r\nhello\r\n")):
            with self.subTest(fields), Phone(server) as phone:
                answer = phone.ask(eas(ANNA, cmd="SendMail", fields=fields) + body)
                self.assertEqual((503, b"full", True), (answer.status, answer.body, answer.closes()))

    def test_a_body_that_comes_too_slowly(self):
        server = self.start(limits={"body_rate": "1KiB", "body_grace": "300ms"})
        with Phone(server) as phone:
            answer = phone.ask(eas(ANNA, cmd="SendMail", fields=("Content-Length: 1000",)) + b"b")
            self.assertEqual((408, True), (answer.status, answer.closes()))
        line = w3c(server.all_access_lines()[0])
        self.assertIn("Rsn:body-too-slow", line.query)
        self.assertEqual([], self.exchange.requests)

    def test_a_malformed_body(self):
        server = self.start()
        with Phone(server) as phone:
            answer = phone.ask(eas(ANNA, fields=("Transfer-Encoding: chunked",)) + b"5\r\nhello\r\nzz\r\n")
            self.assertEqual((400, True), (answer.status, answer.closes()))
        self.assertEqual([], self.exchange.requests)


class Ends(Life):
    def hold(self, server, phone):
        news = threading.Event()
        self.exchange.behaviour = fake_exchange.holds(news)
        phone.send(eas(ANNA, body=b"ping"))
        self.exchange.wait_for_requests(1)
        return news

    def test_a_drain_waits_for_what_is_held(self):
        server = self.start()
        with Phone(server) as phone:
            news = self.hold(server, phone)
            server.signal(signal.SIGTERM)
            server.err.wait_for("stopping: ")
            news.set()
            answer = phone.read()
            self.assertEqual((200, b"ping", True), (answer.status, answer.body, answer.closes()))

    def test_a_drain_ends(self):
        server = self.start(limits={"drain": "300ms"})
        with Phone(server) as phone:
            news = self.hold(server, phone)
            server.signal(signal.SIGTERM)
            with contextlib.suppress(ConnectionResetError):
                self.assertEqual(b"", phone.socket.recv(1))
            news.set()
        server.wait_for_exit()

    def test_a_reload_to_another_server(self):
        second = fake_exchange.FakeExchange(self.exchange._authority)
        self.addCleanup(second.stop)
        server = self.start()
        with Phone(server) as phone:
            news = self.hold(server, phone)
            config = self.exchange.config()
            config["exchange"]["servers"] = [second.url]
            server.site.write_config(config)
            server.signal(signal.SIGHUP)
            server.err.wait_for("reload: done")
            wait_until(lambda: metric(server, f'eas451_exchange_up{{server="{second.url}"}}') == 1, "the second is up")
            with Phone(server) as another:
                self.assertEqual(b"new", another.ask(eas(ANNA, body=b"new")).body)
            news.set()
            self.assertEqual(b"ping", phone.read().body)
        self.assertEqual([b"new"], [each.body for each in second.requests])

    def test_exchange_takes_longer_than_it_may(self):
        server = self.start(limits={"held": "6s"}, directory={"type": "file", "file": "directory.json", "deadline": "1s"})
        with Phone(server) as phone:
            news = self.hold(server, phone)
            answer = phone.read()
            self.assertEqual((200, True), (answer.status, b"\x03111\x00" in answer.body))
            server.err.wait_for("did not answer in time")
            news.set()
            phone.finish()

    @unittest.skipUnless(IS_ROOT, "only root may look into another's memory")
    def test_no_password_is_kept_while_a_poll_is_held(self):
        server = self.start()
        with Phone(server) as phone:
            news = self.hold(server, phone)
            memory.wait_until_gone(server.process.pid, [b"YW5uYUBjb250b3NvLmNvbTpQYXNzdzByZCFhbm5h"], 30.0 if SANITIZED else 1.0)
            news.set()
            self.assertEqual(200, phone.read().status)


if __name__ == "__main__":
    unittest.main()
