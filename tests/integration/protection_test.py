# SPDX-License-Identifier: Apache-2.0
"""What must not be got past: one opinion about where a request ends, the admin password across reloads,
files that are not ours, secrets that stay behind, and ends that come at a bad time."""
import base64
import os
import pathlib
import signal
import socket
import stat
import subprocess
import unittest

from support import contoso, memory
from support.admin import ask
from support.phone import Phone, basic, eas, get
from support.server import IS_ROOT, Server, command, make_certificate, site, start, wait_until


class OneOpinionAboutFraming(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start(cls, contoso.config(), contoso.directory())

    def test_a_body_is_never_read_as_a_head(self):
        inner = get("/Microsoft-Server-ActiveSync/healthcheck.htm")
        body = b"Content-Length: 0\r\n\r\n" + inner
        for field in ("Proxy-Connection: keep alive", "Proxy-Connection: \"x", "Upgrade: a b", "Keep-Alive: \"",
                      "Trailer: ,;,", "TE: \"", "Content-Encoding: a b"):
            with self.subTest(field), Phone(self.server) as phone:
                phone.send(eas(method="OPTIONS", cmd=None, version=None, body=body, fields=(field,)) + eas())
                self.assertEqual([451, 451], [phone.read().status, phone.read().status])
                phone.finish()

    def test_no_control_byte_in_a_chunk_extension(self):
        for line in (b'1;a="\n"', b'1;a="x\nGET /evil HTTP/1.1\n"', b'1;a="\x00"', b'1;a="\x01\x7f"'):
            for body in (line + b"\r\nx\r\n0\r\n\r\n", b"1\r\nx\r\n0" + line[1:] + b"\r\n\r\n"):
                with self.subTest(body), Phone(self.server) as phone:
                    answer = phone.ask(eas(fields=("Transfer-Encoding: chunked",), body=body))
                    self.assertEqual((400, True), (answer.status, answer.closes()))

    def test_a_body_of_chunk_lines_is_not_read_without_end(self):
        body = b"1\r\nx\r\n" * 200000
        with Phone(self.server) as phone:
            answer = phone.ask(eas(fields=("Transfer-Encoding: chunked",), body=body))
            self.assertEqual((451, True), (answer.status, answer.closes()))

    def test_a_connection_option_is_a_name(self):
        for value in ("a b", "\"x", "close\"", "a;b", "a=b", "{}"):
            with self.subTest(value), Phone(self.server) as phone:
                answer = phone.ask(eas(fields=(f"Connection: {value}",)))
                self.assertEqual((400, True), (answer.status, answer.closes()))
        with Phone(self.server) as phone:
            self.assertEqual(451, phone.ask(eas(fields=("Connection: , keep-alive,, TE",))).status)
            phone.finish()


class Admin(unittest.TestCase):
    def test_a_reload_takes_no_protection_from_an_address_that_stays(self):
        made = command("hash-password", stdin="Admin-Passw0rd\n").stdout
        server = start(self, contoso.config(admin={"bind": "127.0.0.1:0", "password_hash_file": "admin.hash"}),
                       contoso.directory(), {"admin.hash": made})
        self.assertEqual(401, ask(server, "/metrics").status)
        server.site.write_config(contoso.config(admin={"bind": "127.0.0.1:1"}))
        server.reload()
        self.assertIn("admin changed, which needs a restart", server.err.text())
        self.assertEqual(401, ask(server, "/metrics").status)

    def test_probes_need_no_password(self):
        made = command("hash-password", stdin="Admin-Passw0rd\n").stdout
        server = start(self, contoso.config(admin={"bind": "127.0.0.1:0", "password_hash_file": "admin.hash"}),
                       contoso.directory(), {"admin.hash": made})
        for path in ("/healthz", "/readyz"):
            self.assertEqual(200, ask(server, path).status)
        asking = site(self, contoso.config(admin={"bind": f"127.0.0.1:{server.admin}", "password_hash_file": "admin.hash"}),
                      files={"admin.hash": made})
        self.assertEqual(0, asking.command("healthcheck").returncode)

    def test_only_a_dead_socket_is_removed(self):
        made = site(self, contoso.config(admin={"unix": "admin.sock"}), contoso.directory())
        path = made.write("admin.sock", "mine")
        refused = made.command("serve")
        self.assertEqual(69, refused.returncode)
        self.assertEqual("mine", path.read_text(encoding="utf-8"))
        path.unlink()
        with socket.socket(socket.AF_UNIX) as living:
            living.bind(str(path))
            living.listen()
            self.assertEqual(69, made.command("serve").returncode)
            self.assertTrue(stat.S_ISSOCK(path.lstat().st_mode))


class Files(unittest.TestCase):
    def test_a_key_of_somebody_else_is_never_overwritten(self):
        made = site(self, contoso.config(), contoso.directory(), {"tls.key": "somebody else's\n"})
        self.assertEqual(69, made.command("serve").returncode)
        self.assertEqual("somebody else's\n", (made.folder / "tls.key").read_text(encoding="utf-8"))

    def test_what_would_be_waited_for_is_refused(self):
        made = site(self, contoso.config())
        os.mkfifo(made.folder / "directory.json")
        refused = made.command("serve")
        self.assertEqual(78, refused.returncode)
        self.assertIn("directory.json", refused.stderr)

    def test_a_key_with_a_passphrase_is_an_error_and_not_a_question(self):
        pair = make_certificate()
        locked = site(self, contoso.config(), contoso.directory(), pair)
        subprocess.run(["openssl", "ec", "-in", "tls.key", "-aes128", "-passout", "pass:abcd", "-out", "tls.key"],
                       cwd=locked.folder, check=True, capture_output=True, timeout=30)
        refused = locked.command("serve")
        self.assertEqual(69, refused.returncode)
        self.assertIn("tls.key", refused.stderr)


@unittest.skipUnless(IS_ROOT, "only root may read the memory of the server")
class Secrets(unittest.TestCase):
    def test_no_password_stays_in_memory(self):
        secret = "Canary-Passw0rd-9f3b71c2"
        server = start(self, contoso.config(workers=1), contoso.directory())
        with Phone(server) as phone:
            # A password that is wrong, so that the directory does not know it either.
            self.assertEqual(401, phone.ask(eas(password=secret)).status)
            needles = [secret.encode(), base64.b64encode(f"user12@contoso.com:{secret}".encode())[4:-4]]
            memory.wait_until_gone(server.process.pid, needles, 10.0)
            phone.finish()


class Ends(unittest.TestCase):
    def test_signals_for_a_running_server_do_not_end_one_that_starts(self):
        people = [contoso.moved(f"many{i}") for i in range(20000)]
        made = site(self, contoso.config(), contoso.directory(*people))
        server = Server(made)
        self.addCleanup(server.stop)
        # From the first moment it is there until it listens: the start is what is hit.
        while "listening on" not in server.err.text():
            self.assertIsNone(server.process.poll(), server.err.text())
            try:
                if b"eas451" in pathlib.Path(f"/proc/{server.process.pid}/cmdline").read_bytes() and self._ignores_both(server):
                    server.signal(signal.SIGHUP)
                    server.signal(signal.SIGUSR1)
            except OSError:
                pass
        server.wait_until_listening()

    @staticmethod
    def _ignores_both(server):
        """Whether main has come as far as serve(): before that a signal means what it always does."""
        handled = 0
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(("SigIgn:", "SigCgt:")):
                    handled |= int(line.split()[1], 16)
        both = 1 << (signal.SIGHUP - 1) | 1 << (signal.SIGUSR1 - 1)
        return handled & both == both

    def test_a_question_that_outlives_its_deadline_outlives_nothing_else(self):
        made = command("hash-password", stdin="Passw0rd!slow\n").stdout.strip()
        slow = contoso.moved("slow", password_hash=made)
        del slow["password"]
        server = start(self, contoso.config(directory={"type": "file", "file": "directory.json", "deadline": "100ms"}),
                       contoso.directory(slow))
        phones = [Phone(server) for _ in range(8)]
        for phone in phones:
            phone.send(eas("slow@contoso.com"))
        for phone in phones:
            self.assertIn(phone.read().status, (451, 200))
            phone.close()
        server.stop()

    def test_late_answers_are_an_outage(self):
        made = command("hash-password", stdin="Passw0rd!slow\n").stdout.strip()
        slow = contoso.moved("slow", password_hash=made)
        del slow["password"]
        server = start(self, contoso.config(workers=1), contoso.directory(slow))
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas("slow@contoso.com")).status)
            wrong = phone.ask(eas("slow@contoso.com", authorization=basic("slow@contoso.com", "no")))
            self.assertEqual(401, wrong.status)


if __name__ == "__main__":
    unittest.main()
