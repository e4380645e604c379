# SPDX-License-Identifier: Apache-2.0
"""Servers that are broken in known ways from the start: phones get an outage in time, and nothing spins meanwhile.

Those that break later, and are mended, are in ldap_faults_test.py.
"""
import os
import pathlib
import shutil
import signal
import tempfile
import time
import unittest

from support import certificates, fake_dc, fake_directory, ldap_bytes, ldap_site, name_server, slapd
from support.at_once import at_once
from support.ldap_site import LATER, LATER_OPTIONS, NOBODY, REDIRECTED, SLACK, call, searches_for, short
from support.phone import Phone
from support.server import wait_until
from tests.directory import people

DEADLINE = 1.0
# The share of the time that a process may work while it waits.
BUSY = 0.05

STATIC = {"from_directory": False, "static": [
    {"name": "Office 365", "domain_names": [people.CLOUD], "target_owa_url": "https://outlook.office.com/mail"}]}

# (behaviour, scheme, what the log has to say of the server)
BROKEN = (
    (fake_directory.silent, "ldaps", "in time"),
    (fake_directory.silent, "ldap", "in time"),
    (fake_directory.silent_after_tls, "ldaps", "in time"),
    (fake_directory.silent_after_bind, "ldaps", "in time"),
    (fake_directory.dripping_handshake, "ldaps", "in time"),
    (fake_directory.dripping_answer, "ldaps", "in time"),
    (fake_directory.starttls_then_silent, "ldap", "in time"),
    (fake_directory.starttls_refused, "ldap", "refuses StartTLS"),
    (fake_directory.starttls_with_bytes_behind, "ldap", "bytes between StartTLS and TLS"),
    (fake_directory.ends_within_answer, "ldaps", "closed the connection"),
    (fake_directory.resets_within_answer, "ldaps", "closed the connection"),
    (fake_directory.disconnects, "ldaps", "disconnects"),
)


class Broken(unittest.TestCase):
    """All of them at the same time, each with a server of its own."""

    @classmethod
    def setUpClass(cls):
        cls.authority = certificates.authority(cls)

    def start(self, behaviour, scheme="ldaps"):
        """A server over it, and two phones."""
        fake = fake_directory.start(self, behaviour, self.authority)
        server = ldap_site.start(self, fake, scheme=scheme, ca_file=self.authority.ca_file, deadline="1s", ready=False,
                                 workers=1)
        # They all end at the same time, too.
        self.addCleanup(server.signal, signal.SIGTERM)
        phones = [Phone(server) for _ in range(2)]
        for phone in phones:
            self.addCleanup(phone.close)
        return server, phones

    def ask_all(self, started):
        """Every phone is answered in time, by both methods."""
        begun = time.monotonic()
        for _, (one, other) in started:
            one.send(call("moved001@contoso.com"))
            other.send(call("moved002@contoso.com", method="OPTIONS"))
        for _, (one, other) in started:
            self.assertEqual([LATER, LATER_OPTIONS], [short(one.read()), short(other.read())])
            self.assertLess(time.monotonic() - begun, DEADLINE + SLACK)

    def test_phones_are_told_to_come_back_and_nothing_spins(self):
        started = [self.start(behaviour, scheme) for behaviour, scheme, _ in BROKEN]
        begun, used = time.monotonic(), [ldap_site.cpu_seconds(server) for server, _ in started]
        self.ask_all(started)
        for (_, _, words), (server, _) in zip(BROKEN, started):
            server.err.wait_for(rf"warning directory: ldaps?://127\.0\.0\.1:[0-9]+\b.*{words}.*; not used until it is back$")
            self.assertFalse(ldap_site.is_ready(server))
        # The next tries to reach the servers lie in this time as well.
        wait_until(lambda: time.monotonic() - begun > 1.5 * DEADLINE, "time has passed")
        took = time.monotonic() - begun
        for (behaviour, scheme, _), (server, _), before in zip(BROKEN, started, used):
            with self.subTest(behaviour.__name__, scheme=scheme):
                self.assertLess((ldap_site.cpu_seconds(server) - before) / took, BUSY)

    def test_garbage_instead_of_an_answer(self):
        started = [self.start(fake_directory.answering(garbage)) for garbage in fake_directory.GARBAGE.values()]
        self.ask_all(started)
        for name, (server, _) in zip(fake_directory.GARBAGE, started):
            with self.subTest(name):
                server.err.wait_for(r"warning directory: ldaps://127\.0\.0\.1:[0-9]+\b.*; not used until it is back$")


@at_once
class Unreachable(unittest.TestCase):
    def setUp(self):
        self.dc = fake_dc.start(self, certificates.authority(self))

    def expect_outage(self, words, **options):
        server = ldap_site.start(self, self.dc, deadline="1s", ready=False, **options)
        with Phone(server) as one, Phone(server) as other:
            begun = time.monotonic()
            one.send(call())
            other.send(call(method="OPTIONS"))
            self.assertEqual([LATER, LATER_OPTIONS], [short(one.read()), short(other.read())])
            self.assertLess(time.monotonic() - begun, DEADLINE + SLACK)
        server.err.wait_for(f"warning directory: ldaps://.*{words}; not used until it is back$")
        self.assertFalse(ldap_site.is_ready(server))
        return server

    def test_nothing_answers_who_wants_to_connect(self):
        self.dc.swallow()
        server = self.expect_outage("did not accept a connection in time")
        self.dc.mend()
        ldap_site.wait_until_ready(server)

    @unittest.skipUnless(os.geteuid() == 0, "only root has a name server on port 53")
    def test_its_name_does_not_resolve(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="eas451-test-names-"))
        self.addCleanup(shutil.rmtree, folder)
        names = name_server.start(self, folder)
        server = self.expect_outage("its name was not resolved in time", wrapper=names.wrapper,
                                    ldap={"servers": [self.dc.url(host="dc1.faults.example")]})
        self.assertGreater(names.asked, 0)
        # It ends in order while it waits for a name.
        server.stop()


@at_once
class Certificates(unittest.TestCase):
    def test_each_trouble_is_an_outage_that_is_named(self):
        trusted = certificates.authority(self)
        for trouble, reason in (("expired", "certificate has expired"), ("other-name", "IP address mismatch"),
                                ("unknown-ca", "unable to get local issuer certificate")):
            directory = slapd.start(self, trouble, trusted)
            for scheme in ("ldaps", "ldap"):
                with self.subTest(trouble, scheme=scheme):
                    self.expect_named(directory, scheme, reason)

    def expect_named(self, directory, scheme, reason):
        server = ldap_site.start(self, directory, scheme=scheme, deadline="1s", ready=False)
        with Phone(server) as phone:
            self.assertEqual(LATER, short(phone.ask(call())))
            self.assertEqual(LATER_OPTIONS, short(phone.ask(call(method="OPTIONS"))))
        server.err.wait_for(f"warning directory: {directory.url(scheme)}: its certificate is not accepted: {reason}; not used until it is back$")
        self.assertFalse(ldap_site.is_ready(server))
        checked = server.site.command("check", "--online")
        self.assertEqual(1, checked.returncode, checked.stdout)
        self.assertRegex(checked.stdout, rf"(?m)^{directory.url(scheme)}.*: {reason}$")
        # The service account's password went nowhere.
        self.assertEqual([], directory.operations("bind"))

    def test_a_name_that_the_certificate_has_not(self):
        directory = slapd.start(self, "other-name")
        server = ldap_site.start(self, directory, ldap={"servers": [directory.url(host="localhost")]}, ready=False)
        server.err.wait_for("warning directory: .*its certificate is not accepted: hostname mismatch")


@at_once
class Refusals(unittest.TestCase):
    """What stands between us and a real directory answers some questions itself."""

    @classmethod
    def setUpClass(cls):
        cls.authority = certificates.authority(cls)
        cls.slapd = slapd.start(cls, authority=cls.authority)

    def start(self, instead, *more, **options):
        self.relay = fake_directory.start(self, fake_directory.relaying(self.slapd.ldaps_port, instead), self.authority)
        server = ldap_site.start(self, self.relay, *more, ca_file=self.authority.ca_file, deadline="1s", **options)
        phone = Phone(server)
        self.addCleanup(phone.close)
        return server, phone

    @staticmethod
    def is_users(message):
        """The bind of a user, or the search for one."""
        if message.operation == ldap_bytes.BIND_REQUEST:
            return b"svc-eas451" not in message.content
        return message.operation == ldap_bytes.SEARCH_REQUEST and b"userPrincipalName" in message.content and \
            b"@contoso.com" in message.content

    def start_answering(self, operation, response):
        """A server whose questions of that kind are answered with `self.code`."""
        def instead(peer, message):
            if message.operation != operation or not self.is_users(message):
                return False
            peer.answer(message, response, code=self.code, diagnostic="as the test wants it")
            return True
        server, phone = self.start(instead)

        def ask(code):
            self.code = code
            return short(phone.ask(call(f"moved{code % 80 + 1:03}@contoso.com")))
        return server, ask

    def test_a_relay_that_changes_nothing_is_a_directory(self):
        _, phone = self.start(lambda peer, message: False)
        login = "forest7@contoso.com"
        self.assertEqual(REDIRECTED, short(phone.ask(call(login))))
        self.assertEqual(NOBODY, short(phone.ask(call(login, "wrong"))))
        self.assertEqual(2, len(searches_for(self.slapd, login)))
        self.assertEqual(2, sum("forest 7" in bind.name.lower() for bind in self.slapd.operations("bind")))

    def test_what_a_server_says_of_itself_is_no_answer_about_a_password(self):
        server, ask = self.start_answering(ldap_bytes.BIND_REQUEST, ldap_bytes.BIND_RESPONSE)
        for code in (1, 2, 3, 7, 10, 11, 12, 13, 14, 32, 34, 50, 53, 54, 71, 80):
            with self.subTest(code):
                self.assertEqual(LATER, ask(code))
        server.err.wait_for("error directory: a login could not be looked up: .*as the test wants it")
        for code in (19, 48, 49):
            with self.subTest(code):
                self.assertEqual(NOBODY, ask(code))

    def test_what_a_server_says_of_itself_is_no_answer_about_a_user(self):
        server, ask = self.start_answering(ldap_bytes.SEARCH_REQUEST, ldap_bytes.SEARCH_DONE)
        for code in (1, 2, 3, 7, 10, 11, 12, 32, 34, 49, 50, 51, 52, 53, 54, 71):
            with self.subTest(code):
                self.assertEqual(LATER, ask(code))
        server.err.wait_for("error directory: a login could not be looked up: .*as the test wants it")
        self.assertEqual(NOBODY, ask(0))

    def test_a_server_that_is_too_busy_to_tell_its_domains_does_not_make_logins_nobodys(self):
        """The root DSE leads to them. Other logins need neither."""
        def instead(peer, message):
            if message.operation != ldap_bytes.SEARCH_REQUEST or b"configurationNamingContext" not in message.content:
                return False
            peer.answer(message, ldap_bytes.SEARCH_DONE, code=51)
            return True
        for ldap in ({}, {"base": slapd.BASE}):
            with self.subTest(ldap):
                _, phone = self.start(instead, ready=False, ldap=ldap, organization_relationships=STATIC)
                self.assertEqual(LATER, short(phone.ask(call("CONTOSO\\user12"))))
        _, phone = self.start(instead, organization_relationships=STATIC, ldap={
            "base": slapd.BASE, "netbios_domains": {"CONTOSO": "contoso.com"}})
        self.assertEqual(REDIRECTED, short(phone.ask(call("CONTOSO\\user12"))))

    def test_domains_that_cannot_be_seen_do_not_make_logins_nobodys(self):
        for where, code in ((b"CN=Partitions", 0), (b"CN=Partitions", 32), (b"CN=Partitions", 50),
                            (b"configurationNamingContext", 0), (b"configurationNamingContext", 50)):
            def instead(peer, message, where=where, code=code):
                if message.operation != ldap_bytes.SEARCH_REQUEST or where not in message.content:
                    return False
                peer.answer(message, ldap_bytes.SEARCH_DONE, code=code)
                return True
            with self.subTest(where, code=code):
                _, phone = self.start(instead, organization_relationships=STATIC, ldap={"base": slapd.BASE}, ready=False)
                self.assertEqual(LATER, short(phone.ask(call("CONTOSO\\user12"))))
                self.assertEqual(REDIRECTED, short(phone.ask(call())))

    def test_a_server_that_is_busy_with_binds_is_passed_over_by_the_next_login(self):
        def busy(peer, message):
            if message.operation != ldap_bytes.BIND_REQUEST or not self.is_users(message):
                return False
            peer.answer(message, ldap_bytes.BIND_RESPONSE, code=51)
            return True
        second = slapd.start(self, authority=self.authority)
        server, phone = self.start(busy, second)
        wait_until(lambda: ldap_site.is_up(server, second) and ldap_site.is_up(server, self.relay), "both are up")
        self.assertEqual(LATER, short(phone.ask(call("moved001@contoso.com"))))
        self.assertEqual(REDIRECTED, short(phone.ask(call("moved002@contoso.com"))))
        self.assertEqual(1, sum("svc-eas451" not in bind.name.lower() for bind in second.operations("bind")))

    def test_an_answer_to_something_else_is_no_answer_to_a_password(self):
        def confused(peer, message):
            if message.operation != ldap_bytes.BIND_REQUEST or not self.is_users(message):
                return False
            peer.answer(message, ldap_bytes.SEARCH_DONE, code=0)
            return True
        _, phone = self.start(confused)
        self.assertEqual(LATER, short(phone.ask(call(password="wrong"))))

    def test_a_password_that_was_sent_is_not_sent_to_another_server(self):
        def silent(peer, message):
            if message.operation == ldap_bytes.BIND_REQUEST and self.is_users(message):
                peer.hold()

        def gone(peer, message):
            if message.operation == ldap_bytes.BIND_REQUEST and self.is_users(message):
                peer.reset()
                raise fake_directory.Ended
        second = slapd.start(self, authority=self.authority)
        for instead in (silent, gone):
            with self.subTest(instead.__name__):
                server, phone = self.start(instead, second)
                wait_until(lambda: ldap_site.is_up(server, second) and ldap_site.is_up(server, self.relay), "both are up")
                started = time.monotonic()
                self.assertEqual(LATER, short(phone.ask(call())))
                self.assertLess(time.monotonic() - started, DEADLINE + SLACK)
                users = [bind for bind in second.operations("bind") if "svc-eas451" not in bind.name.lower()]
                self.assertEqual([], users)
                self.assertEqual(1, sum(message.operation == ldap_bytes.BIND_REQUEST and self.is_users(message)
                                        for message in self.relay.messages()))


if __name__ == "__main__":
    unittest.main()
