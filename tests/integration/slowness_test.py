# SPDX-License-Identifier: Apache-2.0
"""Slow and greedy clients: each deadline with a client that is too slow for it and one that is not, and what a client
can make the server keep in memory."""
import json
import signal
import os
import ssl
import threading
import time
import unittest

from support import certificates, contoso, fake_directory, ldap_site
from support.admin import metric
from support.phone import Phone, Wire, connect, context, eas, get
from support.server import PATIENCE, start, w3c, wait_until
from support.usage import resident_kib

LIMIT = 0.4
SHORT = "400ms"
# What a busy machine may add. The other limits are far longer: nothing else can have ended a connection by then.
LATE = 20.0
PIECE = 0.02
TIMED_OUT = 'eas451_connections_timed_out_total{limit="%s"}'
LIMITS = ("handshake", "head", "body", "body_rate", "write", "total", "held", "idle")
MIB = 1024


def client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context().wrap_bio(incoming, outgoing, server_hostname="mail.contoso.com")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()
SANITIZED = bool(os.environ.get("EAS451_SANITIZER"))


class Slow(unittest.TestCase):
    def start(self, **limits):
        self.server = start(self, contoso.config(workers=1, limits=limits), contoso.directory())

    def timed_out(self):
        """Only those that are not 0."""
        counts = {limit: metric(self.server, TIMED_OUT % limit) for limit in LIMITS}
        return {limit: count for limit, count in counts.items() if count}

    def assert_ended_by(self, limit, began, least=LIMIT):
        took = time.monotonic() - began
        self.assertGreaterEqual(took, least)
        self.assertLess(took, LATE)
        self.assertEqual({limit: 1}, self.timed_out())
        wait_until(lambda: metric(self.server, "eas451_connections") == 0, "the connection is gone")

    def drip(self, wire, data, size=1):
        """True when the server ended the connection before all of it was sent."""
        wire.socket.settimeout(PIECE)  # the slowness under test
        for at in range(0, len(data), size):
            try:
                wire.send(data[at:at + size])
                if not wire.socket.recv(1):
                    return True
            except TimeoutError:
                continue
            except OSError:
                return True
        wire.socket.settimeout(PATIENCE)
        return False

    def assert_closed(self, wire):
        try:
            self.assertEqual(b"", wire.socket.recv(1))
        except (ConnectionResetError, ssl.SSLError):
            pass

    def send_at(self, wire, size, rate):
        """The body as a client sends it that falls behind no further than the machine makes it."""
        began, sent = time.monotonic(), 0
        while sent < size:
            due = min(size, int((time.monotonic() - began) * rate) + 1)
            if due > sent:
                wire.send(b"b" * (due - sent))
                sent = due
            time.sleep(PIECE)
        return time.monotonic() - began


class Deadlines(Slow):
    def test_a_handshake_that_drips(self):
        self.start(handshake=SHORT)
        began = time.monotonic()
        with Wire(connect(self.server.https)) as wire:
            self.assertTrue(self.drip(wire, client_hello()))
        self.assert_ended_by("handshake", began)

    def test_a_handshake_that_is_not_begun(self):
        self.start(handshake=SHORT)
        began = time.monotonic()
        with Wire(connect(self.server.https)) as wire:
            self.assert_closed(wire)
        self.assert_ended_by("handshake", began)

    def test_a_head_one_byte_a_record(self):
        self.start(head=SHORT)
        with Phone(self.server) as phone:
            began = time.monotonic()
            self.assertTrue(self.drip(phone, eas()))
        self.assert_ended_by("head", began)

    def test_a_head_behind_an_answer_has_a_deadline_of_its_own(self):
        self.start(head=SHORT)
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            began = time.monotonic()
            self.assertEqual(451, phone.ask(eas() + b"POST").status)  # the next one begins in the same record
            self.assert_closed(phone)
        self.assert_ended_by("head", began)

    def test_a_pause_between_two_requests(self):
        self.start(idle=SHORT)
        with Phone(self.server) as phone:
            began = time.monotonic()
            self.assertEqual(451, phone.ask(eas()).status)
            self.assert_closed(phone)
        self.assert_ended_by("idle", began)

    def test_a_body_slower_than_its_rate(self):
        """At half the rate, grace is over after twice its time."""
        self.start(body_rate="1KiB", body_grace=SHORT)
        with Phone(self.server) as phone:
            began = time.monotonic()
            phone.send(eas(fields=("Content-Length: 100000",)))
            # It is told, and not listened to for much longer.
            self.assertTrue(self.drip(phone, b"b" * 100000, size=int(512 * PIECE)))
        self.assert_ended_by("body_rate", began)
        self.assertEqual(["451"], [w3c(line).status for line in self.server.all_access_lines()])

    def test_a_body_that_stops(self):
        self.start(body_rate="1KiB", body_grace=SHORT)
        with Phone(self.server) as phone:
            began = time.monotonic()
            phone.send(eas(fields=("Content-Length: 100000",)) + b"b" * 1024)
            answer = phone.read()
            self.assertEqual((451, True), (answer.status, answer.closes()))
        self.assert_ended_by("body_rate", began, least=LIMIT + 1.0)  # a second is what its bytes have earned
        self.assertEqual(["451"], [w3c(line).status for line in self.server.all_access_lines()])

    def test_whoever_reads_is_told_whatever_limit_ends_the_body(self):
        for limit in ({"body": SHORT, "body_rate": 0}, {"body_rate": "1KiB", "body_grace": SHORT}, {"total": SHORT}):
            for password, status in ((None, 451), ("wrong", 401)):
                with self.subTest(limit=limit, status=status):
                    self.start(**limit)
                    with Phone(self.server) as phone:
                        phone.send(eas(password=password, fields=("Transfer-Encoding: chunked",)) + b"1\r\nb\r\n")
                        answer = phone.read()
                        self.assertEqual((status, True), (answer.status, answer.closes()))

    def test_a_chunked_body_slower_than_its_rate(self):
        self.start(body_rate="1KiB", body_grace=SHORT)
        with Phone(self.server) as phone:
            began = time.monotonic()
            phone.send(eas(fields=("Transfer-Encoding: chunked",)))
            self.assertTrue(self.drip(phone, b"1\r\nb\r\n" * 10000))
        self.assert_ended_by("body_rate", began)

    def test_a_body_faster_than_its_rate_takes_longer_than_the_grace(self):
        self.start(body_rate="256", body_grace="1s")
        with Phone(self.server) as phone:
            phone.send(eas(fields=("Content-Length: 12000",)))
            self.assertGreater(self.send_at(phone, 12000, 8000), 1.0)
            self.assertEqual(451, phone.read().status)
            phone.finish()
        self.assertEqual({}, self.timed_out())

    def test_no_rate_is_asked_for_with_0(self):
        self.start(body_rate=0, body_grace="100ms")
        with Phone(self.server) as phone:
            phone.send(eas(fields=("Content-Length: 20",)))
            self.assertFalse(self.drip(phone, b"b" * 19))
            self.assertEqual(451, phone.ask(b"b").status)
        self.assertEqual({}, self.timed_out())

    def test_a_body_that_is_fast_enough_and_too_long(self):
        self.start(body=SHORT, body_rate=0)
        with Phone(self.server) as phone:
            began = time.monotonic()
            phone.send(eas(fields=("Content-Length: 1000000",)))
            self.assertTrue(self.drip(phone, b"b" * 1000000, size=100))
        self.assert_ended_by("body", began)

    def test_a_request_in_all(self):
        """Head and body within their own limits."""
        self.start(total="800ms", body_rate=0)
        request = eas(fields=("Content-Length: 1000000",))
        with Phone(self.server) as phone:
            began = time.monotonic()
            self.assertFalse(self.drip(phone, request, size=40))
            self.assertTrue(self.drip(phone, b"b" * 1000000, size=100))
        self.assert_ended_by("total", began, least=0.8)

    def test_a_head_may_not_take_longer_than_a_request(self):
        self.start(total=SHORT)
        with Phone(self.server) as phone:
            began = time.monotonic()
            self.assertTrue(self.drip(phone, eas()))
        self.assert_ended_by("total", began)


class Held(Slow):
    """While an answer is waited for: the directory says nothing. `held` itself no directory can reach: it is in the unit
    tests."""

    def start_held(self, deadline, **limits):
        trusted = certificates.authority(self)
        silent = fake_directory.start(self, fake_directory.silent, trusted)
        self.server = ldap_site.start(self, silent, ready=False, scheme="ldap", ca_file=trusted.ca_file, deadline=deadline,
                                      workers=1, limits=limits)

    def test_the_drain_limit_cuts_it(self):
        self.start_held("5s", drain="1s")
        with Phone(self.server) as phone:
            phone.send(eas())
            # Of the same worker, and later: when this has its answer, the other is being waited for.
            with Phone(self.server) as other:
                self.assertEqual(404, other.ask(get("/")).status)
                other.finish()
            began = time.monotonic()
            self.server.signal(signal.SIGTERM)
            self.server.err.wait_for("the drain limit has passed: sessions are cut")
            self.assert_closed(phone)
        took = time.monotonic() - began
        self.assertGreaterEqual(took, 1.0)
        self.assertLess(took, 4.0)
        self.server.wait_for_exit()
        commands = [json.loads(line)["command"] for line in self.server.all_access_lines()]
        self.assertEqual(["Ping"], [command for command in commands if command], "one line for it, and one for the other's")
        self.assertEqual(2, len(commands))

    def test_it_is_no_part_of_the_total(self):
        self.start_held("2s", total=SHORT)
        with Phone(self.server) as phone:
            answer = phone.ask(eas())
            self.assertEqual(200, answer.status)  # with status 111: come back later
            self.assertEqual(200, phone.ask(eas()).status)
        self.assertEqual({}, self.timed_out())


class Deaf:
    """A phone that sends as much as the server takes and never reads. One that stopped at the first pause would be idle, not
    deaf, where only the server was slow."""

    REQUESTS = eas() * 100

    def __init__(self, test):
        phone = Phone(test.server, receive_buffer=2048)
        test.addCleanup(phone.close)
        self.socket, self.left = phone.socket, self.REQUESTS
        self.socket.setblocking(False)

    def send_what_goes(self):
        try:
            for _ in range(100):
                self.left = self.left[self.socket.send(self.left):] or self.REQUESTS
        except (ssl.SSLError, ConnectionError):
            pass  # no more goes now, or the server has closed


class Greed(Slow):
    def test_clients_that_never_read(self):
        """They send until nothing more goes out; the server keeps a head and an answer of each, and closes."""
        clients = 10
        # Without the access log: its queue holds lines for the storage thread, as many as are written at once.
        self.server = start(self, contoso.config(workers=1, limits={"write": "2s", "idle": "1m"}, access_log="off"), contoso.directory())
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
        before = peak = resident_kib(self.server.process.pid)
        began = time.monotonic()
        deaf = [Deaf(self) for _ in range(clients)]

        def are_given_up():
            nonlocal peak
            for client in deaf:
                client.send_what_goes()
            peak = max(peak, resident_kib(self.server.process.pid))
            return self.timed_out() == {"write": clients}

        wait_until(are_given_up, "all are given up")
        grown = peak - before
        self.assertGreaterEqual(time.monotonic() - began, 2.0)
        wait_until(lambda: metric(self.server, "eas451_connections") == 0, "their connections are gone")
        print(f"figure: {clients} clients that never read: {grown} KiB", flush=True)
        if not SANITIZED:  # it keeps what was freed
            self.assertLess(grown, 2 * MIB)
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)

    def test_ten_thousand_requests_ahead_on_one_connection(self):
        """All are answered, in order; what is ahead waits in the kernel and with the client."""
        self.start()
        kinds = [(eas(), 451), (eas("nina@contoso.com", version="12.1"), 403), (eas(cmd="7"), 400)]
        rounds = 10000 // len(kinds) + 1
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            before = resident_kib(self.server.process.pid)
            plain = phone.socket
            pipeline = b"".join(request for request, _ in kinds) * rounds
            # One thread writes while another reads, which one object of Python's ssl does not permit.
            plain.setblocking(False)
            sent, read, most = 0, 0, 0
            limit = time.monotonic() + PATIENCE
            while read < rounds * len(kinds):
                self.assertLess(time.monotonic(), limit)
                try:
                    while sent < len(pipeline):
                        sent += plain.send(pipeline[sent:sent + 16384])
                except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    pass
                if read % 1000 == 0:
                    most = max(most, resident_kib(self.server.process.pid))
                plain.settimeout(PATIENCE)
                for _ in range(10):
                    self.assertEqual(kinds[read % len(kinds)][1], phone.read().status)
                    read += 1
                    if read == rounds * len(kinds):
                        break
                plain.setblocking(False)
            plain.settimeout(PATIENCE)
            phone.finish()
        if not SANITIZED:
            self.assertLess(most - before, 4 * MIB)
        lines = [int(w3c(line).status) for line in self.server.all_access_lines()]
        self.assertEqual([451] + [status for _, status in kinds] * rounds, lines)

    def test_a_body_that_floods_in_holds_up_nobody(self):
        """Too large to be waited for, it is answered and thrown away for 5 s, as fast as it comes."""
        listeners = contoso.config()["listeners"] + [{"bind": "127.0.0.1:0"}]  # without TLS a sender has less to do
        self.server = start(self, contoso.config(workers=1, listeners=listeners), contoso.directory())
        began, ends = time.monotonic(), []

        def flood():
            with Wire(connect(self.server.ports[1])) as wire:
                wire.send(eas(fields=("Content-Length: 9000000000000000000",)))
                try:
                    while time.monotonic() - began < PATIENCE:
                        wire.send(b"b" * 1048576)
                except OSError:
                    ends.append(time.monotonic() - began)

        senders = [threading.Thread(target=flood) for _ in range(2)]
        for sender in senders:
            sender.start()
        slowest = 0.0
        while any(sender.is_alive() for sender in senders):
            asked = time.monotonic()
            with Phone(self.server) as phone:
                self.assertEqual(451, phone.ask(eas()).status)
            slowest = max(slowest, time.monotonic() - asked)
        self.assertEqual(2, len(ends))
        self.assertLess(max(ends), LATE)
        self.assertLess(slowest, 3.0)

    def test_one_request_of_a_connection_goes_on_at_a_time(self):
        """Each refusal is kept back; those behind it wait for it, and none of them is begun before."""
        self.server = start(self, contoso.config(workers=1, authentication={"refusal_delay": "300ms"}), contoso.directory())
        with Phone(self.server) as phone:
            began = time.monotonic()
            phone.send(eas(None) * 3 + eas())
            self.assertEqual([401, 401, 401, 451], [phone.read().status for _ in range(4)])
            self.assertGreaterEqual(time.monotonic() - began, 0.9)
            phone.finish()


if __name__ == "__main__":
    unittest.main()
