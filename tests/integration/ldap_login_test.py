# SPDX-License-Identifier: Apache-2.0
"""A phone's login against a real OpenLDAP: what it is answered, and what that costs the directory."""
import time
import unittest

from support import contoso, ldap_site, slapd
from support.admin import metric
from support.ldap_site import LATER, LATER_OPTIONS, NO_MAILBOX, NOBODY, REDIRECTED, call, cost, short
from support.phone import Phone, basic
from support.server import wait_until
from tests.directory import make_directory, people

FILTER = "(&(&(objectCategory=person)(objectClass=user))(%s))"


def either(name):
    """What a login at a domain of the directory is looked for by."""
    return f"|(userPrincipalName={name}@contoso.com)(sAMAccountName={name})"


class Login(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.slapd = slapd.start(cls)

    def start(self, **options):
        server = ldap_site.start(self, self.slapd, **options)
        phone = Phone(server)
        self.addCleanup(phone.close)
        return server, phone

    def expect(self, phone, request, expected, searches, binds):
        """One answer, and exactly so many questions."""
        before = self.slapd.mark()
        answer = phone.ask(request)
        self.assertEqual((expected, (searches, binds)), (short(answer), cost(self.slapd, before)), request)
        return answer

    def test_cold_is_one_search_and_one_bind_and_warm_is_nothing(self):
        _, phone = self.start()
        before = self.slapd.mark()
        for method, cold in (("POST", 1), ("OPTIONS", 0), ("POST", 0)):
            answer = self.expect(phone, call(method=method), REDIRECTED, cold, cold)
            self.assertEqual(contoso.OFFICE_365, answer.one("X-MS-Location"))
        search, bind = self.slapd.finished(2, before)
        self.assertEqual((slapd.BASE.lower(), "2", FILTER % "|(userPrincipalName=user12@contoso.com)(sAMAccountName=user12)", 0, 1),
                         (search.name.lower(), search.scope, search.filter, search.result, search.entries))
        self.assertEqual(("bind", "cn=user 12,ou=staff," + slapd.BASE.lower(), 0),
                         (bind.kind, bind.name.lower(), bind.result))
        self.assertNotEqual(search.connection, bind.connection)

    def test_each_kind_of_user_by_both_methods(self):
        _, phone = self.start()
        for login, post, options in (
                ("forest7", REDIRECTED, REDIRECTED), ("nina", NO_MAILBOX, (403, None)),
                ("anna", LATER, (200, None)), ("lars", LATER, (200, None)), ("paul", (200, 126), (403, None)),
                ("olga", NO_MAILBOX, (403, None)), ("disabled001", NOBODY, NOBODY)):
            with self.subTest(login):
                self.expect(phone, call(f"{login}@contoso.com"), post, 1, 1)
                self.assertEqual(options, short(phone.ask(call(f"{login}@contoso.com", method="OPTIONS"))))
        self.assertEqual(contoso.FABRIKAM, phone.ask(call("forest7@contoso.com")).one("X-MS-Location"))

    def test_every_form_of_login_over_ldaps_and_starttls(self):
        for scheme in ("ldaps", "ldap"):
            server, phone = self.start(scheme=scheme)
            for login in ("user12@contoso.com", "USER12@Contoso.com", "CONTOSO\\user12", "contoso\\USER12",
                          "contoso.com\\user12", "user12"):
                with self.subTest(login, scheme=scheme):
                    self.expect(phone, call(login, "Passw0rd!user12"), REDIRECTED, 1, 1)
            self.assertTrue(ldap_site.is_up(server, self.slapd, scheme))
            self.assertEqual({self.slapd.url(scheme)},
                             {line["directory_server"] for line in ldap_site.access(server, 6)})

    def test_the_server_may_be_named_instead_of_its_address(self):
        _, phone = self.start(ldap={"servers": [self.slapd.url(host="localhost")]})
        self.expect(phone, call(), REDIRECTED, 1, 1)

    def test_logins_that_name_nobody_or_two(self):
        server, phone = self.start()
        rows = (("nobody@contoso.com", 1, "not-found"), ("user12@fabrikam.com", 1, "not-found"),
                ("ELSEWHERE\\user12", 0, "not-found"), ("bob", 1, "ambiguous"), ("CONTOSO\\bob", 1, "ambiguous"),
                ("somebody@fabrikam.com", 1, "not-found"), ("contact1", 1, "not-found"), ("PC1$", 1, "not-found"))
        for login, searches, _ in rows:
            self.expect(phone, call(login), NOBODY, searches, 0)
            self.expect(phone, call(login), NOBODY, 0, 0)
        logged = [line["reason"] for line in ldap_site.access(server, 2 * len(rows))]
        self.assertEqual([reason for _, _, reason in rows for _ in range(2)], logged)
        self.expect(phone, call("bob@contoso.com"), REDIRECTED, 1, 1)
        self.expect(phone, call("bob@fabrikam.com", "Passw0rd!bob2"), LATER, 1, 1)

    def test_a_logon_name_at_its_domain_unless_that_is_somebodys_upn(self):
        self.slapd.modify("".join(
            f"dn: {make_directory.distinguished_name(person)}\nchangetype: modify\nreplace: userPrincipalName\n"
            f"userPrincipalName: {upn}\n\n" for person, upn in (
                (people.of_kind("room")[0], "elsewhere@fabrikam.com"), (people.of_kind("room")[1], "room003@contoso.com"))))
        _, phone = self.start()
        for login, name, expected in (
                ("room001@contoso.com", "room001", REDIRECTED), ("elsewhere@fabrikam.com", "room001", REDIRECTED),
                ("room003@contoso.com", "room002", NOBODY), ("CONTOSO\\room003", "room003", REDIRECTED),
                ("elsewhere@contoso.com", "room001", NOBODY), ("room001@CONTOSO", "room001", NOBODY)):
            with self.subTest(login):
                self.assertEqual(expected, short(phone.ask(call(login, people.password(name)))))

    def test_a_base_within_a_domain_is_not_its_parents(self):
        _, phone = self.start(ldap={"base": slapd.BASE, "netbios_domains": {"TOP": "com", "CONTOSO": "contoso.com"}})
        self.expect(phone, call("TOP\\user12"), NOBODY, 0, 0)
        self.expect(phone, call("com\\user12"), NOBODY, 0, 0)
        self.expect(phone, call("user12@com"), NOBODY, 1, 0)
        self.expect(phone, call("CONTOSO\\user12"), REDIRECTED, 1, 1)
        self.expect(phone, call("user12"), REDIRECTED, 1, 1)

    def test_mail_addresses_are_logins_only_where_that_is_wanted(self):
        logins = (("moved001@contoso.mail.onmicrosoft.com", REDIRECTED), ("MOVED002@contoso.mail.onmicrosoft.com", REDIRECTED),
                  ("moved003@CONTOSO.mail.onmicrosoft.com", REDIRECTED), ("twins@contoso.com", NOBODY), ("alias@contoso.com", NOBODY))
        _, phone = self.start()
        for login, _ in logins:
            self.assertEqual(NOBODY, short(phone.ask(call(login, "Passw0rd!" + login.split("@")[0].lower()))))
        server, phone = self.start(authentication={"smtp_logins": True})
        for login, expected in logins:
            with self.subTest(login):
                request = call(login, "Passw0rd!" + login.split("@")[0].lower())
                self.expect(phone, request, expected, 1, 1 if expected == REDIRECTED else 0)
                self.expect(phone, request, expected, 0, 0)
        self.expect(phone, call(), REDIRECTED, 1, 1)
        lines = ldap_site.access(server, 11)
        self.assertEqual(["smtp"] * 6 + ["upn"], [line["login_form"] for line in lines[:6] + lines[10:]])
        self.assertEqual({"ambiguous"}, {line["reason"] for line in lines[6:10]})

    def test_a_wrong_password_is_bound_once_and_only_three_of_them(self):
        server, phone = self.start()
        for password in ("wrong", "passw0rd!user12", "Passw0rd!user12 "):
            self.expect(phone, call(password=password), NOBODY, 1, 1)
            self.expect(phone, call(password=password), NOBODY, 1, 0)
            self.expect(phone, call("CONTOSO\\user12", password), NOBODY, 1, 0)
        # Nobody knows whether this one is right: no answer, and no bind.
        for password in ("Passw0rd!user1", "Passw0rd!user12"):
            self.expect(phone, call(password=password), LATER, 1, 0)
            self.expect(phone, call(password=password, method="OPTIONS"), LATER_OPTIONS, 1, 0)
        self.expect(phone, call(password="wrong"), NOBODY, 1, 0)
        self.assertEqual(["bad-credentials", "bad-credentials-cached", "bad-credentials-cached"] * 3 + ["login-held"] * 4 +
                         ["bad-credentials-cached"], [line["reason"] for line in ldap_site.access(server, 14)])
        self.assertEqual([3, 7, 4, 11], [metric(server, f"eas451_{name}") for name in (
            'auth_total{outcome="bad-credentials"}', 'auth_total{outcome="bad-credentials-cached"}',
            'auth_total{outcome="login-held"}', "binds_suppressed_total")])
        server.err.wait_for("warning directory: a login is held: this user's budget of wrong passwords is spent$")

    def test_who_was_let_in_before_has_one_more_try_and_is_never_held(self):
        _, phone = self.start()
        self.expect(phone, call(), REDIRECTED, 1, 1)
        for password in ("wrong", "wrong again", "Passw0rd!user1", "passw0rd!user12"):
            self.expect(phone, call(password=password), NOBODY, 1, 1)
        self.expect(phone, call(password="and again"), LATER, 1, 0)
        self.expect(phone, call(), REDIRECTED, 0, 0)

    def test_a_right_password_makes_up_for_wrong_ones(self):
        _, phone = self.start()
        for login in ("user12", "CONTOSO\\user12", "contoso.com\\user12"):
            for password in ("wrong by ", "wrong again by "):
                self.expect(phone, call(password=password + login), NOBODY, 1, 1)
            self.expect(phone, call(login), REDIRECTED, 1, 1)

    def test_logins_of_nobody_are_held_like_those_of_somebody(self):
        _, phone = self.start()
        for login in ("nobody@contoso.com", "CONTOSO\\nobody"):
            for number, password in enumerate(("wrong", "wrong", "wrong again", "Passw0rd!", "wrong")):
                self.expect(phone, call(login, password), NOBODY, 0 if number else 1, 0)
            for password in ("1", "2", "1"):
                self.expect(phone, call(login, password), LATER, 0, 0)
            self.expect(phone, call(login, "wrong"), NOBODY, 0, 0)
        self.expect(phone, call("nobody", "other"), LATER, 1, 0)

    def test_a_name_is_answered_alike_whether_it_is_somebodys(self):
        """Whatever a stranger mixes: the login that may exist, and one of that name that surely does not."""
        seen = {}
        for name in ("moved003", "ghost003"):
            logins = {"real": f"{name}@contoso.com", "other": f"{name}@else.where"}
            for order in ("other other other real", "real real real other", "real other real other real", "other real other other"):
                _, phone = self.start()
                answers = [short(phone.ask(call(logins[which], f"wrong {number}"))) for number, which in enumerate(order.split())]
                answers += [short(phone.ask(call(logins[which], "wrong 0"))) for which in ("real", "other")]
                seen.setdefault(order, []).append(answers)
        for order, (somebodys, nobodys) in seen.items():
            self.assertEqual(nobodys, somebodys, order)
            self.assertIn(LATER, nobodys, order)

    def test_to_be_held_takes_as_long_as_to_be_refused(self):
        _, phone = self.start(authentication={"refusal_delay": "300ms"})
        for login in ("user12", "nobody"):
            for number in range(5):
                begun = time.monotonic()
                self.assertEqual(NOBODY if number < 3 else LATER, short(phone.ask(call(login, f"wrong {number}"))))
                self.assertGreaterEqual(time.monotonic() - begun, 0.3)

    def test_ten_users_may_fail_at_one_address(self):
        _, phone = self.start(lockout={"address_recovers": "1h"})
        for number in range(10):
            self.expect(phone, call(f"moved{number:03}@contoso.com" if number % 2 else f"nobody{number}", "wrong"), NOBODY, 1, number % 2)
        self.expect(phone, call("user12@contoso.com", "wrong"), LATER, 1, 0)
        self.expect(phone, call("somebody*", "wrong"), NOBODY, 0, 0)  # that is no login at all
        self.expect(phone, call("nobody-at-all", "wrong"), LATER, 1, 0)
        self.expect(phone, call("moved001@contoso.com", "wrong again"), NOBODY, 1, 1)

    def test_the_number_of_users_at_one_address_may_be_without_limit(self):
        _, phone = self.start(lockout={"users_per_address": 0})
        for number in range(1, 16):
            self.expect(phone, call(f"moved{number:03}@contoso.com", "wrong"), NOBODY, 1, 1)

    def test_a_reload_forgets_no_tries(self):
        server, phone = self.start()
        for password in ("wrong", "wrong again"):
            self.expect(phone, call(password=password), NOBODY, 1, 1)
        server.reload()
        self.assertEqual(NOBODY, short(phone.ask(call("nobody"))))  # once everything is read
        self.expect(phone, call(password="wrong"), NOBODY, 1, 0)
        self.expect(phone, call(password="the third"), NOBODY, 1, 1)
        self.expect(phone, call(), LATER, 1, 0)

    def test_a_disabled_account_is_refused_although_its_password_is_right(self):
        server, phone = self.start()
        self.expect(phone, call("disabled002@contoso.com"), NOBODY, 1, 1)
        self.expect(phone, call("disabled002@contoso.com", "wrong"), NOBODY, 1, 1)
        self.assertEqual(["account-disabled", "bad-credentials"],
                         [line["reason"] for line in ldap_site.access(server, 2)])

    def test_what_never_reaches_the_network(self):
        server, phone = self.start()
        dn = make_directory.distinguished_name(people.of_kind("lab")[0])
        for login, password in (("user12@contoso.com", ""), ("user12@contoso.com", "Passw0rd!user12\0"),
                                ("user12@contoso.com", "\0"), ("user12\0@contoso.com", "x"), ("*", "x"),
                                ("star*@contoso.com", "x"), ("CONTOSO\\*", "x"), ("user12)(|(cn=*@contoso.com", "x"),
                                ("\\2a@contoso.com", "x"), ("CONTOSO\\user12@contoso.com", "Passw0rd!user12"),
                                ("back\\slash@contoso.com", "Passw0rd!back\\slash"), ("a\\b\\c", "x"), (dn, "x"), ("", "x")):
            with self.subTest(login=login, password=password):
                self.expect(phone, call(authorization=basic(login, password)), NOBODY, 0, 0)
        self.assertEqual({"bad-credentials"}, {line["reason"] for line in ldap_site.access(server, 14)})

    def test_what_means_something_in_a_filter_is_sent_escaped(self):
        """As slapd logs a filter: its values in lower case, and escaped again."""
        _, phone = self.start()
        for login, asked, expected in (
                ("par(en)@contoso.com", either(r"par\28en\29"), REDIRECTED),
                ("CONTOSO\\par(en)", r"sAMAccountName=par\28en\29", REDIRECTED),
                ("CONTOSO\\par(", r"sAMAccountName=par\28", NOBODY),
                ("par)(cn~user12", r"sAMAccountName=par\29\28cn~user12", NOBODY),
                ("x)(cn~user12@contoso.com", either(r"x\29\28cn~user12"), NOBODY),
                ("x)(cn~user12@fabrikam.com", r"userPrincipalName=x\29\28cn~user12@fabrikam.com", NOBODY),
                ("amp&and@contoso.com", either("amp&and"), REDIRECTED),
                ("bang!@contoso.com", either("bang!"), REDIRECTED),
                ("percent%2a@contoso.com", either("percent%2a"), REDIRECTED),
                ("o'brien@contoso.com", either("o'brien"), REDIRECTED)):
            with self.subTest(login):
                before = self.slapd.mark()
                self.assertEqual(expected, short(phone.ask(call(login))))
                self.assertEqual([FILTER % asked], [operation.filter for operation in
                                                    self.slapd.operations("search", since=before)])

    def test_logins_beyond_ascii(self):
        server, phone = self.start()
        everybody = people.of_kind("notascii")
        for person in everybody:
            for login in (person["userPrincipalName"], "CONTOSO\\" + person["sAMAccountName"]):
                with self.subTest(login):
                    self.expect(phone, call(login, people.password(person["name"])), REDIRECTED, 1, 1)
        self.assertEqual(2 * len(everybody), metric(server, 'eas451_auth_total{outcome="accepted"}'))

    def test_twenty_at_once_ask_once(self):
        server, _ = self.start()
        phones = [Phone(server) for _ in range(20)]
        for phone in phones:
            self.addCleanup(phone.close)
        before = self.slapd.mark()
        self.slapd.pause()
        try:
            for phone in phones:
                phone.send(call())
            wait_until(lambda: ldap_site.misses(server) >= 20, "all of them wait for the directory")
        finally:
            self.slapd.resume()
        self.assertEqual([REDIRECTED] * 20, [short(phone.read()) for phone in phones])
        self.assertEqual((1, 1), cost(self.slapd, before))

    def test_as_many_cold_users_at_once_as_come(self):
        server, _ = self.start()
        names = [person["userPrincipalName"] for person in people.of_kind("moved")[:64]]
        phones = [Phone(server).send(call(name)) for name in names]
        for phone in phones:
            self.addCleanup(phone.close)
        before = self.slapd.mark()
        self.assertEqual([REDIRECTED] * 64, [short(phone.read()) for phone in phones])
        connections = {operation.connection for operation in self.slapd.operations("search", since=before)}
        self.assertLessEqual(len(connections), 1)


if __name__ == "__main__":
    unittest.main()
