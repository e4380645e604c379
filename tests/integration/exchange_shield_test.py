# SPDX-License-Identifier: Apache-2.0
"""Exchange has the last word on a password, and does not undo the shield: a password that was changed reaches it once."""
import collections
import heapq
import threading
import time
import unittest

from support import fake_exchange, faked_clock, ldap_site, slapd
from support.admin import metric
from support.at_once import at_once
from support.ldap_site import call
from support.phone import Phone, eas
from support.server import wait_until
from tests.directory import make_directory, people

PHONES = 10
# How long one waits for another's answer at most, and how long what Exchange has said is good for; in seconds.
LONGEST_WAIT, GOOD_FOR = 1.0, 10.0


def place(name):
    return f"CN={name},OU=Staff,{slapd.BASE}"


@at_once
class PasswordsThatWereChanged(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = slapd.start(cls)
        cls.refused = set()  # users whose passwords Exchange refuses
        cls.exchange = fake_exchange.start(cls, behaviour=cls.behave)
        sections = cls.exchange.config()
        cls.server = ldap_site.start(cls, cls.directory, exchange=sections["exchange"], limits=sections["limits"])
        for name in ("changed", "denied"):
            record = make_directory.account_record({**people.local(name), "distinguishedName": place(name)})
            cls.directory.modify(record.replace("\n", "\nchangetype: add\n", 1))

    def ask(self, name, password=None):
        with Phone(self.server) as phone:
            return phone.ask(call(f"{name}@contoso.com", password)).status

    def binds(self, name):
        return sum(place(name).lower() == operation.name.lower() for operation in self.directory.operations("bind"))

    @classmethod
    def behave(cls, peer, request):
        if fake_exchange.login_of(request).partition("@")[0] in cls.refused:
            peer.answer(401, fields=('WWW-Authenticate: Basic realm="ex1"',), phrase="Unauthorized")
        else:
            fake_exchange.echo(peer, request)

    def reached(self, name):
        return sum(fake_exchange.login_of(each) == f"{name}@contoso.com" for each in self.exchange.requests)

    def test_ten_phones_with_the_old_password(self):
        self.assertEqual(200, self.ask("changed"))
        self.assertEqual((1, 1), (self.binds("changed"), self.reached("changed")))
        self.directory.modify(f"dn: {place('changed')}\nchangetype: modify\nreplace: userPassword\nuserPassword: new!\n")
        self.refused.add("changed")
        # One after the other, and then all of them at once.
        statuses = [self.ask("changed") for _ in range(PHONES)]
        several = [threading.Thread(target=lambda: statuses.append(self.ask("changed"))) for _ in range(PHONES)]
        for each in several:
            each.start()
        for each in several:
            each.join()
        self.assertEqual([401] * (2 * PHONES), statuses)
        reached, bound = self.reached("changed") - 1, self.binds("changed") - 1
        self.assertEqual((1, 1), (reached, bound))
        self.refused.remove("changed")
        self.assertEqual(200, self.ask("changed", "new!"))

    def test_a_password_that_only_exchange_refuses(self):
        """Passed on, and not remembered as wrong: the user may be refused there for another reason."""
        self.assertEqual(200, self.ask("denied"))
        self.refused.add("denied")
        before = self.reached("denied")
        for _ in range(4):
            self.assertEqual(401, self.ask("denied"))
        self.assertEqual(4, self.reached("denied") - before)
        self.assertLessEqual(self.binds("denied"), 3)  # every other time it was known
        self.refused.remove("denied")
        wait_until(lambda: self.ask("denied") == 200, "it is passed on again")


@at_once
class PhonesThatComeAtOnce(unittest.TestCase):
    """Exchange takes a while for its answer, and all phones of a user come within that."""
    SLOW = 0.3
    NAMES = ("changed", "mixed", "pinging", "right", "held", "slowly", "left", "two")

    @classmethod
    def setUpClass(cls):
        cls.directory = slapd.start(cls)
        cls.old = {}  # passwords that Exchange refuses, by user
        cls.takes = {}  # seconds, where it is not SLOW
        cls.pings = {}  # what ends those of a user
        cls.exchange = fake_exchange.start(cls, behaviour=cls.behave)
        sections = cls.exchange.config()
        cls.server = ldap_site.start(cls, cls.directory, exchange=sections["exchange"], limits=sections["limits"], workers=2)
        for name in cls.NAMES:
            record = make_directory.account_record({**people.local(name), "distinguishedName": place(name)})
            cls.directory.modify(record.replace("\n", "\nchangetype: add\n", 1))

    @classmethod
    def behave(cls, peer, request):
        name = fake_exchange.login_of(request).partition("@")[0]
        is_refused = fake_exchange.password_of(request) in cls.old.get(name, ())
        time.sleep(cls.takes.get(name, cls.SLOW))
        if is_refused:
            peer.answer(401, fields=('WWW-Authenticate: Basic realm="ex1"',), phrase="Unauthorized")
            return
        if "Cmd=Ping" in request.target and name in cls.pings:
            cls.pings[name].wait(60)
        fake_exchange.echo(peer, request)

    @staticmethod
    def request(name, cmd="Sync", password=None):
        return eas(f"{name}@contoso.com", password, cmd=cmd, body=b"b")

    def ask(self, name, cmd="Sync", password=None):
        with Phone(self.server) as phone:
            return phone.ask(self.request(name, cmd, password)).status

    def change(self, name):
        self.old[name] = (f"Passw0rd!{name}",)
        self.directory.modify(f"dn: {place(name)}\nchangetype: modify\nreplace: userPassword\nuserPassword: new!\n")

    def counts(self, name):
        """(requests at Exchange, binds)"""
        reached = sum(fake_exchange.login_of(each) == f"{name}@contoso.com" for each in self.exchange.requests)
        bound = sum(place(name).lower() == operation.name.lower() for operation in self.directory.operations("bind"))
        return reached, bound

    def all_at_once(self, name, commands=("Sync",) * PHONES):
        """Statuses, and how long each took."""
        came = []
        phones = [Phone(self.server) for _ in commands]
        for phone in phones:
            self.addCleanup(phone.close)

        def one(phone, cmd):
            began = time.monotonic()
            status = phone.ask(self.request(name, cmd)).status
            came.append((status, time.monotonic() - began))
        asking = [threading.Thread(target=one, args=pair) for pair in zip(phones, commands)]
        for each in asking:
            each.start()
        for each in asking:
            each.join()
        return [status for status, _ in came], [seconds for _, seconds in came]

    def after_a_change(self, name, commands=("Sync",) * PHONES):
        """(requests at Exchange, binds) that the old password costs."""
        self.assertEqual(200, self.ask(name))
        before = self.counts(name)
        self.change(name)
        statuses, _ = self.all_at_once(name, commands)
        self.assertEqual([401] * PHONES, statuses)
        return tuple(after - earlier for after, earlier in zip(self.counts(name), before))

    def test_ten_phones_with_the_old_password(self):
        reached, bound = self.after_a_change("changed")
        print(f"figure: password changed, {PHONES} phones at once, Exchange takes 300 ms: {reached} wrong password at "
              f"Exchange, {bound} at the domain", flush=True)
        self.assertEqual((1, 1), (reached, bound))
        self.assertEqual(200, self.ask("changed", password="new!"))

    def test_ten_that_ping(self):
        self.assertEqual((1, 1), self.after_a_change("pinging", ("Ping",) * PHONES))

    def test_some_ping_and_others_sync(self):
        reached, bound = self.after_a_change("mixed", ("Ping", "Sync") * (PHONES // 2))
        self.assertIn(reached, (1, 2))  # of each sort one may be the first
        self.assertEqual(1, bound)

    def test_a_mail_ends_the_pings_that_were_begun_before_the_change(self):
        """That they end well says nothing of the password now."""
        self.pings["held"] = threading.Event()
        self.assertEqual(200, self.ask("held"))
        phones = [Phone(self.server) for _ in range(PHONES)]
        for phone in phones:
            self.addCleanup(phone.close)
            phone.send(self.request("held", "Ping"))
        wait_until(lambda: self.counts("held")[0] == 1 + PHONES, "all Pings are at Exchange")
        time.sleep(GOOD_FOR + 0.5)  # from when the last of them was sent
        before = self.counts("held")
        self.change("held")
        self.pings["held"].set()
        self.assertEqual([200] * PHONES, [phone.read().status for phone in phones])
        self.assertEqual([401] * PHONES, self.all_at_once("held")[0])
        reached, bound = (after - earlier for after, earlier in zip(self.counts("held"), before))
        self.assertEqual((1, 1), (reached, bound))

    def test_a_right_password_waits_for_no_longer_than_the_limit(self):
        self.assertEqual(200, self.ask("right"))
        statuses, seconds = self.all_at_once("right")
        self.assertEqual([200] * PHONES, statuses)
        self.assertLess(max(seconds), 2 * self.SLOW + LONGEST_WAIT + ldap_site.SLACK)
        # What Exchange has just said is good for all: nobody waits for anybody.
        statuses, seconds = self.all_at_once("right")
        self.assertEqual([200] * PHONES, statuses)
        self.assertLess(max(seconds), 2 * self.SLOW + ldap_site.SLACK)
        self.takes["slowly"] = 3 * LONGEST_WAIT
        self.assertEqual(200, self.ask("slowly"))
        statuses, seconds = self.all_at_once("slowly")
        self.assertEqual([200] * PHONES, statuses)
        self.assertGreater(max(seconds), 3 * LONGEST_WAIT + LONGEST_WAIT / 2)
        self.assertLess(max(seconds), 3 * LONGEST_WAIT + LONGEST_WAIT + ldap_site.SLACK)

    def test_nobody_waits_for_a_ping_but_pings(self):
        self.pings["two"] = threading.Event()
        self.assertEqual(200, self.ask("two"))
        with Phone(self.server) as held:
            held.send(self.request("two", "Ping"))
            wait_until(lambda: self.counts("two")[0] == 2, "the Ping is at Exchange")
            began = time.monotonic()
            self.assertEqual(200, self.ask("two"))
            self.assertLess(time.monotonic() - began, LONGEST_WAIT)
            self.pings["two"].set()
            self.assertEqual(200, held.read().status)

    def test_a_phone_that_leaves_while_it_waits(self):
        self.takes["left"] = 2 * LONGEST_WAIT
        self.assertEqual(200, self.ask("left"))
        before = self.counts("left")[0]
        with Phone(self.server) as first:
            first.send(self.request("left"))
            wait_until(lambda: self.counts("left")[0] == before + 1, "the first is at Exchange")
            with Phone(self.server) as second:
                second.send(self.request("left"))
                time.sleep(0.3)
            self.assertEqual(200, first.read().status)
        self.assertEqual(before + 1, self.counts("left")[0])
        wait_until(lambda: metric(self.server, 'eas451_decisions_total{reason="client-gone"}') == 1, "it is known to be gone")


@faked_clock.needed
class TenMinutes(unittest.TestCase):
    """Nobody tells the phones: each goes on with the old password until its owner comes by."""
    LOGIN, OLD, NEW = "changed@contoso.com", "Passw0rd!changed", "new!"
    CHANGED, FIRST_TOLD, END = 60, 300, 660  # seconds from the begin

    def setUp(self):
        self.directory = slapd.start(self)
        record = make_directory.account_record({**people.local("changed"), "distinguishedName": place("changed")})
        self.directory.modify(record.replace("\n", "\nchangetype: add\n", 1))
        self.right = self.OLD
        self.exchange = fake_exchange.start(self, behaviour=self.behave)
        self.clock = faked_clock.FakedClock(self, steady=True)
        sections = self.exchange.config()
        self.server = ldap_site.start(self, self.directory, exchange=sections["exchange"], limits=sections["limits"],
                                      wrapper=self.clock.wrapper)

    def behave(self, peer, request):
        if fake_exchange.password_of(request) == self.right:
            fake_exchange.echo(peer, request)
        else:
            peer.answer(401, fields=('WWW-Authenticate: Basic realm="ex1"',), phrase="Unauthorized")

    def change_the_password(self):
        self.directory.modify(f"dn: {place('changed')}\nchangetype: modify\nreplace: userPassword\nuserPassword: {self.NEW}\n")
        self.right = self.NEW

    def wrong_at_exchange(self):
        """Until the change the old one was right."""
        passwords = [fake_exchange.password_of(each) for each in self.exchange.requests]
        return passwords.count(self.OLD) - self.passed_before

    def wrong_at_the_directory(self):
        binds = [each for each in self.directory.operations("bind") if each.name.lower() == place("changed").lower()]
        self.assertNotIn(None, [each.result for each in binds])
        return sum(each.result != 0 for each in binds)

    def password_of(self, phone, now):
        """The owner tells half of them the new one, one a minute."""
        is_told = phone < PHONES // 2 and now >= self.FIRST_TOLD + 60 * phone
        return self.NEW if is_told else self.OLD

    def test_ten_phones_that_go_on_with_the_old_password(self):
        answered = collections.Counter()
        idle = Phone(self.server)
        self.addCleanup(idle.close)
        due = [(phone, phone) for phone in range(PHONES)]
        while due[0][0] < self.END:
            now, phone = heapq.heappop(due)
            self.clock.set(f"+{now}")
            if now >= self.CHANGED and self.right == self.OLD:
                self.passed_before = len(self.exchange.requests)
                self.change_the_password()
            password = self.password_of(phone, now)
            with Phone(self.server) as connected:
                status = connected.ask(call(self.LOGIN, password)).status
            answered["right" if password == self.right else "wrong", status] += 1
            heapq.heappush(due, (now + 15 + 15 * phone // (PHONES - 1), phone))
        idle.read_end()  # limits.idle is two minutes: they went by for the server
        at_exchange, at_directory = self.wrong_at_exchange(), self.wrong_at_the_directory()
        print(f"figure: password changed, {PHONES} phones, {(self.END - self.CHANGED) // 60} min (clock faked), "
              f"{answered['wrong', 401]} requests with the old one: {at_exchange} wrong password at Exchange, "
              f"{at_directory} at the domain", flush=True)
        self.assertEqual({("right", 200), ("wrong", 401)}, set(answered))
        self.assertGreater(answered["wrong", 401], 20 * PHONES // 2)
        self.assertEqual((1, 1), (at_exchange, at_directory))


if __name__ == "__main__":
    unittest.main()
