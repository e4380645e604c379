# SPDX-License-Identifier: Apache-2.0
"""For how long an answer of the directory is used, and what ends it earlier."""
import re
import threading
import time
import unittest

from support import ldap_site, slapd
from support.at_once import at_once
from support.ldap_site import NOBODY, REDIRECTED, call, searches_for, short
from support.phone import Phone
from support.server import wait_until
from tests.directory import make_directory, people

TTL = 1.0
# The clocks of two processes, and the time that an answer takes to come here.
EARLY = 0.1


def account(name, dn, password):
    """The LDIF of a moved user with that login, at that place."""
    person = {**people.moved(name), "distinguishedName": dn}
    record = make_directory.account_record(person).replace("\n", "\nchangetype: add\n", 1)
    return record.replace(f"userPassword: {people.password(name)}\n", f"userPassword: {password}\n")


class Lived(unittest.TestCase):
    """A server whose memory lasts for a second: it is filled, then the directory changes."""

    @classmethod
    def start(cls, **cache):
        cls.slapd = slapd.start(cls)
        cls.server = ldap_site.start(cls, cls.slapd, cache=cache)

    @classmethod
    def ask(cls, login, password=None):
        with Phone(cls.server) as phone:
            return short(phone.ask(call(f"{login}@contoso.com", password)))

    @classmethod
    def asked(cls, login, dn):
        """(searches for the login, binds of that entry) so far."""
        return (len(searches_for(cls.slapd, f"{login}@contoso.com")),
                sum(dn.lower() == operation.name.lower() for operation in cls.slapd.operations("bind")))

    def until(self, login, expected, password=None):
        wait_until(lambda: self.ask(login, password) == expected, f"{login} gets {expected}")

    def until_asked(self, login, dn):
        """Redirected until the directory is asked, too: (searches, binds) of that, and after how many seconds."""
        before, started = self.asked(login, dn), time.monotonic()

        def asked():
            self.assertEqual(REDIRECTED, self.ask(login))
            return self.asked(login, dn) != before
        wait_until(asked, "the directory is asked again")
        after = self.asked(login, dn)
        return (after[0] - before[0], after[1] - before[1]), time.monotonic() - started


def place(name, unit="Staff"):
    return f"CN={name},OU={unit},{slapd.BASE}"


@at_once
class AfterTheUsersTtl(Lived):
    @classmethod
    def setUpClass(cls):
        cls.start(ttl="1s", negative_ttl="1s")
        change = cls.slapd.modify
        change("\n".join(account(name, place(name), f"Passw0rd!{name}") for name in ("heir", "mover", "leaver", "closed", "again")))
        cls.first = [cls.ask(name) for name in ("heir", "mover", "leaver", "closed", "again", "newcomer")]
        change(f"dn: {place('heir')}\nchangetype: delete\n\n" + account("heir", place("new heir"), "Passw0rd!another"))
        change(f"dn: {place('again')}\nchangetype: delete\n\n" +
               re.sub(r"objectGUID:: .*", "objectGUID:: AAECAwQFBgcICQoLDA0ODw==", account("again", place("again"), "Passw0rd!another")))
        change(f"dn: {place('mover')}\nchangetype: modrdn\nnewrdn: CN=mover\ndeleteoldrdn: 1\n"
               f"newsuperior: OU=Partners,{slapd.BASE}\n")
        change(f"dn: {place('leaver')}\nchangetype: delete\n")
        change(f"dn: {place('closed')}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n")
        change(account("newcomer", place("newcomer"), "Passw0rd!newcomer"))

    def test_before_everything_was_as_expected(self):
        self.assertEqual([REDIRECTED] * 5 + [NOBODY], self.first)

    def test_a_user_is_looked_up_again_and_the_password_is_not_tried(self):
        self.assertEqual(REDIRECTED, self.ask("user12"))
        asked, after = self.until_asked("user12", place("User 12"))
        self.assertEqual((1, 0), asked)
        self.assertGreater(after, TTL - EARLY)

    def test_success_is_that_of_an_entry_and_not_of_a_login(self):
        """Somebody else has the login now; the password that was right is tried on that entry and is wrong."""
        self.until("heir", NOBODY)
        self.assertEqual(1, self.asked("heir", place("new heir"))[1])
        self.assertEqual(1, self.asked("heir", place("heir"))[1])
        self.assertEqual(REDIRECTED, self.ask("heir", "Passw0rd!another"))

    def test_an_entry_that_was_made_anew_under_its_name_is_another(self):
        self.until("again", NOBODY)
        self.assertEqual(2, self.asked("again", place("again"))[1])
        self.assertEqual(REDIRECTED, self.ask("again", "Passw0rd!another"))

    def test_an_entry_that_was_moved_is_bound_anew(self):
        before = self.asked("mover", place("mover", "Partners"))
        self.assertEqual((1, 0), before)
        wait_until(lambda: self.ask("mover") == REDIRECTED and self.asked("mover", "")[0] > 1, "it is looked up")
        self.assertEqual((2, 1), self.asked("mover", place("mover", "Partners")))

    def test_an_entry_that_went_away(self):
        self.until("leaver", NOBODY)
        self.assertEqual(1, self.asked("leaver", place("leaver"))[1])

    def test_an_account_that_was_disabled(self):
        self.until("closed", NOBODY)

    def test_a_login_that_was_nobodys(self):
        self.until("newcomer", REDIRECTED)
        self.assertEqual((2, 1), self.asked("newcomer", place("newcomer")))


@at_once
class AfterThePasswordsTtl(Lived):
    @classmethod
    def setUpClass(cls):
        cls.start(login_ttl="1s")
        cls.slapd.modify(account("changer", place("changer"), "Passw0rd!changer"))
        cls.first = cls.ask("changer")
        cls.slapd.modify(f"dn: {place('changer')}\nchangetype: modify\nreplace: userPassword\nuserPassword: new\n")

    def test_a_password_is_tried_again(self):
        self.assertEqual(REDIRECTED, self.ask("user12"))
        (searches, binds), after = self.until_asked("user12", place("User 12"))
        self.assertEqual(1, binds)
        self.assertLessEqual(searches, 1)
        self.assertGreater(after, TTL - EARLY)

    def test_a_changed_password_is_noticed_and_the_new_one_works_at_once(self):
        self.assertEqual((REDIRECTED, REDIRECTED), (self.first, self.ask("changer", "new")))
        self.until("changer", NOBODY)
        self.assertEqual((REDIRECTED, NOBODY), (self.ask("changer", "new"), self.ask("changer")))


class Reload(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.slapd = slapd.start(cls)

    def call_on(self, server, results, enough):
        """One phone that calls until it is told to stop."""
        with Phone(server) as phone:
            while not enough.is_set():
                try:
                    results.append(short(phone.ask(call())))
                except (OSError, AssertionError) as error:
                    results.append(error)
                    return

    def test_it_forgets_everything_and_loses_nobody(self):
        server = ldap_site.start(self, self.slapd)
        with Phone(server) as phone:
            self.assertEqual(REDIRECTED, short(phone.ask(call())))
        enough, results = threading.Event(), [[] for _ in range(4)]
        callers = [threading.Thread(target=self.call_on, args=(server, result, enough)) for result in results]
        self.addCleanup(enough.set)
        for caller in callers:
            caller.start()
        for _ in range(5):
            before = self.slapd.mark()
            server.reload()
            wait_until(lambda: searches_for(self.slapd, "user12@contoso.com", before), "it is asked anew")
        wait_until(lambda: all(len(result) > 10 or not caller.is_alive() for caller, result in zip(callers, results)),
                   "everybody has called often")
        enough.set()
        for caller in callers:
            caller.join()
        for result in results:
            self.assertEqual({REDIRECTED}, set(result))
        self.assertTrue(ldap_site.is_up(server, self.slapd))
        self.assertTrue(ldap_site.is_ready(server))

    def test_the_connections_of_before_are_closed(self):
        before = self.slapd.mark()
        server = ldap_site.start(self, self.slapd)
        with Phone(server) as phone:
            self.assertEqual(REDIRECTED, short(phone.ask(call())))
        old = self.slapd.connections(before)
        server.reload()
        ldap_site.wait_until_ready(server)
        self.assertEqual(2, len(old))
        for connection in old:
            name = connection.split(":")[1]
            wait_until(lambda: re.search(rf"conn={name} .*closed", self.slapd.log_text()), f"{name} is closed")

    def test_a_filter_that_is_none_changes_nothing(self):
        server = ldap_site.start(self, self.slapd)
        with Phone(server) as phone:
            server.site.write_config(ldap_site.config(self.slapd, ldap={"user_filter": "(objectClass=user"}))
            server.reload("nothing was changed")
            server.err.wait_for(r"reload: .*directory\.ldap\.user_filter")
            server.site.write_config(ldap_site.config(self.slapd, ldap={"bind_password_file": "no-such-file"}))
            server.reload("nothing was changed")
            server.err.wait_for(r"reload: .*bind_password_file.*no-such-file")
            self.assertEqual(REDIRECTED, short(phone.ask(call())))


if __name__ == "__main__":
    unittest.main()
