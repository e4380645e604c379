# SPDX-License-Identifier: Apache-2.0
"""OpenLDAP's own password policies: what is read of them, that strangers lock nobody, and what their refusals are."""
import json
import unittest

from support import ldap_site, ppolicy, slapd
from support.ldap_site import LATER, LATER_OPTIONS, NOBODY, REDIRECTED, call, cost, short
from support.phone import Phone
from support.ppolicy import LONG_AGO, locking
from tests.directory import make_directory, people

HOME, STRANGER = "127.1.0.1", "127.66.0.1"
GUESSES = 30
YEAR = 365 * 86400
ASSUMED = ("taken as lockoutThreshold 5, lockOutObservationWindow 30 min (give directory.lockout where it is otherwise); 3 new "
           "wrong passwords of a user may be tried within 30 min")
READ = "(pwdMaxFailure and pwdFailureCountInterval, the strictest of the policies)"


def dn_of(name):
    return next(make_directory.distinguished_name(person) for person in people.everybody() if person["name"] == name)


class WithPolicy(unittest.TestCase):
    """`slapd` is that of the class."""

    slapd = None

    def start(self, directory=None, **options):
        server = ldap_site.start(self, directory or self.slapd, **options)
        return server, self.phone(server)

    def phone(self, server, source=None):
        made = Phone(server, source=source)
        self.addCleanup(made.close)
        return made

    def expect(self, phone, request, expected, searches, binds):
        """One answer, and exactly so many questions."""
        before = self.slapd.mark()
        answer = phone.ask(request)
        self.assertEqual((expected, (searches, binds)), (short(answer), cost(self.slapd, before)), request)

    def reasons(self, server, count):
        return [line["reason"] for line in ldap_site.access(server, count)]

    def set_user(self, name, **attributes):
        """Also what only the server itself sets."""
        ppolicy.set_values(self.slapd, dn_of(name), relax=True, **attributes)


class Reading(WithPolicy):
    @classmethod
    def setUpClass(cls):
        cls.slapd = slapd.start(cls, policy=ppolicy.Policy({"default": locking(5), "other": locking(7), "third": {}}))

    def policies(self, **values):
        """Each policy is exactly this from now on."""
        for name in ("default", "other", "third"):
            of_one = values.get(name, {})
            ppolicy.set_values(self.slapd, ppolicy.policy_dn(name), **{
                key: of_one.get(key) for key in ("pwdLockout", "pwdMaxFailure", "pwdFailureCountInterval")})

    def told(self, where, directory=None, ok=True, **options):
        """What `check --online` says of the policy, in this list of its findings."""
        directory = directory or self.slapd
        made = ldap_site.site(self, directory, **options)
        ended = made.command("check", "--online", "--json")
        found = json.loads(ended.stdout)
        self.assertEqual(ok, found["ok"], ended.stdout)
        lines = [line for line in found[where] if "olicy" in line or "lockoutThreshold" in line]
        self.assertEqual(1, len(lines), ended.stdout)
        return lines[0].removeprefix(directory.url() + ": ")

    def test_the_strictest_of_several(self):
        # The number of one and the time of another: any of them may be a user's.
        self.policies(default=locking(5), other=locking(4, pwdFailureCountInterval=600),
                      third=locking(9, pwdFailureCountInterval=3600))
        self.assertEqual(f"lockoutThreshold 4, lockOutObservationWindow 60 min {READ}; 2 new wrong passwords of a user may be "
                         "tried within 60 min", self.told("facts"))
        server, _ = self.start()
        server.err.wait_for("directory: lockout policy: lockoutThreshold 4, lockOutObservationWindow 60 min ")

    def test_too_few_are_an_error(self):
        for most in (1, 2):
            self.policies(default=locking(5), other=locking(most))
            self.assertEqual(f"lockoutThreshold {most}, lockOutObservationWindow 30 min {READ}; 1 new wrong password of a user may "
                             "be tried within 30 min, which can lock accounts: no number is low enough for this threshold "
                             "and so many replicas; raise the threshold", self.told("errors", ok=False))

    def test_wrong_passwords_that_are_never_forgotten(self):
        for interval in (0, None):
            self.policies(default=locking(5, pwdFailureCountInterval=interval))
            self.assertEqual(f"lockoutThreshold 5, lockOutObservationWindow without end, until a right password comes {READ}; 3 new "
                             "wrong passwords of a user may be tried until a right one comes", self.told("facts"))

    def test_policies_that_lock_nobody_are_none(self):
        for values in ({"pwdLockout": False, "pwdMaxFailure": 3}, {"pwdMaxFailure": 3}, {"pwdLockout": True, "pwdMaxFailure": 0},
                       {"pwdLockout": True}):
            with self.subTest(values):
                self.policies(default=values)
                self.assertEqual(f"no password policy is visible below {slapd.BASE}; {ASSUMED}", self.told("facts"))
                self.policies(default=values, other=locking(9))
                self.assertRegex(self.told("facts"), "^lockoutThreshold 9, ")

    def test_policies_outside_the_base_of_the_users(self):
        self.policies(default=locking(3))
        staff = {"base": f"OU=Staff,{slapd.BASE}"}
        self.assertRegex(self.told("facts", ldap=staff), "^lockoutThreshold 3, .*; 1 new wrong password of a user")

    def test_policies_that_may_not_be_read(self):
        hidden = slapd.start(self, policy=ppolicy.Policy({"default": locking(3)}, hidden=True))
        self.assertEqual(f"no password policy is visible below {slapd.BASE}; {ASSUMED}", self.told("facts", hidden))
        # The administrator has to tell.
        self.assertRegex(self.told("facts", hidden, lockout={"threshold": 3}), "^lockoutThreshold 3, .*; 1 new wrong password of")


class Guessing(WithPolicy):
    """Strangers lock nobody, and are never told that what was not tried is wrong."""

    def guess(self, most, budget):
        self.slapd = slapd.start(self, policy=ppolicy.Policy({"default": locking(most)}))
        server, _ = self.start()
        own, stranger = self.phone(server, HOME), self.phone(server, STRANGER)
        self.assertEqual(REDIRECTED, short(own.ask(call("moved001@contoso.com"))))
        for name in ("moved001", "moved002"):
            before = self.slapd.mark()
            methods = ["OPTIONS" if number % 2 else "POST" for number in range(GUESSES)]
            answers = [short(stranger.ask(call(f"{name}@contoso.com", f"Guess{number}!", method=method)))
                       for number, method in enumerate(methods)]
            held = [LATER_OPTIONS if method == "OPTIONS" else LATER for method in methods]
            self.assertEqual([NOBODY] * budget + held[budget:], answers)
            self.assertEqual(budget, self.slapd.binds(since=before))
            self.assertEqual((budget, None), ppolicy.state(self.slapd, dn_of(name)))
        # Whose password it is has one more, and is let in by the right one.
        self.assertEqual([NOBODY, LATER, LATER], [short(own.ask(call("moved001@contoso.com", f"Typo{number}!"))) for number in range(3)])
        self.assertEqual((budget + 1, None), ppolicy.state(self.slapd, dn_of("moved001")))
        self.assertLess(budget + 1, most)
        self.assertEqual(REDIRECTED, short(own.ask(call("moved001@contoso.com"))))

    def test_the_owner_is_let_in_and_the_server_forgets_what_strangers_tried(self):
        self.slapd = slapd.start(self, policy=ppolicy.Policy({"default": locking(3)}))
        server, _ = self.start()
        own, stranger = self.phone(server, HOME), self.phone(server, STRANGER)
        login = "moved001@contoso.com"
        self.assertEqual(REDIRECTED, short(own.ask(call(login))))
        for form in ("CONTOSO\\moved001", "moved001"):
            self.assertEqual([NOBODY, LATER], [short(stranger.ask(call(login, f"Guess{number} {form}"))) for number in range(2)])
            self.assertEqual((1, None), ppolicy.state(self.slapd, dn_of("moved001")))
            self.assertEqual(REDIRECTED, short(own.ask(call(form))))
            self.assertEqual((0, None), ppolicy.state(self.slapd, dn_of("moved001")))

    def test_where_three_lock(self):
        self.guess(3, 1)

    def test_where_five_lock(self):
        self.guess(5, 3)


class Refusals(WithPolicy):
    """What the overlay says of an account. Nobody here has pwdLastSet, which goes before pwdChangedTime."""

    @classmethod
    def setUpClass(cls):
        cls.slapd = slapd.start(cls, policy=ppolicy.Policy({
            "default": locking(5), "changed": locking(5, pwdMustChange=True), "strict": locking(5, pwdMaxAge=YEAR),
            "graceful": locking(5, pwdMaxAge=YEAR, pwdGraceAuthNLimit=2)}))

    def test_locked(self):
        """To strangers it is an account like any other: so many are tried, which the server does not count."""
        server, phone = self.start()
        ppolicy.lock(self.slapd, dn_of("moved001"), 5)
        for login in ("moved001@contoso.com", "CONTOSO\\moved001"):
            self.expect(phone, call(login), NOBODY, 1, 0 if "CONTOSO" in login else 1)
        for password in ("wrong", "wrong again"):
            self.expect(phone, call("moved001@contoso.com", password), NOBODY, 1, 1)
        self.expect(phone, call("moved001@contoso.com", "the fourth"), LATER, 1, 0)
        self.expect(phone, call("moved001@contoso.com"), NOBODY, 1, 0)
        self.assertEqual(["account-locked"] * 4 + ["login-held", "account-locked"], self.reasons(server, 6))
        self.assertEqual(5, ppolicy.state(self.slapd, dn_of("moved001")).wrong)

    def test_unlocked_again(self):
        _, phone = self.start()
        ppolicy.lock(self.slapd, dn_of("moved002"), 5)
        self.expect(phone, call("moved002@contoso.com"), NOBODY, 1, 1)
        self.expect(phone, call("moved002@contoso.com"), NOBODY, 1, 0)
        self.set_user("moved002", pwdAccountLockedTime=None, pwdFailureTime=None, pwdLastSet=None, pwdChangedTime=LONG_AGO)
        self.expect(phone, call("moved002@contoso.com"), REDIRECTED, 1, 1)

    def test_a_lock_that_is_over(self):
        """It is in the entry until the next bind. What was refused then is tried once more, since another server
        might have refused it for the lock, and not again."""
        self.set_user("moved008", pwdLastSet=None, pwdChangedTime=LONG_AGO, pwdAccountLockedTime=LONG_AGO)
        server, phone = self.start()
        for binds in (1, 1, 0):
            self.expect(phone, call("moved008@contoso.com", "wrong"), NOBODY, 1, binds)
        self.assertEqual((2, None), ppolicy.state(self.slapd, dn_of("moved008")))
        self.expect(phone, call("moved008@contoso.com"), REDIRECTED, 1, 1)
        self.expect(phone, call("moved008@contoso.com", "wrong"), NOBODY, 1, 0)
        self.assertEqual(["bad-credentials"] * 2 + ["bad-credentials-cached", "redirected", "bad-credentials-cached"],
                         self.reasons(server, 5))
        self.assertEqual((0, None), ppolicy.state(self.slapd, dn_of("moved008")))

    def test_expired(self):
        self.set_user("moved003", pwdLastSet=None, pwdChangedTime=LONG_AGO, pwdPolicySubentry=ppolicy.policy_dn("strict"))
        server, phone = self.start()
        self.expect(phone, call("moved003@contoso.com"), NOBODY, 1, 1)
        self.expect(phone, call("moved003@contoso.com"), NOBODY, 1, 0)
        # Of a wrong password nothing is said but that.
        self.expect(phone, call("moved003@contoso.com", "wrong"), NOBODY, 1, 1)
        self.assertEqual(["password-expired", "password-expired", "bad-credentials"], self.reasons(server, 3))

    def test_a_grace_login_is_one_and_each_bind_uses_it_up(self):
        self.set_user("moved004", pwdLastSet=None, pwdChangedTime=LONG_AGO, pwdPolicySubentry=ppolicy.policy_dn("graceful"))
        server, phone = self.start()
        # That is what the cache is good for.
        for login, binds in (("moved004@contoso.com", 1), ("moved004@contoso.com", 0), ("CONTOSO\\moved004", 1)):
            self.expect(phone, call(login), REDIRECTED, binds, binds)
        self.expect(phone, call("moved004"), NOBODY, 1, 1)
        self.expect(phone, call("moved004@contoso.com"), REDIRECTED, 0, 0)
        self.assertEqual(["redirected"] * 3 + ["password-expired", "redirected"], self.reasons(server, 5))
        self.assertEqual(2, len(self.slapd.read(dn_of("moved004"), "pwdGraceUseTime")))

    def test_must_change_after_a_reset(self):
        # By an administrator's new password.
        self.set_user("moved005", pwdLastSet=None, pwdPolicySubentry=ppolicy.policy_dn("changed"))
        self.set_user("moved005", userPassword="Passw0rd!moved005")
        server, phone = self.start()
        self.expect(phone, call("moved005@contoso.com"), NOBODY, 1, 1)
        self.expect(phone, call("moved005@contoso.com"), NOBODY, 1, 0)
        self.set_user("moved005", pwdReset=None, userPassword="Brand-New0ne!")
        self.expect(phone, call("moved005@contoso.com", "Brand-New0ne!"), REDIRECTED, 1, 1)
        self.assertEqual(["must-change-password"] * 2 + ["redirected"], self.reasons(server, 3))

    def test_right_passwords_that_are_refused_spend_nothing(self):
        self.set_user("moved006", pwdLastSet=None, pwdReset=True, pwdPolicySubentry=ppolicy.policy_dn("changed"))
        _, phone = self.start()
        self.expect(phone, call("moved006@contoso.com"), NOBODY, 1, 1)
        for password in ("wrong", "wrong again", "the third"):
            self.expect(phone, call("moved006@contoso.com", password), NOBODY, 1, 1)
        self.expect(phone, call("moved006@contoso.com", "the fourth"), LATER, 1, 0)

    def test_a_wrong_password_that_has_become_the_right_one(self):
        self.set_user("moved007", pwdLastSet=None, pwdChangedTime=LONG_AGO)
        _, phone = self.start()
        login, new = "moved007@contoso.com", "Brand-New0ne!"
        self.expect(phone, call(login, new), NOBODY, 1, 1)
        self.expect(phone, call(login, new), NOBODY, 1, 0)
        self.set_user("moved007", userPassword=new)
        self.assertNotEqual(LONG_AGO, self.slapd.read(dn_of("moved007"), "pwdChangedTime")[0][1])
        self.expect(phone, call(login, new), REDIRECTED, 1, 1)
        self.expect(phone, call(login), NOBODY, 1, 1)
        self.expect(phone, call(login), NOBODY, 1, 0)


class Silent(WithPolicy):
    """Without ppolicy_use_lockout, which is the default, a locked account is a wrong password like any other."""

    @classmethod
    def setUpClass(cls):
        cls.slapd = slapd.start(cls, policy=ppolicy.Policy({"default": locking(5)}, tells=False))

    def test_a_right_password_is_not_taken_for_wrong_when_the_lock_is_gone(self):
        self.set_user("moved001", pwdLastSet=None, pwdChangedTime=LONG_AGO)
        ppolicy.lock(self.slapd, dn_of("moved001"), 5)
        server, phone = self.start()
        login = call("moved001@contoso.com")
        self.expect(phone, login, NOBODY, 1, 1)
        self.expect(phone, login, NOBODY, 1, 0)
        self.set_user("moved001", pwdAccountLockedTime=None)
        self.expect(phone, login, REDIRECTED, 1, 1)
        self.assertEqual(["bad-credentials", "bad-credentials-cached", "redirected"], self.reasons(server, 3))

    def test_what_is_tried_of_a_locked_account_is_counted(self):
        ppolicy.lock(self.slapd, dn_of("moved002"), 5)
        _, phone = self.start()
        for number in range(3):
            self.expect(phone, call("moved002@contoso.com", f"Guess{number}!"), NOBODY, 1, 1)
        self.expect(phone, call("moved002@contoso.com", "another"), LATER, 1, 0)


if __name__ == "__main__":
    unittest.main()
