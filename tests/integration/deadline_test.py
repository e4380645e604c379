# SPDX-License-Identifier: Apache-2.0
"""Every wait of a session has a limit: slow and silent clients are closed, others served meanwhile."""
import os
import socket
import ssl
import time
import unittest

from support import contoso
from support.admin import metric
from support.phone import Phone, connect, eas
from support.server import PATIENCE, start, w3c, wait_until

LIMIT = 2.0
LIMITS = {name: f"{LIMIT:.0f}s" for name in ("handshake", "head", "idle", "body", "write")}


class Deadline(unittest.TestCase):
    def setUp(self):
        self.server = start(self, contoso.config(workers=1, limits=LIMITS), contoso.directory())

    def assert_served(self):
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            phone.finish()

    def assert_closed_in_time(self, started, phone):
        """Not before the limit; how long after it, a busy machine decides."""
        phone.read_end()
        self.assertGreaterEqual(time.monotonic() - started, LIMIT)

    def test_slow_and_silent_clients_are_closed(self):
        request = eas(body=b"b" * 100)
        waiting = []
        for sent in (b"", b"P", request[:60], request[:-120], request[:-50], request[:-1]):
            started = time.monotonic()
            phone = Phone(self.server).send(sent)
            self.addCleanup(phone.close)
            waiting.append((started, phone, b"\r\n\r\n" in sent))
        self.assert_served()
        for started, phone, is_request in waiting:
            if is_request:
                answer = phone.read()
                self.assertEqual((451, True), (answer.status, answer.closes()))
            self.assert_closed_in_time(started, phone)
        self.assert_served()
        lines = [w3c(line) for line in self.server.all_access_lines()]
        # The two whose head was there are requests and have their line; the others were none yet.
        self.assertEqual(["451"] * 4, [line.status for line in lines])

    def test_a_client_that_says_nothing_at_all(self):
        started = time.monotonic()
        with connect(self.server.https) as silent:
            self.assert_served()
            try:
                self.assertEqual(b"", silent.recv(1))
            except ConnectionResetError:
                pass
        self.assertGreaterEqual(time.monotonic() - started, LIMIT)
        self.assert_served()

    def test_bytes_that_are_no_request_keep_no_connection(self):
        """A record that never ends: each of its bytes wakes the server, and none is a request."""
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            started = time.monotonic()
            raw = socket.socket(fileno=os.dup(phone.socket.fileno()))
            self.addCleanup(raw.close)
            record, sent = b"\x17\x03\x03\x40\x00" + b"x" * 200, 0
            phone.socket.settimeout(LIMIT / 20)
            with self.assertRaises((ssl.SSLError, ConnectionError, StopIteration)):
                for byte in record:
                    raw.sendall(bytes([byte]))
                    sent += 1
                    try:
                        if not phone.socket.recv(1):
                            raise StopIteration
                    except TimeoutError:
                        continue
            self.assertLess(sent, len(record))
        self.assertGreaterEqual(time.monotonic() - started, LIMIT)

    def test_a_head_that_trickles_is_no_better_than_one_that_stops(self):
        request = eas()
        started = time.monotonic()
        with Phone(self.server) as phone:
            try:
                for byte in request:
                    phone.send(bytes([byte]))
                    time.sleep(0.05)  # the slowness under test: far longer than the limit in all
                    if time.monotonic() - started > PATIENCE:
                        self.fail("a head may come for ever")
                self.fail("the whole head was taken")
            except OSError:
                pass
        self.assertGreaterEqual(time.monotonic() - started, LIMIT)
        self.assert_served()

    def test_an_idle_connection_after_an_answer(self):
        with Phone(self.server) as phone:
            started = time.monotonic()
            self.assertEqual(451, phone.ask(eas()).status)
            self.assert_closed_in_time(started, phone)

    def test_a_client_that_does_not_read_its_answers(self):
        with Phone(self.server, receive_buffer=4096) as deaf:
            limit = time.monotonic() + PATIENCE
            with self.assertRaises((ConnectionError, ssl.SSLError)):
                while time.monotonic() < limit:
                    deaf.send(eas() * 20)
        wait_until(lambda: metric(self.server, "eas451_connections") == 0, "the connection to be given up")
        self.assert_served()


if __name__ == "__main__":
    unittest.main()
