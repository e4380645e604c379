# SPDX-License-Identifier: Apache-2.0
"""/api/v1 of the admin listener: what it tells, what it does, and who is refused."""
import json
import re
import signal
import socket
import threading
import time
import unittest

from support import contoso, fake_exchange, golden
from support.admin import ask, metric
from support.phone import Phone, Wire, basic, connect, eas, get
from support.server import command, make_certificate, start, wait_until

READS = ("/api/v1/explain?login=user12", "/api/v1/relationships", "/api/v1/status", "/api/v1/config")
CHANGES = ("/api/v1/reload", "/api/v1/cache/flush")
UTC = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z\Z")


def told(server, path, status=200, **options):
    """The object of an answer."""
    answer = ask(server, path, **options)
    if (answer.status, answer.all("Content-Type")) != (status, ["application/json"]):
        raise AssertionError(answer.raw)
    return json.loads(answer.body)


def post(server, path, status=200, **options):
    return told(server, path, status, method="POST", **options)


class Reads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start(cls, contoso.config(), contoso.directory())

    def test_every_answer_is_one_object_that_nobody_keeps(self):
        for path in READS:
            with self.subTest(path):
                answer = ask(self.server, path)
                self.assertEqual(200, answer.status)
                self.assertEqual((["no-store"], ["nosniff"]),
                                 (answer.all("Cache-Control"), answer.all("X-Content-Type-Options")))
                self.assertIsInstance(json.loads(answer.body), dict)
                head = ask(self.server, path, method="HEAD")
                self.assertEqual((200, b""), (head.status, head.body))

    def test_methods(self):
        for path in READS:
            answer = ask(self.server, path, method="POST")
            self.assertEqual((405, ["GET, HEAD"]), (answer.status, answer.all("Allow")), path)
        for path in CHANGES:
            for method in ("GET", "HEAD", "PUT", "OPTIONS"):
                answer = ask(self.server, path, method=method)
                self.assertEqual((405, ["POST"]), (answer.status, answer.all("Allow")), path)
        self.assertIsNone(told(self.server, "/api/v1/status")["last_reload"])

    def test_status(self):
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            status = told(self.server, "/api/v1/status")
        self.assertEqual(command("version", "--json").stdout and status["version"],
                         json.loads(command("version", "--json").stdout)["version"])
        self.assertRegex(status["started"], UTC)
        self.assertGreaterEqual(status["uptime_seconds"], 0)
        expected = {"ready": True, "draining": False, "redirect": {"mode": "on", "only_users": 0}, "workers": 2, "connections": 1,
                    "directory": {"type": "file", "file": str(self.server.site.folder / "directory.json"), "servers": []},
                    "exchange": None, "dropped_log_lines": 0, "last_reload": None,
                    "organization_relationships": {"count": 5, "from_servers": False, "age_seconds": None, "readable": True}}
        self.assertEqual(expected, {name: status[name] for name in expected})
        certificate, = status["certificates"]
        self.assertEqual(("127.0.0.1:0", str(self.server.site.folder / "tls.crt")), (certificate["listener"], certificate["file"]))
        self.assertIn("mail.contoso.com", certificate["names"])
        self.assertRegex(certificate["expires"], UTC)
        stamp = metric(self.server, f'eas451_certificate_expiry_timestamp_seconds{{listener="127.0.0.1:{self.server.https}"}}')
        self.assertEqual(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(stamp)), certificate["expires"])

    def test_relationships(self):
        answer = ask(self.server, "/api/v1/relationships").body.decode()
        golden.check(self, "api_relationships.txt", answer)
        by_name = {each["name"]: each for each in json.loads(answer)["relationships"]}
        self.assertEqual((contoso.OFFICE_365, None, "configuration", "14.0"),
                         tuple(by_name["Office 365"][key] for key in ("location", "why_no_location", "source",
                                                                      "minimum_protocol_version")))
        self.assertEqual(("directory", "16.1"), (by_name["Strict"]["source"], by_name["Strict"]["minimum_protocol_version"]))
        for name in ("Targetless", "Ourselves"):
            self.assertIsNone(by_name[name]["location"])
            self.assertTrue(by_name[name]["why_no_location"] and by_name[name]["notes"])

    def test_config_is_that_of_the_command(self):
        self.assertEqual(json.loads(self.server.site.command("config", "show", "--json").stdout),
                         told(self.server, "/api/v1/config"))

    def test_explain_tells_what_the_command_tells(self):
        for query, arguments in (("login=user12@contoso.com", ["user12@contoso.com"]),
                                 ("login=CONTOSO%5Cforest7&command=Ping&protocol_version=16.1",
                                  ["CONTOSO\\forest7", "--command", "Ping", "--protocol-version", "16.1"]),
                                 ("login=strict&method=OPTIONS", ["strict", "--method", "OPTIONS"]),
                                 ("login=anna&user_agent=A+B%2FC&device_type=iPad",
                                  ["anna", "--user-agent", "A B/C", "--device-type", "iPad"]),
                                 ("login=disabled", ["disabled"]), ("login=nobody", ["nobody"]), ("login=bob", ["bob"])):
            with self.subTest(query):
                from_command = json.loads(self.server.site.command("explain", *arguments, "--json").stdout)
                from_server = told(self.server, "/api/v1/explain?" + query)
                self.assertEqual(list(from_command), list(from_server))
                self.assertEqual({**from_command, "directory_ms": 0}, {**from_server, "directory_ms": 0})

    def test_explain_of_no_login_name(self):
        explanation = told(self.server, "/api/v1/explain?login=a%20b%22%3C")
        self.assertEqual(("not-found", 'a b"<'), (explanation["outcome"], explanation["login"]))
        self.assertIn("no login name", explanation["trouble"])

    def test_explain_of_what_nobody_can_ask(self):
        for query, words in (("", "login: whose"), ("login=", "login: whose"), ("login=u&login=v", "twice"), ("login=%zz", "%"),
                             ("login=%ff", "UTF-8"), ("login=u&x=1", "no parameter x"), ("login=u&method=GET", "method"),
                             ("login=u&method=POST&command=Sync", "excludes"), ("login=u&command=Sync1", "command: not"),
                             ("login=u&protocol_version=new", "protocol_version: not")):
            with self.subTest(query):
                refused = told(self.server, "/api/v1/explain?" + query, status=400)
                self.assertEqual(["error"], list(refused))
                self.assertIn(words, refused["error"])
        self.assertEqual(414, ask(self.server, "/api/v1/explain?login=" + "u" * 9000).status)

    def test_pages_of_other_sites_are_refused(self):
        own = f"127.0.0.1:{self.server.admin}"
        for fields, status in (((f"Origin: http://{own}", "Sec-Fetch-Site: same-origin"), 200), (("Sec-Fetch-Site: none",), 200),
                               (("Origin: null",), 403), (("Origin: http://evil.example",), 403),
                               ((f"Origin: http://localhost:{self.server.admin}",), 403), (("Origin: http://127.0.0.1",), 403),
                               (("Sec-Fetch-Site: cross-site",), 403), (("Sec-Fetch-Site: same-site",), 403),
                               ((f"Origin: http://{own}", "Origin: http://evil.example"), 403)):
            with self.subTest(fields):
                self.assertEqual(status, ask(self.server, "/api/v1/cache/flush", own, "POST", fields).status)
                self.assertEqual(status, ask(self.server, "/api/v1/status", own, fields=fields).status)
        for path in CHANGES:
            self.assertEqual(403, ask(self.server, path, "evil.example", "POST").status)
        # What a form of another page would send: refused whatever its body says.
        form = get("/api/v1/reload", own, "POST", ("Origin: https://evil.example", "Content-Length: 3",
                                                   "Content-Type: application/x-www-form-urlencoded")) + b"a=b"
        with Wire(connect(self.server.admin)) as wire:
            self.assertEqual(403, wire.ask(form).status)
        self.assertIsNone(told(self.server, "/api/v1/status")["last_reload"])

    def test_it_answers_on_one_connection_in_order(self):
        with Wire(connect(self.server.admin)) as wire:
            for _ in range(3):
                wire.send(b"".join(get(path, "localhost") for path in READS))
                self.assertEqual([200] * len(READS), [wire.read().status for _ in READS])


class Guarded(unittest.TestCase):
    def test_with_a_password_nothing_is_told_without_it(self):
        made = command("hash-password", stdin="Admin-Passw0rd\n").stdout
        server = start(self, contoso.config(admin={"bind": "127.0.0.1:0", "password_hash_file": "admin.hash"}),
                       contoso.directory(), {"admin.hash": made})
        for path in (*READS, *CHANGES):
            self.assertEqual(401, ask(server, path).status)
            self.assertEqual(401, ask(server, path, method="POST").status)
        self.assertEqual(200, ask(server, "/readyz").status)
        right = (f"Authorization: {basic('admin', 'Admin-Passw0rd')}",)
        wait_until(lambda: ask(server, "/api/v1/status", fields=right).status == 200, "the right password to be taken")
        self.assertEqual("applied", post(server, "/api/v1/reload", fields=right)["outcome"])

    def test_over_a_unix_socket(self):
        server = start(self, contoso.config(admin={"unix": "admin.sock"}), contoso.directory())
        with socket.socket(socket.AF_UNIX) as plain:
            plain.settimeout(60)
            plain.connect(str(server.site.folder / "admin.sock"))
            wire = Wire(plain)
            self.assertEqual("redirected", json.loads(wire.ask(get(READS[0], "x")).body)["reason"])
            self.assertEqual(200, wire.ask(get("/api/v1/reload", "x", "POST")).status)
            self.assertEqual(403, wire.ask(get("/api/v1/reload", "x", "POST", ("Origin: http://y",))).status)


class Reload(unittest.TestCase):
    def setUp(self):
        self.server = start(self, contoso.config(), contoso.directory())

    def change(self, **sections):
        self.server.site.write_config(contoso.config(**sections))

    def phone(self):
        with Phone(self.server) as phone:
            return phone.ask(eas()).status

    def test_it_has_ended_when_it_is_answered(self):
        self.change(redirect={"mode": "off"})
        report = post(self.server, "/api/v1/reload")
        self.assertEqual({"outcome": "applied", "mistakes": [], "mistakes_count": 0, "needs_restart": [], "redirect_mode": "off"},
                         {name: value for name, value in report.items() if name != "time"})
        self.assertRegex(report["time"], UTC)
        self.assertEqual(200, self.phone())
        status = told(self.server, "/api/v1/status")
        self.assertEqual("off", status["redirect"]["mode"])
        self.assertEqual({name: report[name] for name in status["last_reload"]}, status["last_reload"])
        self.assertEqual(1, metric(self.server, 'eas451_config_reload_total{outcome="ok"}'))

    def test_what_needs_a_restart_is_named(self):
        self.change(workers=3, redirect={"mode": "report"},
                    listeners=[{"bind": "127.0.0.2:0", "tls": {"certificate": "tls.crt", "key": "tls.key"}}])
        report = post(self.server, "/api/v1/reload")
        self.assertEqual(("applied", ["listeners.bind", "workers"], "report"),
                         (report["outcome"], report["needs_restart"], report["redirect_mode"]))
        self.assertEqual(2, told(self.server, "/api/v1/status")["workers"])

    def test_a_bad_file_changes_nothing(self):
        self.change(redirect={"mode": "sideways"}, frobnicate=1)
        report = post(self.server, "/api/v1/reload", status=422)
        self.assertEqual(("refused", 2, "on"), (report["outcome"], report["mistakes_count"], report["redirect_mode"]))
        self.assertEqual(2, len(report["mistakes"]))
        self.assertRegex("\n".join(report["mistakes"]), r"eas451\.yaml:[0-9]+:[0-9]+: ")
        self.assertEqual(451, self.phone())
        self.assertEqual("refused", told(self.server, "/api/v1/status")["last_reload"]["outcome"])
        self.server.err.wait_for("reload: nothing was changed")

    def test_of_very_many_mistakes_some_are_named_and_all_are_counted(self):
        self.change(**{f"frobnicate{number}": 1 for number in range(200)})
        report = post(self.server, "/api/v1/reload", status=422)
        self.assertEqual((200, 50), (report["mistakes_count"], len(report["mistakes"])))

    def test_who_asks_while_one_is_under_way_shares_the_next(self):
        enough = threading.Barrier(8)
        reports = []

        def reload():
            enough.wait(60)
            reports.append(post(self.server, "/api/v1/reload")["outcome"])

        threads = [threading.Thread(target=reload) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(["applied"] * 8, reports)
        done = metric(self.server, 'eas451_config_reload_total{outcome="ok"}')
        self.assertTrue(2 <= done <= 8, done)

    def test_sighup_is_reported_too(self):
        self.server.reload()
        self.assertEqual("applied", told(self.server, "/api/v1/status")["last_reload"]["outcome"])


class Drain(unittest.TestCase):
    def test_a_server_that_stops_says_so_and_reloads_nothing(self):
        server = start(self, contoso.config(limits={"drain": "1h", "body": "1h"}), contoso.directory())
        request = eas(body=b"b" * 100)
        with Phone(server) as busy:
            busy.send(eas() + request[:-50]).read()
            server.signal(signal.SIGTERM)
            server.err.wait_for("stopping")
            status = told(server, "/api/v1/status")
            self.assertEqual((True, False, 1), (status["draining"], status["ready"], status["connections"]))
            self.assertEqual({"outcome": "stopping"}, post(server, "/api/v1/reload", status=503))
            busy.ask(request[-50:])
        server.wait_for_exit(0)


class InFrontOfExchange(unittest.TestCase):
    def setUp(self):
        self.authority = fake_exchange.authority(self)
        self.exchange = fake_exchange.start(self, self.authority)
        self.server = start(self, self.exchange.config(), contoso.directory())

    def anna(self):
        return told(self.server, "/api/v1/explain?login=anna")

    def test_its_state_is_known_and_counts(self):
        server, = told(self.server, "/api/v1/status")["exchange"]["servers"]
        self.assertEqual({"server": self.exchange.url, "up": True, "why_down": None}, server)
        self.assertEqual(("proxy", "proxied"), tuple(self.anna()[key] for key in ("decision", "reason")))
        self.exchange.stop()
        with Phone(self.server) as phone:
            phone.ask(eas("anna@contoso.com"))
        wait_until(lambda: told(self.server, "/api/v1/status")["exchange"]["servers"][0]["up"] is False, "it is down")
        self.assertTrue(told(self.server, "/api/v1/status")["exchange"]["servers"][0]["why_down"])
        explanation = self.anna()
        self.assertEqual(("exchange-down", 111), (explanation["reason"], explanation["eas_status"]))

    def test_a_reload_ends_after_the_first_look_at_exchange(self):
        second = fake_exchange.start(self, self.authority)
        self.server.site.write_config(second.config())
        self.assertEqual("applied", post(self.server, "/api/v1/reload")["outcome"])
        server, = told(self.server, "/api/v1/status")["exchange"]["servers"]
        self.assertEqual((second.url, True), (server["server"], server["up"]))


class Remembered(unittest.TestCase):
    def test_flush_of_a_directory_file(self):
        """Of a file nothing is remembered but passwords that have a hash."""
        made = command("hash-password", stdin="Passw0rd!hanna\n").stdout.strip()
        hanna = contoso.moved("hanna", password=None, password_hash=made)
        del hanna["password"]
        server = start(self, contoso.config(), contoso.directory(hanna))
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas("hanna@contoso.com")).status)
            self.assertEqual({"recipients": 0, "passwords": 1}, post(server, "/api/v1/cache/flush"))
            self.assertEqual({"recipients": 0, "passwords": 0}, post(server, "/api/v1/cache/flush"))
            self.assertEqual(451, phone.ask(eas("hanna@contoso.com")).status)
        server.err.wait_for("cache: 0 recipients and 1 passwords forgotten")


class Tls(unittest.TestCase):
    def test_the_admin_certificate_is_in_the_status(self):
        tls = {"certificate": "tls.crt", "key": "tls.key"}
        server = start(self, contoso.config(admin={"bind": "127.0.0.1:0", "tls": tls}), contoso.directory(), make_certificate())
        with Phone(server, port=server.admin) as admin:
            status = json.loads(admin.ask(get("/api/v1/status", "localhost")).body)
            own = f"localhost:{server.admin}"
            self.assertEqual(200, admin.ask(get("/api/v1/cache/flush", own, "POST", (f"Origin: https://{own}",))).status)
        self.assertEqual(["127.0.0.1:0", "admin"], [each["listener"] for each in status["certificates"]])


if __name__ == "__main__":
    unittest.main()
