# SPDX-License-Identifier: Apache-2.0
"""The LDAP client against a real OpenLDAP, and against servers that are broken in known ways. It is driven
by `ldap_driver` (tests/support), since no command of the product uses it yet."""
import os
import pathlib
import subprocess
import time
import unittest

from support import certificates, fake_directory, slapd
from support.server import PATIENCE, ROOT, Lines, wait_until

DRIVER = pathlib.Path(os.environ.get("EAS451_LDAP_DRIVER", ROOT / "build" / "dev" / "tests" / "ldap_driver"))
USER12 = "(userPrincipalName=user12@contoso.com)"
# What a machine may take beyond the deadline it was given; sanitizers are slow.
SLACK = 1.5


class Driver:
    def __init__(self, test, servers, ca_file, deadline=3000, password=slapd.SERVICE_PASSWORD):
        self.deadline = deadline / 1000
        self.process = subprocess.Popen(
            [str(DRIVER), str(deadline), str(ca_file), slapd.SERVICE_ACCOUNT, password, *servers],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.out = Lines(self.process.stdout)
        self.err = Lines(self.process.stderr)
        self.seen = 0
        test.addCleanup(self.stop)

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answers(self, count, verb="search"):
        """The next `count` answers, in the order they came."""
        def enough():
            lines = [line for line in self.out.all() if line.startswith(verb + " ")]
            return lines[self.seen:self.seen + count] if len(lines) >= self.seen + count else None
        found = wait_until(enough, f"{count} answers; stdout {self.out.all()[-5:]}, stderr {self.err.all()[-5:]}")
        self.seen += count
        return found

    def search(self, filter=USER12, base=slapd.BASE, times=1):
        self.tell(f"search {times} {base} {filter}")
        return self.answers(times)

    def bind(self, dn, password):
        self.tell(f"bind {dn} {password}")
        found = wait_until(lambda: [line for line in self.out.all() if line.startswith("bind ")][self.binds:], "a bind")
        self.binds += 1
        return found[0]

    binds = 0

    def stop(self):
        if self.process.stdin.closed:
            return
        self.process.stdin.close()
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "killed, since it did not end"
        self.out.join()
        self.err.join()
        if status != 0 or "ERROR" in self.err.text() or "WARNING" in self.err.text():
            raise AssertionError(f"{status}: {self.err.text()}")


def milliseconds(answer):
    """Of a failure."""
    return int(answer.split(" ")[2])


class RealDirectory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = slapd.start(cls)

    def drive(self, *schemes, **options):
        return Driver(self, [self.directory.url(scheme) for scheme in schemes or ("ldaps",)], self.directory.ca_file, **options)

    def test_searches_over_ldaps_and_starttls(self):
        for scheme in ("ldaps", "ldap"):
            driver = self.drive(scheme)
            begun = self.directory.mark()
            self.assertRegex(driver.search()[0], rf"^search 0 1 {self.directory.url(scheme)} [0-9]+$")
            self.assertRegex(driver.search("(userPrincipalName=nobody@contoso.com)")[0], r"^search 0 0 ")
            self.assertEqual(2, len(self.directory.searches(since=begun)))
            driver.stop()

    def test_many_at_once_on_one_connection(self):
        driver = self.drive()
        begun = self.directory.mark()
        answers = driver.search(times=64)
        self.assertTrue(all(answer.startswith("search 0 1 ") for answer in answers), answers)
        self.assertEqual(64, len(self.directory.searches(since=begun)))
        self.assertEqual(1, len(self.directory.connections(since=begun)))

    def test_a_users_password(self):
        driver = self.drive()
        driver.search()
        begun = self.directory.mark()
        dn = slapd.SERVICE_ACCOUNT
        self.assertRegex(driver.bind(dn, slapd.SERVICE_PASSWORD), r"^bind 0 0 ")
        self.assertRegex(driver.bind(dn, "wrong"), r"^bind 49 0 ")
        self.assertRegex(driver.bind(f"cn=nobody,{slapd.BASE}", "wrong"), r"^bind 49 0 ")
        self.assertEqual(3, len(self.directory.binds(since=begun)))
        # The search connection is still who it was.
        self.assertRegex(driver.search()[0], r"^search 0 1 ")

    def test_a_refused_service_account_is_an_outage_and_not_tried_again(self):
        begun = self.directory.mark()
        driver = self.drive(password="wrong")
        self.assertRegex(driver.search()[0], "^search unreachable [0-9]+ .*refuses the service account: Invalid credentials")
        time_over = time.monotonic() + 2.5
        while time.monotonic() < time_over:
            self.assertRegex(driver.search()[0], "^search unreachable ")
        self.assertEqual(1, len(self.directory.binds(since=begun)))


class TroubledDirectory(unittest.TestCase):
    def test_certificates_that_are_not_accepted_are_named(self):
        for trouble, words in (("expired", "certificate has expired"), ("other-name", "IP address mismatch|hostname mismatch"),
                               ("unknown-ca", "unable to get|self.signed")):
            with self.subTest(trouble):
                directory = slapd.start(self, trouble=trouble)
                driver = Driver(self, [directory.url()], directory.ca_file)
                answer = driver.search()[0]
                self.assertRegex(answer, "^search unreachable ")
                self.assertRegex(answer.lower(), words.lower())

    def test_killed_with_32_in_flight_and_back(self):
        directory = slapd.start(self)
        driver = Driver(self, [directory.url()], directory.ca_file)
        driver.search()
        directory.pause()
        driver.tell(f"search 32 {slapd.BASE} {USER12}")
        directory.kill()
        answers = driver.answers(32)
        self.assertTrue(all(answer.split(" ")[1] in ("broken", "unreachable") for answer in answers), answers)
        driver.out.wait_for("^down ")
        begun = directory.mark()
        directory.restart()
        back = time.monotonic()
        driver.out.wait_for("^up ", 2)
        self.assertLess(time.monotonic() - back, 5)
        self.assertRegex(driver.search()[0], "^search 0 1 ")
        # Nobody came back anonymously.
        self.assertGreaterEqual(len(directory.binds(since=begun)), 1)

    def test_a_server_that_hangs_costs_its_part_and_the_next_one_answers(self):
        authority = certificates.Authority() if hasattr(certificates, "Authority") else None
        options = {"authority": authority} if authority is not None else {}
        first = slapd.start(self, **options)
        second = slapd.start(self, authority=getattr(first, "authority", authority)) if authority is not None else None
        if second is None:
            self.fail("two servers under one authority are needed")
        driver = Driver(self, [first.url(), second.url()], first.ca_file, deadline=2000)
        driver.out.wait_for("^up ", 2)
        self.assertIn(first.url(), driver.search()[0])
        first.pause()
        answer = driver.search()[0]
        self.assertRegex(answer, rf"^search 0 1 {second.url()} ")
        self.assertLess(int(answer.split(" ")[4]) / 1000, driver.deadline + SLACK)
        # Now it is known to be down, and costs nothing.
        driver.out.wait_for(f"^down {first.url()}")
        self.assertRegex(driver.search()[0], rf"^search 0 1 {second.url()} ")
        first.resume()
        driver.out.wait_for(f"^up {first.url()}$", 2)
        self.assertRegex(driver.search()[0], rf"^search 0 1 {first.url()} ")


class FaultyServers(unittest.TestCase):
    def ask(self, behaviour, scheme="ldaps"):
        server = fake_directory.start(self, behaviour)
        driver = Driver(self, [server.url(scheme)], server.ca_file, deadline=1000)
        begun = time.monotonic()
        answer = driver.search()[0]
        took = time.monotonic() - begun
        busy = sum(os.times()[2:4])
        driver.stop()
        self.assertLess(took, driver.deadline + SLACK, answer)
        self.assertLess(sum(os.times()[2:4]) - busy, 1.0, "it spun")
        self.assertRegex(answer, "^search (unreachable|tls|timed-out|broken) ")
        return answer

    def test_mute_dripping_and_silent_after_starttls(self):
        for behaviour, scheme in ((fake_directory.silent, "ldaps"), (fake_directory.silent, "ldap"),
                                  (fake_directory.silent_after_tls, "ldaps"), (fake_directory.dripping_handshake, "ldaps"),
                                  (fake_directory.starttls_then_silent, "ldap"), (fake_directory.silent_after_bind, "ldaps"),
                                  (fake_directory.dripping_answer, "ldaps")):
            with self.subTest(behaviour.__name__, scheme=scheme):
                self.assertRegex(self.ask(behaviour, scheme), "in time")

    def test_bytes_between_starttls_and_tls_are_refused(self):
        self.assertRegex(self.ask(fake_directory.starttls_with_bytes_behind, "ldap"), "bytes between StartTLS and TLS")
        self.assertRegex(self.ask(fake_directory.starttls_refused, "ldap"), "refuses StartTLS")

    def test_answers_that_end_too_early(self):
        for behaviour in (fake_directory.ends_within_answer, fake_directory.resets_within_answer, fake_directory.disconnects):
            with self.subTest(behaviour.__name__):
                self.ask(behaviour)


if __name__ == "__main__":
    unittest.main()
