# SPDX-License-Identifier: Apache-2.0
"""The admin listener: health, metrics, who may ask, and that it answers whatever the workers do."""
import concurrent.futures
import shutil
import signal
import socket
import stat
import subprocess
import threading
import unittest

from support import contoso
from support.admin import ask, metric, metrics
from support.phone import Phone, Wire, basic, connect, context, eas, get
from support.server import PATIENCE, command, make_certificate, site, start, wait_until

# All that the contract names, but for directory_up and exchange_up: here are no servers to be up or down.
METRICS = ("requests_total decisions_total request_seconds directory_requests_total directory_request_seconds "
           "cache_lookups_total auth_total binds_suppressed_total connections tls_handshakes_total "
           "dropped_log_lines_total config_reload_total certificate_expiry_timestamp_seconds build_info").split()


class Admin(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start(cls, contoso.config(), contoso.directory())

    def test_healthz_and_readyz(self):
        for path in ("/healthz", "/readyz"):
            answer = ask(self.server, path)
            self.assertEqual((200, ["no-store"]), (answer.status, answer.all("Cache-Control")))
            self.assertEqual([], answer.all("Server") + answer.all("Strict-Transport-Security"))
            self.assertEqual(200, ask(self.server, path, method="HEAD").status)

    def test_what_is_not_there(self):
        for path in ("/", "/api/v1", "/api/v1/status/", "/api/v1/Status", "/metrics/", "/Microsoft-Server-ActiveSync"):
            self.assertEqual(404, ask(self.server, path).status)
        for path in ("/healthz", "/readyz", "/metrics"):
            answer = ask(self.server, path, method="POST")
            self.assertEqual((405, ["GET, HEAD"]), (answer.status, answer.all("Allow")))

    def test_host_must_be_the_bound_name_or_loopback(self):
        for host in ("127.0.0.1", f"127.0.0.1:{self.server.admin}", "localhost", "LOCALHOST:9451", "[::1]:1"):
            self.assertEqual(200, ask(self.server, "/healthz", host).status, host)
        for host in ("evil.example", "127.0.0.1.evil.example", "mail.contoso.com", "localhost.evil.example:9451",
                     "127.0.0.2"):
            for path in ("/healthz", "/metrics", "/x"):
                self.assertEqual(403, ask(self.server, path, host).status, host)

    def test_bad_requests(self):
        for request in (b"GET /healthz\r\n\r\n", b"GET /healthz HTTP/1.1\r\n\r\n", b"\r\n\r\n", b"\x16\x03\x01\n\n"):
            with Wire(connect(self.server.admin)) as wire:
                answer = wire.ask(request)
                self.assertEqual((400, True), (answer.status, answer.closes()))
        self.assertEqual(200, ask(self.server, "/healthz").status)

    def test_promtool_finds_nothing_wrong(self):
        promtool = shutil.which("promtool")
        self.assertIsNotNone(promtool, "promtool is in Debian's package prometheus")
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
        checked = subprocess.run([promtool, "check", "metrics"], input=metrics(self.server), text=True,
                                 timeout=PATIENCE, capture_output=True, check=False)
        self.assertEqual((0, "", ""), (checked.returncode, checked.stdout, checked.stderr))

    def counted(self):
        """A request is counted when its answer is out, so a moment after a phone has it."""
        return [metric(self.server, series) for series in (
            'eas451_requests_total{command="Ping",decision="redirect",method="POST"}',
            'eas451_decisions_total{reason="redirected"}', "eas451_request_seconds_count")]

    def wait_until_nobody_is_connected(self):
        wait_until(lambda: metric(self.server, "eas451_connections") == 0, "the phones to be gone")

    def test_every_metric_of_the_contract(self):
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
        self.wait_until_nobody_is_connected()
        text = metrics(self.server)
        for name in METRICS:
            self.assertRegex(text, rf"(?m)^# HELP eas451_{name} .", name)
            self.assertRegex(text, rf"(?m)^eas451_{name}(_bucket|_count)?({{[^}}]*}})? [0-9]", name)
        for line in text.splitlines():
            self.assertTrue(line.startswith(("# HELP eas451_", "# TYPE eas451_", "eas451_")), line)

    def test_metrics_count_and_name_no_user_device_or_path(self):
        self.wait_until_nobody_is_connected()
        before = self.counted()
        with Phone(self.server) as phone:
            for _ in range(3):
                self.assertEqual(451, phone.ask(eas()).status)
            self.assertEqual(404, phone.ask(get("/secret-path", method="BREW")).status)
            self.assertEqual(200, phone.ask(eas("nina@contoso.com", cmd="Search")).status)
            self.assertEqual(1, metric(self.server, "eas451_connections"))
        self.wait_until_nobody_is_connected()
        self.assertEqual([before[0] + 3, before[1] + 3, before[2] + 5], self.counted())
        text = metrics(self.server)
        for word in ("user12", "nina", "contoso", "RSUA4U03JH48LAS6T7BD2TENV0", "secret-path", "BREW", "iPad"):
            self.assertNotIn(word.lower(), text.lower())

    def test_it_answers_while_the_workers_are_busy(self):
        enough = threading.Event()

        def call(_):
            with Phone(self.server) as phone:
                while not enough.is_set():
                    phone.send(eas(body=b"b" * 1000) * 50)
                    for _ in range(50):
                        phone.read()

        with concurrent.futures.ThreadPoolExecutor(4) as callers:
            calls = [callers.submit(call, i) for i in range(4)]
            try:
                for _ in range(20):
                    self.assertEqual(200, ask(self.server, "/readyz").status)
                    self.assertEqual(200, ask(self.server, "/metrics").status)
            finally:
                enough.set()
            for each in calls:
                each.result(PATIENCE)


class OtherAdmins(unittest.TestCase):
    def test_a_unix_socket_and_the_healthcheck_command(self):
        limits = {"drain": "1h", "body": "1h"}
        server = start(self, contoso.config(admin={"unix": "admin.sock"}, limits=limits), contoso.directory())
        path = server.site.folder / "admin.sock"
        mode = path.stat().st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(0, mode & 0o007)
        with socket.socket(socket.AF_UNIX) as plain:
            plain.settimeout(PATIENCE)
            plain.connect(str(path))
            self.assertEqual(200, Wire(plain).ask(get("/metrics", "whatever")).status)
        self.assertEqual(0, server.site.command("healthcheck").returncode)
        with Phone(server) as busy:
            request = eas(body=b"b" * 100)
            busy.send(eas() + request[:-50]).read()
            server.signal(signal.SIGTERM)
            server.err.wait_for("stopping")
            self.assertEqual(1, server.site.command("healthcheck").returncode)
            busy.ask(request[-50:])
        server.wait_for_exit(0)
        ended = server.site.command("healthcheck")
        self.assertEqual((1, ""), (ended.returncode, ended.stdout))
        self.assertIn("eas451: ", ended.stderr)

    def test_the_healthcheck_command_over_tcp(self):
        server = start(self, contoso.config(), contoso.directory())
        asking = site(self, contoso.config(admin={"bind": f"127.0.0.1:{server.admin}"}))
        self.assertEqual(0, asking.command("healthcheck").returncode)
        self.assertEqual(1, site(self, contoso.config(admin="off")).command("healthcheck").returncode)
        server.stop()
        self.assertEqual(1, asking.command("healthcheck").returncode)

    def test_a_password_is_asked_for(self):
        made = command("hash-password", stdin="Admin-Passw0rd\n").stdout
        server = start(self, contoso.config(admin={"bind": "127.0.0.1:0", "password_hash_file": "admin.hash"}),
                       contoso.directory(), {"admin.hash": made})

        def status(*fields):
            return ask(server, "/metrics", fields=fields).status

        refused = ask(server, "/metrics")
        self.assertEqual((401, ['Basic realm="eas451 admin", charset="UTF-8"']),
                         (refused.status, refused.all("WWW-Authenticate")))
        right = f"Authorization: {basic('admin', 'Admin-Passw0rd')}"
        # One slow check a second at most: a right password may have to come again.
        self.assertEqual(401, status(f"Authorization: {basic('admin', 'wrong')}"))
        wait_until(lambda: status(right) == 200, "the right password to be taken")
        self.assertEqual(200, status(right))
        for user in ("", "a name", "a*b", "x" * 300, "CN=a,DC=b"):
            self.assertEqual(200, status(f"Authorization: {basic(user, 'Admin-Passw0rd')}"), user)
        for password in ("", "Admin-Passw0rd\0", "Admin-Passw0rd\0x"):
            self.assertEqual(401, status(f"Authorization: {basic('admin', password)}"))
        self.assertEqual(401, status(f"Authorization: {basic('admin', 'wrong')}"))
        self.assertEqual(401, status("Authorization: Bearer x"))
        self.assertEqual(200, status(right))

    def test_tls(self):
        tls = {"certificate": "tls.crt", "key": "tls.key"}
        server = start(self, contoso.config(admin={"bind": "127.0.0.1:0", "tls": tls}), contoso.directory(),
                       make_certificate())
        with Phone(server, context(), port=server.admin) as admin:
            self.assertEqual(200, admin.ask(get("/readyz", "localhost")).status)
        asking = site(self, contoso.config(admin={"bind": f"127.0.0.1:{server.admin}", "tls": tls}))
        self.assertEqual(0, asking.command("healthcheck").returncode)

    def test_off(self):
        server = start(self, contoso.config(admin="off"), contoso.directory(), admin=False)
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
        server.stop()
        self.assertNotIn("admin on", server.err.text())


if __name__ == "__main__":
    unittest.main()
