# SPDX-License-Identifier: Apache-2.0
"""Users in the global catalog, what it does not hold at the domain controller's own port: decisions are those
without it, and a forest of several domains is one directory."""
import json
import unittest

from ldap_decisions_test import OFF, TOLD, decided
from support import certificates, contoso, fake_dns, forest, ldap_site, samba, slapd
from support.admin import metric
from support.forest import CONFIGURATION, Forest, user
from support.ldap_site import LATER, NOBODY, REDIRECTED, call, short
from support.phone import Phone
from support.server import wait_until
from tests.directory import people

CATALOG, SERVER, BIND = ("catalog", "search"), ("server", "search"), ("server", "bind")
COLD = [CATALOG, SERVER, BIND]


def in_domain(name, dns_name, **attributes):
    return user(people.moved(name, **attributes), dns_name)


class Decisions(unittest.TestCase):
    """Contoso, whose catalog lacks some attributes, beside two other domains with users of the same names."""

    @classmethod
    def setUpClass(cls):
        cls.maxDiff = None
        cls.people = [person for person in people.everybody() if person["kind"] != "ambiguous"]
        others = [user({**person, "userPrincipalName": f"{person['name']}@{dns_name}", "targetAddress": "SMTP:x@fabrikam.com"},
                       dns_name) for person in cls.people for _, dns_name in forest.DOMAINS[1:]]
        cls.forest = Forest(cls, certificates.authority(cls), [*map(user, cls.people), *others])

    def compare(self, logins, **more):
        without = ldap_site.start(self, self.forest.server, authentication=OFF)
        with_it = ldap_site.start(self, self.forest.server, authentication=OFF, ldap=self.forest.ldap())
        found = list(zip(logins, decided(without, logins, **more), decided(with_it, logins, **more)))
        self.assertEqual(len(logins), len(found))
        differing = [one for one in found if one[1] != one[2]]
        self.assertEqual([], differing[:3], f"{len(differing)} of {len(found)}")
        return [one for _, one, _ in found]

    def test_everybody_by_user_principal_name(self):
        found = self.compare([person["userPrincipalName"] for person in self.people])
        self.assertGreater(len(found), 380)
        self.assertLessEqual({"redirected", "no-mailbox", "no-relationship", "no-target", "self-redirect",
                              "no-exchange-server", "eas-disabled"}, {line["reason"] for line, *_ in found})

    def test_everybody_by_account_name_though_other_domains_have_it_too(self):
        self.compare(["CONTOSO\\" + person["sAMAccountName"] for person in self.people], method="OPTIONS")
        self.compare([person["sAMAccountName"] for person in self.people if "@" not in person["sAMAccountName"]])

    def test_explain_tells_the_same(self):
        for name in ("user12", "anna", "deprovisioned001", "archive001", "movednoeas001", "linked001", "nobody"):
            with self.subTest(name):
                told = [json.loads(ldap_site.site(self, self.forest.server, ldap=ldap).command(
                    "explain", f"{name}@contoso.com", "--json").stdout) for ldap in (None, self.forest.ldap())]
                self.assertEqual(*({key: one[key] for key in (*TOLD, "steps", "filter")} for one in told))
                self.assertEqual([(self.forest.server.url(), people.SUFFIX), (self.forest.catalog.url(), "")],
                                 [(one["source"], one["base"]) for one in told])


class Logins(unittest.TestCase):
    def setUp(self):
        self.forest = Forest(self, certificates.authority(self), [
            in_domain("user12", "contoso.com"),
            in_domain("user12", "emea.contoso.com", userPrincipalName="user12@emea.contoso.com",
                      targetAddress="SMTP:user12@fabrikam.com"),
            in_domain("user12", "fabrikam.com", userPrincipalName="user12@fabrikam.com"),
            in_domain("emil", "emea.contoso.com"),
            in_domain("twin", "contoso.com", userPrincipalName="twin@contoso.com"),
            in_domain("gemini", "emea.contoso.com", userPrincipalName="twin@contoso.com")])

    def start(self, ldap=None, **options):
        server = ldap_site.start(self, self.forest.server, ldap=self.forest.ldap(**(ldap or {})), **options)
        phone = Phone(server)
        self.addCleanup(phone.close)
        return server, phone

    def expect(self, phone, request, expected, cost):
        before = len(self.forest.operations)
        answer = phone.ask(request)
        asked = [(one.port, one.kind) for one in self.forest.operations[before:]]
        self.assertEqual((expected, cost), (short(answer), asked), request)
        return answer.one("X-MS-Location") if answer.status == 451 else None

    def test_who_is_found_in_which_domain(self):
        _, phone = self.start()
        for login, expected, target in (
                ("user12@contoso.com", REDIRECTED, contoso.OFFICE_365), ("user12", REDIRECTED, contoso.OFFICE_365),
                ("CONTOSO\\user12", REDIRECTED, contoso.OFFICE_365), ("contoso.com\\user12", REDIRECTED, contoso.OFFICE_365),
                ("user12@emea.contoso.com", REDIRECTED, contoso.FABRIKAM), ("EMEA\\user12", REDIRECTED, contoso.FABRIKAM),
                ("emea.contoso.com\\user12", REDIRECTED, contoso.FABRIKAM), ("FABRIKAM\\user12", REDIRECTED, contoso.OFFICE_365),
                ("emil@contoso.com", REDIRECTED, contoso.OFFICE_365)):
            with self.subTest(login):
                self.assertEqual(target, self.expect(phone, call(login), expected, COLD))
                self.expect(phone, call(login), expected, [])
        for login in ("emil", "CONTOSO\\emil", "FABRIKAM\\emil", "twin@contoso.com", "nobody@contoso.com"):
            with self.subTest(login):
                self.expect(phone, call(login), NOBODY, [CATALOG])
        self.expect(phone, call("NOWHERE\\user12"), NOBODY, [])
        self.expect(phone, call("EMEA\\emil", "wrong"), NOBODY, COLD)

    def test_no_password_and_no_configuration_goes_to_the_catalog(self):
        _, phone = self.start()
        self.expect(phone, call(), REDIRECTED, COLD)
        self.expect(phone, call("EMEA\\user12"), REDIRECTED, COLD)
        asked = [one for one in self.forest.operations if one.port == "catalog"]
        self.assertEqual({slapd.SERVICE_ACCOUNT}, {one.name for one in asked if one.kind == "bind"})
        self.assertFalse([one for one in asked if CONFIGURATION in one.name])

    def test_below_a_base(self):
        """Of the default domain, and of those beneath it."""
        _, phone = self.start(ldap={"base": people.SUFFIX})
        for login, expected, cost in (("user12@contoso.com", REDIRECTED, COLD), ("user12", REDIRECTED, COLD),
                                      ("EMEA\\user12", REDIRECTED, COLD), ("user12@emea.contoso.com", REDIRECTED, COLD),
                                      ("user12@fabrikam.com", NOBODY, [CATALOG]), ("FABRIKAM\\user12", NOBODY, [])):
            with self.subTest(login):
                self.expect(phone, call(login), expected, cost)

    def test_given_netbios_names(self):
        _, phone = self.start(ldap={"netbios_domains": {"OLD": "emea.contoso.com"}})
        self.assertEqual(contoso.FABRIKAM, self.expect(phone, call("OLD\\user12"), REDIRECTED, COLD))
        self.expect(phone, call("EMEA\\user12"), NOBODY, [])

    def test_a_password_that_was_right_is_known_again_until_it_is_another(self):
        """The catalog never tells of a new one; the domain controller does for its own domain."""
        _, phone = self.start(cache={"ttl": "1s", "login_ttl": "10m"})
        for login in ("user12@contoso.com", "emil@contoso.com"):
            with self.subTest(login):
                self.expect(phone, call(login), REDIRECTED, COLD)
                before = len(self.forest.operations)
                wait_until(lambda: phone.ask(call(login)).status == 451 and len(self.forest.operations) > before,
                           "the entry is looked up again")
                self.assertEqual([CATALOG, SERVER], [(one.port, one.kind) for one in self.forest.operations[before:]])
        changed = self.forest.find(f"CN=user12,OU=Staff,{people.SUFFIX}")
        changed.password = "another"
        changed.set("pwdLastSet", 140000000000000000)
        wait_until(lambda: short(phone.ask(call())) == NOBODY, "the old password is tried again")

    def test_a_wrong_password_is_not_tried_again_until_another_is_set(self):
        user12 = self.forest.find(f"CN=user12,OU=Staff,{people.SUFFIX}")
        user12.set("pwdLastSet", 133000000000000000)
        _, phone = self.start()
        self.expect(phone, call("user12", "another"), NOBODY, COLD)
        self.expect(phone, call("user12", "another"), NOBODY, [CATALOG, SERVER])
        user12.password = "another"
        user12.set("pwdLastSet", 133000000000000001)
        self.expect(phone, call("user12", "another"), REDIRECTED, COLD)

    def test_when_either_port_is_gone(self):
        for gone in ("catalog", "server"):
            with self.subTest(gone):
                one = Forest(self, certificates.authority(self), [in_domain(name, "contoso.com") for name in ("user12", "user13")])
                server = ldap_site.start(self, one.server, ldap=one.ldap(), deadline="1s")
                up = [f'eas451_directory_up{{server="{port.url()}"}}' for port in (one.server, one.catalog)]
                wait_until(lambda: [metric(server, name) for name in up] == [1, 1], "both are up")
                with Phone(server) as phone:
                    self.assertEqual(REDIRECTED, short(phone.ask(call("user12@contoso.com"))))
                    getattr(one, gone).stop()
                    wait_until(lambda: sum(metric(server, name) for name in up) == 1, "one is down")
                    self.assertEqual(LATER, short(phone.ask(call("user13@contoso.com"))))
                    self.assertEqual(REDIRECTED, short(phone.ask(call("user12@contoso.com"))))

    def test_it_is_not_ready_without_a_catalog(self):
        self.forest.catalog.stop()
        server = ldap_site.start(self, self.forest.server, ldap=self.forest.ldap(), deadline="1s", ready=False)
        server.err.wait_for(f"organization relationships: 6 read below CN=Services,{CONFIGURATION}$")
        self.assertFalse(ldap_site.is_ready(server))
        with Phone(server) as phone:
            self.assertEqual(LATER, short(phone.ask(call())))

    def check(self, of):
        ended = ldap_site.site(self, of.server, ldap=of.ldap()).command("check", "--online")
        return ended.returncode, ended.stdout

    def test_check_reaches_both_ports(self):
        status, text = self.check(self.forest)
        self.assertIn(f"found: {self.forest.server.url()}: users are searched in the whole forest; 3 NetBIOS domains", text)
        self.assertIn(f"found: {self.forest.catalog.url()}: of users these are visible: userPrincipalName", text)
        self.assertNotIn("error:", text)
        unready = Forest(self, certificates.authority(self), [in_domain("user12", "contoso.com")], catalog_ready=False)
        status, text = self.check(unready)
        self.assertEqual(1, status)
        self.assertIn(f"{unready.catalog.url()}: its global catalog is not complete yet (isGlobalCatalogReady FALSE)", text)
        unready.catalog.stop()
        status, text = self.check(unready)
        self.assertEqual(1, status)
        self.assertIn(f"{unready.catalog.url()}: Connection refused", text)
        self.assertIn(f"found: {unready.server.url()}: users are searched in the whole forest", text)


class FoundByDns(unittest.TestCase):
    """The catalogs are those of the domain controllers that DNS names."""

    def setUp(self):
        self.forest = Forest(self, certificates.authority(self), [in_domain("user12", "emea.contoso.com")])
        self.dns = fake_dns.start(self)
        self.dns.records[fake_dns.CONTROLLERS + "contoso.com"] = [(0, 100, self.forest.server.port, "localhost")]
        self.urls = [port.url(host="localhost") for port in (self.forest.server, self.forest.catalog)]
        self.options = {"ldap": self.forest.ldap(servers=["srv:contoso.com"], name_servers=[self.dns.address]), "deadline": "1s"}

    def test_users_are_found_there(self):
        server = ldap_site.start(self, self.forest.server, **self.options)
        before = len(self.forest.operations)
        with Phone(server) as phone:
            self.assertEqual(REDIRECTED, short(phone.ask(call("EMEA\\user12"))))
        self.assertEqual(COLD, [(one.port, one.kind) for one in self.forest.operations[before:]])
        self.assertTrue(all(ldap_site.is_up_named(server, url) for url in self.urls), self.urls)

    def test_while_dns_hangs_it_is_an_outage_with_its_reason(self):
        self.dns.behaviour = fake_dns.SILENT
        server = ldap_site.start(self, self.forest.server, ready=False, **self.options)
        with Phone(server) as phone:
            self.assertEqual(LATER, short(phone.ask(call())))
            server.err.wait_for("srv:contoso.com: DNS did not answer in time; no server is known by it yet$")
            self.dns.behaviour = fake_dns.ANSWERS
            wait_until(lambda: short(phone.ask(call())) == REDIRECTED, "phones are redirected")
        ldap_site.wait_until_ready(server)

    def test_check_asks_both_ports(self):
        ended = ldap_site.site(self, self.forest.server, **self.options).command("check", "--online")
        self.assertNotIn("error:", ended.stdout)
        self.assertIn(f"found: {self.urls[0]}: users are searched in the whole forest; 3 NetBIOS domains", ended.stdout)
        self.assertIn(f"found: {self.urls[1]}: of users these are visible: userPrincipalName", ended.stdout)


class AtSamba(unittest.TestCase):
    """The usual ports, of a real domain controller: its catalog shows every attribute."""

    @classmethod
    def setUpClass(cls):
        cls.samba = samba.start(cls)

    def both(self, scheme="ldaps", **options):
        """Without, and with it."""
        return [ldap_site.start(self, self.samba, scheme=scheme, ldap={"global_catalog": value}, **options) for value in (False, True)]

    def test_each_kind_of_user_is_decided_on_as_without(self):
        logins = [f"{name}@contoso.com" for name in (
            "moved001", "room001", "aliases001", "partner001", "anna", "local001", "forwards001", "saysremote001",
            "serveronly001", "databaseonly001", "paul", "nina", "olga", "nonick001", "twice001", "targetless001",
            "ourselves001", "xfourhundred001", "disabled001", "jürgen", "nobody")]
        found = [decided(server, logins) for server in self.both(authentication=OFF)]
        self.assertEqual(*found)
        self.assertGreater(len({line["reason"] for line, *_ in found[0]}), 6)

    def test_each_form_of_login_over_ldaps_and_starttls(self):
        for scheme, port, catalog in (("ldaps", samba.LDAPS, samba.GLOBAL_CATALOG_TLS), ("ldap", samba.LDAP, samba.GLOBAL_CATALOG)):
            server = self.both(scheme)[1]
            wait_until(lambda: metric(server, f'eas451_directory_up{{server="{self.samba.url(scheme, port=catalog)}"}}') == 1,
                       "the catalog is up")
            before = self.samba.mark()
            with Phone(server) as phone:
                for login, base in (("user12@contoso.com", ""), ("CONTOSO\\user12", samba.BASE), ("contoso.lab\\user12", samba.BASE),
                                    ("user12", samba.BASE)):
                    with self.subTest(login, scheme=scheme):
                        since = self.samba.mark()
                        self.assertEqual(REDIRECTED, short(phone.ask(call(login, "Passw0rd!user12"))))
                        user12 = f"CN=User 12,OU=Staff,{samba.BASE}"
                        self.assertEqual([("search", base, "SUB"), ("search", user12, "BASE"), ("bind", user12, None)],
                                         [(one.kind, one.name, one.scope) for one in self.samba.operations(since=since)])
                self.assertEqual(NOBODY, short(phone.ask(call("user12@contoso.com", "wrong"))))
            binds = self.samba.operations("bind", since=before)
            self.assertEqual({port}, {bind.port for bind in binds if bind.account == "user12"})

    def test_check_names_what_the_schema_keeps_out_of_it(self):
        made = ldap_site.site(self, self.samba, ldap={"global_catalog": True})
        text = made.command("check", "--online").stdout
        self.assertIn(f"{self.samba.url()}: not in the global catalog: proxyAddresses; users of other domains", text)
        self.assertIn(f"{self.samba.url()}: not in the global catalog, and only told in reports: msExchRemoteRecipientType", text)
        self.assertNotIn("not complete yet", text)


if __name__ == "__main__":
    unittest.main()
