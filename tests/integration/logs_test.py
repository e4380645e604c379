# SPDX-License-Identifier: Apache-2.0
"""The access log in both formats and on both destinations, its rotation, and that no log holds a secret."""
import base64
import json
import re
import signal
import unittest

from support import contoso
from support.admin import metric, metrics
from support.phone import Phone, basic, eas, get
from support.server import site, start, w3c, wait_until

FIELDS = ("#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
          "sc-status sc-substatus sc-win32-status time-taken")
JSON_KEYS = ("time client method path command protocol_version device_id device_type user_agent auth login login_form "
             "recipient recipient_type decision reason location status eas_status directory_server directory_requests "
             "directory_ms total_ms bytes_in bytes_out request_id").split()


def lines_of(path, count):
    """The whole lines of a log file once there are so many."""
    def enough():
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = text.split("\n")
        return lines[:-1] if len(lines) - 1 >= count and lines[-1] == "" else None
    return wait_until(enough, f"{count} lines in {path.name}")


class W3c(unittest.TestCase):
    def test_the_columns_of_a_redirect_on_stdout(self):
        server = start(self, contoso.config(), contoso.directory())
        request = eas("CONTOSO\\user12", "Passw0rd!user12", agent="Apple iPad \"2\"\t\xe9", body=b"b" * 10)
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(request).status)
        line = w3c(server.all_access_lines()[0])
        self.assertRegex(f"{line.date} {line.time}", r"^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$")
        self.assertEqual(("127.0.0.1", "POST", "/Microsoft-Server-ActiveSync"), (line.s_ip, line.method, line.stem))
        self.assertEqual((str(server.https), "CONTOSO\\user12", "127.0.0.1"), (line.s_port, line.username, line.c_ip))
        self.assertEqual(("Apple+iPad+%222%22%09%E9", "451", "0", "0"),
                         (line.user_agent, line.status, line.substatus, line.win32))
        self.assertRegex(line.time_taken, "^[0-9]+$")
        self.assertRegex(line.query, (
            r"^User=user12&DeviceId=RSUA4U03JH48LAS6T7BD2TENV0&DeviceType=iPad&Cmd=Ping&Log=RdirTo:"
            r"TryToFigureOutEasEndpoint%3bhttps%3a%2f%2foutlook\.office365\.com%2fMicrosoft-Server-ActiveSync_V141_"
            r"LdapC[0-9]+_LdapL[0-9]+_UserInfo:MailUser_(Dc:[^_]+_)?Rsn:redirected_$"))
        head = server.out.all()
        self.assertEqual(["#Software: eas451", "#Version: 1.0"], head[:2])
        self.assertEqual(FIELDS, head[3])

    def test_a_refusal_is_logged_as_the_seed_shows_it(self):
        server = start(self, contoso.config(redirect={"mode": "off"}), contoso.directory())
        with Phone(server) as phone:
            self.assertEqual(200, phone.ask(eas(cmd="Sync")).status)
        line = w3c(server.all_access_lines()[0])
        for item in ("_V141_", "_UserInfo:MailUser_", "_S123_Error:UserHasNoMailbox_", "_Rsn:redirect-off_"):
            self.assertIn(item, line.query.replace("Log=", "Log=_"))

    def test_a_base64_query_is_logged_decoded(self):
        server = start(self, contoso.config(), contoso.directory())
        query = base64.b64encode(b"\x8d\x12\x09\x04\x03abc\x00\x04iPad\x08\x04a b&").decode()
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas(target=f"/Microsoft-Server-ActiveSync?{query}", version=None)).status)
        line = w3c(server.all_access_lines()[0])
        self.assertTrue(line.query.startswith("Cmd=Ping&User=a%20b%26&DeviceId=abc&DeviceType=iPad&Log="), line.query)

    def test_sigusr1_after_a_rename_begins_a_new_file(self):
        server = start(self, contoso.config(access_log={"path": "access.log"}), contoso.directory())
        path, kept = server.site.folder / "access.log", server.site.folder / "access.log.1"
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            before = lines_of(path, 5)
            path.rename(kept)
            server.signal(signal.SIGUSR1)
            server.err.wait_for("logs reopened")
            self.assertEqual(404, phone.ask(get("/new")).status)
            after = lines_of(path, 5)
        server.stop()
        self.assertEqual((before, after), (lines_of(kept, 5), lines_of(path, 5)))
        for lines, status in ((before, "451"), (after, "404")):
            self.assertEqual(5, len(lines))
            self.assertEqual(FIELDS, lines[3])
            self.assertEqual(status, w3c(lines[4]).status)
        self.assertEqual(0, path.stat().st_mode & 0o007, "readable by everybody")

    def test_off_writes_nothing_anywhere(self):
        server = start(self, contoso.config(access_log="off"), contoso.directory())
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            server.signal(signal.SIGUSR1)
            server.err.wait_for("logs reopened")
            self.assertEqual(404, phone.ask(get("/x")).status)
        self.assertEqual(0, metric(server, "eas451_dropped_log_lines_total"))
        files = sorted(path.name for path in server.site.folder.iterdir())
        self.assertEqual(["directory.json", "eas451.yaml", "tls.crt", "tls.key"], files)
        server.stop()
        self.assertEqual([], server.out.all())

    def test_a_log_that_cannot_be_opened_is_told_at_start(self):
        ended = site(self, contoso.config(access_log={"path": "no-such-folder/access.log"}),
                     contoso.directory()).command("serve")
        self.assertEqual(69, ended.returncode, ended.stderr)
        self.assertIn("no-such-folder", ended.stderr)


class Json(unittest.TestCase):
    def test_every_key_and_its_value(self):
        server = start(self, contoso.config(access_log={"format": "json", "path": "access.json"}), contoso.directory())
        agent = "\x01 \"quoted\\\" \xe9"
        requests = [eas(body=b"b" * 10), eas("nobody@contoso.com", agent='"\\ \xe9\t'), eas("anna@contoso.com"),
                    eas(None, method="OPTIONS", version=None), get("/x")]
        with Phone(server) as phone:
            sizes = [len(phone.ask(request).raw) for request in requests]
            self.assertEqual(400, phone.ask(eas(agent=agent)).status)
        server.stop()
        records = [json.loads(line) for line in lines_of(server.site.folder / "access.json", 6)]
        self.assertEqual(6, len(records))
        for record in records:
            self.assertEqual(JSON_KEYS, list(record))
        moved, unknown, home, options, other, bad = records
        expected = {
            "client": "127.0.0.1", "method": "POST", "path": "/Microsoft-Server-ActiveSync", "command": "Ping",
            "protocol_version": "14.1", "device_id": "RSUA4U03JH48LAS6T7BD2TENV0", "device_type": "iPad",
            "user_agent": "Apple-iPad2C2/1202.440", "auth": "basic", "login": "user12@contoso.com",
            "login_form": "upn", "recipient": "user12@contoso.com", "recipient_type": "MailUser",
            "decision": "redirect", "reason": "redirected", "location": contoso.OFFICE_365, "status": 451,
            "eas_status": None, "bytes_in": len(requests[0]), "bytes_out": sizes[0]}
        self.assertEqual(expected, {key: moved[key] for key in expected})
        self.assertRegex(moved["time"], r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$")
        self.assertEqual((None, None, None, "not-found", 401),
                         tuple(unknown[key] for key in ("recipient", "recipient_type", "location", "reason", "status")))
        self.assertEqual(("no-exchange-server", 200, 111, "UserMailbox"),
                         tuple(home[key] for key in ("reason", "status", "eas_status", "recipient_type")))
        self.assertEqual(("OPTIONS", None, None, "none", None),
                         tuple(options[key] for key in ("method", "command", "protocol_version", "auth", "login")))
        self.assertEqual(("unknown-path", 404, None), tuple(other[key] for key in ("reason", "status", "command")))
        self.assertEqual(("bad-request", 400), (bad["reason"], bad["status"]))
        self.assertEqual(6, len({record["request_id"] for record in records}))

    def test_the_diagnostic_log_as_json(self):
        server = start(self, contoso.config(log={"format": "json", "level": "debug"}), contoso.directory(), admin=True)
        server.stop()
        for line in server.err.all():
            self.assertEqual(["time", "level", "message"], list(json.loads(line)))


class Secrets(unittest.TestCase):
    CANARY = "KanarienVogel-77"

    def test_no_password_and_no_token_in_any_log(self):
        directory = contoso.directory({**contoso.person("tweety"), "password": self.CANARY})
        config = contoso.config(access_log={"format": "json", "path": "access.json"}, log={"level": "debug"})
        server = start(self, config, directory)
        token = base64.b64encode(self.CANARY.encode()).decode()
        right = basic("tweety@contoso.com", self.CANARY)
        headers = [right, right.replace("Basic", "bAsIc"), basic("user12@contoso.com", self.CANARY),
                   basic("nobody", self.CANARY), basic("", self.CANARY), basic("*", self.CANARY),
                   f"Basic {token}", f"Bearer {self.CANARY}", f"Negotiate {token}", f"Basic {token}!",
                   f"Basic {self.CANARY}", self.CANARY, right + "\x01"]
        requests = [eas(authorization=value) for value in headers]
        requests += [eas(authorization=right, fields=[f"Authorization: Bearer {self.CANARY}"]),
                     eas(authorization=right, target="/elsewhere"), eas(authorization=right, http="HTTP/3.0"),
                     eas(authorization=right, fields=["Transfer-Encoding: chunked"]) + b"zz\r\n"]
        for request in requests:
            with Phone(server) as phone:
                self.assertIn(phone.ask(request).status, (200, 400, 401, 404))
        seen = metrics(server)
        server.reload()
        server.site.write("directory.json", json.dumps(directory).replace('"users"', '"users "'))
        server.reload("nothing was changed")
        server.site.write("directory.json", json.dumps(directory).replace("tweety@", "tweety\\u0001@"))
        server.reload("nothing was changed")
        server.stop()
        log = (server.site.folder / "access.json").read_text(encoding="utf-8")
        self.assertEqual(len(requests), log.count("\n"))
        texts = {"stdout": server.out.text(), "stderr": server.err.text(), "access log": log, "metrics": seen,
                 "check": server.site.command("check").stdout,
                 "config show": server.site.command("config", "show").stdout}
        secrets = [self.CANARY, token.rstrip("="), right.split()[1].rstrip("=")]
        for name, text in texts.items():
            for secret in secrets:
                self.assertNotIn(secret.lower(), text.lower(), name)
            self.assertFalse(re.search("passw0rd!", text, re.IGNORECASE), name)


if __name__ == "__main__":
    unittest.main()
