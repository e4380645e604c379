# SPDX-License-Identifier: Apache-2.0
"""A balancer in front of us and of Exchange, set up as docs/behind-a-proxy.md says: what is ActiveSync comes to us, and
only by us to Exchange; the rest of Exchange notices nothing of us."""
import threading
import unittest

from support import contoso, fake_exchange, front_proxy
from support.admin import metric
from support.fake_exchange import field
from support.phone import Phone, eas, get
from support.server import PATIENCE, start, wait_until, w3c

ANNA = "anna@contoso.com"
# Addresses of phones; that of the proxy, of us and of Exchange is 127.0.0.1.
FIRST, SECOND = "127.62.0.1", "127.62.0.2"
HEALTH = "/Microsoft-Server-ActiveSync/healthcheck.htm"
# Where nothing else is said, nginx gives an answer a minute.
LONGER_THAN_A_DEFAULT = 62.0


class Site:
    """Whoever starts the proxy says so in start_proxy()."""

    passes_requests = True  # and not bytes

    def setUp(self):
        self.exchange = fake_exchange.start(self, names=("DNS:localhost", "DNS:mail.contoso.com"))
        self.listener = {**contoso.config()["listeners"][0], "trusted_proxies": ["127.0.0.1"],
                         "proxy_protocol": not self.passes_requests}
        self.server = start(self, self.exchange.config(listeners=[self.listener]), contoso.directory(), front_proxy.make_certificate())
        wait_until(lambda: metric(self.server, f'eas451_exchange_up{{server="{self.exchange.url}"}}') == 1, "Exchange is up")
        self.port = self.start_proxy().port

    def phone(self, source=FIRST):
        return Phone(self.server, port=self.port, source=source)

    def expect_moved(self):
        with self.phone(SECOND) as phone:
            answer = phone.ask(eas(cmd="Sync", body=b"moved"))
        self.assertEqual((451, contoso.OFFICE_365), (answer.status, answer.one("X-MS-Location")))

    def hold(self, phone):
        """A Ping that Exchange has; it is answered when what is returned is set."""
        news = threading.Event()
        self.exchange.behaviour = fake_exchange.holds(news)
        phone.send(eas(ANNA, body=b"ping"))
        self.exchange.wait_for_requests(1)
        return news

    def of_phones(self):
        """What our log has, but for the health checks of the proxy."""
        lines = [w3c(line) for line in self.server.all_access_lines()]
        return [(line.c_ip, line.status) for line in lines if line.stem != HEALTH]


class InFront(Site):
    """For each kind of proxy below."""

    def test_who_is_local_reaches_exchange_and_who_has_moved_does_not(self):
        body = bytes(range(256)) * 8192
        for source in (FIRST, SECOND):
            with self.phone(source) as phone:
                for fields in ((), ("X-Forwarded-For: 198.51.100.99",)):
                    answer = phone.ask(eas(ANNA, cmd="Sync", fields=fields, body=body))
                    self.assertEqual((200, body), (answer.status, answer.body))
        self.expect_moved()
        self.assertEqual([], self.exchange.violations)
        expected = [[FIRST]] * 2 + [[SECOND]] * 2
        self.assertEqual(expected, [field(each, "X-Forwarded-For") for each in self.exchange.requests])
        for request in self.exchange.requests:
            self.assertEqual((["mail.contoso.com"], body), (field(request, "Host"), request.body))
        self.assertEqual(sorted([(FIRST, "200")] * 2 + [(SECOND, "200")] * 2 + [(SECOND, "451")]), sorted(self.of_phones()))

    def test_a_held_ping_is_answered_when_there_is_news(self):
        with self.phone() as phone:
            news = self.hold(phone)
            self.expect_moved()
            news.set()
            self.assertEqual(b"ping", phone.read().body)
            self.exchange.behaviour = fake_exchange.echo
            self.assertEqual(b"more", phone.ask(eas(ANNA, cmd="Sync", body=b"more")).body)

    def test_a_phone_that_leaves_frees_all_that_it_held(self):
        ended = threading.Event()

        def hold(peer, _):
            peer.wait_for_end()
            ended.set()
            raise fake_exchange.Ended
        self.exchange.behaviour = hold
        with self.phone() as phone:
            phone.send(eas(ANNA, body=b"ping"))
            self.exchange.wait_for_requests(1)
        self.assertTrue(ended.wait(10), "the connection to Exchange is still there")
        self.assertIn((FIRST, "499"), self.of_phones())


class PathRouting(InFront):
    """Only where the proxy reads requests."""

    def test_the_rest_goes_to_exchange_itself(self):
        calls = [("GET", "/owa/"), ("GET", "/"), ("POST", "/EWS/Exchange.asmx"), ("POST", "/autodiscover/autodiscover.xml")]
        with self.phone() as phone:
            for method, path in calls:
                self.assertEqual(200, phone.ask(get(path, method=method, fields=("Content-Length: 0",))).status)
            for path in ("/Microsoft-Server-ActiveSync", "/microsoft-server-activesync/default.eas"):
                self.assertEqual(200, phone.ask(eas(ANNA, method="OPTIONS", target=path)).status)
        self.assertEqual([*calls, *[("OPTIONS", "/Microsoft-Server-ActiveSync")] * 2],
                         [(each.method, each.target) for each in self.exchange.requests])
        for request in self.exchange.requests:
            self.assertEqual((["mail.contoso.com"], [FIRST]), (field(request, "Host"), field(request, "X-Forwarded-For")))
        self.assertEqual([(FIRST, "200")] * 2, self.of_phones())

    def test_the_rest_is_there_without_us(self):
        self.server.stop()
        with self.phone() as phone:
            self.assertEqual(200, phone.ask(get("/owa/")).status)


    def ntlm_connections(self):
        """How many connections Exchange itself has got from each of two who log on to it by NTLM, at once, with three
        requests: it is the connection that is authenticated."""
        def challenge(peer, request):
            if field(request, "Authorization"):
                peer.answer(200)
            else:
                peer.answer(401, fields=("WWW-Authenticate: NTLM",), phrase="Unauthorized")
        self.exchange.behaviour = challenge
        with self.phone(FIRST) as first, self.phone(SECOND) as second:
            for fields in ((), ("Authorization: NTLM TlRMTVNTUAAB",), ("Authorization: NTLM TlRMTVNTUAAD",)):
                for client in (first, second):
                    client.ask(get("/mapi/emsmdb", method="POST", fields=(*fields, "Content-Length: 0")))
        used = [{each.connection for each in self.exchange.requests if field(each, "X-Forwarded-For") == [source]}
                for source in (FIRST, SECOND)]
        self.assertEqual(set(), used[0] & used[1])
        return [len(each) for each in used]


class HaproxyPassesRequests(PathRouting, unittest.TestCase):
    def start_proxy(self):
        return front_proxy.haproxy(self, "http", self.server, exchange=self.exchange)

    def test_ntlm_works_at_exchange(self):
        self.assertEqual([1, 1], self.ntlm_connections())


class NginxPassesRequests(PathRouting, unittest.TestCase):
    def start_proxy(self):
        return front_proxy.nginx(self, "http", self.server, exchange=self.exchange)

    def test_ntlm_does_not_work_at_exchange(self):
        self.assertEqual([3, 3], self.ntlm_connections())


class HaproxyPassesBytes(InFront, unittest.TestCase):
    passes_requests = False

    def start_proxy(self):
        return front_proxy.haproxy(self, "tcp", self.server)


class NginxPassesBytes(InFront, unittest.TestCase):
    passes_requests = False

    def start_proxy(self):
        return front_proxy.nginx(self, "stream", self.server)


class Patience(Site, unittest.TestCase):
    """Of both that read requests, at once, since it takes as long as it says."""

    def start_proxy(self):
        return front_proxy.haproxy(self, "http", self.server, exchange=self.exchange)

    def test_a_ping_is_held_for_longer_than_a_default(self):
        news = threading.Event()

        def holds(peer, request):
            assert news.wait(PATIENCE + LONGER_THAN_A_DEFAULT)
            fake_exchange.echo(peer, request)
        self.exchange.behaviour = holds
        nginx = front_proxy.nginx(self, "http", self.server, exchange=self.exchange)
        with self.phone() as first, Phone(self.server, port=nginx.port, source=SECOND) as second:
            for phone in (first, second):
                phone.send(eas(ANNA, body=b"ping"))
            self.exchange.wait_for_requests(2)
            for phone, seconds in ((first, LONGER_THAN_A_DEFAULT), (second, 0.1)):
                phone.socket.settimeout(seconds)
                with self.assertRaises(TimeoutError):
                    phone.socket.recv(1)
                phone.socket.settimeout(PATIENCE)
            news.set()
            self.assertEqual([b"ping"] * 2, [phone.read().body for phone in (first, second)])


if __name__ == "__main__":
    unittest.main()
