# SPDX-License-Identifier: Apache-2.0
"""audit: what it prints in its three formats, byte for byte, and its exit status."""
import collections
import csv
import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import termios
import unittest

from support import certificates, contoso, fake_directory, golden, ldap_bytes, ldap_pages, ldap_site, slapd
from support.forest import Forest
from support.server import BINARY, PATIENCE, site
from support.terminal import read_or_nothing
from tests.directory import people

NONE, FINDINGS, USAGE, DOWN, CONFIGURATION = 0, 1, 2, 69, 78
FORMATS = ("table", "csv", "json")
# More than two pages.
CROWD = 2100


def rows_of(made, *arguments, status=FINDINGS):
    """The report as an object."""
    ended = made.command("audit", "--json", *arguments)
    if ended.returncode != status:
        raise AssertionError(f"{ended.returncode}: {ended.stdout[-2000:]} {ended.stderr}")
    return json.loads(ended.stdout)


class FileDirectory(unittest.TestCase):
    def test_the_three_formats(self):
        evil = contoso.moved("=1+1", userPrincipalName="=1+1@contoso.com", mail="=1+1@contoso.com", proxyAddresses=[])
        made = site(self, contoso.config(), contoso.directory(evil))
        for name in FORMATS:
            for more in ((), ("--all",)):
                with self.subTest(name, all=bool(more)):
                    ended = made.command("audit", "--format", name, *more)
                    self.assertEqual((FINDINGS, ""), (ended.returncode, ended.stderr))
                    golden.check(self, f"audit_{name}{'_all' if more else ''}.txt", ended.stdout.replace(str(made.folder), "SITE"))

    def test_csv_and_json_say_the_same(self):
        made = site(self, contoso.config(), contoso.directory())
        told = rows_of(made, "--all")
        ended = made.command("audit", "--format", "csv", "--all")
        with io.StringIO(ended.stdout, newline="") as text:
            rows = list(csv.DictReader(text))
        self.assertEqual([{name: value or "" for name, value in row.items()} for row in told["rows"]], rows)
        self.assertEqual(told, json.loads(made.command("audit", "--format", "json", "--all").stdout))

    def test_lines_of_csv_end_as_its_rfc_has_it(self):
        made = site(self, contoso.config(), contoso.directory())
        ended = subprocess.run([str(BINARY), "--config", str(made.config_file), "audit", "--format", "csv"], capture_output=True,
                               check=False, timeout=PATIENCE)
        self.assertEqual(9, ended.stdout.count(b"\r\n"))
        self.assertEqual(9, ended.stdout.count(b"\n"))

    def test_it_agrees_with_explain(self):
        made = site(self, contoso.config(), contoso.directory())
        seen = 0
        for row in rows_of(made, "--all")["rows"]:
            if row["user_principal_name"] is None or row["finding"] != row["reason"]:
                continue
            told = json.loads(made.command("explain", row["user_principal_name"], "--protocol-version", "16.1", "--json").stdout)
            self.assertEqual((told["reason"], told["location"]), (row["reason"], row["location"]))
            seen += 1
        self.assertEqual(14, seen, "those who are mail-enabled")

    def test_before_redirection_is_switched_on(self):
        directory = contoso.directory()
        everybody = rows_of(site(self, contoso.config(), directory))
        self.assertEqual((6, 0), tuple(everybody["classes"][name] for name in ("redirected", "would-redirect")))
        for redirect, redirected, words in (({"mode": "report"}, 0, {"would-redirect"}), ({"mode": "off"}, 0, {"redirect-off"}),
                                            ({"only_users": ["user12@contoso.com"]}, 1, {"redirect-off"})):
            with self.subTest(redirect):
                told = rows_of(site(self, contoso.config(redirect=redirect), directory), "--all")
                self.assertEqual((redirected, 6 - redirected),
                                 tuple(told["classes"][name] for name in ("redirected", "would-redirect")))
                self.assertEqual(everybody["classes"]["stuck"], told["classes"]["stuck"])
                self.assertEqual(words, {row["finding"] for row in told["rows"]} & {"would-redirect", "redirect-off"})
                self.assertEqual({target["host"]: target["redirected"] for target in everybody["targets"]},
                                 {target["host"]: target["redirected"] + target["would_redirect"] for target in told["targets"]})

    def test_nothing_is_found_where_nothing_is_wrong(self):
        made = site(self, contoso.config(), {"users": [contoso.moved("user12"), contoso.local("anna"), contoso.person("nina")]})
        ended = made.command("audit")
        self.assertEqual((NONE, ""), (ended.returncode, ended.stderr))
        self.assertTrue(ended.stdout.endswith("\n0 findings\n"), ended.stdout)
        self.assertEqual((2, []), (rows_of(made, status=NONE)["recipients"], rows_of(made, status=NONE)["rows"]))

    def test_a_static_relationship_in_place_of_the_directorys_is_no_finding(self):
        theirs = {"name": "Made by a wizard", "domain_names": ["contoso.mail.onmicrosoft.com"], "target_owa_url": "https://cname.contoso.com/owa"}
        made = site(self, contoso.config(), {"users": [contoso.moved("user12")], "organization_relationships": [theirs]})
        notes = [row["what"] for row in rows_of(made, "--all", status=NONE)["rows"] if row["finding"] == "relationship"]
        self.assertTrue(any('is taken by the static relationship "Office 365"' in note for note in notes), notes)

    def test_what_is_in_the_way(self):
        self.assertEqual(CONFIGURATION, site(self, "listeners: {").command("audit").returncode)
        made = site(self, contoso.config(), contoso.directory(contoso.moved("nobody2", password="")))
        ended = made.command("audit", "--json")
        self.assertEqual((CONFIGURATION, ""), (ended.returncode, ended.stdout))
        self.assertRegex(ended.stderr, r"directory\.json:[0-9]+:[0-9]+: password is empty")
        (made.folder / "directory.json").unlink()
        self.assertIn("there is no such file", made.command("audit").stderr)
        for wrong in (["--format", "xml"], ["--json", "--format", "csv"], ["user12"]):
            self.assertEqual(USAGE, made.command("audit", *wrong).returncode)

    def test_a_report_that_cannot_be_written_is_not_taken_for_one(self):
        made = site(self, contoso.config(), contoso.directory())
        with open("/dev/full", "wb") as full:
            ended = subprocess.run([str(BINARY), "--config", str(made.config_file), "audit"], stdout=full, stderr=subprocess.PIPE,
                                   text=True, check=False, timeout=PATIENCE)
        self.assertEqual((DOWN, "eas451: the report cannot be written\n"), (ended.returncode, ended.stderr))

    def test_progress_is_shown_to_a_terminal_alone(self):
        made = site(self, contoso.config(), {"users": [contoso.moved(f"user{number}") for number in range(1001)]})
        self.assertEqual("", made.command("audit").stderr)
        printed, seen = self.at_a_terminal(made)
        self.assertRegex(seen, rb"^eas451: 0 recipients, 0 a second(\r\x1b\[Keas451: [0-9]+ recipients?, [0-9]+ a second)*\r\x1b\[K$")
        self.assertNotIn(b"\r", printed)
        # What would not fit into its line could not be taken back.
        self.assertRegex(self.at_a_terminal(made, columns=16)[1], rb"^eas451: 0 recip\r\x1b\[K")

    @staticmethod
    def at_a_terminal(made, columns=80):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with subprocess.Popen([str(BINARY), "--config", str(made.config_file), "audit"], stdout=subprocess.PIPE, stderr=theirs) as process:
            os.close(theirs)
            printed, seen = process.stdout.read(), b""
            while chunk := read_or_nothing(ours):
                seen += chunk
            os.close(ours)
        return printed, seen


class RealDirectory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = certificates.authority(cls)
        cls.slapd = slapd.start(cls, authority=cls.authority)
        cls.crowded = slapd.start(cls, authority=cls.authority, people_given=[contoso.moved(f"crowd{n}") for n in range(CROWD)])

    def site(self, *directories, **options):
        return ldap_site.site(self, *(directories or [self.slapd]), **options)

    def test_the_three_formats(self):
        made = self.site()
        for name in FORMATS:
            with self.subTest(name):
                ended = made.command("audit", "--format", name)
                self.assertEqual((FINDINGS, ""), (ended.returncode, ended.stderr))
                golden.check(self, f"audit_ldap_{name}.txt", ended.stdout.replace(self.slapd.url(), "ldaps://SLAPD"))

    def test_everybody_who_is_mail_enabled_and_nobody_else_over_ldaps_and_starttls(self):
        expected = sorted(person["userPrincipalName"] for person in people.everybody() if person.get("mailNickname"))
        for scheme in ("ldaps", "ldap"):
            told = rows_of(self.site(scheme=scheme), "--all")
            seen = [row["user_principal_name"] for row in told["rows"] if row["recipient"] and row["finding"] == row["reason"]]
            self.assertEqual(expected, sorted(seen))
            self.assertEqual((len(expected), True), (told["recipients"], told["complete"]))

    def test_page_by_page_on_one_connection(self):
        before = self.crowded.mark()
        told = rows_of(self.site(self.crowded), "--all")
        crowd = collections.Counter(row["user_principal_name"] for row in told["rows"] if (row["user_principal_name"] or "").startswith("crowd"))
        self.assertEqual({f"crowd{n}@contoso.com": 1 for n in range(CROWD)}, crowd)
        pages = [one for one in self.crowded.operations("search", since=before) if "(mailNickname=*)" in one.filter]
        self.assertEqual((-(-told["recipients"] // 1000), 1), (len(pages), len({page.connection for page in pages})))
        self.assertEqual({slapd.SERVICE_ACCOUNT.lower()}, {bind.name.lower() for bind in self.crowded.operations("bind", since=before)})

    def test_the_next_server_is_asked_when_the_first_is_down(self):
        gone = slapd.start(self, authority=self.authority)
        gone.kill()
        self.assertEqual(self.slapd.url(), rows_of(self.site(gone, self.slapd))["source"])
        for name in FORMATS:
            ended = self.site(gone).command("audit", "--format", name)
            self.assertEqual((DOWN, f"eas451: incomplete: {gone.url()}: Connection refused\n"), (ended.returncode, ended.stderr))
            self.assertIn("Connection refused", ended.stdout)

    def test_what_the_server_refuses(self):
        for options, words in (({"ldap": {"bind_name": f"CN=nobody,{slapd.BASE}"}}, "refuses the service account"),
                               ({"ldap": {"base": f"OU=Nowhere,{slapd.BASE}"}}, "No such object")):
            ended = self.site(**options).command("audit", "--json")
            self.assertEqual(DOWN, ended.returncode)
            self.assertIn(words, json.loads(ended.stdout)["trouble"])
        self.assertEqual(CONFIGURATION, self.site(ldap={"user_filter": "(objectClass=user"}).command("audit").returncode)

    def test_relationships_that_cannot_be_read_are_an_outage_and_no_answer(self):
        told = rows_of(self.site(ldap={"relationships_base": f"OU=Partners,{slapd.BASE}"}), status=DOWN)
        self.assertEqual((False, 0), (told["complete"], told["classes"]["redirected"]))
        self.assertGreater(told["reasons"]["relationships-unreadable"], 100)
        # An address that has no domain at all is what it is.
        self.assertEqual({"no-relationship": 8}, {word: count for word, count in told["reasons"].items() if word == "no-relationship"})
        self.assertIn("none is visible", told["trouble"])

    def test_an_entry_that_cannot_be_read_stops_nobody_else(self):
        told = rows_of(self.site(ldap={"attributes": {"msExchRemoteRecipientType": "displayName"}}))
        self.assertTrue(told["complete"])
        names = self.site(ldap={"attributes": {"msExchRemoteRecipientType": "sAMAccountName"}})
        told = rows_of(names)
        self.assertEqual({"directory-down": told["recipients"]}, told["reasons"])
        self.assertRegex(told["rows"][-1]["what"], "^sAMAccountName of (?i:cn)=.* is no number$")

    def test_the_whole_forest_in_the_global_catalog(self):
        forest = Forest(self, self.authority)
        told = rows_of(self.site(forest.server, ldap=forest.ldap()))
        self.assertEqual((forest.catalog.url(), None, True), (told["source"], told["base"], told["complete"]))
        self.assertEqual(sum("mailnickname" in entry.attributes for entry in forest.entries), told["recipients"])


class OddServers(unittest.TestCase):
    """In front of a real one, and of another mind where it is asked for pages."""

    @classmethod
    def setUpClass(cls):
        cls.authority = certificates.authority(cls)
        cls.slapd = slapd.start(cls, authority=cls.authority, people_given=[contoso.moved(f"crowd{n}") for n in range(CROWD)])

    def reports(self, instead):
        """Each format, of a directory where `instead(peer, message, page)` answers what asks for a page."""
        def paged(peer, message):
            page = ldap_pages.asked(message) if message.operation == ldap_bytes.SEARCH_REQUEST else None
            return page is not None and instead(peer, message, page)
        fake = fake_directory.start(self, fake_directory.relaying(self.slapd.ldaps_port, paged), self.authority)
        made = ldap_site.site(self, fake, ca_file=self.authority.ca_file)
        return {name: made.command("audit", "--format", name) for name in FORMATS}

    def expect_incomplete(self, instead, words, recipients=None):
        reports = self.reports(instead)
        for name, ended in reports.items():
            self.assertEqual(DOWN, ended.returncode, name)
            self.assertRegex(ended.stderr, f"^eas451: incomplete: .*{words}")
        told = json.loads(reports["json"].stdout)
        self.assertFalse(told["complete"])
        self.assertRegex(told["trouble"], words)
        self.assertRegex(reports["table"].stdout, f"\nINCOMPLETE: .*{words}")
        self.assertRegex(reports["table"].stdout, "findings? so far; these are not all recipients\n$")
        self.assertRegex(reports["csv"].stdout, f"\nincomplete,incomplete,,,,,,,,[^\n]*{words}[^\n]*,\n$")
        if recipients is not None:
            self.assertEqual(recipients, told["recipients"])

    def test_a_server_that_is_lost_in_the_middle(self):
        def lost(peer, _, page):
            if not page[1]:
                return False
            peer.reset()
            raise fake_directory.Ended
        self.expect_incomplete(lost, "closed the connection", 1000)

    def test_the_same_page_again_and_again(self):
        def same(peer, message, _):
            peer.send(ldap_bytes.search_entry(message.id, "CN=same", [("mailNickname", ["same"]), ("homeMDB", ["CN=DB"])]))
            peer.send(ldap_pages.done(message, b"more"))
            return True
        self.expect_incomplete(same, "gives the same page again and again")

    def test_empty_pages_without_end(self):
        def empty(peer, message, page):
            peer.send(ldap_pages.done(message, str(int(page[1] or b"0") + 1).encode()))
            return True
        self.expect_incomplete(empty, "gives empty pages without end", 0)

    def test_a_server_that_knows_no_pages(self):
        def refuses(peer, message, _):
            peer.answer(message, ldap_bytes.SEARCH_DONE, code=12, diagnostic="no such control")
            return True

        def ignores(peer, message, _):
            peer.answer(message, ldap_bytes.SEARCH_DONE)
            return True
        self.expect_incomplete(refuses, r"does not give results in pages \(RFC 2696\)", 0)
        self.expect_incomplete(ignores, "does not say whether there are more pages", 0)

    def test_more_than_a_page_may_have(self):
        def floods(peer, message, page):
            for number in range(page[0] + 1):
                peer.send(ldap_bytes.search_entry(message.id, f"CN={number}", [("mailNickname", ["x"])]))
            peer.send(ldap_pages.done(message))
            return True
        self.expect_incomplete(floods, "Size limit exceeded", 0)

    def test_a_limit_of_the_servers_own(self):
        def limits(peer, message, page):
            if not page[1]:
                return False
            peer.answer(message, ldap_bytes.SEARCH_DONE, code=3)
            return True
        self.expect_incomplete(limits, "Time limit exceeded", 1000)
