# SPDX-License-Identifier: Apache-2.0
"""Organization relationships from the configuration partition: which count, since when, and until when."""
import time
import unittest

from support import contoso, ldap_site, slapd
from support.at_once import at_once
from support.ldap_site import LATER, LATER_OPTIONS, NO_MAILBOX, call, short
from support.phone import Phone
from support.server import wait_until
from tests.directory import make_directory

STATIC = [{"name": "Elsewhere", "domain_names": ["contoso.mail.onmicrosoft.com"],
           "target_owa_url": "https://elsewhere.example/owa"}]
ELSEWHERE = "https://elsewhere.example/Microsoft-Server-ActiveSync"
LITWARE = {"name": "Litware", "domain_names": ["litware.mail.onmicrosoft.com"],
           "target_owa_url": "https://mail.litware.com/owa"}


def deleted(*relationships):
    """The LDIF that takes these away; all of them when none is named."""
    return "\n".join(f"{make_directory.relationship_record(one).splitlines()[0]}\nchangetype: delete\n"
                     for one in relationships or make_directory.RELATIONSHIPS)


def added(relationship):
    return make_directory.relationship_record(relationship).replace("\n", "\nchangetype: add\n", 1)


class Relationships(unittest.TestCase):
    def start(self, directory, **options):
        server = ldap_site.start(self, directory, **options)
        phone = Phone(server)
        self.addCleanup(phone.close)
        return server, phone

    asked = 0

    def ask(self, phone, name, method="POST"):
        """Where that user is sent; or how else the phone is answered."""
        self.asked += 1
        answer = phone.ask(call(f"{name}@contoso.com", method=method))
        return answer.one("X-MS-Location") if answer.status == 451 else short(answer)

    def reasons(self, server, count):
        """Those of the last answers."""
        return [line["reason"] for line in ldap_site.access(server, self.asked)[-count:]]

    def expect_unreadable(self, server, phone, *names):
        for name in names:
            self.assertEqual([LATER, LATER_OPTIONS], [self.ask(phone, name, method) for method in ("POST", "OPTIONS")])
        self.assertEqual({"relationships-unreadable"}, set(self.reasons(server, 2 * len(names))))


class Read(Relationships):
    @classmethod
    def setUpClass(cls):
        cls.slapd = slapd.start(cls)

    def test_each_of_the_configuration_partition(self):
        before = self.slapd.mark()
        server, phone = self.start(self.slapd)
        for name, expected in (
                ("moved001", contoso.OFFICE_365), ("partner001", contoso.FABRIKAM),
                ("northwind001", "https://mail.northwindtraders.com/Microsoft-Server-ActiveSync"),  # disabled
                ("twice001", NO_MAILBOX), ("targetless001", NO_MAILBOX), ("ourselves001", LATER),
                ("unknown001", NO_MAILBOX),  # another class has that domain
                ("unknown002", NO_MAILBOX), ("unknown003", NO_MAILBOX), ("local001", LATER)):
            with self.subTest(name):
                self.assertEqual(expected, self.ask(phone, name))
        server.err.wait_for(r"organization relationships: 8 read below CN=Services,CN=Configuration,DC=contoso,DC=com$")
        search = next(one for one in self.slapd.operations("search", since=before) if "msExchFed" in one.filter)
        self.assertEqual(("cn=services," + slapd.CONFIGURATION.lower(), "2", "(objectClass=msExchFedSharingRelationship)", 8),
                         (search.name.lower(), search.scope, search.filter, search.entries))

    def test_a_static_one_wins_for_its_domain(self):
        _, phone = self.start(self.slapd, organization_relationships={"static": STATIC})
        self.assertEqual([ELSEWHERE, contoso.FABRIKAM], [self.ask(phone, name) for name in ("moved001", "partner001")])

    def test_static_ones_alone(self):
        before = self.slapd.mark()
        _, phone = self.start(self.slapd, organization_relationships={"from_directory": False, "static": STATIC})
        self.assertEqual([ELSEWHERE, NO_MAILBOX], [self.ask(phone, name) for name in ("moved001", "partner001")])
        self.assertEqual([], [one for one in self.slapd.operations("search", since=before) if "msExch" in one.filter])

    def test_none_is_visible_where_it_was_looked_for(self):
        base = f"OU=Staff,{slapd.BASE}"
        server, phone = self.start(self.slapd, ldap={"relationships_base": base}, ready=False)
        server.err.wait_for(rf"error directory: organization relationships: none is visible below {base}; ")
        self.expect_unreadable(server, phone, "moved001", "partner001", "unknown001")
        self.assertEqual(LATER, self.ask(phone, "local001"))
        self.assertEqual((200, None), self.ask(phone, "local001", "OPTIONS"))
        self.assertEqual(NO_MAILBOX, self.ask(phone, "plain001"))
        self.assertEqual(["no-exchange-server"] * 2 + ["no-mailbox"], self.reasons(server, 3))
        self.assertFalse(ldap_site.is_ready(server))

    def test_a_base_that_is_not_there_is_said(self):
        base = f"CN=Nowhere,{slapd.CONFIGURATION}"
        server, phone = self.start(self.slapd, ldap={"relationships_base": base}, ready=False)
        server.err.wait_for(rf"error directory: organization relationships: .*No such object")
        self.assertIn(base, server.err.text())
        self.expect_unreadable(server, phone, "moved001")
        self.assertFalse(ldap_site.is_ready(server))

    def test_static_ones_work_where_none_is_visible(self):
        server, phone = self.start(self.slapd, ldap={"relationships_base": f"OU=Staff,{slapd.BASE}"}, ready=False,
                                   organization_relationships={"static": STATIC})
        self.assertEqual([ELSEWHERE, LATER], [self.ask(phone, name) for name in ("moved001", "partner001")])


@at_once
class Changing(Relationships):
    def test_added_changed_and_taken_away(self):
        directory = slapd.start(self)
        server, phone = self.start(directory, organization_relationships={"refresh": "1s", "max_age": "1m"})
        self.assertEqual([NO_MAILBOX, contoso.FABRIKAM], [self.ask(phone, name) for name in ("unknown001", "partner001")])
        directory.modify(added(LITWARE) + "\n" + deleted(*(one for one in make_directory.RELATIONSHIPS if one["name"] == "Fabrikam")))
        wait_until(lambda: self.ask(phone, "unknown001") == "https://mail.litware.com/Microsoft-Server-ActiveSync",
                   "the new relationship is used")
        self.assertEqual(NO_MAILBOX, self.ask(phone, "partner001"))
        # All of them gone at once is no answer: those that were read stay until they are too old.
        directory.modify(deleted(*(one for one in [*make_directory.RELATIONSHIPS, LITWARE] if one["name"] != "Fabrikam")))
        server.err.wait_for("error directory: organization relationships: none is visible .*; those read before are used until")
        self.assertEqual(contoso.OFFICE_365, self.ask(phone, "user12"))
        self.assertTrue(ldap_site.is_ready(server))

    def test_none_at_all_and_then_one(self):
        directory = slapd.start(self)
        directory.modify(deleted())
        server, phone = self.start(directory, ready=False)
        server.err.wait_for("error directory: organization relationships: none is visible .*; moved users are told to come back later")
        self.expect_unreadable(server, phone, "moved001")
        self.assertFalse(ldap_site.is_ready(server))
        directory.modify(added(STATIC[0]))
        server.reload()
        ldap_site.wait_until_ready(server)
        self.assertEqual(ELSEWHERE, self.ask(phone, "moved001"))

    def test_a_server_gone_for_longer_than_their_age(self):
        directory = slapd.start(self)
        server, phone = self.start(directory, organization_relationships={
            "refresh": "1s", "max_age": "4s",
            "static": [{"name": "Fabrikam", "domain_names": ["fabrikam.com"], "target_owa_url": "https://mail.fabrikam.com/owa"}]})
        for name in ("moved001", "partner001", "local001"):
            self.ask(phone, name)
        started = time.monotonic()
        directory.kill()
        # What is known of users is good for five minutes still, and what the administrator said for ever.
        self.assertEqual([contoso.OFFICE_365, contoso.FABRIKAM], [self.ask(phone, name) for name in ("moved001", "partner001")])
        wait_until(lambda: self.ask(phone, "moved001") == LATER, "the relationships are too old")
        self.assertLess(time.monotonic() - started, 4.0 + ldap_site.SLACK)
        self.assertEqual([LATER, contoso.FABRIKAM, LATER], [self.ask(phone, name) for name in ("moved001", "partner001", "local001")])
        self.assertEqual(["relationships-unreadable", "redirected", "no-exchange-server"], self.reasons(server, 3))
        directory.start()
        wait_until(lambda: self.ask(phone, "moved001") == contoso.OFFICE_365, "they are read again")


if __name__ == "__main__":
    unittest.main()
