# SPDX-License-Identifier: Apache-2.0
"""What a domain controller can answer that is no plain yes or no, and what becomes of a phone then.

The numbers are those of ldap_faults_test.py: 11 referrals, 12 the size limit, 13 more than one, 15 the reasons of 49.
"""
import contextlib
import threading
import time
import unittest

from support import certificates, fake_dc, fake_directory, ldap_bytes, ldap_site
from support.admin import metric
from support.at_once import at_once
from support.ldap_site import LATER, LATER_OPTIONS, NOBODY, REDIRECTED, SLACK, call, short
from support.phone import Phone
from support.server import wait_until
from tests.directory import people

DEADLINE = 1.0
WORDS = {"52e": "bad-credentials", "525": "bad-credentials", "52f": "logon-restricted", "530": "logon-restricted",
         "531": "logon-restricted", "532": "password-expired", "533": "account-disabled", "701": "account-expired",
         "773": "must-change-password", "775": "account-locked", "fff": "bad-credentials"}


class Answers(unittest.TestCase):
    def setUp(self):
        self.authority = certificates.authority(self)
        self.dc = fake_dc.start(self, self.authority)

    def start(self, *more, **options):
        return ldap_site.start(self, self.dc, *more, deadline="1s", workers=1, **options)

    def phone(self, server, source=None):
        made = Phone(server, source=source)
        self.addCleanup(made.close)
        return made

    def timed(self, phone, request):
        started = time.monotonic()
        answer = short(phone.ask(request))
        self.assertLess(time.monotonic() - started, DEADLINE + SLACK)
        return answer


@at_once
class Referrals(Answers):
    """11: they lead to another server, which waits for us in vain."""

    def setUp(self):
        super().setUp()
        self.trap = fake_directory.start(self, fake_directory.silent)
        self.urls = [self.trap.url("ldap") + "/", self.trap.url("ldaps") + "/" + fake_dc.BASE]

    def tearDown(self):
        self.assertEqual(0, self.trap.accepted)

    def test_instead_of_an_answer(self):
        phone = self.phone(self.start())
        for which in (fake_dc.user_search, fake_dc.user_bind):
            self.dc.deviate(which, fake_dc.answering(fake_dc.REFERRAL, referrals=self.urls))
            self.assertEqual(LATER, self.timed(phone, call("moved001@contoso.com")))
            self.assertEqual(LATER_OPTIONS, self.timed(phone, call("moved002@contoso.com", method="OPTIONS")))
            self.dc.mend()
        self.assertEqual(REDIRECTED, self.timed(phone, call("moved001@contoso.com")))

    def test_to_the_service_account(self):
        self.dc.deviate(fake_dc.service_bind, fake_dc.answering(fake_dc.REFERRAL, referrals=self.urls))
        server = self.start(ready=False)
        server.err.wait_for(r"warning directory: .*Referral \(10\)")
        self.assertEqual(LATER, self.timed(self.phone(server), call()))

    def test_beside_an_answer(self):
        self.dc.references = tuple(self.urls)
        phone = self.phone(self.start())
        self.assertEqual(REDIRECTED, self.timed(phone, call("moved001@contoso.com")))
        self.assertEqual(NOBODY, self.timed(phone, call("nobody@contoso.com")))

    def test_instead_of_the_relationships(self):
        def elsewhere(dc, request):
            if b"msExchFedSharingRelationship" not in request.message.content:
                return False
            request.peer.send(ldap_bytes.search_reference(request.message.id, *self.urls))
            dc.answer(request)
            return True
        self.dc.deviate(fake_dc.anything, elsewhere)
        server = self.start(ready=False)
        server.err.wait_for("organization relationships: ")
        self.assertEqual(LATER, self.timed(self.phone(server), call()))


@at_once
class Counts(Answers):
    """12 and 13: refused, and no redirect to one of several."""

    def test_several_and_the_size_limit(self):
        server = self.start()
        phone = self.phone(server)
        for login, (count, code, expected) in enumerate((
                (2, 0, NOBODY), (3, 0, NOBODY), (2, 4, NOBODY), (1, 4, LATER), (0, 4, LATER)), 1):
            with self.subTest(count=count, code=code):
                self.dc.deviate(fake_dc.user_search, fake_dc.finding(count, code))
                self.assertEqual(expected, self.timed(phone, call(f"moved{login:03}@contoso.com")))
                self.dc.mend()
        self.assertEqual(["ambiguous"] * 3 + ["directory-down"] * 2, [line["reason"] for line in ldap_site.access(server, 5)])
        # Nobody's password was tried at one of several.
        self.assertEqual([], self.dc.user_binds())

    def test_more_relationships_than_it_gives_at_once(self):
        def cut_short(dc, request):
            if b"msExchFedSharingRelationship" not in request.message.content:
                return False
            dc.answer(request, fake_dc.SIZE_LIMIT_EXCEEDED)
            return True
        self.dc.deviate(fake_dc.anything, cut_short)
        server = self.start(ready=False)
        server.err.wait_for(r"organization relationships: .*Size limit exceeded \(4\)")
        self.assertEqual(LATER, self.timed(self.phone(server), call()))

    def test_two_who_differ_by_an_accent_alone(self):
        """Active Directory finds both by either name."""
        self.assertEqual(NOBODY, self.timed(self.with_a_twin("moved003", "móved003"), call("moved003@contoso.com")))

    def with_a_twin(self, name, other):
        entry = self.dc.tree.account(name)
        twin = fake_dc.Entry(entry.dn.replace(name, other), entry.attributes.values())
        twin.set("userPrincipalName", f"{other}@contoso.com")
        twin.set("sAMAccountName", other)
        self.dc.tree.add(twin)
        return self.phone(self.start())


@at_once
class Passwords(Answers):
    def test_why_a_user_is_refused_is_told_inside_and_not_outside(self):
        """15. Each of them has a user of its own, and each phone few of them: those who guess are held back."""
        self.dc.deviate(fake_dc.user_bind, lambda dc, request: fake_dc.refusing(
            next(data for data in WORDS if f"({self.user_of(data)})" in request.bind.dn))(dc, request))
        server = self.start()
        answers = []
        for number, data in enumerate(WORDS):
            with contextlib.closing(self.phone(server, source=f"127.0.0.{2 + number // 4}")) as phone:
                answer = phone.ask(call(f"{self.user_of(data)}@contoso.com", "Secret"))
            self.assertEqual(401, answer.status, data)
            answers.append(answer.bytes_but_date())
        self.assertEqual({answers[0]}, set(answers))
        self.assertEqual(list(WORDS.values()), [line["reason"] for line in ldap_site.access(server, len(WORDS))])
        for word in set(WORDS.values()):
            self.assertEqual(sum(word == one for one in WORDS.values()),
                             metric(server, f'eas451_auth_total{{outcome="{word}"}}'))
        self.assertEqual(len(WORDS), len(self.dc.user_binds()))

    @staticmethod
    def user_of(data):
        return f"moved{list(WORDS).index(data) + 11:03}"

    def test_nobody_who_could_judge_a_user(self):
        self.dc.deviate(fake_dc.user_bind, fake_dc.refusing("51f"))
        phone = self.phone(self.start())
        self.assertEqual(LATER, self.timed(phone, call()))
        self.dc.mend()
        self.assertEqual(REDIRECTED, self.timed(phone, call()))

    def test_what_a_server_says_of_itself_is_an_outage(self):
        """15: 8, 51, 52, to a right password and a wrong one."""
        phone = self.phone(self.start())
        for number, code in enumerate((8, 51, 52), 1):
            self.dc.deviate(fake_dc.user_bind, fake_dc.answering(code))
            self.assertEqual(LATER, self.timed(phone, call(f"moved{number:03}@contoso.com")))
            self.assertEqual(LATER_OPTIONS, self.timed(phone, call(f"moved{number:03}@contoso.com", "no", method="OPTIONS")))
            self.dc.mend()
            self.assertEqual(REDIRECTED, self.timed(phone, call(f"moved{number:03}@contoso.com")))

    def test_a_service_account_that_is_refused_is_an_outage_and_tried_once(self):
        good = fake_dc.start(self, self.authority)
        for data in ("52e", "533", "775"):
            with self.subTest(data):
                since = self.dc.mark()
                self.dc.deviate(fake_dc.service_bind, fake_dc.refusing(data))
                alone, both = self.start(ready=False), self.start(good)
                alone.err.wait_for(rf"warning directory: {self.dc.url()} refuses the service account: .*data {data}")
                started = time.monotonic()
                phones = self.phone(alone), self.phone(both)
                # Longer than a server that is down is left alone.
                while time.monotonic() < started + 1.3:
                    self.assertEqual([LATER, REDIRECTED], [self.timed(phone, call()) for phone in phones])
                self.assertEqual(2, self.dc.binds(since))
                self.dc.mend()

    def test_an_answer_after_the_deadline(self):
        """7. The next user's password must not be judged by it."""
        event = threading.Event()
        self.addCleanup(event.set)
        good = fake_dc.start(self, self.authority)
        server = self.start(good)
        wait_until(lambda: ldap_site.is_up(server, self.dc) and ldap_site.is_up(server, good), "both are up")
        phone = self.phone(server)
        self.dc.deviate(fake_dc.user_bind, fake_dc.late(event))
        self.assertEqual(LATER, self.timed(phone, call("moved001@contoso.com")))
        self.assertEqual([1, 0], [len(dc.user_binds()) for dc in (self.dc, good)])
        # It is a bad place for a bind for now, and no worse for a search.
        self.assertEqual(REDIRECTED, self.timed(phone, call("moved002@contoso.com")))
        self.assertEqual([1, 1], [len(dc.user_binds()) for dc in (self.dc, good)])
        event.set()
        self.assertEqual(NOBODY, self.timed(phone, call("moved003@contoso.com", "wrong")))
        self.assertTrue(ldap_site.is_up(server, self.dc))

    def test_a_password_that_is_none_never_arrives(self):
        """An empty one would be a success."""
        phone = self.phone(self.start())
        for password in ("", "\0", "a\0b"):
            for login in ("user12@contoso.com", "CONTOSO\\user12"):
                self.assertEqual(NOBODY, self.timed(phone, call(login, password)))
        self.assertEqual([], self.dc.user_binds())
        self.assertEqual(REDIRECTED, self.timed(phone, call()))
        self.assertEqual([False], [bind.is_empty for bind in self.dc.user_binds()])

    def test_a_right_password_ends_what_the_domain_counted(self):
        phone = self.phone(self.start())
        dn = self.dc.tree.account("moved001").dn
        self.assertEqual(NOBODY, self.timed(phone, call("moved001@contoso.com", "wrong")))
        self.assertEqual(1, self.dc.accounts.bad_password_count(dn))
        self.assertEqual(REDIRECTED, self.timed(phone, call("moved001@contoso.com", people.password("moved001"))))
        self.assertEqual(0, self.dc.accounts.bad_password_count(dn))


if __name__ == "__main__":
    unittest.main()
