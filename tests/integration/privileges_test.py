# SPDX-License-Identifier: Apache-2.0
"""`user:` when the server is started as root: it binds, becomes that user for good, and can still do all it has to."""
import grp
import pathlib
import pwd
import shutil
import signal
import subprocess
import unittest

from support import contoso
from support.low_ports import a_free_one
from support.phone import Phone, eas
from support.server import IS_ROOT, PATIENCE, Server, Site, make_certificate, site, wait_until

USER = "nobody"


def status_of_threads(pid):
    """/proc/PID/status of every thread."""
    return [dict(line.split(":", 1) for line in path.read_text(encoding="ascii").splitlines())
            for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status")]


def as_user(*arguments, folder):
    return subprocess.run(["setpriv", f"--reuid={USER}", "--regid=nogroup", "--clear-groups", *map(str, arguments)],
                          check=False, capture_output=True, text=True, timeout=PATIENCE, cwd=folder)


@unittest.skipUnless(IS_ROOT, "only root has privileges to drop")
class Drop(unittest.TestCase):
    def serve(self, wrapper=(), but=(), **sections):
        """A server that root starts, in a folder that belongs to the user `but` for these files, which are root's."""
        made = Site(contoso.config(**{"lab": None, "user": USER, **sections}), contoso.directory(), make_certificate())
        self.addCleanup(made.remove)
        for path in (made.folder, *made.folder.iterdir()):
            if path.name in but:
                path.chmod(0o600)
            else:
                shutil.chown(path, USER)
        server = Server(made, wrapper=wrapper)
        self.addCleanup(server.stop)
        return server

    def test_a_low_port_is_bound_and_nothing_of_root_is_left_in_any_thread(self):
        listener = {**contoso.config()["listeners"][0], "bind": f"127.0.0.1:{a_free_one()}"}
        server = self.serve(listeners=[listener]).wait_until_listening()
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            threads = status_of_threads(server.process.pid)
            self.assertGreater(len(threads), 3)
            account = pwd.getpwnam(USER)
            for status in threads:
                self.assertEqual([str(account.pw_uid)] * 4, status["Uid"].split())
                self.assertEqual([str(account.pw_gid)] * 4, status["Gid"].split())
                self.assertEqual({str(account.pw_gid)}, set(status["Groups"].split()))
                self.assertEqual([0, 0, 0, 0], [int(status[kind], 16) for kind in ("CapEff", "CapPrm", "CapInh", "CapAmb")])
                self.assertEqual("1", status["NoNewPrivs"].strip())

    def test_it_has_the_groups_that_the_machine_gives_the_user(self):
        made = self.serve(wrapper=self.with_a_group("ssl-cert-test", 64999)).wait_until_listening()
        for status in status_of_threads(made.process.pid):
            self.assertEqual({str(pwd.getpwnam(USER).pw_gid), "64999"}, set(status["Groups"].split()))

    def with_a_group(self, name, number):
        """A wrapper in whose /etc/group the user is in one more group."""
        folder = site(self, None).folder
        lines = [":".join((entry.gr_name, "x", str(entry.gr_gid), ",".join(entry.gr_mem))) for entry in grp.getgrall()]
        path = folder / "group"
        path.write_text("\n".join([*lines, f"{name}:x:{number}:{USER}", ""]), encoding="utf-8")
        self.require_mounts()
        return ("unshare", "-m", "sh", "-c", 'mount --bind "$1" /etc/group && shift && exec "$@"', "sh", str(path))

    def require_mounts(self):
        if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
            self.skipTest("no mount namespace is permitted")

    def test_the_group_of_root_is_69(self):
        server = self.serve(wrapper=self.with_a_group("root2", 0))
        server.wait_for_exit(69)
        self.assertIn("in the group of root", server.err.text())

    def test_what_cannot_be_dropped_is_69(self):
        for missing in ("setuid", "setgid"):
            with self.subTest(missing):
                server = self.serve(wrapper=("setpriv", f"--bounding-set=-{missing}", f"--inh-caps=-{missing}"))
                server.wait_for_exit(69)
                self.assertIn(f"cannot become user {USER}", server.err.text())
                self.assertNotIn("listening", server.err.text())

    def test_somebody_else_than_root_is_69(self):
        made = site(self, contoso.config(lab=None, user=USER), contoso.directory(), make_certificate())
        for path in (made.folder, *made.folder.iterdir()):
            shutil.chown(path, "daemon")
        server = Server(made, wrapper=("setpriv", "--reuid=daemon", "--regid=nogroup", "--clear-groups"))
        server.wait_for_exit(69)
        self.assertIn(f"cannot become user {USER}", server.err.text())

    def test_a_setting_that_would_keep_the_way_back_is_69(self):
        """With no_setuid_fixup the kernel keeps the capabilities of who becomes a user."""
        server = self.serve(wrapper=("setpriv", "--securebits=+no_setuid_fixup"))
        server.wait_for_exit(69)
        self.assertIn("could become root again", server.err.text())

    def test_root_without_user_or_with_root_as_user_is_78(self):
        for user, text in ((None, "user: required"), ("root", "user: root is root")):
            ended = site(self, contoso.config(lab=None, user=user), contoso.directory(), make_certificate()).command("serve")
            self.assertEqual(78, ended.returncode)
            self.assertIn(text, ended.stderr)

    def test_a_reload_and_the_logs_work_as_the_user(self):
        server = self.serve(access_log={"path": "access.log"}).wait_until_listening()
        log = server.site.folder / "access.log"
        self.assertEqual(USER, log.owner())
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
            server.site.write_config(contoso.config(lab=None, user=USER, redirect={"mode": "off"}, access_log={"path": "access.log"}))
            server.reload()
            self.assertEqual(200, phone.ask(eas()).status)
            wait_until(lambda: "redirect-off" in log.read_text(encoding="utf-8"), "both lines are written")
            log.rename(server.site.folder / "access.log.1")
            server.signal(signal.SIGUSR1)
            server.err.wait_for("logs reopened")
            self.assertEqual(200, phone.ask(eas()).status)
            wait_until(lambda: log.exists() and "redirect-off" in log.read_text(encoding="utf-8"), "the new log")
        self.assertEqual(USER, log.owner())
        server.stop()

    def test_what_the_user_cannot_read_is_told_and_a_reload_changes_nothing(self):
        server = self.serve(but={"tls.key"}).wait_until_listening()
        server.err.wait_for("tls.key cannot be read by user nobody: a reload will fail")
        server.reload("nothing was changed")
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)

    def test_the_admin_socket_is_the_users(self):
        server = self.serve(admin={"unix": "admin.sock"}).wait_until_listening()
        path = server.site.folder / "admin.sock"
        status = path.lstat()
        self.assertEqual((USER, 0o660), (path.owner(), status.st_mode & 0o777))
        asked = as_user("curl", "--silent", "--show-error", "--unix-socket", "admin.sock", "http://localhost/readyz",
                        folder=server.site.folder)
        self.assertEqual(("ready\n", ""), (asked.stdout, asked.stderr))
        server.stop()
        self.assertFalse(path.exists())


if __name__ == "__main__":
    unittest.main()
