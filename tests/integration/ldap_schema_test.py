# SPDX-License-Identifier: Apache-2.0
"""A directory that is no Active Directory: people are inetOrgPerson, and log in by mail or uid."""
import unittest

from support import contoso, ldap_site, slapd
from support.ldap_site import LATER, NO_MAILBOX, NOBODY, REDIRECTED, call, short
from support.phone import Phone
from tests.directory import people
from tests.directory.ldif import record

PEOPLE = f"ou=people,{slapd.BASE}"
SCHEMA = {"base": PEOPLE, "user_filter": "(objectClass=inetOrgPerson)",
          "attributes": {"userPrincipalName": "mail", "sAMAccountName": "uid"}}
STATIC = {"from_directory": False, "static": [
    {"name": "Office 365", "domain_names": [people.CLOUD], "target_owa_url": "https://outlook.office.com/mail"}]}


def person(name, mail=None, **attributes):
    """Of Exchange's attributes, which are those of an auxiliary class, only what is given."""
    return record(f"uid={name},{PEOPLE}", ("changetype", "add"), ("objectClass", ["inetOrgPerson", "user"]),
                  ("uid", name), ("cn", f"{name} of people"), ("sn", name), ("mail", mail or f"{name}@contoso.com"),
                  ("userPassword", f"Passw0rd!{name}"), *attributes.items())


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.slapd = slapd.start(cls)
        cls.slapd.modify(
            record(PEOPLE, ("changetype", "add"), ("objectClass", "organizationalUnit"), ("ou", "people")) +
            person("maria", mailNickname="maria", targetAddress=f"SMTP:maria@{people.CLOUD}") +
            person("luca", mailNickname="luca", msExchHomeServerName="EX1") + person("sara") +
            person("gemma1", "gemma@contoso.com") + person("gemma2", "gemma@contoso.com") +
            # Active Directory's names are not looked at when others are given.
            person("paolo", "paolo@fabrikam.com", userPrincipalName="maria2@contoso.com", sAMAccountName="maria3",
                   mailNickname="paolo", displayName=f"SMTP:paolo@{people.CLOUD}"))

    def start(self, schema=None, **options):
        options = {"organization_relationships": STATIC, **options}
        server = ldap_site.start(self, self.slapd, ldap={**SCHEMA, **(schema or {})}, **options)
        phone = Phone(server)
        self.addCleanup(phone.close)
        return server, phone

    def ask(self, phone, login, name):
        return short(phone.ask(call(login, f"Passw0rd!{name}")))

    def test_people_log_in_by_mail_and_by_uid(self):
        _, phone = self.start(schema={"netbios_domains": {"CONTOSO": "contoso.com"}})
        for login in ("maria@contoso.com", "maria", "CONTOSO\\maria", "contoso.com\\maria"):
            with self.subTest(login):
                before = self.slapd.mark()
                self.assertEqual(REDIRECTED, self.ask(phone, login, "maria"))
                search, bind = self.slapd.finished(2, before)
                wanted = f"(|(mail={login})(uid=maria))" if "@" in login else "(uid=maria)"
                self.assertEqual((PEOPLE.lower(), f"(&(objectClass=inetOrgPerson){wanted})"),
                                 (search.name.lower(), search.filter))
                self.assertEqual(f"uid=maria,{PEOPLE}".lower(), bind.name.lower())
        for login, name, expected in (
                ("luca@contoso.com", "luca", LATER), ("sara", "sara", NO_MAILBOX), ("gemma@contoso.com", "gemma1", NOBODY),
                ("gemma1", "gemma1", NO_MAILBOX), ("maria2@contoso.com", "paolo", NOBODY), ("maria3", "paolo", NOBODY),
                ("paolo@fabrikam.com", "paolo", NO_MAILBOX), ("user12@contoso.com", "user12", NOBODY),
                ("ELSEWHERE\\maria", "maria", NOBODY)):
            with self.subTest(login):
                self.assertEqual(expected, self.ask(phone, login, name))

    def test_the_attribute_of_the_address_may_have_another_name_too(self):
        attributes = {**SCHEMA["attributes"], "targetAddress": "displayName"}
        _, phone = self.start(schema={"attributes": attributes})
        self.assertEqual(REDIRECTED, self.ask(phone, "paolo", "paolo"))
        self.assertEqual(NO_MAILBOX, self.ask(phone, "maria", "maria"))

    def test_two_names_may_lead_to_one_attribute(self):
        _, phone = self.start(schema={"attributes": {"userPrincipalName": "mail", "sAMAccountName": "mail"}})
        self.assertEqual(REDIRECTED, self.ask(phone, "maria@contoso.com", "maria"))
        self.assertEqual(NOBODY, self.ask(phone, "maria", "maria"))

    def test_the_filter_says_who_is_a_user(self):
        """Without one for accounts, a contact with the same address makes a login ambiguous."""
        _, phone = self.start(schema={"base": slapd.BASE})
        self.assertEqual(NOBODY, self.ask(phone, "moved001@contoso.com", "moved001"))
        _, phone = self.start(schema={"base": slapd.BASE, "user_filter": "(&(objectClass=inetOrgPerson)(!(objectClass=contact)))"})
        self.assertEqual(REDIRECTED, self.ask(phone, "moved001@contoso.com", "moved001"))

    def test_relationships_of_the_directory_as_well(self):
        _, phone = self.start(organization_relationships=None)
        answer = phone.ask(call("maria@contoso.com"))
        self.assertEqual((REDIRECTED, contoso.OFFICE_365), (short(answer), answer.one("X-MS-Location")))

    def test_check_sees_people_and_tells_of_a_filter_that_finds_none(self):
        made = ldap_site.site(self, self.slapd, ldap=SCHEMA, organization_relationships=STATIC)
        checked = made.command("check", "--online")
        self.assertEqual((0, ""), (checked.returncode, checked.stderr), checked.stdout)
        self.assertIn(f"users are searched below {PEOPLE}", checked.stdout)
        made.write_config(ldap_site.config(self.slapd, ldap={**SCHEMA, "user_filter": "(objectClass=account)"},
                                           organization_relationships=STATIC))
        checked = made.command("check", "--online")
        self.assertEqual(1, checked.returncode, checked.stdout)
        self.assertRegex(checked.stdout, rf"users below {PEOPLE} with \(objectClass=account\): none is visible")


if __name__ == "__main__":
    unittest.main()
