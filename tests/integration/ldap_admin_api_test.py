# SPDX-License-Identifier: Apache-2.0
"""/api/v1 in front of a real OpenLDAP: what explain costs there, what it shows, and what a flush makes forget."""
import json
import select
import signal
import statistics
import threading
import time
import unittest

from support import certificates, ldap_site, slapd
from support.admin import ask
from support.ldap_site import REDIRECTED, call, cost, short
from support.phone import Phone, Wire, connect, get
from support.server import wait_until

EXPLAIN = "/api/v1/explain?login="
USER12 = "user12@contoso.com"
MOST_EXPLAINS = 16
# What an explanation on an idle connection may take.
BAR_MS = 50.0


def told(server, path, status=200, method="GET"):
    answer = ask(server, path, method=method)
    if answer.status != status:
        raise AssertionError(answer.raw)
    return json.loads(answer.body)


def flush(server, status=200):
    return told(server, "/api/v1/cache/flush", status, "POST")


class Asked(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.slapd = slapd.start(cls)
        # What it reads of its own accord it has read before the first test, and then not again.
        cls.server = ldap_site.start(cls, cls.slapd, organization_relationships={"from_directory": True, "refresh": "30m"})
        cls.server.err.wait_for("directory: lockout policy: ")

    def phone(self, login=USER12, password=None):
        with Phone(self.server) as phone:
            return short(phone.ask(call(login, password)))

    def test_an_explanation_is_one_search_and_no_bind_on_the_connection_that_is_there(self):
        before = self.slapd.mark()
        explanation = told(self.server, EXPLAIN + USER12)
        done = self.slapd.operations(since=before)
        self.assertEqual([("search", True)], [(each.kind, f"={USER12})" in each.filter) for each in done])
        earlier = {each.connection for each in self.slapd.operations()[:before]}
        self.assertIn(done[0].connection, earlier)
        self.assertEqual((self.slapd.url(), 0, None, "accepted", "redirected"),
                         tuple(explanation[key] for key in ("source", "age_seconds", "trouble", "outcome", "reason")))

    def test_how_long_it_takes(self):
        """The figure is what it takes beyond its search; here all of it has to take less than that."""
        with Wire(connect(self.server.admin)) as wire:
            wire.ask(get(EXPLAIN + USER12, "localhost"))
            before, took = self.slapd.mark(), []
            for _ in range(50):
                started = time.monotonic()
                self.assertEqual(200, wire.ask(get(EXPLAIN + USER12, "localhost")).status)
                took.append((time.monotonic() - started) * 1000)
        self.assertEqual((50, 0), cost(self.slapd, before))
        print(f"figure: explain on an idle connection, its one search included: {statistics.median(took):.1f} ms (median), "
              f"{max(took):.1f} ms at most")
        self.assertLess(statistics.median(took), BAR_MS)

    def test_it_shows_what_is_true_now_and_phones_are_told_the_same_from_then_on(self):
        login = "moved001@contoso.com"
        self.assertEqual(REDIRECTED, self.phone(login))
        self.slapd.modify(f"dn: {self.slapd.operations('bind')[-1].name}\nchangetype: modify\nreplace: targetAddress\ntargetAddress: SMTP:x@nowhere.example\n")
        self.assertEqual(REDIRECTED, self.phone(login), "from memory")
        self.assertEqual("no-relationship", told(self.server, EXPLAIN + login)["reason"])
        self.assertEqual(ldap_site.NO_MAILBOX, self.phone(login))

    def test_who_is_nobody_is_asked_about_too(self):
        for login, outcome in (("nobody@contoso.com", "not-found"), ("bob", "ambiguous")):
            before = self.slapd.mark()
            for _ in range(2):
                explanation = told(self.server, EXPLAIN + login)
                self.assertEqual((outcome, 401), (explanation["outcome"], explanation["status"]))
            self.assertEqual((2, 0), cost(self.slapd, before), "neither is answered from memory")

    def test_status_names_the_servers(self):
        status = told(self.server, "/api/v1/status")
        self.assertEqual({"type": "ldap", "file": None, "servers": [{"server": self.slapd.url(), "up": True}]}, status["directory"])
        relationships = status["organization_relationships"]
        self.assertEqual((True, True), (relationships["from_servers"], relationships["readable"]))
        self.assertGreaterEqual(relationships["age_seconds"], 0)
        listed = told(self.server, "/api/v1/relationships")
        self.assertEqual(relationships["count"], len(listed["relationships"]))
        self.assertIn("Office 365", [each["name"] for each in listed["relationships"] if each["source"] == "directory"])
        notes = json.dumps([each["notes"] for each in listed["relationships"]])
        for words in ("is also in", "disabled, which governs", "no usable target_owa_url"):
            self.assertIn(words, notes)

    def test_a_flush_forgets_recipients_and_right_passwords(self):
        self.assertEqual(REDIRECTED, self.phone("moved002@contoso.com"))
        forgotten = flush(self.server)
        self.assertGreaterEqual(min(forgotten["recipients"], forgotten["passwords"]), 1)
        self.assertEqual({"recipients": 0, "passwords": 0}, flush(self.server))
        before = self.slapd.mark()
        self.assertEqual([REDIRECTED, REDIRECTED], [self.phone("moved002@contoso.com") for _ in range(2)])
        self.assertEqual((1, 1), cost(self.slapd, before))

    def test_a_flush_does_not_forget_which_passwords_are_wrong(self):
        login = "moved003@contoso.com"
        self.assertEqual(ldap_site.NOBODY, self.phone(login, "wrong"))
        flush(self.server)
        before = self.slapd.mark()
        self.assertEqual(ldap_site.NOBODY, self.phone(login, "wrong"))
        self.assertEqual(0, self.slapd.binds(since=before))


class Gone(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = certificates.authority(cls)

    def test_without_a_directory_it_says_from_when_its_answer_is(self):
        directory = slapd.start(self, authority=self.authority)
        server = ldap_site.start(self, directory, deadline="2s")
        with Phone(server) as phone:
            self.assertEqual(REDIRECTED, short(phone.ask(call())))
        directory.kill()
        wait_until(lambda: not ldap_site.is_up(server, directory), "it is down")
        self.assertEqual([{"server": directory.url(), "up": False}], told(server, "/api/v1/status")["directory"]["servers"])
        explanation = told(server, EXPLAIN + USER12)
        self.assertEqual(("memory, since no LDAP server could be asked", "redirected"),
                         (explanation["source"], explanation["reason"]))
        self.assertGreaterEqual(explanation["age_seconds"], 0)
        self.assertIn(directory.url(), explanation["trouble"])
        unknown = told(server, EXPLAIN + "moved001@contoso.com")
        self.assertEqual(("unavailable", "directory-down", None, "LDAP, where no server could be asked"),
                         tuple(unknown[key] for key in ("outcome", "reason", "age_seconds", "source")))
        self.assertTrue(unknown["summary"].startswith("The directory of all users cannot be asked at the moment."))
        # What is remembered is all there is.
        self.assertIn("no directory server is up", flush(server, 409)["error"])
        with Phone(server) as phone:
            self.assertEqual(REDIRECTED, short(phone.ask(call())))

    def test_explanations_that_wait_are_few_and_nobody_else_waits(self):
        directory = slapd.start(self, authority=self.authority)
        server = ldap_site.start(self, directory, deadline="5s")
        directory.pause()
        answers = []

        def explain(number):
            answers.append(ask(server, f"{EXPLAIN}user{number}@contoso.com"))

        threads = [threading.Thread(target=explain, args=(number,)) for number in range(MOST_EXPLAINS + 5)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(answers) >= 5, "those for whom there is no place are told so at once")
        refused = answers[:5]
        self.assertEqual([(503, ["1"], ["error"])] * 5,
                         [(each.status, each.all("Retry-After"), list(json.loads(each.body))) for each in refused])
        started = time.monotonic()
        for path in ("/readyz", "/metrics", "/api/v1/status", "/api/v1/relationships"):
            self.assertEqual(200, ask(server, path).status)
        self.assertLess(time.monotonic() - started, 2.0)
        for thread in threads:
            thread.join(60)
        self.assertEqual(["directory-down"] * MOST_EXPLAINS, [json.loads(each.body)["reason"] for each in answers[5:]])
        directory.resume()
        wait_until(lambda: told(server, EXPLAIN + USER12)["reason"] == "redirected", "it goes on")

    def test_a_server_that_stops_ends_with_explanations_on_their_way(self):
        directory = slapd.start(self, authority=self.authority)
        server = ldap_site.start(self, directory, deadline="2s")
        directory.pause()
        wires = [Wire(connect(server.admin)) for _ in range(MOST_EXPLAINS + 1)]
        for wire in wires:
            self.addCleanup(wire.close)
            wire.send(get(EXPLAIN + USER12, "localhost"))
        answered, _, _ = select.select([wire.socket for wire in wires], [], [], 60)
        refused = next(wire for wire in wires if wire.socket in answered)
        self.assertEqual(503, refused.read().status, "all others wait")
        server.signal(signal.SIGTERM)
        server.wait_for_exit(0)


if __name__ == "__main__":
    unittest.main()
