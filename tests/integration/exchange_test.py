# SPDX-License-Identifier: Apache-2.0
"""In front of Exchange: what is local passes through and notices nothing; what is moved never gets there."""
import json
import threading
import time
import unittest

from support import contoso, fake_exchange
from support.admin import metric
from support.fake_exchange import field
from support.phone import Phone, basic, connect, eas
from support.server import start, wait_until, w3c

ANNA = "anna@contoso.com"
PATH = "/Microsoft-Server-ActiveSync"


class InFront(unittest.TestCase):
    def setUp(self):
        self.exchange = fake_exchange.start(self)

    def start(self, *others, directory=None, **sections):
        server = start(self, self.exchange.config(*others, **sections), directory or contoso.directory())
        wait_until(lambda: metric(server, f'eas451_exchange_up{{server="{self.exchange.url}"}}') == 1, "Exchange is up")
        return server


class Passing(InFront):
    def test_a_local_user_reaches_exchange_and_a_moved_one_does_not(self):
        server = self.start()
        with Phone(server) as phone:
            body = b"\x03\x01\x6a\x00body"
            answer = phone.ask(eas(ANNA, cmd="Sync", body=body))
            self.assertEqual((200, body), (answer.status, answer.body))
            self.assertEqual(451, phone.ask(eas()).status)
            self.assertEqual(200, phone.ask(eas(ANNA, cmd="Sync", body=body)).status)
            phone.finish()
        self.assertEqual(2, len(self.exchange.requests))
        self.assertEqual(1, self.exchange.requests[0].connection and len({each.connection for each in self.exchange.requests}))
        lines = [w3c(line) for line in server.all_access_lines()]
        self.assertEqual(["200", "451", "200"], [line.status for line in lines])
        self.assertIn("Rsn:proxied", lines[0].query)

    def test_which_server_answered_is_in_the_log_for_who_wants_it(self):
        server = self.start(log={"level": "debug"}, access_log={"format": "json"})
        with Phone(server) as phone:
            self.assertEqual(200, phone.ask(eas(ANNA)).status)
            self.exchange.behaviour = fake_exchange.says(b"garbage\r\n\r\n")
            self.assertEqual(503, phone.ask(eas(ANNA, version="12.1")).status)
        passed, failed = [json.loads(line) for line in server.all_access_lines()]
        log = server.err.text()
        self.assertIn(f"exchange: request {passed['request_id']}: {self.exchange.url} answered 200", log)
        self.assertIn(f"exchange: request {failed['request_id']}: {self.exchange.url} gave no answer", log)

    def test_the_request_is_written_anew(self):
        server = self.start()
        fields = ("Connection: keep-alive, X-Mine", "X-Mine: 1", "X-Forwarded-For: 1.2.3.4", "X-CommonAccessToken: stolen",
                  "Cookie: a=1; X-BackEndCookie=2; b=3", "Accept-Encoding: gzip", "X-MS-PolicyKey: 77", "X-Other: kept")
        target = f"{PATH}/default.eas?User=anna&DeviceId=ABC&DeviceType=iPad&Cmd=Sync&x=%41"
        with Phone(server) as phone:
            self.assertEqual(200, phone.ask(eas(ANNA, target=target, fields=fields, body=b"x" * 10)).status)
        request = self.exchange.wait_for_requests(1)[0]
        self.assertEqual(("POST", f"{PATH}?User=anna&DeviceId=ABC&DeviceType=iPad&Cmd=Sync&x=%41"), (request.method, request.target))
        self.assertEqual(["mail.contoso.com"], field(request, "Host"))
        self.assertEqual([basic(ANNA, "Passw0rd!anna")], field(request, "Authorization"))
        self.assertEqual(["127.0.0.1"], field(request, "X-Forwarded-For"))
        self.assertEqual(["https"], field(request, "X-Forwarded-Proto"))
        self.assertEqual(["a=1; b=3"], field(request, "Cookie"))
        for kept, value in (("Accept-Encoding", "gzip"), ("X-MS-PolicyKey", "77"), ("X-Other", "kept"), ("Content-Length", "10"),
                            ("MS-ASProtocolVersion", "14.1"), ("User-Agent", "Apple-iPad2C2/1202.440")):
            self.assertEqual([value], field(request, kept), kept)
        for dropped in ("X-Mine", "X-CommonAccessToken", "Connection", "Transfer-Encoding"):
            self.assertEqual([], field(request, dropped), dropped)

    def test_bodies_of_any_size_and_framing(self):
        server = self.start()
        with Phone(server) as phone:
            for size in (0, 1, 16383, 16384, 16385, 100000, 3 << 20):
                body = bytes(range(256)) * (size // 256) + b"e" * (size % 256)
                with self.subTest(size):
                    answer = phone.ask(eas(ANNA, cmd="SendMail", body=body))
                    self.assertEqual((200, len(body)), (answer.status, len(answer.body)))
                    self.assertEqual(body, answer.body)
                    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in
                                      (body[i:i + 5000] for i in range(0, size, 5000))) + b"0;ext=1\r\nX-Trailer: gone\r\n\r\n"
                    answer = phone.ask(eas(ANNA, cmd="SendMail", fields=("Transfer-Encoding: chunked",)) + chunks)
                    self.assertEqual((200, len(body)), (answer.status, len(answer.body)))
                    self.assertEqual(body, answer.body)
                    self.assertNotIn(b"Trailer", self.exchange.requests[-1].framed[-100:])
            phone.finish()

    def test_answers_of_exchange_pass_as_they_are(self):
        server = self.start()
        answers = {
            b"HTTP/1.1 451 Redirect\r\nX-MS-Location: https://elsewhere/M\r\nContent-Length: 0\r\n\r\n": 451,
            b"HTTP/1.1 449 Retry after sending a PROVISION command\r\nContent-Length: 3\r\n\r\nabc": 449,
            b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nX-MS-ASThrottle: CommandFrequency\r\nContent-Length: 0\r\n\r\n": 503,
            b"HTTP/1.1 456 Blocked\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n": 456,
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok": 200,
            b"HTTP/1.1 204 No Content\r\n\r\n": 204,
            b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n": 204,
        }
        for raw, status in answers.items():
            with self.subTest(raw), Phone(server) as phone:
                self.exchange.behaviour = fake_exchange.says(raw)
                phone.send(eas(ANNA, cmd="Sync", body=b"b"))
                if status == 204:
                    while b"\r\n\r\n" not in phone.rest:
                        phone.rest += phone.socket.recv(65536)
                    self.assertTrue(phone.rest.startswith(b"HTTP/1.1 204 No Content\r\n"))
                    self.assertNotIn(b"Content-Length", phone.rest)
                    continue
                answer = phone.read()
                self.assertEqual(status, answer.status)
                for name, value in fake_exchange_fields(raw):
                    self.assertIn((name, value), answer.fields)

    def test_a_chunked_answer(self):
        server = self.start()
        self.exchange.behaviour = fake_exchange.says(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n5\r\ndefgh\r\n0\r\nT: 1\r\n\r\n")
        for http, closes in (("HTTP/1.1", False), ("HTTP/1.0", True)):
            with self.subTest(http), Phone(server) as phone:
                phone.send(eas(ANNA, http=http, body=b"b"))
                data = b""
                while not data.endswith(b"0\r\n\r\n" if not closes else b"abcdefgh"):
                    data += phone.socket.recv(65536)
                self.assertEqual(not closes, b"Transfer-Encoding: chunked" in data)
                if closes:
                    self.assertEqual(b"", phone.socket.recv(1))

    def test_100_continue_is_ours(self):
        server = self.start()
        with Phone(server) as phone:
            phone.send(eas(ANNA, cmd="SendMail", fields=("Expect: 100-continue", "Content-Length: 5")))
            while b"\r\n\r\n" not in phone.rest:
                phone.rest += phone.socket.recv(65536)
            self.assertEqual(b"HTTP/1.1 100 Continue\r\n\r\n", phone.rest)
            phone.rest = b""
            self.assertEqual(b"hello", phone.ask(b"hello").body)
        self.assertEqual([], field(self.exchange.requests[0], "Expect"))

    def test_a_body_that_is_too_large(self):
        exchange = self.exchange.config()["exchange"]
        server = self.start(exchange={**exchange, "max_body": "64KiB"})
        with Phone(server) as phone:
            self.assertEqual(413, phone.ask(eas(ANNA, fields=("Content-Length: 65537",))).status)
        chunk = b"8000\r\n" + b"c" * 0x8000 + b"\r\n"
        with Phone(server) as phone:
            self.assertEqual(413, phone.ask(eas(ANNA, fields=("Transfer-Encoding: chunked",)) + chunk * 3).status)
        with Phone(server) as phone:
            self.assertEqual(200, phone.ask(eas(ANNA, body=b"b" * 65536)).status)
        self.assertEqual([65536], [len(each.body) for each in self.exchange.requests])


def fake_exchange_fields(raw):
    head = raw.split(b"HTTP/1.1 100 Continue\r\n\r\n")[-1].split(b"\r\n\r\n")[0].decode()
    return [tuple(line.split(": ", 1)) for line in head.split("\r\n")[1:]]


class LongPolls(InFront):
    def test_a_ping_is_held_and_a_phone_that_leaves_frees_its_upstream(self):
        server = self.start()
        self.exchange.behaviour = lambda peer, _: peer.wait_for_end()
        ended = threading.Event()

        def hold(peer, _):
            peer.wait_for_end()
            ended.set()
            raise fake_exchange.Ended
        self.exchange.behaviour = hold
        with Phone(server) as phone:
            phone.send(eas(ANNA))
            self.exchange.wait_for_requests(1)
        self.assertTrue(ended.wait(5), "the connection to Exchange is still there")
        wait_until(lambda: metric(server, "eas451_connections") == 0, "nobody is there any more")
        line = w3c(server.all_access_lines()[0])
        self.assertEqual("499", line.status)
        self.assertIn("Rsn:client-gone", line.query)

    def test_a_ping_is_answered_when_something_has_come(self):
        server = self.start()
        news = threading.Event()
        self.exchange.behaviour = fake_exchange.holds(news)
        with Phone(server) as phone:
            phone.send(eas(ANNA, body=b"ping"))
            self.exchange.wait_for_requests(1)
            news.set()
            self.assertEqual(b"ping", phone.read().body)
            self.assertEqual(200, phone.ask(eas(ANNA)).status)
            phone.finish()

    def test_what_is_sent_ahead_is_answered_in_order(self):
        server = self.start()
        news = threading.Event()
        self.exchange.behaviour = fake_exchange.holds(news)
        with Phone(server) as phone:
            phone.send(eas(ANNA, body=b"first") + eas() + eas(ANNA, body=b"third"))
            self.exchange.wait_for_requests(1)
            news.set()
            self.assertEqual(b"first", phone.read().body)
            self.assertEqual(451, phone.read().status)
            self.assertEqual(b"third", phone.read().body)
            phone.finish()


class BadAnswers(InFront):
    def test_none_of_them_reaches_a_phone(self):
        server = self.start()
        bad = (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
            b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
            b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: " + b"y" * 40000 + b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n folded: 1\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\nx",
            b"garbage\r\n\r\n",
        )
        for raw in bad:
            with self.subTest(raw[:60]), Phone(server) as phone:
                self.exchange.behaviour = fake_exchange.says(raw)
                answer = phone.ask(eas(ANNA, cmd="Sync"))
                self.assertEqual(200, answer.status)
                self.assertEqual(b"\x03\x01\x6a\x00\x45\x4e\x03111\x00\x01\x01", answer.body)
                self.exchange.behaviour = fake_exchange.echo
                self.assertEqual(200, phone.ask(eas(ANNA, body=b"good")).status)
                phone.finish()
        self.assertIn("Rsn:exchange-down", "\n".join(server.all_access_lines()))

    def test_an_answer_that_is_cut_is_seen_to_be(self):
        server = self.start()
        for raw in (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"):
            self.exchange.behaviour = fake_exchange.says(raw, then_close=True)
            with self.subTest(raw), Phone(server) as phone:
                phone.send(eas(ANNA))
                data = b""
                while True:
                    more = phone.socket.recv(65536)
                    if not more:
                        break
                    data += more
                self.assertIn(b"half", data)
                self.assertFalse(data.endswith(b"0\r\n\r\n"))

    def test_an_answer_without_a_length_that_breaks_off_does_not_look_whole(self):
        """To an HTTP/1.0 phone it ends where the connection does, so that must not end in order."""
        server = self.start()
        raw = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf"

        def all_of(phone):
            data = b""
            while more := phone.socket.recv(65536):
                data += more
            return data

        def whole(peer, _):
            peer.send(raw)
            peer.socket.unwrap()
            raise fake_exchange.Ended

        strict = [Phone(server, suppress_ragged_eofs=False) for _ in range(4)]
        for phone in strict:
            self.addCleanup(phone.close)
        self.exchange.behaviour = fake_exchange.says(raw, then_close=True)
        with self.assertRaises(OSError):  # a reset, or the end without a goodbye
            all_of(strict.pop().send(eas(ANNA, http="HTTP/1.0")))
        data = all_of(strict.pop().send(eas(ANNA)))
        self.assertTrue(data.endswith(b"4\r\nhalf\r\n"), data)
        self.exchange.behaviour = whole
        self.assertTrue(all_of(strict.pop().send(eas(ANNA, http="HTTP/1.0"))).endswith(b"\r\n\r\nhalf"))
        self.assertTrue(all_of(strict.pop().send(eas(ANNA, fields=("Connection: close",)))).endswith(b"4\r\nhalf\r\n0\r\n\r\n"))

    def test_more_than_an_answer_ends_the_connection(self):
        server = self.start()
        self.exchange.behaviour = fake_exchange.says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        with Phone(server) as phone:
            for _ in range(3):
                self.assertEqual(b"ok", phone.ask(eas(ANNA)).body)
            phone.finish()
        self.assertEqual(3, len({each.connection for each in self.exchange.requests}))


class Servers(InFront):
    def test_fail_over_and_back(self):
        second = fake_exchange.FakeExchange(self.exchange._authority)
        self.addCleanup(second.stop)
        server = self.start(second)
        wait_until(lambda: metric(server, f'eas451_exchange_up{{server="{second.url}"}}') == 1, "both are up")
        with Phone(server) as phone:
            for _ in range(5):
                self.assertEqual(200, phone.ask(eas(ANNA)).status)
            home, other = (self.exchange, second) if self.exchange.requests else (second, self.exchange)
            self.assertEqual((5, 0), (len(home.requests), len(other.requests)))
            home.stop()
            # Nothing was sent to who is gone: nobody notices, from the first request on.
            for _ in range(5):
                self.assertEqual(200, phone.ask(eas(ANNA)).status)
            self.assertEqual((5, 5), (len(home.requests), len(other.requests)))
            other.stop()
            wait_until(lambda: metric(server, f'eas451_exchange_up{{server="{other.url}"}}') == 0, "the second is down")
            answer = phone.ask(eas(ANNA, cmd="Sync"))
            self.assertEqual((200, b"\x03\x01\x6a\x00\x45\x4e\x03111\x00\x01\x01"), (answer.status, answer.body))
            self.assertEqual(503, phone.ask(eas(ANNA, version="12.1")).status)
            phone.finish()

    def test_a_user_goes_to_one_server_however_he_logs_in(self):
        second = fake_exchange.FakeExchange(self.exchange._authority)
        self.addCleanup(second.stop)
        names = [f"local{number}" for number in range(8)]
        server = self.start(second, directory=contoso.directory(*(contoso.local(name) for name in names)))
        wait_until(lambda: metric(server, f'eas451_exchange_up{{server="{second.url}"}}') == 1, "both are up")
        homes = {}
        with Phone(server) as phone:
            for name in names:
                for login in (f"{name}@contoso.com", f"CONTOSO\\{name}", name, name.upper()):
                    before = len(self.exchange.requests)
                    self.assertEqual(200, phone.ask(eas(login, f"Passw0rd!{name}")).status)
                    homes.setdefault(name, set()).add(len(self.exchange.requests) - before)
        self.assertEqual({name: 1 for name in names}, {name: len(home) for name, home in homes.items()})

    def test_a_request_is_not_repeated_once_something_was_sent(self):
        second = fake_exchange.FakeExchange(self.exchange._authority)
        self.addCleanup(second.stop)
        server = self.start(second)
        wait_until(lambda: metric(server, f'eas451_exchange_up{{server="{second.url}"}}') == 1, "both are up")

        def hang_up(peer, _):
            peer.socket.close()
            raise fake_exchange.Ended
        self.exchange.behaviour = second.behaviour = hang_up
        with Phone(server) as phone:
            self.assertEqual(503, phone.ask(eas(ANNA, method="OPTIONS", version=None)).status)
        self.assertEqual(1, len(self.exchange.requests) + len(second.requests))

    def test_a_server_that_is_not_the_one(self):
        stranger = fake_exchange.FakeExchange(fake_exchange.authority(self))
        self.addCleanup(stranger.stop)
        config = self.exchange.config()
        config["exchange"]["servers"] = [stranger.url]
        server = start(self, config, contoso.directory())
        server.err.wait_for("certificate")
        with Phone(server) as phone:
            self.assertEqual(503, phone.ask(eas(ANNA, version="12.1")).status)
        self.assertEqual([], stranger.requests)


def is_closed(server):
    """Whether one more connection is ended without a byte."""
    with connect(server.https) as one_more:
        try:
            return one_more.recv(1) == b""
        except ConnectionResetError:
            return True


def enters(server):
    """A phone, or None where its connection is ended."""
    try:
        return Phone(server)
    except OSError:
        return None


class ModernAuthentication(InFront):
    def test_bearer_goes_to_exchange_and_our_401_says_so(self):
        server = self.start()
        self.exchange.wait_for(lambda: len(self.exchange.checks) >= 2, "the challenge was asked for")
        with Phone(server) as phone:
            for token in ("Bearer", "Bearer abc.def"):
                self.assertEqual(200, phone.ask(eas(None, authorization=token)).status)

            def challenged():
                answer = phone.ask(eas(None))
                self.assertEqual(401, answer.status)
                return [value for name, value in answer.fields if name == "WWW-Authenticate"] if len(
                    [name for name, _ in answer.fields if name == "WWW-Authenticate"]) == 2 else None
            challenges = wait_until(challenged, "both challenges")
            self.assertTrue(challenges[0].startswith("Basic realm="))
            self.assertEqual(fake_exchange.CHALLENGE, challenges[1])
        self.assertEqual([["Bearer"], ["Bearer abc.def"]], [field(each, "Authorization") for each in self.exchange.requests])

    def test_an_empty_bearer_is_told_how_to_log_in_whatever_it_asks_for(self):
        server = self.start(access_log={"format": "json"})
        self.exchange.wait_for(lambda: len(self.exchange.checks) >= 2, "the challenge was asked for")

        def challenges(method, target):
            request = f"{method} {target} HTTP/1.1\r\nHost: mail.contoso.com\r\nAuthorization: Bearer\r\nContent-Length: 0\r\n\r\n"
            answer = phone.ask(request.encode("ascii"))
            return answer.status, [value for name, value in answer.fields if name == "WWW-Authenticate"]
        path = "/Microsoft-Server-ActiveSync"
        with Phone(server) as phone:
            wait_until(lambda: len(challenges("GET", path)[1]) == 2, "both challenges")
            asked = [("GET", path), ("GET", path + "/default.eas"), ("POST", path), ("POST", path + "?Cmd=Sync&Cmd=Ping")]
            for method, target in asked:
                with self.subTest(f"{method} {target}"):
                    status, (basic, bearer) = challenges(method, target)
                    self.assertEqual((401, True, fake_exchange.CHALLENGE), (status, basic.startswith("Basic realm="), bearer))
            for method, target in (("GET", path + "/x"), ("PUT", path), ("GET", "/")):
                self.assertEqual((404, []), challenges(method, target))
            self.assertEqual(404, phone.ask(eas(None, method="GET", authorization="Bearer t")).status)
        self.assertEqual([], self.exchange.requests)
        line = json.loads(server.all_access_lines()[0])
        self.assertEqual((401, "no-credentials", "bearer"), (line["status"], line["reason"], line["auth"]))

    REFUSED = 'eas451_connections_refused_total{reason="address"}'

    def connected(self, server, count):
        """So many more, of which none has shown who it is."""
        phones = [Phone(server) for _ in range(count)]
        for phone in phones:
            self.addCleanup(phone.close)
        return phones

    def assert_full(self, server):
        before = metric(server, self.REFUSED)
        self.assertTrue(is_closed(server))
        self.assertEqual(before + 1, metric(server, self.REFUSED))

    def test_whom_exchange_serves_gives_its_place_back(self):
        server = self.start(workers=1, limits={"unauthenticated_per_address": 3})
        self.exchange.behaviour = lambda peer, request: peer.answer(int(request.body), phrase="Yes")
        for status in (200, 449, 451):
            for phone in self.connected(server, 3):
                self.assertEqual(status, phone.ask(eas(None, authorization="Bearer t", body=b"%d" % status)).status)
        self.assertEqual(0, metric(server, self.REFUSED))
        self.connected(server, 3)
        self.assert_full(server)

    def test_whom_it_does_not_serve_still_counts(self):
        statuses = (400, 401, 403, 404, 500, 503)
        server = self.start(workers=1, limits={"unauthenticated_per_address": len(statuses)})
        self.exchange.behaviour = lambda peer, request: peer.answer(int(request.body), phrase="No")
        for status, phone in zip(statuses, self.connected(server, len(statuses))):
            self.assertEqual(status, phone.ask(eas(None, authorization="Bearer t", body=b"%d" % status)).status)
        self.assert_full(server)

    def test_whom_exchange_lets_wait_it_knows(self):
        """A Ping is answered after an hour, and a token that is invalid at once."""
        server = self.start(workers=1, limits={"unauthenticated_per_address": 2})
        news = threading.Event()
        self.addCleanup(news.set)
        self.exchange.behaviour = fake_exchange.holds(news)
        held, uploads = self.connected(server, 2)
        began = time.monotonic()
        held.send(eas(None, authorization="Bearer t", body=b"ping"))
        uploads.send(eas(None, authorization="Bearer t", fields=("Content-Length: 10",)) + b"half")
        self.exchange.wait_for_requests(1)
        self.assert_full(server)

        newcomer = wait_until(lambda: enters(server), "the place of the Ping is given back")
        self.addCleanup(newcomer.close)
        self.assertGreater(time.monotonic() - began, 5)
        self.assert_full(server)  # who has not sent all of its request still counts
        news.set()
        self.assertEqual(b"ping", held.read().body)


if __name__ == "__main__":
    unittest.main()
