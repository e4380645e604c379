# SPDX-License-Identifier: Apache-2.0
"""In front of Exchange: what a client, an odd server or a reload in between may do without harm to anybody else."""
import socket
import threading
import unittest

from support import contoso, fake_exchange
from support.admin import metric
from support.certificates import Authority
from support.fake_exchange import Ended, field
from support.phone import Phone, eas
from support.server import start, wait_until

ANNA = "anna@contoso.com"
CHUNKED = ("Transfer-Encoding: chunked",)
# So that no check comes between: what happens, happens to requests.
SELDOM = {"exchange_check": "5m"}
AHEAD = 16384  # what is read of a client while Exchange is waited for


class Attacked(unittest.TestCase):
    def setUp(self):
        self.exchange = fake_exchange.start(self)

    def start(self, *others, **sections):
        server = start(self, self.exchange.config(*others, **sections), contoso.directory())
        for each in (self.exchange, *others):
            wait_until(lambda url=each.url: metric(server, f'eas451_exchange_up{{server="{url}"}}') == 1, "it is up")
        return server


class Bodies(Attacked):
    def test_a_100_that_nobody_asked_for_is_no_answer(self):
        server = self.start(workers=1)
        for interim in (1, 8):
            invited = threading.Event()

            def invite(peer, _, interim=interim, invited=invited):
                for _ in range(interim):
                    peer.send(b"HTTP/1.1 100 Con")
                    peer.send(b"tinue\r\nX: 1\r\n\r\n")
                invited.set()
            self.exchange.before_body = invite
            with self.subTest(interim), Phone(server) as phone:
                phone.send(eas(ANNA, cmd="SendMail", fields=CHUNKED) + b"5\r\nhello\r\n")
                self.assertTrue(invited.wait(5))
                # Behind an answer on the same worker the interim ones have been seen.
                with Phone(server) as another:
                    self.assertEqual(451, another.ask(eas()).status)
                self.assertEqual(b"hello world", phone.ask(b"6\r\n world\r\n0\r\n\r\n").body)
                phone.finish()

    def test_an_answer_behind_a_100_still_comes_before_the_end_of_the_body(self):
        server = self.start()

        def refuse(peer, _):
            peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            peer.answer(503, b"full", phrase="Service Unavailable")
            peer.wait_for_end()
            raise Ended
        self.exchange.before_body = refuse
        with Phone(server) as phone:
            answer = phone.ask(eas(ANNA, cmd="SendMail", fields=CHUNKED) + b"5\r\nhello\r\n")
            self.assertEqual((503, b"full", True), (answer.status, answer.body, answer.closes()))

    def test_nothing_but_100(self):
        server = self.start()

        def flood(peer, _):
            peer.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
            peer.wait_for_end()
            raise Ended
        self.exchange.before_body = flood
        with Phone(server) as phone:
            answer = phone.ask(eas(ANNA, cmd="Sync", fields=CHUNKED) + b"5\r\nhello\r\n0\r\n\r\n")
            self.assertEqual((200, True), (answer.status, b"\x03111\x00" in answer.body))

    def test_chunks_of_a_byte_are_not_as_many_packets(self):
        server = self.start(workers=1)
        chunks, reads = 20000, []

        def count(peer, _):
            framed = peer.rest
            while not framed.endswith(b"0\r\n\r\n"):
                framed += peer.socket.recv(65536)  # a record of TLS at most
                reads.append(len(framed))
            peer.answer(200, b"%d" % framed.count(b"x"))
            raise Ended
        self.exchange.before_body = count
        with Phone(server) as phone:
            answer = phone.ask(eas(None, authorization="Bearer x", fields=CHUNKED) + b"1\r\nx\r\n" * chunks + b"0\r\n\r\n")
            self.assertEqual(b"%d" % chunks, answer.body)
        self.assertLess(len(reads), 200)

    def test_the_limit_of_a_body_is_exact_where_chunks_are_put_together(self):
        exchange = self.exchange.config()["exchange"]
        server = self.start(exchange={**exchange, "max_body": "64KiB"})
        for size, status in ((65536, 200), (65537, 413)):
            with self.subTest(size), Phone(server) as phone:
                self.assertEqual(status, phone.ask(eas(ANNA, fields=CHUNKED) + small_chunks(size)).status)
        self.assertEqual([65536], [len(each.body) for each in self.exchange.requests])


class Schemes(Attacked):
    def test_none_that_authenticates_a_connection_gets_to_one_that_is_shared(self):
        server = self.start(authentication={"basic": "off"})
        target = f"/Microsoft-Server-ActiveSync?User={ANNA}&DeviceId=A&DeviceType=iPad&Cmd=Sync"
        with Phone(server) as phone:
            for authorization in ("NTLM TlRMTVNTUAABAAAA", "Negotiate YII="):
                phone.ask(eas(None, authorization=authorization, target=target))
        self.assertEqual([[], []], [field(each, "Authorization") for each in self.exchange.requests])


class Leaving(Attacked):
    def test_who_has_sent_much_ahead_and_leaves_frees_the_upstream(self):
        server = self.start()
        for ahead in (AHEAD - 1, AHEAD, 3 * AHEAD):
            ended = threading.Event()

            def hold(peer, _, ended=ended):
                peer.wait_for_end()
                ended.set()
                raise Ended
            self.exchange.behaviour = hold
            so_far = len(self.exchange.requests)
            with self.subTest(ahead):
                with Phone(server) as phone:
                    phone.send(eas(ANNA) + b"A" * ahead)
                    self.exchange.wait_for_requests(so_far + 1)
                self.assertTrue(ended.wait(5), "the connection to Exchange is still there")

    def test_who_has_sent_much_ahead_and_stays_is_answered(self):
        server = self.start()
        news = threading.Event()
        self.exchange.behaviour = fake_exchange.holds(news)
        with Phone(server) as phone:
            body = b"b" * 3 * AHEAD
            phone.send(eas(ANNA, body=b"ping") + eas(ANNA, body=body))
            self.exchange.wait_for_requests(1)
            # Long enough for a wait to be a long one: another phone's is one, which is noticed to leave.
            with Phone(server) as another:
                another.send(eas(ANNA))
                self.exchange.wait_for_requests(2)
            wait_until(lambda: metric(server, "eas451_connections") == 1, "the other one is gone")
            news.set()
            self.assertEqual(b"ping", phone.read().body)
            self.assertEqual(body, phone.read().body)
            phone.finish()


class Reloads(Attacked):
    def test_a_connection_of_before_a_reload_is_not_kept(self):
        """Its certificate was verified by what was trusted then."""
        server = self.start(limits=SELDOM)
        news = threading.Event()
        self.exchange.behaviour = fake_exchange.holds(news)
        with Phone(server) as phone:
            phone.send(eas(ANNA, body=b"ping"))
            self.exchange.wait_for_requests(1)
            stranger = Authority("Another CA")
            self.addCleanup(stranger.remove)
            config = self.exchange.config(limits=SELDOM)
            config["exchange"]["ca_file"] = str(stranger.ca_file)
            server.site.write_config(config)
            server.reload()
            news.set()
            self.assertEqual(b"ping", phone.read().body)
            self.assertEqual(503, phone.ask(eas(ANNA, version="12.1")).status)
        self.assertEqual([b"ping"], [each.body for each in self.exchange.requests])

    def test_exchange_is_taken_away_while_another_server_is_tried(self):
        second = fake_exchange.FakeExchange(self.exchange._authority)
        self.addCleanup(second.stop)
        server = self.start(second, limits={**SELDOM, "exchange_connect": "30s"})
        with Phone(server) as phone:
            self.assertEqual(200, phone.ask(eas(ANNA)).status)
        home, other = (self.exchange, second) if self.exchange.requests else (second, self.exchange)
        home.stop()
        with socket.socket() as silent, Phone(server) as phone:
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            wait_until(lambda: bound(silent, home.port), "its port is free")
            silent.listen()
            phone.send(eas(ANNA, body=b"late"))
            begun, _ = silent.accept()
            server.site.write_config(contoso.config())
            server.reload()
            begun.close()
            self.assertEqual(b"late", phone.read().body)
            self.assertEqual([b"late"], [each.body for each in other.requests])
            self.assertEqual(503, phone.ask(eas(ANNA, version="12.1")).status)


def small_chunks(size):
    return b"10\r\n0123456789abcdef\r\n" * (size // 16) + b"1\r\nx\r\n" * (size % 16) + b"0\r\n\r\n"


def bound(plain, port):
    try:
        plain.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


if __name__ == "__main__":
    unittest.main()
