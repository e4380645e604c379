# SPDX-License-Identifier: Apache-2.0
"""A real directory that is killed, hangs, or refuses us: an outage is never an answer, and it ends."""
import random
import re
import time
import unittest

from support import certificates, ldap_site, slapd
from support.admin import metric
from support.at_once import at_once
from support.ldap_site import LATER, LATER_OPTIONS, NOBODY, REDIRECTED, SLACK, call, searches_for, short
from support.phone import Phone, get
from support.server import Server, wait_until
from tests.directory import people

DEADLINE = 1.0
RECOVERY = 5.0


class Phones(unittest.TestCase):
    def start(self, *directories, **options):
        server = ldap_site.start(self, *directories, **{"deadline": "1s", **options})
        return server, self.phone(server)

    def serve(self, site):
        server = Server(site)
        self.addCleanup(server.stop)
        return server, self.phone(server.wait_until_listening())

    def phone(self, server):
        phone = Phone(server)
        self.addCleanup(phone.close)
        return phone

    def timed(self, phone, request):
        """(answer, seconds until it was here)."""
        started = time.monotonic()
        answer = short(phone.ask(request))
        return answer, time.monotonic() - started

    def expect_outage(self, phone, login="moved001@contoso.com", password=None):
        """By both methods, within the deadline."""
        for method, expected in (("POST", LATER), ("OPTIONS", LATER_OPTIONS)):
            answer, took = self.timed(phone, call(login, password, method=method))
            self.assertEqual(expected, answer)
            self.assertLess(took, DEADLINE + SLACK)

    def expect_recovery(self, phone, login="moved002@contoso.com"):
        started = time.monotonic()
        wait_until(lambda: short(phone.ask(call(login))) == REDIRECTED, "phones are redirected again")
        self.assertLess(time.monotonic() - started, RECOVERY)

    def expect_bound_before_asked(self, directory, since):
        """Nothing was asked but by the service account, and nobody was anonymous."""
        bound = {}
        for operation in directory.operations(since=since):
            self.assertNotEqual(("bind", ""), (operation.kind, operation.name))
            bound.setdefault(operation.connection, operation)
            if operation.kind == "search":
                first = bound[operation.connection]
                self.assertEqual(("bind", slapd.SERVICE_ACCOUNT.lower(), 0), (first.kind, first.name.lower(), first.result))


@at_once
class Outage(Phones):
    def test_killed_and_back(self):
        directory = slapd.start(self)
        server, phone = self.start(directory, cache={"ttl": "1s", "negative_ttl": "1s"})
        for login, expected in (("user12@contoso.com", REDIRECTED), ("anna@contoso.com", LATER),
                                ("nobody@contoso.com", NOBODY)):
            self.assertEqual(expected, short(phone.ask(call(login))))
        directory.kill()
        server.err.wait_for(rf"warning directory: {directory.url()}.*; not used until it is back$")
        self.assertFalse(ldap_site.is_up(server, directory))
        # Neither the old, when they are too old, nor the unknown, nor those with a wrong password get an answer.
        for login in ("user12@contoso.com", "anna@contoso.com", "nobody@contoso.com"):
            # By OPTIONS: a local mailbox has the answer of an outage to POST while it is known, too.
            wait_until(lambda: short(phone.ask(call(login, method="OPTIONS"))) == LATER_OPTIONS, f"{login} is too old")
            self.expect_outage(phone, login)
        self.expect_outage(phone, "stranger@contoso.com")
        self.expect_outage(phone, "user12@contoso.com", "wrong")
        self.assertEqual(NOBODY, short(phone.ask(call(None, ""))))
        # What was good once stays in rotation.
        self.assertEqual(200, phone.ask(get("/Microsoft-Server-ActiveSync/healthcheck.htm")).status)
        since = directory.mark()
        directory.start()
        self.expect_recovery(phone)
        server.err.wait_for(rf"info  directory: {directory.url()} is up", 2)
        self.assertTrue(ldap_site.is_up(server, directory))
        self.assertEqual(NOBODY, short(phone.ask(call("stranger@contoso.com"))))
        directory.finished(1, since)
        self.expect_bound_before_asked(directory, since)
        reasons = {line["reason"] for line in ldap_site.access(server, 20)}
        self.assertIn("directory-down", reasons)

    def test_killed_with_thirty_two_in_flight(self):
        directory = slapd.start(self)
        server, _ = self.start(directory, deadline="2s")
        names = [person["userPrincipalName"] for person in people.of_kind("moved")[:32]]
        phones = [self.phone(server) for _ in names]
        directory.pause()
        started = time.monotonic()
        for number, (phone, name) in enumerate(zip(phones, names)):
            phone.send(call(name, method="POST" if number % 2 else "OPTIONS"))
        wait_until(lambda: ldap_site.misses(server) >= 32, "all of them wait for the directory")
        directory.kill()
        answers = [short(phone.read()) for phone in phones]
        self.assertLess(time.monotonic() - started, 2.0 + SLACK)
        self.assertEqual([LATER_OPTIONS, LATER] * 16, answers)
        since = directory.mark()
        directory.start()
        self.expect_recovery(phones[0], names[0])
        for phone, name in zip(phones, names):
            self.assertEqual(REDIRECTED, short(phone.ask(call(name))))
        directory.finished(64, since)
        self.expect_bound_before_asked(directory, since)

    def test_hanging(self):
        directory = slapd.start(self)
        server, phone = self.start(directory)
        directory.pause()
        self.addCleanup(directory.resume)
        # More of them at once than it takes to find out.
        phones = [self.phone(server) for _ in range(8)]
        started = time.monotonic()
        for number, other in enumerate(phones):
            other.send(call(f"moved{number + 11:03}@contoso.com"))
        self.assertEqual([LATER] * 8, [short(other.read()) for other in phones])
        self.assertLess(time.monotonic() - started, DEADLINE + SLACK)
        self.expect_outage(phone)
        directory.resume()
        self.expect_recovery(phone)

    def test_without_a_directory_at_the_start(self):
        directory = slapd.start(self)
        directory.kill()
        server, phone = self.start(directory, ready=False)
        self.expect_outage(phone)
        self.assertEqual(NOBODY, short(phone.ask(call(None, ""))))
        self.assertFalse(ldap_site.is_ready(server))
        self.assertEqual(503, phone.ask(get("/Microsoft-Server-ActiveSync/healthcheck.htm")).status)
        directory.start()
        self.expect_recovery(phone)
        ldap_site.wait_until_ready(server)
        self.assertEqual(200, phone.ask(get("/Microsoft-Server-ActiveSync/healthcheck.htm")).status)

    def test_nothing_is_ready_before_a_server_was_good_although_nothing_has_to_be_read(self):
        directory = slapd.start(self)
        directory.kill()
        server, phone = self.start(directory, ready=False, organization_relationships={"from_directory": False},
                                   ldap={"base": slapd.BASE, "netbios_domains": {"CONTOSO": "contoso.com"}})
        self.expect_outage(phone)
        self.assertFalse(ldap_site.is_ready(server))
        self.assertEqual(503, phone.ask(get("/Microsoft-Server-ActiveSync/healthcheck.htm")).status)
        directory.start()
        ldap_site.wait_until_ready(server)
        self.assertTrue(ldap_site.is_up(server, directory))

    def test_a_service_account_that_is_refused_is_tried_once(self):
        directory = slapd.start(self)
        made = ldap_site.site(self, directory, deadline="1s")
        made.write("secret", "wrong\n")
        server, phone = self.serve(made)
        server.err.wait_for(rf"warning directory: {directory.url()} refuses the service account: Invalid credentials")
        # Longer than a server that is down is left alone, and each time somebody else.
        limit = time.monotonic() + 1.3
        while time.monotonic() < limit:
            self.expect_outage(phone, f"moved{random.randrange(1, 80):03}@contoso.com")
        self.assertEqual([(slapd.SERVICE_ACCOUNT.lower(), 49)],
                         [(one.name.lower(), one.result) for one in directory.finished(1)])
        self.assertFalse(ldap_site.is_up(server, directory))
        self.assertFalse(ldap_site.is_ready(server))
        made.write("secret", slapd.SERVICE_PASSWORD + "\n")
        server.reload()
        self.expect_recovery(phone)

    def test_connections_that_the_server_closes_when_they_are_idle(self):
        directory = slapd.start(self, configuration=["idletimeout 1"])
        server, phone = self.start(directory)
        self.assertEqual(REDIRECTED, short(phone.ask(call())))
        used = directory.connections()
        self.assertEqual(2, len(used))
        for connection in used:
            closed = rf"conn={connection.split(':')[1]} .*closed"
            wait_until(lambda: re.search(closed, directory.log_text()), f"{connection} is closed")
        self.assertEqual(REDIRECTED, short(phone.ask(call("moved001@contoso.com"))))
        self.assertNotIn("could not be looked up", server.err.text())

    def test_searches_without_an_account_that_see_nothing_are_no_answer(self):
        directory = slapd.start(self)
        server, phone = self.start(directory, ready=False, ldap={"bind_name": None, "bind_password_file": None})
        self.expect_outage(phone)
        self.expect_outage(phone, "nobody@contoso.com")
        self.assertFalse(ldap_site.is_ready(server))
        self.assertEqual(0, directory.binds())


@at_once
class Several(Phones):
    def setUp(self):
        trusted = certificates.authority(self)
        self.first, self.second = (slapd.start(self, authority=trusted) for _ in range(2))

    def start_both(self):
        server, phone = self.start(self.first, self.second)
        wait_until(lambda: ldap_site.is_up(server, self.first) and ldap_site.is_up(server, self.second), "both are up")
        return server, phone

    def asked_for(self, login):
        return [len(searches_for(directory, f"{login}@contoso.com")) for directory in (self.first, self.second)]

    def expect(self, phone, name, asked):
        answer, took = self.timed(phone, call(f"{name}@contoso.com"))
        self.assertEqual((REDIRECTED, asked), (answer, self.asked_for(name)))
        self.assertLess(took, DEADLINE + SLACK)

    def test_the_preferred_one_is_asked_and_used_again_when_it_is_back(self):
        server, phone = self.start_both()
        self.expect(phone, "moved001", [1, 0])
        self.first.kill()
        self.expect(phone, "moved002", [0, 1])
        server.err.wait_for(rf"warning directory: {self.first.url()}.*; not used until it is back$")
        self.assertTrue(ldap_site.is_ready(server))
        self.first.start()
        started = time.monotonic()
        wait_until(lambda: ldap_site.is_up(server, self.first), "the preferred one is up")
        self.assertLess(time.monotonic() - started, RECOVERY)
        self.expect(phone, "moved003", [1, 0])

    def test_one_that_hangs_costs_a_part_of_the_deadline(self):
        server, phone = self.start_both()
        self.first.pause()
        self.addCleanup(self.first.resume)
        answer, took = self.timed(phone, call("moved001@contoso.com"))
        self.assertEqual(REDIRECTED, answer)
        self.assertLess(took, DEADLINE + SLACK)
        wait_until(lambda: not ldap_site.is_up(server, self.first), "it is known not to answer")
        self.assertEqual(REDIRECTED, short(phone.ask(call("moved002@contoso.com"))))
        self.assertEqual(1, self.asked_for("moved002")[1])
        self.first.resume()
        wait_until(lambda: ldap_site.is_up(server, self.first), "the preferred one is up")
        self.expect(phone, "moved003", [1, 0])

    def test_both_gone_and_the_second_back(self):
        server, phone = self.start_both()
        self.first.kill()
        self.second.kill()
        self.expect_outage(phone)
        self.second.start()
        self.expect_recovery(phone)
        self.assertEqual(0, metric(server, f'eas451_directory_up{{server="{self.first.url()}"}}'))

    def test_the_second_alone_at_the_start(self):
        self.first.pause()
        self.addCleanup(self.first.resume)
        _, phone = self.start(self.first, self.second)
        self.assertEqual(REDIRECTED, short(phone.ask(call("moved001@contoso.com"))))
        self.assertEqual(1, self.asked_for("moved001")[1])


if __name__ == "__main__":
    unittest.main()
