# SPDX-License-Identifier: Apache-2.0
"""In front of a real ActiveSync server: whose mailbox is there works through us as if we were not, held Pings and
5 MB each way among it, and meanwhile who has moved is answered 451 every time."""
import json
import select
import signal
import threading
import time
import unittest

import active_sync
import sogo_lab
from active_sync import Device, decode, encode, text, texts
from support import certificates, contoso, ldap_site, slapd
from support.admin import metric
from support.phone import Phone, eas
from support.server import wait_until

ALICE, BERT, LENA, MARY = (f"{name}@contoso.com" for name in ("alice", "bert", "lena", "mary"))
VERSIONS = "2.5,12.0,12.1,14.0,14.1"  # what SOGo says it speaks, and we would never say
QUIET, NEWS = "1", "2"  # Ping:Status
LONG = 120  # seconds that nobody waits for: the Ping ends before
LARGE = 5 << 20


_told_to_end = []


def setUpModule():
    """Told to end, it finishes the test that is running, fails those that are left, and ends all that was started."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda told, _: _told_to_end.append(signal.Signals(told).name))


def mail(sender, recipient, subject, body="One line.\r\n"):
    return (f"From: {sender}\r\nTo: {recipient}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@example.net>\r\n"
            f"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{body}").encode("ascii")


def lines(size):
    """So many bytes of text, no two lines of which are the same."""
    return "".join(f"{number:0>70}\r\n" for number in range(size // 72))


class MovedPhone(threading.Thread):
    """Somebody whose mailbox is in the cloud, who does not stop asking here."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self._server = server
        self._over = threading.Event()
        self.answers = []

    def run(self):
        with Phone(self._server) as phone:
            while not self._over.wait(0.1):
                try:
                    answer = phone.ask(active_sync.request(MARY, "moved", "Sync"))
                    self.answers.append((answer.status, *answer.all("X-MS-Location")))
                except (OSError, AssertionError) as trouble:
                    self.answers.append(repr(trouble))
                    return

    def stop(self):
        self._over.set()
        self.join()


class InFrontOfSogo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        issuer = certificates.authority(cls)
        directory = slapd.start(cls, authority=issuer, people_given=[
            *(contoso.local(name) for name in ("alice", "bert", "lena")), contoso.moved("mary")])
        cls.lab = sogo_lab.start(cls, directory, issuer)
        for name in ("alice", "bert", "lena"):
            cls.lab.open_inbox(name)
        cls.server = ldap_site.start(cls, directory, exchange={"servers": [cls.lab.url], "ca_file": str(issuer.ca_file)},
                                     limits={"exchange_check": "1s"})
        cls.wait_for_exchange(1)
        cls.moved = MovedPhone(cls.server)
        cls.moved.start()
        cls.addClassCleanup(cls.moved.stop)

    @classmethod
    def wait_for_exchange(cls, up):
        wait_until(lambda: metric(cls.server, f'eas451_exchange_up{{server="{cls.lab.url}"}}') == up, f"Exchange: {up}")

    def setUp(self):
        self.assertEqual([], _told_to_end)
        self.before = len(self.moved.answers)

    def tearDown(self):
        wait_until(lambda: len(self.moved.answers) > self.before, "somebody who moved was answered meanwhile")
        self.assertEqual({(451, contoso.OFFICE_365)}, set(self.moved.answers[self.before:]))

    def device(self, login, name):
        made = Device(self.server, login, name)
        self.addCleanup(made.phone.close)
        return made

    def synchronised(self, login, name):
        device = self.device(login, name)
        device.sync_folders()
        device.sync_until_empty()
        return device

    def hold(self, device, heartbeat):
        """Asks for a Ping, and returns when SOGo has looked once and found nothing."""
        name = device.login.split("@")[0]
        looks = self.lab.looks(name)
        device.phone.send(device.ping_request(heartbeat))
        wait_until(lambda: self.lab.looks(name) > looks, "the Ping is held")

    def expect_news(self, device, subject):
        self.assertEqual(NEWS, text(device.phone.read().body, "Ping:Status"))
        self.expect_mail(device, subject)

    def expect_mail(self, device, subject):
        """That a Sync brings, the only one; returns what it says."""
        found = [(texts(document, "Email:Subject"), document) for document in device.sync_until_empty()]
        found = [(subjects, document) for subjects, document in found if subjects]
        self.assertEqual([[subject]], [subjects for subjects, _ in found])
        return found[0][1]

    def logged(self, device):
        """What our access log says of this device: (command, reason, status)."""
        entries = [json.loads(line) for line in self.server.out.all()]
        return [(entry["command"], entry["reason"], entry["status"]) for entry in entries if entry["device_id"] == device]

    def at_sogo(self, command, device):
        return [line for line in self.lab.requests() if f'"{command}" "{device}"' in line]

    # --- what is short

    def test_options(self):
        answer = self.device(ALICE, "options").phone.ask(eas(ALICE, method="OPTIONS"))
        self.assertEqual((200, VERSIONS, "14.1"), (answer.status, answer.one("MS-ASProtocolVersions"), answer.one("MS-Server-ActiveSync")))

    def test_a_wrong_password_is_ours_to_answer(self):
        document = encode("FolderHierarchy:FolderSync", ("FolderHierarchy:SyncKey", "0"))
        with Phone(self.server) as phone:
            answer = phone.ask(active_sync.request(BERT, "wrong", "FolderSync", document, password="Wr0ng!"))
            self.assertEqual(401, answer.status)
            self.assertEqual('Basic realm="mail.contoso.com", charset="UTF-8"', answer.one("WWW-Authenticate"))
            self.assertEqual(200, phone.ask(active_sync.request(BERT, "right", "FolderSync", document)).status)
        wait_until(lambda: self.at_sogo("FolderSync", "right"), "the good one is in SOGo's log")
        self.assertEqual([], self.at_sogo("FolderSync", "wrong"))
        self.assertEqual([("FolderSync", "bad-credentials", 401)], self.logged("wrong"))

    def test_a_new_device(self):
        device = self.device(ALICE, "new")
        policy = device.ask("Provision", "Provision:Provision", ("Provision:Policies", (
            "Provision:Policy", ("Provision:PolicyType", "MS-EAS-Provisioning-WBXML"))))
        self.assertEqual(["1", "2"], texts(policy, "Provision:Status"))  # it has none
        folders = device.sync_folders()
        self.assertEqual("1", text(folders, "FolderHierarchy:Status"))
        for name in ("INBOX", "Drafts", "Sent", "Trash", "Personal Calendar"):
            self.assertIn(name, texts(folders, "FolderHierarchy:DisplayName"))
        self.assertEqual("1", text(device.sync_until_empty()[0], "AirSync:Status"))
        self.lab.deliver(ALICE, mail("sender@example.net", ALICE, "first"))
        self.assertIn("One line.", text(self.expect_mail(device, "first"), "AirSyncBase:Data"))
        self.assertEqual({("proxied", 200)}, {entry[1:] for entry in self.logged("new")})

    # --- Pings

    def test_a_quiet_ping_is_held_to_its_end(self):
        device = self.synchronised(ALICE, "quiet")
        began = time.monotonic()
        document = device.phone.ask(device.ping_request(10)).body
        self.assertEqual([("Ping:Ping", ""), ("Ping:Status", QUIET)], decode(document))
        self.assertGreater(time.monotonic() - began, 9.5)

    def test_a_ping_ends_when_a_mail_comes(self):
        device = self.synchronised(ALICE, "ping")
        began = time.monotonic()
        self.hold(device, LONG)
        self.lab.deliver(ALICE, mail("sender@example.net", ALICE, "news"))
        self.expect_news(device, "news")
        self.assertLess(time.monotonic() - began, LONG / 2)

    def test_two_users_wait_each_for_their_own(self):
        alice, bert = self.synchronised(ALICE, "two1"), self.synchronised(BERT, "two2")
        self.hold(alice, LONG)
        self.hold(bert, LONG)
        self.lab.deliver(BERT, mail("sender@example.net", BERT, "for-bert"))
        self.expect_news(bert, "for-bert")
        self.assertEqual([], select.select([alice.phone.socket], [], [], 0)[0])
        self.lab.deliver(ALICE, mail("sender@example.net", ALICE, "for-alice"))
        self.expect_news(alice, "for-alice")

    def test_a_phone_that_leaves_frees_its_connection(self):
        device = self.synchronised(LENA, "leaves")
        self.hold(device, LONG)
        self.assertEqual([], self.at_sogo("Ping", "leaves"))
        device.phone.close()
        # Nginx writes 499 when who asked has closed: long before SOGo, which does not notice, would have answered.
        wait_until(lambda: [line for line in self.at_sogo("Ping", "leaves") if line.startswith("499 ")], "its connection is closed", patience=10)
        wait_until(lambda: ("Ping", "client-gone", 499) in self.logged("leaves"), "its line in the log")

    # --- bodies

    def test_a_large_mail_comes_down(self):
        device = self.synchronised(BERT, "large")
        body = lines(LARGE)
        self.lab.deliver(BERT, mail("sender@example.net", BERT, "large", body))
        document = self.expect_mail(device, "large")
        self.assertGreater(len(document), LARGE)
        self.assertTrue(text(document, "AirSyncBase:Data").endswith(body))

    def send_mail(self, device, subject, size, framed=None):
        """By SendMail; `framed` makes the bytes of head and body out of the document. Returns nginx's line of it."""
        body = lines(size)
        document = encode("ComposeMail:SendMail", ("ComposeMail:ClientId", subject), ("ComposeMail:Mime", mail(ALICE, BERT, subject, body)))
        if framed is None:
            device.phone.send(device.request("SendMail", document))
        else:
            framed(document)
        answer = device.phone.read()
        self.assertEqual((200, b""), (answer.status, answer.body))
        sent = self.lab.outbox.wait_for(f"Subject: {subject}".encode())
        self.assertEqual([BERT], sent.recipients)
        self.assertTrue(sent.message.rstrip().endswith(body.rstrip().encode()))
        return wait_until(lambda: self.at_sogo("SendMail", device.name), "its line in SOGo's log")[-1]

    def head(self, device, field):
        return device.request("SendMail", fields=("Content-Type: application/vnd.ms-sync.wbxml", field))

    def test_a_large_mail_goes_up(self):
        self.send_mail(self.device(ALICE, "up"), "upload", LARGE)

    def test_a_request_in_chunks(self):
        device = self.device(ALICE, "chunks")

        def framed(document):
            device.phone.send(self.head(device, "Transfer-Encoding: chunked"))
            for part in (document[at:at + 9000] for at in range(0, len(document), 9000)):
                device.phone.send(b"%x\r\n%b\r\n" % (len(part), part))
            device.phone.send(b"0\r\n\r\n")
        self.assertTrue(self.send_mail(device, "chunked", 50000, framed).endswith('"chunked" "-"'))

    def test_a_request_that_waits_for_100(self):
        device = self.device(ALICE, "expect")

        def framed(document):
            device.phone.send(device.request("SendMail", fields=(
                "Content-Type: application/vnd.ms-sync.wbxml", "Expect: 100-continue", f"Content-Length: {len(document)}")))
            interim = b""
            while not interim.endswith(b"\r\n\r\n"):
                interim += device.phone.socket.recv(1)
            self.assertEqual(b"HTTP/1.1 100 Continue\r\n\r\n", interim)
            device.phone.send(document)
        self.assertTrue(self.send_mail(device, "expected", 50000, framed).endswith('"-" "-"'))

    # --- its outage

    def test_when_it_is_gone_its_users_come_back_later(self):
        device = self.synchronised(BERT, "outage")
        nginx = self.lab.part("nginx")
        nginx.stop()
        self.addCleanup(self.wait_for_exchange, 1)
        self.addCleanup(nginx.start)
        self.wait_for_exchange(0)
        document = device.ask("Sync", "AirSync:Sync")
        self.assertEqual("111", text(document, "AirSync:Status"))


if __name__ == "__main__":
    unittest.main()
