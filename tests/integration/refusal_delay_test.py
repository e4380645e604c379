# SPDX-License-Identifier: Apache-2.0
"""A 401 tells nothing: neither its bytes nor the time it takes say why. And nothing else waits."""
import signal
import time
import unittest

from support import contoso
from support.admin import metric
from support.phone import Phone, basic, eas, get
from support.server import start, wait_until

# More than any answer takes, less than the tests' patience.
LONG = 10.0
BAD = "bad-credentials"
NOBODY = eas(None)
# The reason of the log, and what a phone sends.
REFUSED = (
    ("no-credentials", NOBODY), ("no-credentials", eas(None, method="OPTIONS", cmd=None, version=None)),
    ("no-credentials", eas(authorization="Digest x")), ("no-credentials", eas(authorization="Bearer x")),
    (BAD, eas(authorization="Basic ***")), (BAD, eas(authorization="Basic dXNlcjEy")),
    (BAD, eas(authorization=basic("CN=User 12,DC=contoso,DC=com", "x"))), (BAD, eas("user12@contoso.com", "")),
    (BAD, eas("user12@contoso.com", "wrong")), ("not-found", eas("nobody@contoso.com", "x")),
    ("ambiguous", eas("bob", "x")), ("account-disabled", eas("disabled@contoso.com", "Passw0rd!disabled")),
    (BAD, eas("disabled@contoso.com", "wrong")), ("account-locked", eas("locked@contoso.com", "Passw0rd!locked")),
    ("password-expired", eas("expired@contoso.com", "Passw0rd!expired")),
)
MOVED = eas("user12@contoso.com", "Passw0rd!user12")


def delayed(delay, **sections):
    return contoso.config(authentication={"refusal_delay": delay}, **sections)


def timed(phone, request):
    begun = time.monotonic()
    answer = phone.ask(request)
    return answer, time.monotonic() - begun


class RefusalDelay(unittest.TestCase):
    def start(self, config):
        return start(self, config, contoso.directory())

    def test_every_401_is_the_same_and_none_comes_early(self):
        for delay, config in ((0.1, contoso.config(access_log={"format": "json"})), (0.3, delayed("300ms"))):
            server = self.start(config)
            with Phone(server) as phone:
                expected = phone.ask(NOBODY).bytes_but_date()
                for reason, request in REFUSED:
                    for time_of in ("first", "second"):
                        with self.subTest(reason, request=request, delay=delay, time=time_of):
                            answer, took = timed(phone, request)
                            self.assertEqual((401, expected), (answer.status, answer.bytes_but_date()))
                            self.assertGreaterEqual(took, delay)

    def test_the_reasons_are_what_the_test_means(self):
        server = self.start(delayed("0s", access_log={"format": "json"}))
        with Phone(server) as phone:
            for _, request in REFUSED:
                self.assertEqual(401, phone.ask(request).status)
        for (reason, request), line in zip(REFUSED, server.access_lines(len(REFUSED))):
            self.assertIn(f'"reason":"{reason}"', line, request)

    def test_nothing_else_waits(self):
        server = self.start(delayed("10s"))
        with Phone(server) as phone:
            for request, status in (
                    (MOVED, 451), (eas("anna@contoso.com", "Passw0rd!anna"), 200), (eas("nina@contoso.com", "Passw0rd!nina"), 200),
                    (eas("nina@contoso.com", "Passw0rd!nina", version="12.1"), 403),
                    (get("/Microsoft-Server-ActiveSync/healthcheck.htm"), 200), (get("/"), 404)):
                answer, took = timed(phone, request)
                self.assertEqual(status, answer.status)
                self.assertLess(took, LONG)

    def test_unchecked_logins_do_not_wait_for_their_403(self):
        server = self.start(contoso.config(authentication={"basic": "off", "refusal_delay": "10s"}))
        with Phone(server) as phone:
            answer, took = timed(phone, eas("nobody@contoso.com", "x", version="12.1"))
        self.assertEqual(403, answer.status)
        self.assertLess(took, LONG)

    def test_what_follows_on_the_connection_waits_too(self):
        server = self.start(delayed("1s"))
        with Phone(server) as phone:
            begun = time.monotonic()
            phone.send(eas("nobody@contoso.com", "x") + MOVED + NOBODY)
            self.assertEqual([401, 451], [phone.read().status for _ in range(2)])
            self.assertGreaterEqual(time.monotonic() - begun, 1)
            self.assertEqual(401, phone.read().status)
            self.assertGreaterEqual(time.monotonic() - begun, 2)

    def test_waiting_takes_no_thread(self):
        server = self.start(delayed("2s", workers=1))
        phones = [Phone(server) for _ in range(50)]
        for phone in phones:
            self.addCleanup(phone.close)
        begun = time.monotonic()
        for phone in phones:
            phone.send(NOBODY)
        with Phone(server) as other:
            self.assertEqual(451, other.ask(MOVED).status)
        self.assertEqual({401}, {phone.read().status for phone in phones})
        took = time.monotonic() - begun
        self.assertGreaterEqual(took, 2)
        self.assertLess(took, 50)

    def wait_with_a_401(self, server):
        """A phone whose second request waits for its 401: the answer to the first is here, so both were read."""
        phone = Phone(server)
        self.addCleanup(phone.close)
        self.assertEqual(451, phone.ask(MOVED + NOBODY).status)
        return phone

    def test_a_drain_lets_it_out(self):
        server = self.start(delayed("1s"))
        phone = self.wait_with_a_401(server)
        server.signal(signal.SIGTERM)
        answer = phone.read()
        self.assertEqual((401, True), (answer.status, answer.closes()))
        server.wait_for_exit()

    def test_the_drain_limit_does_not_wait_for_it(self):
        server = self.start(delayed("10s", limits={"drain": "0s"}))
        phone = self.wait_with_a_401(server)
        begun = time.monotonic()
        server.signal(signal.SIGTERM)
        phone.read_end()
        server.wait_for_exit()
        self.assertLess(time.monotonic() - begun, LONG)
        self.assertIn(" 401 ", server.all_access_lines()[1])

    def test_a_phone_that_goes_away_leaves_a_line_and_no_connection(self):
        server = self.start(delayed("1s", access_log={"format": "json"}))
        phone = Phone(server).send(NOBODY)
        phone.close()
        self.assertIn('"reason":"no-credentials"', server.access_lines(1)[0])
        wait_until(lambda: metric(server, "eas451_connections") == 0, "the connection has ended")

    def test_a_reload_changes_it(self):
        server = self.start(delayed("10s"))
        server.site.write_config(delayed("0s"))
        server.reload()
        with Phone(server) as phone:
            answer, took = timed(phone, eas(authorization=basic("nobody@contoso.com", "x")))
        self.assertEqual(401, answer.status)
        self.assertLess(took, LONG)


if __name__ == "__main__":
    unittest.main()
