# SPDX-License-Identifier: Apache-2.0
"""The service of systemd: how exposed systemd's own judge finds it, and that the server works inside its sandbox."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from support import contoso, ldap_site, low_ports, sandbox, slapd
from support.admin import ask
from support.ldap_site import REDIRECTED, call, short
from support.phone import Phone, eas
from support.server import BINARY, PATIENCE, ROOT, Server, Site, make_certificate

UNIT = ROOT / "config" / "eas451.service"
EXPOSURE = 2.0
NET_BIND_SERVICE = 1 << 10


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", "--no-pager", *map(str, arguments)], check=False, capture_output=True,
                          text=True, timeout=PATIENCE)


class Judged(unittest.TestCase):
    def test_systemd_finds_little_exposed(self):
        judged = analyze("security", "--offline=true", UNIT)
        found = re.search(r"Overall exposure level for eas451\.service: ([0-9.]+)", judged.stdout)
        self.assertIsNotNone(found, judged.stdout + judged.stderr)
        print(f"figure: systemd-analyze security: exposure {found.group(1)}, at most {EXPOSURE}")
        self.assertLessEqual(float(found.group(1)), EXPOSURE)

    def test_systemd_understands_every_line(self):
        """With the binary where it is now: systemd looks whether there is one."""
        text = UNIT.read_text(encoding="utf-8")
        self.assertEqual(["/usr/bin/eas451 serve"], sandbox.settings(UNIT)["ExecStart"])
        with tempfile.TemporaryDirectory(prefix="eas451-test-") as folder:
            moved = pathlib.Path(folder, UNIT.name)
            moved.write_text(text.replace("/usr/bin/eas451", str(BINARY)), encoding="utf-8")
            judged = analyze("verify", moved)
            self.assertEqual((0, ""), (judged.returncode, judged.stderr))
            moved.write_text(moved.read_text(encoding="utf-8").replace("NoNewPrivileges", "NoNewPrivilege"),
                             encoding="utf-8")
            self.assertIn("NoNewPrivilege", analyze("verify", moved).stderr)


@unittest.skipIf(os.environ.get("EAS451_SANITIZER"), "a sanitizer needs more than the sandbox gives")
class Inside(unittest.TestCase):
    """The server as the service runs it, as a user of its own on a port below 1024."""

    def setUp(self):
        sandbox.require()

    def serve(self, config, directory=None, files=None):
        made = Site(config, directory, {**make_certificate(), **(files or {})})
        self.addCleanup(made.remove)
        writable = made.folder / "logs"
        writable.mkdir()
        for path in (made.folder, *made.folder.iterdir()):
            shutil.chown(path, sandbox.USER, sandbox.USER_GROUP)
        server = Server(made, wrapper=sandbox.wrapper(UNIT, writable))
        self.addCleanup(server.stop)
        return server

    def start(self, config, directory=None, files=None):
        return self.serve(config, directory, files).wait_until_listening()

    @staticmethod
    def config(**sections):
        bind = f"127.0.0.1:{low_ports.a_free_one()}"
        return contoso.config(**{
            "lab": None, "access_log": {"path": "logs/access.log"},
            "listeners": [{"bind": bind, "tls": {"certificate": "tls.crt", "key": "tls.key"}}], **sections})

    def test_it_is_confined_and_serves_and_reloads(self):
        config = self.config(user=sandbox.USER)
        server = self.start(config, contoso.directory())
        status = dict(line.split(":", 1) for line in
                      pathlib.Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii").splitlines())
        self.assertEqual(["1", "2"], [status["NoNewPrivs"].strip(), status["Seccomp"].strip()])
        self.assertGreaterEqual(int(status["Seccomp_filters"]), 2)
        for kind in ("CapEff", "CapPrm", "CapBnd"):
            self.assertEqual(0, int(status[kind], 16) & ~NET_BIND_SERVICE, kind)
        self.assertNotIn("0", status["Uid"].split() + status["Gid"].split() + status["Groups"].split())
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            server.site.write_config({**config, "redirect": {"mode": "off"}})
            server.reload()
            self.assertEqual(200, phone.ask(eas()).status)
            server.site.write_config("{")
            server.reload("nothing was changed")
            self.assertEqual(200, phone.ask(eas()).status)
            (server.site.folder / "logs" / "access.log").rename(server.site.folder / "logs" / "access.log.1")
            server.signal(signal.SIGUSR1)
            server.err.wait_for("logs reopened")
        self.assertEqual(200, ask(server, "/readyz").status)
        server.stop()
        self.assertTrue((server.site.folder / "logs" / "access.log").exists())

    def test_what_it_may_not_write_it_cannot(self):
        server = self.serve(self.config(access_log={"path": "access.log"}), contoso.directory())
        server.wait_for_exit(69)
        self.assertIn("Read-only file system", server.err.text())

    def test_it_reaches_a_directory_by_name_and_an_admin_socket(self):
        directory = slapd.start(self)
        server = self.start(
            {**ldap_site.config(directory, ldap={"servers": [directory.url(host="localhost")],
                                                 "ca_file": "ca.pem"}),
             **{key: self.config()[key] for key in ("listeners", "access_log")}, "lab": False,
             "admin": {"unix": "logs/admin.sock"}},
            files={"ca.pem": pathlib.Path(directory.ca_file).read_text(encoding="ascii"), **ldap_site.SECRET})
        server.err.wait_for("organization relationships: ")
        with Phone(server) as phone:
            self.assertEqual(REDIRECTED, short(phone.ask(call())))
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(PATIENCE)
            admin.connect(str(server.site.folder / "logs" / "admin.sock"))
            admin.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            self.assertTrue(admin.recv(4096).startswith(b"HTTP/1.1 200"))


if __name__ == "__main__":
    unittest.main()
