# SPDX-License-Identifier: Apache-2.0
"""log.trace_users: the requests of named users, step by step in the log, until log.trace_for is over."""
import json
import re
import unittest

from support import certificates, contoso, fake_exchange, ldap_site, slapd
from support.phone import Phone, eas
from support.server import start

LONG = "72h"


def logged(users, lasts="1h", **more):
    return {"trace_users": users, "trace_for": lasts, **more}


class TraceUsers(unittest.TestCase):
    def start(self, log, **sections):
        return start(self, contoso.config(log=log, access_log={"format": "json"}, **sections), contoso.directory())

    def ask(self, server, *requests):
        """The statuses; their lines are in the log by then."""
        with Phone(server) as phone:
            statuses = [phone.ask(request).status for request in requests]
            phone.finish()
        return statuses

    def traces(self, server):
        """The lines of each traced request, without what is before the colon."""
        found = {}
        for line in server.err.all():
            match = re.search(r" trace ([0-9a-f]{16}): (.*)$", line)
            if match:
                found.setdefault(match.group(1), []).append(match.group(2))
        return found

    def requests(self, server):
        """Of the access log."""
        return [json.loads(line) for line in server.out.all() if line.startswith("{")]

    def test_a_request_is_told_from_its_head_to_its_end(self):
        server = self.start(logged(["user12@contoso.com"], level="error"))
        server.err.wait_for(r'trace: begins for "user12@contoso\.com"; it ends by itself after 60 min \(log\.trace_for\)')
        secret = "Canary-cookie-4711"
        request = eas("user12@contoso.com", cmd="Sync", fields=(f"Cookie: {secret}", f"X-Own: {secret}", "Accept: text/x-own"))
        self.assertEqual([451, 451], self.ask(server, request, eas("CONTOSO\\user12", "Passw0rd!user12")))
        server.err.wait_for("trace [0-9a-f]{16}: end: ", 2)
        server.out.wait_for('"request_id"', 2)
        traces = self.traces(server)
        ids = [record["request_id"] for record in self.requests(server)]
        self.assertEqual(set(ids), set(traces))
        lines = traces[ids[0]]
        self.assertRegex(lines[0], r'^"POST" "/Microsoft-Server-ActiveSync" from 127\.0\.0\.1 to 127\.0\.0\.1:[0-9]+: Cmd "Sync", '
                                   r'User "[^"]*", DeviceId "[^"]+", DeviceType "[^"]+", version 14\.1$')
        self.assertIn(f"Cookie ({len(secret)} bytes, not shown); X-Own ({len(secret)} bytes, not shown); Accept \"text/x-own\"", lines[1])
        self.assertRegex(lines[1], r"; Authorization \([0-9]+ bytes, not shown\)")
        self.assertRegex(lines[2], r'^login "user12@contoso\.com" \(basic, upn\): accepted, "')
        steps = [line for line in lines if line.startswith("step ")]
        self.assertEqual(["request", "login", "recipient", "mailbox location", "redirect mode", "remote routing address",
                          "organization relationship", "target OWA URL", "EAS URL", "protocol version", "answer"],
                         [line[5:].partition(":")[0] for line in steps])
        self.assertEqual(f"answer: 451; X-MS-Location: {contoso.OFFICE_365}; Cache-Control: private; a body of 0 bytes", lines[-2])
        self.assertRegex(lines[-1], r"^end: 451 redirected after [0-9.]+ ms, of which the directory took [0-9.]+ ms; "
                                    r"[0-9]+ bytes in, [0-9]+ out$")
        everything = server.err.text()
        for hidden in (secret, "Passw0rd", request.split(b"Basic ")[1].split(b"\r\n")[0].decode("ascii")):
            self.assertNotIn(hidden, everything)

    def test_nobody_else_is(self):
        server = self.start(logged(["user12@contoso.com"]))
        self.assertEqual([451, 401, 401, 200], self.ask(
            server, eas("forest7@contoso.com"), eas("nobody@contoso.com"), eas("user12@contoso.com.example", "x"), eas("anna@contoso.com")))
        # A login that is refused is known by what was typed alone, and this is another name of his.
        self.assertEqual([401], self.ask(server, eas("CONTOSO\\user12", "wrong")))
        self.assertEqual([451], self.ask(server, eas("CONTOSO\\USER12", "Passw0rd!user12")), "accepted, he is known by any of his names")
        server.err.wait_for("end: 451 redirected ")
        self.assertEqual(1, len(self.traces(server)))

    def test_a_login_that_fails_is_known_as_it_was_typed(self):
        server = self.start(logged(["user12", "ghost@contoso.com"]))
        self.assertEqual([401, 401, 401], self.ask(server, eas("user12", "wrong"), eas("ghost@contoso.com", "x"), eas("user12@contoso.com", "wrong")))
        server.err.wait_for("end: 401 ", 2)
        self.assertEqual(["bad-credentials", "not-found"], [lines[2].split("): ")[1].split(";")[0] for lines in self.traces(server).values()])

    def test_a_token_is_not_told(self):
        server = self.start(logged(["user12@contoso.com"]))
        token = "Canary.token.4711"
        self.assertEqual([401, 401], self.ask(server, eas("user12@contoso.com", authorization=f"Bearer {token}"),
                                              eas("anna@contoso.com", authorization=f"Bearer {token}")))
        server.err.wait_for("end: 401 no-credentials ")
        (lines,) = self.traces(server).values()
        self.assertIn('login "" (bearer): not-checked', lines[2])
        self.assertNotIn(token, server.err.text())

    def test_it_ends_by_itself(self):
        server = self.start(logged(["user12"], "1s"))
        server.err.wait_for('trace: begins for "user12"; it ends by itself after 1 s')
        server.err.wait_for('trace: ended for "user12": log.trace_for is over')
        self.assertEqual([451], self.ask(server, eas("user12")))
        self.assertEqual({}, self.traces(server))
        # A reload that changes nothing of it does not begin anew, one that does, does.
        server.site.write_config(contoso.config(log=logged(["user12"], "1s"), redirect={"mode": "report"}))
        server.reload()
        self.assertEqual(1, server.err.text().count("trace: begins"))
        server.site.write_config(contoso.config(log=logged(["user12", "anna"], LONG)))
        server.reload()
        server.err.wait_for('trace: begins for "anna", "user12"; it ends by itself after 4320 min')
        self.assertEqual([451], self.ask(server, eas("user12")))
        server.err.wait_for("end: 451 redirected")

    def test_a_reload_that_changes_nothing_goes_on_and_one_without_ends(self):
        server = self.start(logged(["user12"]))
        server.reload()
        self.assertEqual([451], self.ask(server, eas("user12")))
        server.err.wait_for("end: 451 redirected")
        self.assertEqual((1, 0), tuple(server.err.text().count(f"trace: {word}") for word in ("begins", "ended")))
        server.site.write_config(contoso.config())
        server.reload()
        server.err.wait_for('trace: ended for "user12": by a reload')
        self.assertEqual([451], self.ask(server, eas("user12")))
        self.assertEqual(1, len(self.traces(server)))

    def test_one_that_is_passed_on(self):
        exchange = fake_exchange.start(self, certificates.authority(self))
        server = start(self, exchange.config(log=logged(["anna@contoso.com"])), contoso.directory())
        self.assertEqual([200, 451], self.ask(server, eas("anna@contoso.com"), eas("user12@contoso.com")))
        server.err.wait_for("end: 200 proxied")
        (lines,) = self.traces(server).values()
        self.assertIn(f"passed on: {exchange.url} answered 200", lines)
        self.assertNotIn("Passw0rd", server.err.text())

    def test_what_a_directory_was_asked(self):
        directory = slapd.start(self)
        server = ldap_site.start(self, directory, log=logged(["user12@contoso.com"]))
        self.assertEqual([451, 451], self.ask(server, *[eas("user12@contoso.com")] * 2))
        server.err.wait_for("end: 451 redirected", 2)
        cold, warm = self.traces(server).values()
        self.assertRegex(cold[2], rf'accepted, "cn=User 12,[^"]*"; asked {directory.url()}, 2 requests, [0-9.]+ ms; '
                                  r'base "DC=contoso,DC=com", filter "\(&.*userPrincipalName=user12@contoso\.com.*\)"$')
        self.assertTrue(warm[2].endswith("; no server was asked"), warm[2])
        self.assertNotIn("Passw0rd", server.err.text())
        self.assertNotIn(slapd.SERVICE_PASSWORD, server.err.text())

    def test_a_line_has_its_limit(self):
        server = self.start(logged(["user12@contoso.com"]))
        fields = [f"X-{'n' * 60}{number}: {'v' * 20}" for number in range(80)] + ["Accept: " + "\u00e4" * 150]
        self.assertEqual([451], self.ask(server, eas("user12@contoso.com", fields=fields)))
        server.err.wait_for("end: 451 redirected")
        (lines,) = self.traces(server).values()
        self.assertLessEqual(max(len(line.encode()) for line in lines), 4096)
        self.assertTrue(lines[1].endswith(" ..."))


if __name__ == "__main__":
    unittest.main()
