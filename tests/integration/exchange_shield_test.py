# SPDX-License-Identifier: Apache-2.0
"""Exchange has the last word on a password, and does not undo the shield: a password that was changed reaches it once."""
import threading
import unittest

from support import fake_exchange, ldap_site, slapd
from support.at_once import at_once
from support.ldap_site import call
from support.phone import Phone
from support.server import wait_until
from tests.directory import make_directory, people

PHONES = 10


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
        print(f"figure: password changed, {PHONES} phones: {reached} wrong password at Exchange, {bound} at the domain", flush=True)
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


if __name__ == "__main__":
    unittest.main()
