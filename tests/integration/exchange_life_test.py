# SPDX-License-Identifier: Apache-2.0
"""Long polls and large bodies in front of Exchange: what they cost, and how they end when a server does."""
import contextlib
import hashlib
import os
import random
import signal
import socket
import threading
import unittest

from support import contoso, fake_exchange, memory
from support.admin import metric
from support.fake_exchange import Ended
from support.phone import Phone, Wire, connect, eas
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

    def test_a_body_that_exchange_takes_slowly_arrives_as_it_was_sent(self):
        """In pieces of another size than a record or a read, and with more of it on its way whenever Exchange stalls."""
        self.exchange = fake_exchange.start(self, receive_buffer=4096)
        server = self.start(workers=1)
        body = random.Random(451).randbytes(12 * MIB)
        received, goes_on = [], threading.Event()
        self.exchange.before_body = lambda *_: goes_on.wait(60)

        def note(peer, request):
            received.append(request.body)
            peer.answer(200)
        self.exchange.behaviour = note
        with Phone(server) as phone:
            phone.send(eas(ANNA, cmd="SendMail", fields=(f"Content-Length: {len(body)}",)))

            def push():
                for at in range(0, len(body), 10000):
                    phone.socket.sendall(body[at:at + 10000])
            sender = threading.Thread(target=push)
            sender.start()
            sender.join(1.0)
            goes_on.set()
            sender.join(60)
            self.assertEqual(200, phone.read().status)
        self.assertEqual([hashlib.sha256(body).hexdigest()], [hashlib.sha256(each).hexdigest() for each in received])

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

    def test_an_answer_with_a_reset_behind_it(self):
        server = self.start()

        def refuses(peer, _):
            # So that the answer is not held back until the session tickets are acknowledged, and lost with the reset.
            peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.answer(503, b"full", ("Connection: close",), phrase="Service Unavailable")
            raise Ended  # with a body that nobody reads
        self.exchange.before_body = refuses
        for size in (20_000, 200_000, 3_000_000) * 3:
            with self.subTest(size), Phone(server) as phone:
                # Of a phone that is not done when its connection is closed, its own writing may fail.
                with contextlib.suppress(OSError):
                    phone.send(eas(ANNA, cmd="SendMail", body=b"b" * size))
                answer = phone.read()
                self.assertEqual((503, b"full"), (answer.status, answer.body))

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
        # What is known to be malformed before Exchange has heard of it, it does not hear of at all.
        self.assertEqual([], self.exchange.heads)


class Reloads(Life):
    def test_exchange_is_taken_out_while_a_request_looks_for_a_server(self):
        other = fake_exchange.start(self, self.exchange._authority)
        config = self.exchange.config(other, limits={"exchange_check": "5m", "exchange_connect": "2s"})
        server = start(self, config, contoso.directory())
        for each in (self.exchange, other):
            wait_until(lambda: metric(server, f'eas451_exchange_up{{server="{each.url}"}}') == 1, "it is up")  # pylint: disable=cell-var-from-loop
        with Phone(server) as phone:
            self.assertEqual(200, phone.ask(eas(ANNA)).status)
            home, away = (self.exchange, other) if self.exchange.requests else (other, self.exchange)
            home.greets = False
            home.end_connections()
            phone.send(eas(ANNA))
            wait_until(lambda: home.ungreeted != 0, "a connection that is not greeted")
            del config["exchange"]
            server.site.write_config(config)
            server.reload()
            self.assertEqual(("200", [ANNA]), (str(phone.read().status), [each for each in map(fake_exchange.login_of, home.heads[1:] + away.heads)]))
        server.stop()

    def test_a_connection_is_kept_no_longer_than_told_though_nobody_is_there(self):
        server = self.start(limits={"exchange_idle": "1s"})
        with Phone(server) as phone:
            self.assertEqual(200, phone.ask(eas(ANNA)).status)
            phone.finish()
        wait_until(lambda: not self.exchange.users(), "the connection to be closed")


class Ends(Life):
    def test_a_client_that_says_no_more_is_gone_and_gets_nothing_in_the_middle_of_an_answer(self):
        config = self.exchange.config(limits={"exchange_check": "5m"})
        config["listeners"] = [{"bind": "127.0.0.1:0", "tls": "off"}]
        server = start(self, config, contoso.directory())
        wait_until(lambda: metric(server, f'eas451_exchange_up{{server="{self.exchange.url}"}}') == 1, "it is up")
        for framing, begun in ((b"Content-Length: 60", b"half"), (b"Transfer-Encoding: chunked", b"4\r\nhalf\r\n")):
            with self.subTest(framing):
                def halfway(peer, _):
                    peer.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n" + begun)  # pylint: disable=cell-var-from-loop
                    peer.wait_for_end()
                    raise Ended
                self.exchange.behaviour = halfway
                with Wire(connect(server.https)) as phone:
                    phone.send(eas(ANNA))
                    got = b""
                    while not got.endswith(begun):
                        got += phone.socket.recv(65536)
                    phone.socket.shutdown(socket.SHUT_WR)
                    self.assertEqual(b"", phone.socket.recv(65536))
        lines = [w3c(line) for line in server.all_access_lines()]
        self.assertEqual(["200", "200"], [line.status for line in lines])

    def test_a_client_that_says_no_more_before_the_answer_gets_none(self):
        config = self.exchange.config(limits={"exchange_check": "5m"})
        config["listeners"] = [{"bind": "127.0.0.1:0", "tls": "off"}]
        server = start(self, config, contoso.directory())
        wait_until(lambda: metric(server, f'eas451_exchange_up{{server="{self.exchange.url}"}}') == 1, "it is up")
        with Wire(connect(server.https)) as phone:
            news = self.hold(server, phone)
            phone.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(b"", phone.socket.recv(65536))
            news.set()
        self.assertEqual("499", w3c(server.all_access_lines()[0]).status)

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
        line = w3c(server.all_access_lines()[0])
        self.assertEqual("503", line.status)  # not 499: it was not the phone that left
        self.assertIn("Rsn:proxied", line.query)

    def test_a_deadline_in_a_drain_is_answered(self):
        server = self.start(limits={"exchange_connect": "1s", "exchange_check": "5m"})
        wait_until(lambda: metric(server, f'eas451_exchange_up{{server="{self.exchange.url}"}}') == 1, "it is up")
        reached, goes_on = threading.Event(), threading.Event()
        self.addCleanup(goes_on.set)

        def says_nothing(plain):
            with plain:
                reached.set()
                goes_on.wait(60)
        self.exchange._serve = says_nothing
        with Phone(server) as phone:
            phone.send(eas(ANNA))
            self.assertTrue(reached.wait(30))
            server.signal(signal.SIGTERM)
            server.err.wait_for("stopping: ")
            answer = phone.read()
            self.assertEqual((200, True, True), (answer.status, b"\x03111\x00" in answer.body, answer.closes()))
        server.wait_for_exit()
        line = w3c(server.all_access_lines()[0])
        self.assertIn("Rsn:exchange-down", line.query)

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
