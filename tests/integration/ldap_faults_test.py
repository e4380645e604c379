# SPDX-License-Identifier: Apache-2.0
"""What a domain controller can do to us: each fault at a server of its own, all at the same time.

A server has the faulty one in the first place and a good one in the second. First the faulty one breaks, then the good
one goes as well, then the faulty one is mended. What all this looked like is recorded, and judged by the tests.

The numbers are those of the catalogue of faults that the product is built against: 1 refused, 2 no answer to a SYN,
3 and 4 silent (ldap, ldaps), 5 silent after StartTLS, 6 a handshake that drips, 7 an answer after the deadline,
8 the end within an answer, 10 certificates, 14 garbage, 15 result codes, 16 a name that does not resolve. 9 (flapping)
is at the end; 11 to 13 and 49 for a user are in ldap_fault_answers_test.py. ldap_broken_servers_test.py has more ways
to be broken from the start, ldap_outage_test.py those of a real directory.
"""
import collections
import concurrent.futures
import os
import pathlib
import shutil
import signal
import tempfile
import threading
import time
import unittest

from support import certificates, fake_dc, fake_directory, ldap_site, name_server
from support.at_once import at_once
from support.ldap_site import LATER, LATER_OPTIONS, NOBODY, REDIRECTED, SLACK, call, short
from support.phone import Phone
from support.server import wait_until

DEADLINE, RECOVERY = 1.0, 5.0
# The share of the time that a process may work while it waits, and the threads that it may have more than before.
BUSY, MORE_THREADS = 0.05, 1
# A look-up that hangs has a thread of its own until the resolver gives up, after 10 s; there is a new one every 2 s.
LOOKUPS = 8
NAME = "dc1.faults.example"

# breaks: what makes it break. is_down: None when it is now up and now down.
Fault = collections.namedtuple("Fault", "name scheme breaks is_down words")


def _connections(behaviour):
    return lambda dc: dc.suffer(behaviour)


def _logons(how):
    """The bind of the service account goes wrong."""
    def breaks(dc):
        dc.deviate(fake_dc.service_bind, how)
        dc.cut()
    return breaks


def _searches(how):
    return lambda dc: dc.deviate(fake_dc.user_search, how)


def _gone(dc):
    dc.refuse()
    dc.cut()


def _swallows(dc):
    dc.swallow()
    dc.cut()


def _named(dc):
    """Is so from the start."""


FAULTS = (
    Fault("1 refused", "ldaps", _gone, True, "Connection refused"),
    Fault("2 no answer to a SYN", "ldaps", _swallows, True, "did not accept a connection in time"),
    Fault("3 silent, ldap", "ldap", _connections(fake_directory.silent), True, "in time"),
    Fault("4 silent, ldaps", "ldaps", _connections(fake_directory.silent), True, "in time"),
    Fault("4 silent after TLS", "ldaps", _connections(fake_directory.silent_after_tls), True, "in time"),
    Fault("5 silent after StartTLS", "ldap", _connections(fake_directory.starttls_then_silent), True, "in time"),
    Fault("6 a handshake that drips", "ldaps", _connections(fake_directory.dripping_handshake), True, "in time"),
    Fault("7 a late bind", "ldaps", _logons(fake_dc.late(threading.Event())), True, "in time"),
    Fault("7 a late search", "ldaps", _searches(fake_dc.late(threading.Event())), None, "in time"),
    Fault("8 half a bind", "ldaps", _logons(fake_dc.closing), True, "closed the connection"),
    Fault("8 half a search", "ldaps", _searches(fake_dc.closing), None, "closed the connection"),
    *(Fault(f"10 {trouble}", "ldaps", lambda dc, trouble=trouble: dc.show_trouble(trouble), True,
            "its certificate is not accepted: " + words)
      for trouble, words in (("expired", "certificate has expired"), ("other-name", "IP address mismatch"),
                             ("unknown-ca", "unable to get local issuer certificate"))),
    Fault("14 no BER", "ldaps", _logons(fake_dc.sending(fake_directory.GARBAGE["no BER"])), True, ""),
    Fault("14 BER of 4 GiB", "ldap", _searches(fake_dc.sending(fake_directory.GARBAGE["a length of 4 GiB"])), None, ""),
    *(Fault(f"15 {code} to the service account", "ldaps", _logons(fake_dc.answering(code)), True, "as the test wants it")
      for code in (8, 51, 52)),
    Fault("15 nobody who could judge the service account", "ldaps", _logons(fake_dc.refusing("51f")), True, "data 51f"),
    *(Fault(f"15 {code} to a search", "ldaps", _searches(fake_dc.answering(code)), False, "as the test wants it")
      for code in (8, 51, 52)),
    *([Fault("16 a name that does not resolve", "ldaps", _named, True, "its name was not resolved in time")]
      if os.geteuid() == 0 else []),
)


class Named(fake_dc.FakeDc):
    def url(self, scheme="ldaps", host=NAME):
        return super().url(scheme, host)


class Trial:
    """One fault, the server that meets it, and what was seen."""

    def __init__(self, test, fault, authority, good):
        self.fault = fault
        self.answers, self.seen = {}, {}
        self.names, wrapper = None, ()
        if fault.breaks is _named:
            folder = pathlib.Path(tempfile.mkdtemp(prefix="eas451-test-names-"))
            test.addClassCleanup(shutil.rmtree, folder)
            self.names = name_server.start(test, folder)
            self.dc = Named(authority.issue((f"DNS:{NAME}",)), authority.ca_file, authority)
            test.addClassCleanup(self.dc.stop)
            wrapper = self.names.wrapper
        else:
            self.dc = fake_dc.start(test, authority)
        self.server = ldap_site.start(test, self.dc, good, scheme=fault.scheme, deadline="1s", ready=False, workers=1,
                                      wrapper=wrapper)
        self.phones = [Phone(self.server) for _ in range(3)]
        for phone in self.phones:
            test.addClassCleanup(phone.close)

    def is_up(self):
        return ldap_site.is_up(self.server, self.dc, self.fault.scheme)

    def mend(self):
        if self.names:
            self.names.speak()
        self.dc.mend()


def ask_all(trials, what, *requests):
    """Each server is asked the same, by a phone a request; (answers, seconds until they were there)."""
    begun = time.monotonic()
    for trial in trials:
        for phone, request in zip(trial.phones, requests):
            phone.send(request)
    for trial in trials:
        trial.answers[what] = [short(phone.read()) for phone, _ in zip(trial.phones, requests)], time.monotonic() - begun


class Faults(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.authority = certificates.authority(cls)
        cls.good = fake_dc.start(cls, cls.authority)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            cls.trials = list(pool.map(lambda fault: Trial(cls, fault, cls.authority, cls.good), FAULTS))
        for trial in cls.trials:
            # They all end at the same time, too.
            cls.addClassCleanup(trial.server.signal, signal.SIGTERM)
            ldap_site.wait_until_ready(trial.server)
            wait_until(lambda trial=trial: trial.names or trial.is_up(), "both are up")
            wait_until(lambda trial=trial: ldap_site.is_up(trial.server, cls.good, trial.fault.scheme), "both are up")
        cls.record()

    @classmethod
    def record(cls):
        trials, ready = cls.trials, time.monotonic()
        # One that takes us and drops us at once would be another fault.
        wait_until(lambda: time.monotonic() - ready > 1.2, "the connections have lasted")
        begun = time.monotonic()
        for trial in trials:
            trial.before = ldap_site.cpu_seconds(trial.server), ldap_site.threads(trial.server)
            trial.fault.breaks(trial.dc)
        ask_all(trials, "at once", call("moved001@contoso.com"), call("moved002@contoso.com", method="OPTIONS"))
        ask_all(trials, "known", call("moved003@contoso.com"), call("moved004@contoso.com", "wrong"))
        for trial in trials:
            wait_until(lambda trial=trial: trial.fault.is_down is None or trial.is_up() != trial.fault.is_down, "it is told")
        _gone(cls.good)
        ask_all(trials, "alone", call("moved005@contoso.com"), call("moved006@contoso.com", method="OPTIONS"),
                call("moved001@contoso.com"))
        ask_all(trials, "alone and known", call("moved007@contoso.com"), call("nobody@contoso.com", method="OPTIONS"),
                call("moved008@contoso.com", "wrong"))
        # The next tries to reach the servers lie in this time as well.
        wait_until(lambda: time.monotonic() - begun > 4 * DEADLINE, "time has passed")
        for trial in trials:
            trial.seen["busy"] = (ldap_site.cpu_seconds(trial.server) - trial.before[0]) / (time.monotonic() - begun)
            trial.seen["threads"] = ldap_site.threads(trial.server) - trial.before[1]
            trial.seen["mark"] = trial.dc.mark()
        cls.recover()

    @classmethod
    def recover(cls):
        begun, waiting = time.monotonic(), list(cls.trials)
        for trial in waiting:
            trial.mend()
            trial.seen["recovery"] = float("inf")
        while waiting and time.monotonic() - begun < 2 * RECOVERY:
            for trial in [trial for trial in waiting if trial.is_up()]:
                trial.seen["recovery"] = time.monotonic() - begun
                waiting.remove(trial)
            time.sleep(0.02)
        ask_all(cls.trials, "mended", call("moved009@contoso.com"))

    def each(self, check):
        for trial in self.trials:
            with self.subTest(trial.fault.name):
                check(trial)

    def expect(self, trial, what, *answers):
        found, took = trial.answers[what]
        self.assertEqual(list(answers), found)
        self.assertLess(took, DEADLINE + SLACK)

    def test_the_next_one_answers_in_time(self):
        def check(trial):
            self.expect(trial, "at once", REDIRECTED, REDIRECTED)
            self.expect(trial, "known", REDIRECTED, NOBODY)
        self.each(check)

    def test_without_another_it_is_an_outage_in_time(self):
        """And neither 401 nor 451, but for what is known; not to a wrong password either."""
        def check(trial):
            self.expect(trial, "alone", LATER, LATER_OPTIONS, REDIRECTED)
            self.expect(trial, "alone and known", LATER, LATER_OPTIONS, LATER)
        self.each(check)

    def test_it_is_used_again_when_it_is_mended(self):
        def check(trial):
            self.assertLess(trial.seen["recovery"], RECOVERY)
            self.expect(trial, "mended", REDIRECTED)
            self.assertIn("moved009", str([bind.name for bind in trial.dc.user_binds(trial.seen["mark"])]))
        self.each(check)

    def test_nothing_spins_and_no_thread_stays(self):
        def check(trial):
            self.assertLess(trial.seen["busy"], BUSY)
            self.assertLessEqual(trial.seen["threads"], LOOKUPS if trial.names else MORE_THREADS)
        self.each(check)

    def test_the_log_says_why(self):
        def check(trial):
            complaint = "directory: a login could not be looked up:" if trial.fault.is_down is False else \
                rf"warning directory: {trial.dc.url(trial.fault.scheme)}\b"
            trial.server.err.wait_for(rf"{complaint}.*{trial.fault.words}")
        self.each(check)

    def test_each_password_went_to_one_server_once(self):
        for name in ("moved001", "moved002", "moved003", "moved004"):
            binds = [bind for dc in (self.good, *(trial.dc for trial in self.trials)) for bind in dc.user_binds()
                     if f"({name})" in bind.name]
            self.assertEqual((len(self.trials), 0), (len(binds), sum(bind.is_empty for bind in binds)), name)

    @unittest.skipUnless(os.geteuid() == 0, "only root has a name server on port 53")
    def test_the_name_was_asked_for(self):
        self.assertGreater(sum(trial.names.asked for trial in self.trials if trial.names), 0)


@at_once
class Flapping(unittest.TestCase):
    """9: a second up, a second down, again and again."""

    def flap(self, ask, times=2):
        """The answers, and the longest time that one took."""
        authority = certificates.authority(self)
        faulty = fake_dc.start(self, authority)
        others = [fake_dc.start(self, authority)] if ask else []
        server = ldap_site.start(self, faulty, *others, deadline="1s", workers=1)
        wait_until(lambda: all(ldap_site.is_up(server, dc) for dc in (faulty, *others)), "all are up")
        phone = Phone(server)
        self.addCleanup(phone.close)
        answers, longest, number = [], 0.0, 0
        for is_down in (False, True) * times:
            (_gone if is_down else fake_dc.FakeDc.listen)(faulty)
            end = time.monotonic() + 1
            while time.monotonic() < end:
                number += 1
                begun = time.monotonic()
                answers.append(short(phone.ask(call(f"moved{number % 80 + 1:03}@contoso.com"))))
                longest = max(longest, time.monotonic() - begun)
                time.sleep(0.02)
        faulty.listen()
        wait_until(lambda: ldap_site.is_up(server, faulty), "it is up", RECOVERY)
        self.assertEqual(REDIRECTED, short(phone.ask(call("room001@contoso.com"))))
        self.assertLess(longest, DEADLINE + SLACK)
        return answers

    def test_alone(self):
        answers = self.flap(False)
        self.assertEqual({REDIRECTED, LATER}, set(answers))

    def test_with_another(self):
        """A bind that is cut is an outage; it is not sent twice."""
        answers = self.flap(True)
        self.assertLessEqual(sum(answer != REDIRECTED for answer in answers), 2, answers)
        self.assertLessEqual(set(answers), {REDIRECTED, LATER})


if __name__ == "__main__":
    unittest.main()
