# SPDX-License-Identifier: Apache-2.0
"""A phone's login against a real domain controller: what it is answered, and what that costs."""
import base64
import unittest
import uuid

from support import contoso, ldap_site, samba
from support import server as eas451
from support.ad_site import WithPhone
from support.admin import metric
from support.at_once import at_once
from support.ldap_site import LATER, NO_MAILBOX, NOBODY, REDIRECTED, call, short
from support.phone import Phone, basic
from support.server import wait_until
from tests.directory import active_directory, people

FILTER = "(&(&(objectCategory=person)(objectClass=user))(%s))"
STAFF = f"OU=Staff,{samba.BASE}"
BY_MAIL = {"userPrincipalName": "mail"}


class Login(WithPhone):
    @classmethod
    def setUpClass(cls):
        cls.samba = samba.start(cls)

    def test_cold_is_one_search_and_one_bind_and_warm_is_nothing(self):
        _, phone = self.start()
        before = self.samba.mark()
        for method, cold in (("POST", 1), ("OPTIONS", 0), ("POST", 0)):
            answer = self.expect(phone, call(method=method), REDIRECTED, cold, cold)
            self.assertEqual(contoso.OFFICE_365, answer.one("X-MS-Location"))
        search, bind = self.samba.operations(since=before)
        self.assertEqual((samba.BASE, "SUB", FILTER % "userPrincipalName=user12@contoso.com", "Success"),
                         (search.name, search.scope, search.filter, search.result))
        self.assertEqual(("bind", f"CN=User 12,{STAFF}", "NT_STATUS_OK", samba.LDAPS),
                         (bind.kind, bind.name, bind.result, bind.port))
        self.assertNotEqual(search.connection, bind.connection)

    def test_every_form_of_login_over_ldaps_and_starttls(self):
        for scheme, port in (("ldaps", samba.LDAPS), ("ldap", samba.LDAP)):
            server, phone = self.start(scheme=scheme)
            before = self.samba.mark()
            for login in ("user12@contoso.com", "USER12@Contoso.com", "CONTOSO\\user12", "contoso\\USER12",
                          "contoso.lab\\user12", "user12", "user12@contoso.lab", "USER12@Contoso.Lab"):
                with self.subTest(login, scheme=scheme):
                    self.expect(phone, call(login, "Passw0rd!user12"), REDIRECTED, 1, 1)
            self.assertEqual({port}, {bind.port for bind in self.samba.operations("bind", since=before)})
            self.assertTrue(ldap_site.is_up(server, self.samba, scheme))

    def test_upn_and_account_name_need_not_be_alike(self):
        _, phone = self.start()
        for login, password in (
                ("renamed001@contoso.com", "Passw0rd!renamed001"), ("CONTOSO\\maiden001", "Passw0rd!renamed001"),
                ("maiden001", "Passw0rd!renamed001"), ("upn001@corp.contoso.com", "Passw0rd!upn001"),
                ("CONTOSO\\noupn001", "Passw0rd!noupn001"), ("maiden001@contoso.lab", "Passw0rd!renamed001"),
                ("noupn001@contoso.lab", "Passw0rd!noupn001"), ("upn001@contoso.lab", "Passw0rd!upn001")):
            with self.subTest(login):
                self.expect(phone, call(login, password), REDIRECTED, 1, 1)
        for login in ("renamed001", "CONTOSO\\renamed001", "maiden001@contoso.com", "noupn001@contoso.com",
                      "renamed001@contoso.lab", "noupn001@CONTOSO", "noupn001@lab", "noupn001@x.contoso.lab"):
            with self.subTest(login):
                self.expect(phone, call(login), NOBODY, 1, 0)

    def test_mail_addresses_are_logins_only_where_that_is_wanted(self):
        self.samba.change("spare009", ("mail", "spare010@contoso.com"))
        logins = (("upn001@contoso.com", "upn001"), ("Moved003@contoso.mail.onmicrosoft.com", "moved003"))
        _, phone = self.start()
        for login, _ in logins:
            self.expect(phone, call(login), NOBODY, 1, 0)
        server, phone = self.start(authentication={"smtp_logins": True})
        for login, name in logins:
            with self.subTest(login):
                self.expect(phone, call(login, people.password(name)), REDIRECTED, 1, 1)
                self.expect(phone, call(login, people.password(name)), REDIRECTED, 0, 0)
        # Another's UPN, though it is an address of hers.
        self.expect(phone, call("spare010@contoso.com", "Passw0rd!spare010"), REDIRECTED, 1, 1)
        for login in ("twins@contoso.com", "alias@contoso.com"):
            self.expect(phone, call(login), NOBODY, 1, 0)
        lines = ldap_site.access(server, 7)
        self.assertEqual(["smtp"] * 4 + ["upn"], [line["login_form"] for line in lines[:5]])
        self.assertEqual(["ambiguous"] * 2, [line["reason"] for line in lines[5:]])

    def test_forms_that_are_refused_before_anybody_is_asked(self):
        found = self.samba.attributes("user12", "objectGUID", "objectSid", "displayName")
        guid = uuid.UUID(bytes_le=base64.b64decode(found["objectGUID"]))
        sid = active_directory.sid_text(base64.b64decode(found["objectSid"]))
        _, phone = self.start(authentication={"smtp_logins": True})
        for login in (f"CN=User 12,{STAFF}", f"{{{guid}}}", f"<GUID={guid}>", sid, f"<SID={sid}>", "host/x", "HTTP/x.contoso.lab",
                      "contoso.lab/Staff/User 12", "contoso.lab/Users/x", "User 12", "CONTOSO\\user12@contoso.com",
                      "CONTOSO/user12", "user12@contoso.com@contoso.lab", "user12;x", "*"):
            with self.subTest(login):
                self.expect(phone, call(authorization=basic(login, "Passw0rd!user12")), NOBODY, 0, 0)

    def test_each_kind_of_user(self):
        _, phone = self.start()
        for name, expected in (
                ("moved001", contoso.OFFICE_365), ("room001", contoso.OFFICE_365), ("aliases001", contoso.OFFICE_365),
                ("partner001", contoso.FABRIKAM), ("anna", LATER), ("local001", LATER), ("forwards001", LATER),
                ("saysremote001", LATER), ("serveronly001", LATER), ("databaseonly001", LATER), ("paul", (200, 126)),
                ("nina", NO_MAILBOX), ("olga", NO_MAILBOX), ("nonick001", NO_MAILBOX), ("twice001", NO_MAILBOX),
                ("targetless001", NO_MAILBOX), ("ourselves001", LATER), ("xfourhundred001", NO_MAILBOX)):
            with self.subTest(name):
                answer = phone.ask(call(f"{name}@contoso.com"))
                self.assertEqual(expected, answer.one("X-MS-Location") if answer.status == 451 else short(answer))

    def test_logins_beyond_ascii_and_with_what_means_something_in_a_filter(self):
        _, phone = self.start()
        for person in people.of_kind("notascii"):
            with self.subTest(person["name"]):
                self.expect(phone, call(person["userPrincipalName"], people.password(person["name"])), REDIRECTED, 1, 1)
        for login in ("par(en)@contoso.com", "amp&and@contoso.com", "bang!@contoso.com", "o'brien@contoso.com",
                      "hash#@contoso.com", "percent%2a@contoso.com", "CONTOSO\\par(en)"):
            with self.subTest(login):
                self.expect(phone, call(login), REDIRECTED, 1, 1)

    def test_names_that_only_look_like_accounts(self):
        _, phone = self.start()
        for login in ("nobody@contoso.com", "user12@fabrikam.com", "contact1", "PC1$", "everyone-in-contoso", "CONTOSO\\PC1$"):
            with self.subTest(login):
                self.expect(phone, call(login), NOBODY, 1, 0)
                self.expect(phone, call(login), NOBODY, 0, 0)
        # What a bind of Active Directory would take for a name of the account, but we do not.
        for login in (f"CN=User 12,{STAFF}", "FABRIKAM\\user12", "contoso.com\\user12", "contoso.lab/Staff/User 12"):
            with self.subTest(login):
                self.assertEqual(NOBODY, short(phone.ask(call(login, "Passw0rd!user12"))))

    def test_a_wrong_password_is_refused_and_a_right_one_is_not_held_against_it(self):
        server, phone = self.start()
        login = "moved002@contoso.com"
        self.expect(phone, call(login, "wrong"), NOBODY, 1, 1)
        self.assertEqual(1, self.samba.lockout_state("moved002")[0])
        self.expect(phone, call(login), REDIRECTED, 1, 1)
        self.assertEqual((0, 0), self.samba.lockout_state("moved002"))
        self.assertEqual(["bad-credentials", "redirected"], [line["reason"] for line in ldap_site.access(server, 2)])
        # Neither does an empty one reach the domain controller, which may take it for an anonymous bind.
        self.expect(phone, call(login, ""), NOBODY, 0, 0)

    def test_whom_active_directory_refuses_gets_the_same_answer(self):
        _, phone = self.start()
        expected = phone.ask(call("nobody@contoso.com")).bytes_but_date()
        self.samba.lock_out("spare001")
        for name in (*active_directory.REFUSED, "spare001"):
            with self.subTest(name):
                self.assertEqual(expected, self.expect(phone, call(f"{name}@contoso.com"), NOBODY, 1, 1).bytes_but_date())
                self.assertEqual(expected, phone.ask(call(f"{name}@contoso.com", "wrong")).bytes_but_date())

    def test_an_account_that_is_disabled_while_its_login_is_remembered(self):
        server, phone = self.start(cache={"ttl": "1s", "login_ttl": "1s"})
        login = "spare002@contoso.com"
        self.expect(phone, call(login), REDIRECTED, 1, 1)
        self.samba.change("spare002", ("userAccountControl", 514))
        wait_until(lambda: short(phone.ask(call(login))) == NOBODY, "it is refused")
        self.samba.change("spare002", ("userAccountControl", 512))
        wait_until(lambda: short(phone.ask(call(login))) == REDIRECTED, "it is let in again")
        self.assertGreater(metric(server, 'eas451_auth_total{outcome="accepted"}'), 1)

    def test_a_new_password(self):
        _, phone = self.start()
        login = "spare003@contoso.com"
        self.expect(phone, call(login, "Another0ne!"), NOBODY, 1, 1)
        self.samba.set_password("spare003", "Another0ne!")
        self.expect(phone, call(login, "Another0ne!"), REDIRECTED, 1, 1)

    def test_three_entries_where_two_were_asked_for_are_ambiguous(self):
        for name in ("spare004", "spare005", "spare006"):
            self.samba.change(name, ("mail", "triplets@contoso.com"))
        server, phone = self.start(ldap={"attributes": BY_MAIL})
        self.assertEqual(NOBODY, short(phone.ask(call("triplets@contoso.com", "x"))))
        self.assertEqual(["ambiguous"], [line["reason"] for line in ldap_site.access(server, 1)])

    def test_two_entries_are_ambiguous(self):
        server, phone = self.start(ldap={"attributes": BY_MAIL})
        self.expect(phone, call("twins@contoso.com", "Passw0rd!twin1"), NOBODY, 1, 0)
        self.assertEqual(["ambiguous"], [line["reason"] for line in ldap_site.access(server, 1)])
        self.expect(phone, call("upn001@contoso.com"), REDIRECTED, 1, 1)


@at_once
class Relationships(WithPhone):
    def test_read_from_the_configuration_partition_and_read_again(self):
        directory = samba.start(self)
        server, phone = self.start(directory, organization_relationships={"refresh": "1s", "max_age": "1m"})
        server.err.wait_for(f"organization relationships: 8 read below CN=Services,{samba.CONFIGURATION}$")
        self.assertEqual(NO_MAILBOX, short(phone.ask(call("unknown001@contoso.com"))))
        directory.modify(active_directory.relationship_record(
            {"name": "Litware", "domain_names": ["litware.mail.onmicrosoft.com"],
             "target_owa_url": "https://mail.litware.com/owa"}).replace("\n", "\nchangetype: add\n", 1))
        moved = wait_until(lambda: next((answer for answer in [phone.ask(call("unknown001@contoso.com"))]
                                         if answer.status == 451), None), "the new relationship is used")
        self.assertEqual("https://mail.litware.com/Microsoft-Server-ActiveSync", moved.one("X-MS-Location"))

    def test_an_account_without_rights_sees_none_and_strands_nobody(self):
        directory = samba.start(self)
        config = ldap_site.config(directory, ldap={"bind_name": active_directory.BLIND_ACCOUNT})
        server = eas451.start(self, config, files={"secret": active_directory.BLIND_PASSWORD + "\n"})
        server.err.wait_for(f"organization relationships: none is visible below CN=Services,{samba.CONFIGURATION}; ")
        with Phone(server) as phone:
            self.assertEqual(LATER, short(phone.ask(call())))
        self.assertFalse(ldap_site.is_ready(server))


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.samba = samba.start(cls)

    def site(self, secret=samba.SERVICE_PASSWORD, **ldap):
        made = ldap_site.config(self.samba, ldap={**ldap})
        return eas451.site(self, made, files={"secret": secret + "\n"})

    def test_check_tells_what_it_finds(self):
        for scheme in ("ldaps", "ldap"):
            url = self.samba.url(scheme)
            lines = self.site(servers=[url]).command("check", "--online").stdout.splitlines()
            self.assertEqual([f"found: {url}: users are searched below {samba.BASE}; 1 NetBIOS domain contoso (contoso.lab)",
                              f"found: {url}: 8 organization relationships below CN=Services,{samba.CONFIGURATION}"], lines[:2])

    def test_check_finds_no_mistake(self):
        ended = self.site().command("check", "--online")
        self.assertEqual((0, "no mistakes found"), (ended.returncode, ended.stdout.splitlines()[-1]), ended.stdout)

    def test_check_says_what_is_wrong(self):
        refused = "refuses the service account: Invalid credentials \\(49\\), 80090308: .* data %s"
        self.samba.lock_out("spare001")
        for secret, ldap, words in (
                ("wrong", {"bind_name": "moved012@contoso.com"}, refused % "52e"),
                ("x", {"bind_name": "nobody@contoso.com"}, refused % "52e"),
                ("Passw0rd!spare001", {"bind_name": "spare001@contoso.com"}, refused % "775"),
                *((people.password(name), {"bind_name": f"{name}@contoso.com"}, refused % data)
                  for name, data in active_directory.REFUSED.items()),
                ("", {"bind_name": None, "bind_password_file": None}, "Operations error \\(1\\)"),
                (active_directory.BLIND_PASSWORD, {"bind_name": active_directory.BLIND_ACCOUNT}, "none is visible below"),
                (samba.SERVICE_PASSWORD, {"base": "DC=fabrikam,DC=com"}, "users below DC=fabrikam,DC=com .*No such object")):
            with self.subTest(ldap, words=words):
                ended = self.site(secret, **ldap).command("check", "--online")
                self.assertEqual(1, ended.returncode)
                self.assertRegex(ended.stdout, words)

    def test_explain_and_auth(self):
        made = self.site()
        for login in ("user12@contoso.com", "CONTOSO\\user12", "contoso.lab\\user12", "user12", "user12@contoso.lab"):
            ended = made.command("explain", login)
            self.assertEqual(0, ended.returncode, ended.stderr)
            self.assertIn(f"device gets: HTTP 451, X-MS-Location: {contoso.OFFICE_365}", ended.stdout.splitlines())
        for password, status, word in (("Passw0rd!user12", 0, "accepted"), ("wrong", 1, "bad-credentials")):
            ended = made.command("auth", "user12@contoso.com", environment={"EAS451_PASSWORD": password})
            self.assertEqual((status, word), (ended.returncode, ended.stdout.splitlines()[0]))


if __name__ == "__main__":
    unittest.main()
