# SPDX-License-Identifier: Apache-2.0
"""A real domain controller hangs, dies, starts again and closes idle connections: what phones are answered meanwhile,
and how soon all is well again."""
import time
import unittest

from support import certificates, ldap_site, samba
from support.ad_site import WithPhone
from support.at_once import at_once
from support.ldap_site import LATER, LATER_OPTIONS, NOBODY, REDIRECTED, SLACK, call, short
from support.server import wait_until

STATIC = [{"name": "Office 365", "domain_names": ["contoso.mail.onmicrosoft.com"],
           "target_owa_url": "https://outlook.office.com/mail"}]
RECOVERY = 5.0


@at_once
class Outage(WithPhone):
    def expect_cold(self, phone, name, directory):
        """One search and one bind for that user, whatever is read of a server that has come back."""
        before = directory.mark()
        self.assertEqual(REDIRECTED, short(phone.ask(call(f"{name}@contoso.com"))))
        binds = [bind for bind in directory.operations("bind", since=before) if bind.account == name]
        self.assertEqual((1, 1), (len(ldap_site.searches_for(directory, f"{name}@contoso.com", before)), len(binds)))

    def test_connections_that_the_server_closes_when_they_are_idle(self):
        # Without relationships: a connection on which changes are watched is not idle.
        directory = samba.start(self, limits={"MaxConnIdleTime": 2})
        server, phone = self.start(directory, organization_relationships={"from_directory": False, "static": STATIC})
        for number in (1, 2, 3):
            self.expect_cold(phone, f"moved00{number}", directory)
            server.err.wait_for("closed the connection: End of file", number)
            server.err.wait_for("directory: .* is up$", number + 1)
            wait_until(lambda: ldap_site.is_up(server, directory), "it is used again")

    def test_one_that_hangs_is_passed_over(self):
        authority = certificates.authority(self)
        one, two = samba.start(self, authority=authority), samba.start(self, authority=authority)
        _, phone = self.start(one, deadline="2s", ldap={"servers": [one.url(), two.url()]})
        self.expect_cold(phone, "moved001", one)
        one.pause()
        self.assertEqual(REDIRECTED, short(phone.ask(call("moved002@contoso.com"))))
        self.assertEqual(["svc-eas451", "moved002"], [bind.account for bind in two.operations("bind")])

    def expect_recovery(self, phone, name, began):
        wait_until(lambda: short(phone.ask(call(f"{name}@contoso.com"))) == REDIRECTED, "it is used again")
        self.assertLess(time.monotonic() - began, RECOVERY + SLACK)

    def test_the_only_one_hangs_and_goes_on(self):
        directory = samba.start(self)
        server, phone = self.start(directory, deadline="1s")
        self.expect_cold(phone, "moved001", directory)
        directory.pause()
        # Right and wrong, known and not: none is told that it is refused.
        for login, password, method, expected in (
                ("moved002", None, "POST", LATER), ("moved003", "wrong", "OPTIONS", LATER_OPTIONS),
                ("nobody", "wrong", "POST", LATER), ("moved001", "wrong", "POST", LATER),
                ("moved001", None, "POST", REDIRECTED)):
            with self.subTest(login, password=password):
                asked = time.monotonic()
                answer = phone.ask(call(f"{login}@contoso.com", password, method=method))
                self.assertEqual(expected, short(answer))
                self.assertLess(time.monotonic() - asked, 1 + SLACK)
        directory.resume()
        self.expect_recovery(phone, "moved002", time.monotonic())
        self.assertEqual(NOBODY, short(phone.ask(call("moved003@contoso.com", "wrong"))))
        self.assertEqual((1, 0), directory.lockout_state("moved003"))
        self.assertEqual(["directory-down"] * 4, [line["reason"] for line in ldap_site.access(server, 5)[1:5]])

    def test_one_that_hangs_in_the_middle_of_a_login(self):
        directory = samba.start(self)
        server, phone = self.start(directory, deadline="1s")
        # Many at once, of which it has answered some when it stands still.
        phones = [self.phone(server, f"127.1.2.{number}") for number in range(1, 11)]
        for number, one in enumerate(phones, 1):
            one.send(call(f"moved{number:03}@contoso.com"))
        directory.pause()
        answers = [short(one.read()) for one in phones]
        self.assertLessEqual(set(answers), {REDIRECTED, LATER})
        directory.resume()
        self.expect_recovery(phone, "moved011", time.monotonic())
        for number, one in enumerate(phones, 1):
            self.assertEqual(REDIRECTED, short(one.ask(call(f"moved{number:03}@contoso.com"))))

    def test_restarted_it_is_used_again_and_what_was_tried_still_counts(self):
        directory = samba.start(self)
        server, phone = self.start(directory, cache={"negative_ttl": "1s"})
        login = "moved001@contoso.com"
        answers = [short(phone.ask(call(login, f"Guess{number}!"))) for number in range(4)]
        self.assertEqual([NOBODY] * 3 + [LATER], answers)
        directory.restart()
        before = directory.mark()
        self.expect_recovery(phone, "moved002", time.monotonic())
        wait_until(lambda: short(phone.ask(call(login, "Guess0!"))) == NOBODY, "it is known as wrong")
        self.assertEqual(LATER, short(phone.ask(call(login, "Guess9!"))))
        self.assertEqual([], self.refused_binds(before, directory))
        self.assertEqual((3, 0), directory.lockout_state("moved001"))

    def test_killed_and_started_again(self):
        directory = samba.start(self)
        server, phone = self.start(directory)
        self.expect_cold(phone, "moved001", directory)
        directory.kill()
        self.assertEqual([REDIRECTED, LATER], [short(phone.ask(call(f"moved00{number}@contoso.com"))) for number in (1, 2)])
        directory.start()
        wait_until(lambda: ldap_site.is_up(server, directory), "it is used again")
        self.expect_cold(phone, "moved002", directory)


if __name__ == "__main__":
    unittest.main()
