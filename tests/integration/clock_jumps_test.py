# SPDX-License-Identifier: Apache-2.0
"""The machine's clock jumps by days and years while the server runs: nobody is disconnected, nothing that is remembered
is forgotten or remembered for ever, and nothing runs in circles. Only what is a time of day follows: logs and Date."""
import datetime
import time
import unittest

from support import contoso, faked_clock, ldap_site, slapd
from support.ldap_site import LATER, REDIRECTED, call, cpu_seconds, searches_for, short
from support.load import Load
from support.phone import Phone, eas
from support.server import start, w3c, wait_until

JUMPS = {"+1d": 1, "-1d": -1, "+5y": 5 * 365, "+0": 0}
PHONES = 10


@faked_clock.needed
class Jumps(unittest.TestCase):
    def start(self, config, directory=None, files=None):
        clock = faked_clock.FakedClock(self)
        self.jump = clock.set
        return start(self, config, directory, files, wrapper=clock.wrapper)

    def days_ahead(self, text):
        """Of a Date, in the form of HTTP."""
        there = datetime.datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=datetime.timezone.utc)
        return (there - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 86400

    def test_phones_stay_and_nothing_spins(self):
        server = self.start(contoso.config(), contoso.directory())
        phones = [Phone(server) for _ in range(PHONES)]
        for phone in phones:
            self.addCleanup(phone.close)
            self.assertEqual(451, phone.ask(eas()).status)
        busiest = 0.0
        for by, days in JUMPS.items():
            with self.subTest(by):
                with Load(server) as load:
                    load.wait_for(20)
                    self.jump(by)
                    load.wait_for(100)
                self.assertEqual(({451}, {}), (set(load.answered), dict(load.lost)))
                used, began = cpu_seconds(server), time.monotonic()
                time.sleep(1.0)  # what is measured: that it does nothing now
                busiest = max(busiest, (cpu_seconds(server) - used) / (time.monotonic() - began))
                for phone in phones:
                    answer = phone.ask(eas())
                    self.assertEqual(451, answer.status)
                    self.assertAlmostEqual(days, self.days_ahead(answer.one("Date")), delta=3)
        for phone in phones:
            phone.finish()
        years = {w3c(line).date[:4] for line in server.all_access_lines()}
        self.assertGreaterEqual(len(years), 2)
        print(f"figure: clock jumps {' '.join(JUMPS)}: {PHONES} idle phones stayed, {busiest:.0%} of a core at rest at most")
        self.assertLess(busiest, 0.2)

    def over_ldap(self, **cache):
        directory = slapd.start(self)
        server = self.start(ldap_site.config(directory, cache=cache), files=ldap_site.SECRET)
        ldap_site.wait_until_ready(server)
        return directory, server

    @staticmethod
    def ask(server, login="user12@contoso.com", password=None):
        with Phone(server) as phone:
            return short(phone.ask(call(login, password)))

    def test_nothing_that_is_remembered_is_forgotten(self):
        directory, server = self.over_ldap()
        self.assertEqual(REDIRECTED, self.ask(server))
        self.assertEqual(401, self.ask(server, password="wrong")[0])
        without = self.cost(directory, server)
        for by in JUMPS:
            with self.subTest(by):
                self.jump(by)
                self.assertEqual(without, self.cost(directory, server))
        print(f"figure: clock jumps, what is remembered: {without} searches for a right and for a wrong password "
              "and binds, before and after each")

    def cost(self, directory, server):
        """Searches for the right password, which is remembered; for a wrong one, of which it is asked whether it still is;
        and binds, of a round."""
        before = (len(searches_for(directory, "user12@contoso.com")), directory.binds())
        self.assertEqual(REDIRECTED, self.ask(server))
        right = len(searches_for(directory, "user12@contoso.com")) - before[0]
        self.assertEqual(401, self.ask(server, password="wrong")[0])
        wrong = len(searches_for(directory, "user12@contoso.com")) - before[0] - right
        return right, wrong, directory.binds() - before[1]

    def test_nothing_is_remembered_for_ever(self):
        directory, server = self.over_ldap(ttl="1s", login_ttl="1s", negative_ttl="1s")
        for by in JUMPS:
            with self.subTest(by):
                self.assertEqual(REDIRECTED, self.ask(server))
                self.jump(by)
                asked, began = len(searches_for(directory, "user12@contoso.com")), time.monotonic()

                def asked_again():
                    self.assertEqual(REDIRECTED, self.ask(server))
                    return len(searches_for(directory, "user12@contoso.com")) > asked
                wait_until(asked_again, "the directory is asked again")
                self.assertLess(time.monotonic() - began, 5.0)

    def test_a_cold_login_is_never_refused_because_of_the_clock(self):
        """With the clock at a time when the directory's certificate is not valid, nobody can be asked over a new
        connection; that is an outage."""
        _, server = self.over_ldap()
        for by, login in zip(JUMPS, ("user12", "forest7", "olga", "lars")):
            with self.subTest(by):
                self.jump(by)
                self.assertIn(self.ask(server, f"{login}@contoso.com"), (REDIRECTED, LATER, ldap_site.NO_MAILBOX, (403, None)))
        wait_until(lambda: self.ask(server, "anna@contoso.com") == (200, 111), "the directory answers")


if __name__ == "__main__":
    unittest.main()
