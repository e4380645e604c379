# SPDX-License-Identifier: Apache-2.0
"""How long a refusal of a real domain takes does not tell why it is one. Each comes from an address of its own, so
that none is held."""
import concurrent.futures
import random
import statistics
import time
import unittest

from support import ldap_site
from support.ad_site import CROWD, start_crowded
from support.ldap_site import NOBODY, call, short
from support.phone import Phone
from tests.directory import active_directory, people

# One every so many seconds: what is measured is the answer to one, and not how long others are in its way.
PACE = 0.033
REFUSAL_DELAY = 0.1
# Between the classes' medians; a sanitizer's build is late by more, by chance.
ALIKE = 0.005 if ldap_site.SLACK < 1 else 0.025


class Timing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.samba = start_crowded(cls, lockout_threshold=1)
        with cls.samba.connection() as connection:
            for number in range(1, CROWD + 1):
                connection.bind(f"locked{number:03}@contoso.com", "wrong")
        cls.samba.modify(active_directory.lockout(active_directory.LOCKOUT_THRESHOLD))
        cls.words = {"good": "bad-credentials", "retired": "account-disabled", "late": "account-expired",
                     "changes": "must-change-password", "locked": "account-locked", "nobody": "not-found"}

    def ask(self, server, begin, kind, number):
        time.sleep(max(0.0, begin - time.monotonic()))
        name = f"{kind}{number:03}"
        source = f"127.{100 + sorted(self.words).index(kind)}.0.{number}"
        with Phone(server, source=source) as phone:
            asked = time.monotonic()
            answer = phone.ask(call(f"{name}@contoso.com", "wrong" if kind == "good" else people.password(name)))
            took = time.monotonic() - asked
        return kind, took, short(answer), answer.bytes_but_date()

    def test_sixty_of_each_take_as_long(self):
        server = ldap_site.start(self, self.samba)
        asks = [(kind, number) for kind in self.words for number in range(1, CROWD + 1)]
        random.Random(451).shuffle(asks)
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            told = list(pool.map(lambda at, one: self.ask(server, begun + at * PACE, *one), range(len(asks)), asks))
        self.assertEqual({NOBODY}, {status for _, _, status, _ in told})
        self.assertEqual(1, len({raw for _, _, _, raw in told}))
        lines = ldap_site.access(server, len(asks))
        self.assertEqual({kind: {word} for kind, word in self.words.items()}, {
            kind: {line["reason"] for line in lines if line["login"].startswith(kind)} for kind in self.words})
        times = {kind: [took for one, took, _, _ in told if one == kind] for kind in self.words}
        self.assertGreaterEqual(min(map(min, times.values())), REFUSAL_DELAY)
        medians = {kind: statistics.median(times[kind]) for kind in times}
        self.assertLess(max(medians.values()) - min(medians.values()), ALIKE, medians)


if __name__ == "__main__":
    unittest.main()
