# SPDX-License-Identifier: Apache-2.0
"""Whatever phones and strangers send, no account of a real domain is locked by it, and its owner is let in."""
import collections
import concurrent.futures
import statistics
import time
import unittest

from support import ldap_site, samba
from support.ad_site import CROWD, WithPhone, start_crowded
from support.admin import metric
from support.at_once import at_once
from support.ldap_site import LATER, LATER_OPTIONS, NOBODY, REDIRECTED, call, short
from support.phone import Phone

# Addresses of phones. Whatever is counted at an address is not counted at another.
HOME, STRANGER, ELSEWHERE = "127.1.0.1", "127.66.0.1", "127.1.0.2"
# At a threshold of 5: what strangers may spend, and what is kept for an address where the user succeeded.
BUDGET, KEPT = 3, 1
# So many users fail at one address before others are held, until the first of them is forgotten.
PLACES = 10
# For a right password while a stranger is at it. On a machine that needs a fifth of it when there is none, that
# much longer.
PROMPT, OF_CALM = 0.1, 5
GUESSES = 40


def held(method):
    return LATER_OPTIONS if method == "OPTIONS" else LATER


def methods(count):
    return ["OPTIONS" if number % 2 else "POST" for number in range(count)]


class Shielded(WithPhone):
    def reasons(self, server, count, logins=None):
        """How often each reason word is in the access log, of so many lines; of these logins. Lines of several
        connections have no order."""
        return collections.Counter(line["reason"] for line in ldap_site.access(server, count)
                                   if logins is None or line["login"] in logins)

    def expect_pattern(self, phone, logins, refused, passwords=None):
        """So many are refused and all others are held. The refusals, as bytes."""
        passwords = passwords or [f"Guess{number}!" for number in range(len(logins))]
        tries = list(zip(logins, passwords, methods(len(logins)), strict=True))
        answers = [phone.ask(call(login, password, method=method)) for login, password, method in tries]
        expected = [NOBODY] * refused + [held(method) for _, _, method in tries[refused:]]
        self.assertEqual(expected, list(map(short, answers)))
        return {answer.bytes_but_date() for answer in answers[:refused]}


class WrongPasswords(Shielded):
    @classmethod
    def setUpClass(cls):
        cls.samba = start_crowded(cls)

    def test_twenty_phones_with_one_stale_password_cost_one_bind(self):
        server = self.start_server()
        login, stale = "moved001@contoso.com", "Stale0ne!"
        before = self.samba.mark()
        phones = [self.phone(server, f"127.1.1.{number}") for number in range(1, 21)]
        for _ in range(2):
            for phone in phones:
                phone.send(call(login, stale))
            self.assertEqual([NOBODY] * 20, [short(phone.read()) for phone in phones])
        self.assertEqual((1, 0), self.samba.lockout_state("moved001"))
        # Another form of the login leads to the same account.
        forms = ("CONTOSO\\moved001", "contoso.lab\\moved001", "moved001", "MOVED001@Contoso.com")
        for form in forms:
            self.assertEqual(NOBODY, short(phones[0].ask(call(form, stale))), form)
        self.assertEqual(["moved001"], [bind.account for bind in self.refused_binds(before)])
        self.assertEqual((1, 0), self.samba.lockout_state("moved001"))
        self.assertLessEqual(set(self.reasons(server, 44)), {"bad-credentials", "bad-credentials-cached"})
        self.assertEqual({"bad-credentials-cached": 4}, self.reasons(server, 44, forms))
        self.assertGreaterEqual(metric(server, "eas451_binds_suppressed_total"), 4)
        # The right one is not made to wait for that.
        self.assertEqual(REDIRECTED, short(phones[0].ask(call(login))))
        self.assertEqual((0, 0), self.samba.lockout_state("moved001"))

    def test_a_wrong_password_that_has_become_the_right_one(self):
        server = self.start_server()
        phone = self.phone(server)
        login, new = "spare001@contoso.com", "Brand-New0ne!"
        self.assertEqual([NOBODY] * 2, [short(phone.ask(call(login, new))) for _ in range(2)])
        self.assertEqual(1, len(self.refused_binds(account="spare001")))
        self.samba.set_password("spare001", new)
        self.assertEqual(REDIRECTED, short(phone.ask(call(login, new))))
        self.assertEqual((0, 0), self.samba.lockout_state("spare001"))

    def test_a_wrong_password_stays_wrong_when_another_is_right(self):
        server = self.start_server()
        phone = self.phone(server)
        login = "moved002@contoso.com"
        for password, expected in [("Stale0ne!", NOBODY), (None, REDIRECTED)] * 2:
            self.assertEqual(expected, short(phone.ask(call(login, password))))
        self.assertEqual((0, 0), self.samba.lockout_state("moved002"))
        self.assertEqual(1, len(self.refused_binds(account="moved002")))

    def test_the_owner_comes_in_with_a_new_phone_while_a_stranger_guesses(self):
        server = self.start_server()
        login, account = "moved003@contoso.com", "CONTOSO\\moved003"
        self.assertEqual(REDIRECTED, short(self.phone(server, HOME).ask(call(login))))
        self.expect_pattern(self.phone(server, STRANGER), [login] * 10, BUDGET)
        # Of another form of the login nobody knows yet that the password is right.
        self.assertEqual(LATER, short(self.phone(server, ELSEWHERE).ask(call(account))))
        self.assertEqual((BUDGET, 0), self.samba.lockout_state("moved003"))
        self.assertEqual(REDIRECTED, short(self.phone(server, HOME).ask(call(account))))
        # The domain has forgotten the stranger's, and so have we.
        self.assertEqual((0, 0), self.samba.lockout_state("moved003"))
        self.assertEqual(REDIRECTED, short(self.phone(server, ELSEWHERE).ask(call("moved003"))))

    def test_an_account_that_is_locked_is_answered_like_another(self):
        server = self.start_server()
        self.samba.lock_out("spare002")
        before = self.samba.mark()
        phone = self.phone(server)
        answers = [short(phone.ask(call("spare002@contoso.com", f"Guess{number}!"))) for number in range(10)]
        self.assertEqual([NOBODY] * BUDGET + [LATER] * (10 - BUDGET), answers)
        self.assertEqual(NOBODY, short(phone.ask(call("spare002@contoso.com", "Guess0!"))))
        self.assertEqual(BUDGET, len(self.refused_binds(before)))
        self.assertEqual({"account-locked": BUDGET + 1, "login-held": 10 - BUDGET}, self.reasons(server, 11))

    def test_logins_of_nobody_are_answered_like_those_of_somebody(self):
        server = self.start_server()
        before = self.samba.mark()
        somebody = self.expect_pattern(self.phone(server, HOME), ["moved004@contoso.com"] * 10, BUDGET)
        self.assertEqual(BUDGET, len(self.refused_binds(before)))
        before = self.samba.mark()
        nobody = self.expect_pattern(self.phone(server, STRANGER), ["nobody004@contoso.com"] * 10, BUDGET)
        other_form = self.expect_pattern(self.phone(server, ELSEWHERE), ["CONTOSO\\nobody005"] * 10, BUDGET)
        self.assertEqual([], self.samba.operations("bind", since=before))
        self.assertEqual(somebody, nobody)
        self.assertEqual(somebody, other_form)
        self.assertEqual(1, len(somebody))

    def test_many_logins_from_one_address(self):
        server = self.start_server(lockout={"address_recovers": "1h"})
        existing = [f"good{number:03}@contoso.com" for number in range(1, GUESSES + 1)]
        unknown = [f"nobody{number:03}@contoso.com" for number in range(1, GUESSES + 1)]
        before = self.samba.mark()
        somebody = self.expect_pattern(self.phone(server, HOME), existing, PLACES)
        self.assertEqual(PLACES, len(self.refused_binds(before)))
        nobody = self.expect_pattern(self.phone(server, STRANGER), unknown, PLACES)
        self.assertEqual(somebody, nobody)
        self.assertEqual({(0, 0), (1, 0)}, {self.samba.lockout_state(login.split("@")[0]) for login in existing[::8]})

    def test_sixty_users_fail_at_one_address_and_one_at_another_succeeds(self):
        server = self.start_server()

        def spray(first):
            with Phone(server, source=STRANGER) as phone:
                return [short(phone.ask(call(f"good{number:03}@contoso.com", "Spring2026!")))
                        for number in range(first, CROWD + 1, 4)]

        def succeed(number):
            phone = self.phone(server, ELSEWHERE)
            asked = time.monotonic()
            self.assertEqual(REDIRECTED, short(phone.ask(call(f"moved{number:03}@contoso.com"))))
            return time.monotonic() - asked

        calm = statistics.median(succeed(number) for number in range(1, 5))
        before = self.samba.mark()
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            spraying = [pool.submit(spray, first) for first in range(1, 5)]
            took = [succeed(number) for number in range(5, 13)]
            counts = collections.Counter(answer for one in spraying for answer in one.result())
        self.assertLess(time.monotonic() - begun, 60)
        failed = len(self.refused_binds(before))
        self.assertTrue(PLACES <= failed <= 2 * PLACES, failed)
        self.assertEqual({NOBODY: failed, LATER: CROWD - failed}, counts)
        self.assertLess(statistics.median(took), max(PROMPT, OF_CALM * calm), (calm, took))
        self.assertEqual({"bad-credentials": failed, "login-held": CROWD - failed, "redirected": 12},
                         self.reasons(server, CROWD + 12))


@at_once
class Stranger(Shielded):
    """Guesses the password of a user whose own phone goes on asking."""

    def guess(self, threshold, budget, kept):
        directory = samba.start(self, lockout_threshold=threshold)
        server = self.start_server(directory)
        login = "moved001@contoso.com"
        own, stranger = self.phone(server, HOME), self.phone(server, STRANGER)
        self.assertEqual(REDIRECTED, short(own.ask(call(login))))
        before = directory.mark()
        answers = []
        for number, method in enumerate(methods(GUESSES)):
            answers.append(short(stranger.ask(call(login, f"Guess{number}!", method=method))))
            self.assertEqual(REDIRECTED, short(own.ask(call(login))))
        self.assertEqual([NOBODY] * budget + [held(method) for method in methods(GUESSES)[budget:]], answers)
        self.assertEqual(budget, len(self.refused_binds(before, directory)))
        self.assertEqual({"redirected": GUESSES + 1, "bad-credentials": budget, "login-held": GUESSES - budget},
                         self.reasons(server, 2 * GUESSES + 1))
        # Who is likely the user has a try more, and from elsewhere there is none.
        self.assertEqual(LATER, short(self.phone(server, ELSEWHERE).ask(call(login, "Typo0!"))))
        self.assertEqual([NOBODY] * kept + [LATER] * 2, [
            short(own.ask(call(login, f"Typo{number}!"))) for number in range(1, kept + 3)])
        self.assertEqual(budget + kept, len(self.refused_binds(before, directory)))
        self.assertEqual(REDIRECTED, short(own.ask(call(login))))
        return directory

    def expect_not_locked(self, threshold, budget):
        count, locked = self.guess(threshold, budget, KEPT).lockout_state("moved001")
        self.assertEqual((budget + KEPT, 0), (count, locked))
        self.assertLess(count, threshold)

    def test_at_threshold_3(self):
        self.expect_not_locked(3, 1)

    def test_at_threshold_5(self):
        self.expect_not_locked(5, BUDGET)

    def test_at_threshold_10(self):
        self.expect_not_locked(10, BUDGET)

    def test_where_accounts_are_never_locked(self):
        # Nobody is to be guessed there either.
        directory = self.guess(0, 10, KEPT)
        self.assertEqual(0, directory.lockout_state("moved001")[1])


if __name__ == "__main__":
    unittest.main()
