# SPDX-License-Identifier: Apache-2.0
"""Every account of the directory is decided on over LDAP as it is from a file with the same entries."""
import json
import unittest

from support import contoso, ldap_site, slapd
from support import server as servers
from support.ldap_site import call
from support.phone import Phone
from tests.directory import make_directory, people

# Of an access log line, what a decision is made of.
DECIDED = ("login", "login_form", "recipient_type", "decision", "reason", "location", "status", "eas_status")
TOLD = ("outcome", "login_form", "recipient_type", "decision", "reason", "location", "status", "eas_status",
        "contradictions")
OFF = {"basic": "off"}


def ldif():
    """The directory as one file, without what no file may hold: a namesake in the same domain, and a domain
    in two relationships, which is as good as in none."""
    accounts = [make_directory.account_record(person) for person in people.everybody() if person["name"] != "bob2"]
    organization = [record for record in make_directory.configuration() if "tailspintoys" not in record.lower()]
    return "".join([*accounts, *organization])


def file_config(**sections):
    return contoso.config(directory={"type": "file", "file": "directory.ldif"}, organization_relationships=None,
                          access_log={"format": "json"}, **sections)


def decided(server, logins, **more):
    """What each login was decided on, with what the phone got."""
    with Phone(server) as phone:
        answers = [phone.ask(call(login, "x", **more)) for login in logins]
    lines = ldap_site.access(server, len(logins))[-len(logins):]
    return [({name: line[name] for name in DECIDED}, answer.status, answer.body, answer.all("X-MS-Location"))
            for line, answer in zip(lines, answers)]


class Decisions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.maxDiff = None
        cls.slapd = slapd.start(cls)
        cls.people = [person for person in people.everybody() if person["kind"] != "ambiguous"]

    def compare(self, logins, **more):
        over_ldap = ldap_site.start(self, self.slapd, authentication=OFF)
        over_file = servers.start(self, file_config(authentication=OFF), files={"directory.ldif": ldif()})
        found = list(zip(logins, decided(over_ldap, logins, **more), decided(over_file, logins, **more)))
        self.assertEqual(len(logins), len(found))
        differing = [(login, ldap, file) for login, ldap, file in found if ldap != file]
        self.assertEqual([], differing[:3], f"{len(differing)} of {len(found)}")
        return [ldap for _, ldap, _ in found]

    def test_the_canary_by_the_account_name_of_a_domain(self):
        for domain, answered, redirected in (("CONTOSO", (451, "redirected"), 1), ("FABRIKAM", (200, "redirect-off"), 0)):
            canary = {"only_users": [f"{domain}\\USER12"]}
            server = ldap_site.start(self, self.slapd, authentication=OFF, redirect=canary)
            for (line, status, *_) in decided(server, ["user12@contoso.com", "CONTOSO\\user12", "user12"]):
                self.assertEqual(answered, (status, line["reason"]))
            self.assertEqual(answered[1], json.loads(server.site.command("explain", "--json", "user12").stdout)["reason"])
            audited = json.loads(server.site.command("audit", "--json", "--all").stdout)
            names = [row["recipient"] for row in audited["rows"] if row["reason"] == "redirected"]
            self.assertEqual(redirected, len(names), names)

    def test_everybody_by_user_principal_name(self):
        found = self.compare([person["userPrincipalName"] for person in self.people])
        self.assertGreater(len(found), 380)
        reasons = {line["reason"] for line, *_ in found}
        self.assertEqual({"redirected", "no-mailbox", "no-relationship", "no-target", "self-redirect",
                          "no-exchange-server", "eas-disabled", "not-found"}, reasons)

    def test_everybody_by_account_name_and_options(self):
        self.compare(["CONTOSO\\" + person["sAMAccountName"] for person in self.people], method="OPTIONS")

    def test_who_is_ambiguous_over_ldap_too(self):
        server = ldap_site.start(self, self.slapd, authentication=OFF)
        found = decided(server, ["bob", "bob@contoso.com", "bob@fabrikam.com", "twin1@contoso.com", "twin2@contoso.com"])
        self.assertEqual(["ambiguous", "redirected", "no-exchange-server", "redirected", "redirected"],
                         [line["reason"] for line, *_ in found])

    def test_explain_tells_the_same_of_some_of_every_kind(self):
        over_ldap = ldap_site.site(self, self.slapd)
        over_file = servers.site(self, file_config(), files={"directory.ldif": ldif()})
        for name in ("user12", "forest7", "local001", "northwind001", "disabled001", "linked001",
                     "saysremote001", "sayslocal001", "deprovisioned001", "xfourhundred001", "upn001", "jürgen", "nobody"):
            with self.subTest(name):
                login = f"{name}@corp.contoso.com" if name.startswith("upn") else f"{name}@contoso.com"
                told = [json.loads(made.command("explain", login, "--json").stdout) for made in (over_ldap, over_file)]
                ldap, file = [{key: one[key] for key in TOLD} for one in told]
                self.assertEqual(file, ldap)
                # A server spells a distinguished name its own way.
                steps = [[step for step in one["steps"] if step["step"] not in ("recipient", "mailbox location")]
                         for one in told]
                self.assertEqual(steps[1], steps[0])


if __name__ == "__main__":
    unittest.main()
