# SPDX-License-Identifier: Apache-2.0
"""srv:DOMAIN: domain controllers that DNS names, and what becomes of phones while DNS is broken."""
import time
import unittest

from support import certificates, fake_dns, ldap_site, slapd
from support.at_once import at_once
from support.ldap_site import LATER, LATER_OPTIONS, REDIRECTED, SLACK, call, cpu_seconds, short
from support.phone import Phone
from support.server import wait_until

DEADLINE = 1.0
# From the moment at which DNS answers again: looked up after 5 s, with up to a deadline of before.
RECOVERY = 5.0 + DEADLINE + SLACK
CONTROLLERS = fake_dns.CONTROLLERS + "contoso.com"


def at(priority, directory):
    return (priority, 100, directory.ldaps_port, "localhost")


def url(directory):
    return directory.url(host="localhost")


class Discovery(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = certificates.authority(cls)

    def slapd(self, **options):
        return slapd.start(self, authority=self.authority, **options)

    def options(self, dns, **more):
        return {"ldap": {"servers": ["srv:contoso.com"], "name_servers": [dns.address]}, "deadline": "1s", **more}

    def site(self, dns, directory, **more):
        return ldap_site.site(self, directory, **self.options(dns, **more))

    def start(self, dns, directory, ready=True, **more):
        server = ldap_site.start(self, directory, ready=ready, **self.options(dns, **more))
        return server, self.phone(server)

    def phone(self, server):
        phone = Phone(server)
        self.addCleanup(phone.close)
        return phone

    def expect_outage(self, phone):
        for method, expected in (("POST", LATER), ("OPTIONS", LATER_OPTIONS)):
            started = time.monotonic()
            self.assertEqual(expected, short(phone.ask(call(method=method))))
            self.assertLess(time.monotonic() - started, DEADLINE + SLACK)


@at_once
class Serve(Discovery):
    def test_by_priority_and_the_next_when_one_is_gone(self):
        first, second = self.slapd(), self.slapd()
        dns = fake_dns.start(self)
        dns.records[CONTROLLERS] = [at(10, second), at(0, first)]
        server, phone = self.start(dns, first)
        wait_until(lambda: ldap_site.is_up_named(server, url(first)) and ldap_site.is_up_named(server, url(second)), "both are up")
        before = first.mark()
        self.assertEqual(REDIRECTED, short(phone.ask(call("user12@contoso.com"))))
        self.assertEqual((1, 1), ldap_site.cost(first, before))
        self.assertEqual(url(first), ldap_site.access(server, 1)[0]["directory_server"])
        first.kill()
        self.assertEqual(REDIRECTED, short(phone.ask(call("moved001@contoso.com"))))
        self.assertEqual(url(second), ldap_site.access(server, 2)[1]["directory_server"])
        server.err.wait_for(rf"info  directory: srv:contoso\.com: DNS names for {CONTROLLERS}: {url(first)}, {url(second)}$")

    def test_an_answer_that_is_too_long_comes_by_tcp(self):
        directory = self.slapd()
        dns = fake_dns.start(self)
        dns.behaviour = fake_dns.CUT
        dns.records[CONTROLLERS] = [at(0, directory)] + [(9, 0, 1, f"127.1.1.{i}") for i in range(60)]
        _, phone = self.start(dns, directory)
        self.assertEqual(REDIRECTED, short(phone.ask(call())))
        self.assertEqual([("udp", CONTROLLERS), ("tcp", CONTROLLERS)], dns.asked[:2])

    def test_a_domain_without_names_of_controllers(self):
        directory = self.slapd()
        dns = fake_dns.start(self)
        dns.records["_ldap._tcp.contoso.com"] = [at(0, directory)]
        _, phone = self.start(dns, directory)
        self.assertEqual(REDIRECTED, short(phone.ask(call())))

    def test_the_certificate_has_to_name_the_host(self):
        impostor = self.slapd(trouble="other-name")
        dns = fake_dns.start(self)
        dns.records[CONTROLLERS] = [at(0, impostor)]
        server, phone = self.start(dns, impostor, ready=False)
        server.err.wait_for(rf"{url(impostor)}: its certificate is not accepted: hostname mismatch")
        self.expect_outage(phone)
        self.assertEqual(0, impostor.binds())

    def test_dns_that_hangs_is_an_outage_that_ends(self):
        directory = self.slapd()
        dns = fake_dns.start(self)
        dns.behaviour = fake_dns.SILENT
        dns.records[CONTROLLERS] = [at(0, directory)]
        server, phone = self.start(dns, directory, ready=False)
        self.expect_outage(phone)
        server.err.wait_for(r"error directory: srv:contoso\.com: DNS did not answer in time; no server is known by it yet$")
        # Nobody asks but the server, of DNS: it looks again while nothing is answered.
        used, asked = cpu_seconds(server), len(dns.asked)
        dns.wait_until_asked(asked + 2)
        self.assertLess(cpu_seconds(server) - used, 0.1 + SLACK / 2)
        self.assertEqual(LATER, short(phone.ask(call())))
        dns.behaviour = fake_dns.ANSWERS
        started = time.monotonic()
        wait_until(lambda: short(phone.ask(call())) == REDIRECTED, "phones are redirected")
        self.assertLess(time.monotonic() - started, RECOVERY)

    def test_dns_in_trouble_or_without_the_domain_is_an_outage_with_its_reason(self):
        directory = self.slapd()
        for behaviour, reason in ((fake_dns.IN_TROUBLE, rf"no name server has an answer for {CONTROLLERS}"),
                                  (fake_dns.GARBAGE, "DNS did not answer in time|no name server"),
                                  (fake_dns.ANSWERS, r"no SRV records for _ldap\._tcp\.contoso\.com")):
            dns = fake_dns.start(self)
            dns.behaviour = behaviour
            server, phone = self.start(dns, directory, ready=False)
            server.err.wait_for(reason)
            self.expect_outage(phone)
            self.assertRegex(server.err.wait_for(r"a login could not be looked up: (.*)")[1], reason)

    def test_named_servers_do_not_wait_for_dns(self):
        directory = self.slapd()
        dns = fake_dns.start(self)
        dns.behaviour = fake_dns.SILENT
        _, phone = self.start(dns, directory, ldap={"servers": ["srv:contoso.com", directory.url()], "name_servers": [dns.address]})
        self.assertEqual(REDIRECTED, short(phone.ask(call())))


class Commands(Discovery):
    def run_command(self, made, *arguments, status=0):
        ended = made.command(*arguments)
        self.assertEqual(status, ended.returncode, ended.stdout + ended.stderr)
        return ended.stdout

    def test_check_says_who_was_found(self):
        first, second = self.slapd(), self.slapd()
        dns = fake_dns.start(self)
        dns.records[CONTROLLERS] = [at(0, first), at(1, second)]
        lines = self.run_command(self.site(dns, first), "check", "--online").splitlines()
        self.assertEqual(f"found: srv:contoso.com: DNS names for {CONTROLLERS}: {url(first)} {url(second)}", lines[0])
        for directory in (first, second):
            self.assertTrue(any(line.startswith(f"found: {url(directory)}: users are searched below") for line in lines), lines)
        self.assertIn("contoso.mail.onmicrosoft.com",
                      self.run_command(self.site(dns, first), "explain", "user12@contoso.com"))

    def test_check_says_why_nobody_was_found(self):
        directory = self.slapd()
        for behaviour, reason in ((fake_dns.ANSWERS, "DNS knows no domain controllers: no SRV records for _ldap._tcp.contoso.com"),
                                  (fake_dns.SILENT, "DNS did not answer in time"),
                                  (fake_dns.IN_TROUBLE, f"no name server has an answer for {CONTROLLERS}")):
            dns = fake_dns.start(self)
            dns.behaviour = behaviour
            self.assertIn(f"srv:contoso.com: {reason}\n",
                          self.run_command(self.site(dns, directory), "check", "--online", status=1))

    def test_explain_says_that_nobody_could_be_asked(self):
        directory = self.slapd()
        dns = fake_dns.start(self)
        dns.behaviour = fake_dns.SILENT
        self.run_command(self.site(dns, directory), "explain", "user12@contoso.com", status=69)


if __name__ == "__main__":
    unittest.main()
