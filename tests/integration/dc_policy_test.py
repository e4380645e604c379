# SPDX-License-Identifier: Apache-2.0
"""What a domain says of locking accounts, or does not say, and what an administrator says instead: what is told of
it, and how many wrong passwords reach the domain."""
import json
import unittest

from support import certificates, fake_dc, ldap_bytes, ldap_site
from support.fake_dc import BASE
from support.ldap_site import LATER, NOBODY, REDIRECTED, call, short
from support.phone import Phone

HOME, STRANGER = "127.1.0.1", "127.66.0.1"
GUESSES = 12
FOR_EVER = -2**63
HALF_AN_HOUR = -18_000_000_000
HIDDEN = (f"{BASE} shows no lockoutThreshold; taken as lockoutThreshold 3, lockOutObservationWindow 30 min (give "
          "directory.lockout where it is otherwise); 1 new wrong password of a user may be tried within 30 min")
MAY_LOCK = ", which can lock accounts: no number is low enough for this threshold and so many replicas; raise the threshold"


def policy_search(request):
    return request.search is not None and "lockoutthreshold" in request.search.attributes


def showing(*attributes):
    """Of the head of the domain these (name, value), whatever the domain does."""
    def deviation(dc, request):
        request.peer.send(ldap_bytes.search_entry(request.message.id, BASE, [(name, [str(value)]) for name, value in attributes]))
        dc.answer(request)
        return True
    return deviation


def policy(threshold, window):
    return ("lockoutThreshold", threshold), ("lockOutObservationWindow", window)


class OfTheDomain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = certificates.authority(cls)

    def domain(self, shown=None):
        made = fake_dc.start(self, self.authority)
        if shown is not None:
            made.deviate(policy_search, shown)
        return made

    def told(self, dc, where, ok=True, **options):
        """What `check --online` says of it, in this list of its findings."""
        ended = ldap_site.site(self, dc, **options).command("check", "--online", "--json")
        found = json.loads(ended.stdout)
        self.assertEqual(ok, found["ok"], ended.stdout)
        lines = [line for line in found[where] if "lockoutThreshold" in line]
        self.assertEqual(1, len(lines), ended.stdout)
        return lines[0].removeprefix(dc.url() + ": ")

    def guess(self, dc, budget, kept, **options):
        """A stranger, and then the user, who succeeded before: so many of each are tried, the others held."""
        server = ldap_site.start(self, dc, **options)
        own, stranger = Phone(server, source=HOME), Phone(server, source=STRANGER)
        self.addCleanup(own.close)
        self.addCleanup(stranger.close)
        login, dn = "moved001@contoso.com", dc.tree.account("moved001").dn
        self.assertEqual(REDIRECTED, short(own.ask(call(login))))
        for phone, number in ((stranger, budget), (own, kept)):
            before = dc.mark()
            answers = [short(phone.ask(call(login, f"Guess{guess} of {phone is own}"))) for guess in range(GUESSES)]
            self.assertEqual([NOBODY] * number + [LATER] * (GUESSES - number), answers)
            self.assertEqual(number, len(dc.user_binds(before)))
        self.assertEqual((budget + kept, False), (dc.accounts.bad_password_count(dn), dc.accounts.is_locked(dn)))
        self.assertEqual(REDIRECTED, short(own.ask(call(login))))
        return server

    def test_one_that_shows_nothing_is_taken_for_a_strict_one(self):
        for shown in ((), policy("", "")[:1], policy(5, HALF_AN_HOUR)[:1]):
            dc = self.domain(showing(*shown))
            self.assertEqual(HIDDEN, self.told(dc, "warnings"))
        dc.accounts.set_policy(3, 1800, 1800)
        server = self.guess(dc, 1, 1)
        server.err.wait_for("warning directory: lockout policy: " + HIDDEN.replace("(", r"\(").replace(")", r"\)"))

    def test_one_whose_head_may_not_be_read(self):
        for refused in (fake_dc.answering(fake_dc.NO_SUCH_OBJECT), fake_dc.answering(50), fake_dc.answering(0)):
            self.assertEqual(HIDDEN, self.told(self.domain(refused), "warnings"))

    def test_what_is_no_number_is_not_taken_for_one(self):
        for threshold in ("five", "", "5 ", "-1", "65536", "99999999999999999999", "0x5"):
            with self.subTest(threshold):
                self.assertEqual(HIDDEN, self.told(self.domain(showing(*policy(threshold, HALF_AN_HOUR))), "warnings"))
        for window in ("soon", "", "-99999999999999999999"):
            with self.subTest(window):
                self.assertEqual(HIDDEN, self.told(self.domain(showing(*policy(5, window))), "warnings"))

    def test_wrong_passwords_that_are_never_forgotten(self):
        dc = self.domain(showing(*policy(5, FOR_EVER)))
        self.assertEqual(f"lockoutThreshold 5, lockOutObservationWindow without end, until a right password comes of {BASE}; 3 new "
                         "wrong passwords of a user may be tried until a right one comes", self.told(dc, "facts"))
        self.guess(dc, 3, 1)

    def test_extremes_of_the_window(self):
        for window, minutes, quiet in ((0, 0, 30), (HALF_AN_HOUR, 30, 30), (-HALF_AN_HOUR, 30, 30), (-599_999_999, 1, 30),
                                       (-99_999 * 600_000_000, 99_999, 100_099)):
            with self.subTest(window):
                self.assertEqual(f"lockoutThreshold 5, lockOutObservationWindow {minutes} min of {BASE}; 3 new wrong passwords of a "
                                 f"user may be tried within {quiet} min", self.told(self.domain(showing(*policy(5, window))), "facts"))

    def test_one_that_locks_nobody(self):
        for shown in (policy(0, HALF_AN_HOUR), policy(0, FOR_EVER), policy(0, 0)[:1]):
            self.assertEqual(f"lockoutThreshold 0: accounts are never locked of {BASE}; 10 new wrong passwords of a user may be tried "
                             f"within {525_600 if shown[-1][1] == FOR_EVER else 30} min",
                             self.told(self.domain(showing(*shown)), "facts"))

    def test_too_low_for_anything(self):
        for threshold in (1, 2):
            self.assertEqual(f"lockoutThreshold {threshold}, lockOutObservationWindow 30 min of {BASE}; 1 new wrong password of a user "
                             "may be tried within 30 min" + MAY_LOCK,
                             self.told(self.domain(showing(*policy(threshold, HALF_AN_HOUR))), "errors", ok=False))

    def test_what_the_administrator_says_goes_before_it(self):
        dc = self.domain()
        dc.accounts.set_policy(10, 3600, 3600)
        before = dc.mark()
        given = {"threshold": 10, "observation_window": "1h", "replicas": 2}
        self.assertEqual("lockoutThreshold 10, lockOutObservationWindow 60 min with what directory.lockout says; 1 new wrong password "
                         "of a user may be tried within 180 min", self.told(dc, "facts", lockout=given))
        # One of two servers: both together stay below ten, and each outlasts what the other may try.
        self.guess(dc, 1, 1, lockout=given)
        self.assertFalse([one for one in dc.operations("search", before) if "lockoutthreshold" in one.attributes])

    def test_a_part_of_it_said_and_the_rest_read(self):
        dc = self.domain(showing(*policy(4, -36_000_000_000)))
        for given, words in (({"threshold": 7}, "lockoutThreshold 7, lockOutObservationWindow 60 min .*; 3 new .* within 60 min"),
                             ({"observation_window": "2h"}, "lockoutThreshold 4, lockOutObservationWindow 120 min .*; 2 new .* within 120 min"),
                             ({"replicas": 2}, "lockoutThreshold 4, lockOutObservationWindow 60 min of .*; 1 new .* within 120 min")):
            self.assertRegex(self.told(dc, "facts", lockout=given), f"^{words}$")

    def test_replicas_that_do_not_fit_are_an_error(self):
        dc = self.domain()
        for replicas, fits in ((4, True), (5, False), (1000, False)):
            words = self.told(dc, "facts" if fits else "errors", ok=fits, lockout={"replicas": replicas})
            self.assertEqual(fits, not words.endswith(MAY_LOCK), words)
        server = ldap_site.start(self, dc, lockout={"replicas": 5})
        server.err.wait_for("error directory: lockout policy: lockoutThreshold 5, .*" + MAY_LOCK)


if __name__ == "__main__":
    unittest.main()
