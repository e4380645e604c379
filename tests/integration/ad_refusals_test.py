# SPDX-License-Identifier: Apache-2.0
"""Why Active Directory refuses a login is told to administrators, and to nobody else; and what the domain says
of locking accounts."""
import unittest

from support import ldap_site, samba
from support.ldap_site import NOBODY, call, short
from support.phone import Phone
from tests.directory import active_directory, people

# The `data` of a refused bind, and our word for it.
WORDS = {"52e": "bad-credentials", "530": "logon-restricted", "531": "logon-restricted", "532": "password-expired",
         "533": "account-disabled", "701": "account-expired", "773": "must-change-password", "775": "account-locked"}
LOCKED, WRONG, UNKNOWN = "spare001", "moved001", "nobody001"


def password_of(name):
    return "wrong" if name == WRONG else people.password(name)


class Refused(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.samba = samba.start(cls)
        cls.samba.lock_out(LOCKED)
        cls.words = {**{name: WORDS[data] for name, data in active_directory.REFUSED.items()},
                     LOCKED: WORDS["775"], WRONG: WORDS["52e"], UNKNOWN: "not-found"}

    def test_each_reason_is_logged_and_none_is_told(self):
        self.assertEqual(set(WORDS), {*active_directory.REFUSED.values(), "775", "52e"})
        server = ldap_site.start(self, self.samba)
        for method in ("POST", "OPTIONS"):
            answers = set()
            for name in self.words:
                with Phone(server) as phone:
                    answer = phone.ask(call(f"{name}@contoso.com", password_of(name), method=method))
                self.assertEqual((NOBODY, name), (short(answer), name))
                answer.fields_but_date()
                answers.add(answer.bytes_but_date())
            self.assertEqual(1, len(answers), answers)
        lines = ldap_site.access(server, 2 * len(self.words))
        self.assertEqual(self.words, {
            line["login"].split("@")[0]: line["reason"] for line in lines if line["method"] == "POST"})
        self.assertEqual({401}, {line["status"] for line in lines})
        # Neither is a right password of them told from a wrong one.
        with Phone(server) as phone:
            self.assertEqual(answers.pop(), phone.ask(call("expired001@contoso.com", "wrong")).bytes_but_date())

    def test_auth_says_the_word(self):
        site = ldap_site.site(self, self.samba)
        for name, word in self.words.items():
            ended = site.command("auth", f"{name}@contoso.com", environment={"EAS451_PASSWORD": password_of(name)})
            self.assertEqual((1, word), (ended.returncode, ended.stdout.splitlines()[0]), name)
        ended = site.command("auth", "moved002@contoso.com", environment={"EAS451_PASSWORD": "Passw0rd!moved002"})
        self.assertEqual((0, "accepted"), (ended.returncode, ended.stdout.splitlines()[0]))


class Policy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.samba = samba.start(cls)

    def check(self, threshold):
        self.samba.modify(active_directory.lockout(threshold))
        ended = ldap_site.site(self, self.samba).command("check", "--online")
        lines = [line for line in ended.stdout.splitlines() if f"lockoutThreshold {threshold}" in line]
        self.assertNotEqual([], lines, ended.stdout)
        return ended.returncode, lines

    def test_check_tells_it(self):
        for threshold in (5, 3, 10):
            self.assertEqual(0, self.check(threshold)[0], threshold)
        status, lines = self.check(0)
        self.assertEqual(0, status)
        self.assertIn("never locked", lines[0])

    def test_one_that_leaves_us_no_try_is_a_mistake(self):
        for threshold in (1, 2):
            self.assertEqual(1, self.check(threshold)[0], threshold)


if __name__ == "__main__":
    unittest.main()
