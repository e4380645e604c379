# SPDX-License-Identifier: Apache-2.0
"""How the server ends: draining, what is in flight, the second signal; and how it refuses to begin."""
import pathlib
import signal
import socket
import unittest

from support import contoso
from support.admin import ask
from support.phone import Phone, connect, eas
from support.server import IS_ROOT, dump, make_certificate, site, start

HOUR = {"drain": "1h", "body": "1h"}


def in_flight(server):
    """A phone in the middle of a request's body. A whole request goes before it in the same record, so once
    that is answered the server has the second one's head too, and is not waiting for one."""
    phone = Phone(server)
    request = eas(body=b"b" * 1000)
    phone.send(eas() + request[:-500])
    if phone.read().status != 451:
        raise AssertionError("the first request was not answered")
    return phone, request[-500:]


class Drain(unittest.TestCase):
    def test_idle_connections_end_at_once_and_a_request_in_flight_is_answered(self):
        server = start(self, contoso.config(limits=HOUR), contoso.directory())
        busy, rest = in_flight(server)
        with busy, Phone(server) as idle, Phone(server) as fresh:
            self.assertEqual(451, idle.ask(eas()).status)
            self.assertEqual(200, ask(server, "/readyz").status)
            server.signal(signal.SIGTERM)
            server.err.wait_for("stopping")
            idle.read_end()
            fresh.read_end()
            with self.assertRaises(ConnectionRefusedError):
                connect(server.https)
            self.assertEqual(503, ask(server, "/readyz").status)
            self.assertEqual(200, ask(server, "/healthz").status)
            answer = busy.ask(rest)
            self.assertEqual((451, True), (answer.status, answer.closes()))
            busy.read_end()
        server.wait_for_exit(0)
        self.assertEqual(3, len(server.all_access_lines()))
        self.assertIn("stopped", server.err.all()[-1])

    def test_sigint_drains_too(self):
        server = start(self, contoso.config(limits=HOUR), contoso.directory())
        with Phone(server) as idle:
            self.assertEqual(451, idle.ask(eas()).status)
            server.signal(signal.SIGINT)
            idle.read_end()
        server.wait_for_exit(0)

    def test_a_second_signal_cuts(self):
        server = start(self, contoso.config(limits=HOUR), contoso.directory())
        busy, _ = in_flight(server)
        with busy:
            server.signal(signal.SIGTERM)
            server.err.wait_for("stopping")
            self.assertIsNone(server.process.poll())
            server.signal(signal.SIGTERM)
            busy.read_end()
        server.wait_for_exit(0)
        self.assertEqual(2, len(server.all_access_lines()))

    def test_the_drain_limit_cuts(self):
        server = start(self, contoso.config(limits={"drain": "1s", "body": "1h"}), contoso.directory())
        busy, _ = in_flight(server)
        with busy:
            server.signal(signal.SIGTERM)
            busy.read_end()
        server.wait_for_exit(0)
        server.err.wait_for("drain limit")

    def test_a_reload_while_draining_is_no_matter(self):
        server = start(self, contoso.config(limits=HOUR), contoso.directory())
        busy, rest = in_flight(server)
        with busy:
            server.signal(signal.SIGTERM)
            server.err.wait_for("stopping")
            server.signal(signal.SIGHUP)
            server.signal(signal.SIGUSR1)
            server.err.wait_for("logs reopened")
            self.assertEqual(451, busy.ask(rest).status)
        server.wait_for_exit(0)


    def test_signals_that_come_while_it_ends_neither_keep_it_nor_end_it_otherwise(self):
        for number in (signal.SIGUSR1, signal.SIGHUP, signal.SIGTERM) * 4:
            server = start(self, contoso.config(), contoso.directory())
            server.signal(signal.SIGTERM)
            for _ in range(3000):
                if server.process.poll() is not None:
                    break
                server.signal(number)
            server.wait_for_exit(0)


class Start(unittest.TestCase):
    def refuse(self, status, config, text, directory=None):
        ended = site(self, config, directory or contoso.directory()).command("serve")
        self.assertEqual(status, ended.returncode, ended.stderr)
        self.assertRegex(ended.stderr, text)
        return ended

    def test_a_bad_configuration_is_78(self):
        self.refuse(78, contoso.config(workers=0), r"eas451\.yaml:[0-9]+:[0-9]+: workers: ")
        self.refuse(78, contoso.config(wrokers=1), r"eas451\.yaml:[0-9]+:[0-9]+: unknown key 'wrokers'.*workers")
        self.refuse(78, "listeners: [", r"eas451\.yaml:[0-9]+:[0-9]+: ")
        self.refuse(78, None, r"eas451\.yaml")
        self.refuse(78, contoso.config(directory={"type": "ldap", "ldap": {"servers": ["srv:contoso.com"]}}),
                    r"eas451\.yaml:[0-9]+:[0-9]+: directory\.ldap\.servers\[0\]: srv:contoso\.com without ca_file")

    def test_a_port_in_use_is_69(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            listeners = [{**contoso.config()["listeners"][0], "bind": address}]
            self.refuse(69, contoso.config(listeners=listeners), f"cannot listen on {address}")
            self.refuse(69, contoso.config(admin={"bind": address}), f"cannot listen on {address}")

    def test_a_certificate_that_cannot_be_loaded_is_69(self):
        config = contoso.config(lab=False, user="nobody")
        self.refuse(69, config, "certificate .*tls.crt")

    def test_a_broken_record_in_the_directory_is_78_and_named(self):
        directory = contoso.directory()
        directory["users"][5]["userAccountControl"] = "many"
        line = 1 + next(i for i, text in enumerate(dump(directory).split("\n")) if '"many"' in text)
        ended = self.refuse(78, contoso.config(), rf"directory\.json:{line}:[0-9]+: userAccountControl", directory)
        self.assertNotIn("listening", ended.stderr)

    def test_an_unknown_user_is_78(self):
        self.refuse(78, contoso.config(user="no-such-user"), "no user no-such-user")

    @unittest.skipUnless(IS_ROOT, "only root has privileges to drop")
    def test_root_without_user_is_78_outside_the_lab(self):
        self.refuse(78, contoso.config(lab=None), "user: required")

    @unittest.skipUnless(IS_ROOT, "only root has privileges to drop")
    def test_root_becomes_the_user(self):
        server = start(self, contoso.config(lab=None, user="nobody"), contoso.directory(), make_certificate())
        status = dict(line.split(":", 1) for line in
                      pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines())
        self.assertNotIn("0", status["Uid"].split() + status["Gid"].split() + status["Groups"].split())
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)


if __name__ == "__main__":
    unittest.main()
