# SPDX-License-Identifier: Apache-2.0
"""What the server and systemd say to each other: notices, the watchdog, and sockets that outlive a restart."""
import ctypes
import itertools
import os
import pathlib
import signal
import socket
import ssl
import threading
import time
import unittest

from support import contoso
from support.admin import ask
from support.phone import Phone, Wire, connect, context, eas, get
from support.server import IS_ROOT, PATIENCE, Server, make_certificate, site, wait_until
from support.systemd import NotifySocket, activated, listening_socket

IS_SANITIZED = bool(os.environ.get("EAS451_SANITIZER"))
RESTARTS = 10 if IS_SANITIZED else 50
_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_ALL_KINDS = 0x40000000  # __WALL: threads, too


class Systemd(unittest.TestCase):
    def site(self, **changes):
        return site(self, contoso.config(workers=1, **changes), contoso.directory(), make_certificate())

    def at(self, *sockets, **changes):
        """A site whose listeners are at these sockets."""
        config = contoso.config(workers=1, **changes)
        first = config["listeners"][0]
        config["listeners"] = [{**first, "bind": f"127.0.0.1:{made.getsockname()[1]}"} for made in sockets]
        return site(self, config, contoso.directory(), make_certificate())

    def serve(self, made, **environment):
        server = Server(made, environment=environment)
        self.addCleanup(server.stop)
        return server

    def activated(self, made, *sockets, **environment):
        server = activated(made, sockets, environment)
        self.addCleanup(server.stop)
        return server


class Notices(Systemd):
    def test_a_life(self):
        for is_abstract in (False, True):
            with self.subTest(is_abstract=is_abstract):
                systemd, made = NotifySocket(self, is_abstract), self.site()
                server = self.serve(made, NOTIFY_SOCKET=systemd.name)
                self.assertEqual({"READY": "1", "STATUS": "serving; redirect.mode on"}, systemd.next())
                self.assertIn("listening on", server.wait_until_listening().err.text())

                asked = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
                server.reload()
                begun = systemd.next()
                self.assertEqual({"RELOADING", "MONOTONIC_USEC"}, set(begun))
                self.assertLessEqual(asked, int(begun["MONOTONIC_USEC"]))
                self.assertLessEqual(int(begun["MONOTONIC_USEC"]), time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)
                self.assertEqual({"READY": "1", "STATUS": "serving; redirect.mode on"}, systemd.next())

                made.write_config(contoso.config(workers=1, redirect={"mode": "off"}))
                server.reload()
                self.assertIn("RELOADING", systemd.next())
                self.assertEqual("serving; redirect.mode off", systemd.next()["STATUS"])

                made.write_config("nonsense: true\n")
                server.reload("nothing was changed")
                self.assertIn("RELOADING", systemd.next())
                refused = systemd.next()
                self.assertEqual("1", refused["READY"])
                self.assertEqual("serving; the last reload changed nothing, its mistakes are in the log; redirect.mode off",
                                 refused["STATUS"])

                server.signal(signal.SIGTERM)
                self.assertEqual("1", systemd.next()["STOPPING"])
                server.wait_for_exit(0)
                self.assertIsNone(systemd.next(0.1))

    def test_what_is_not_for_us_is_left_alone(self):
        """Nobody who listens there, and no path: the server runs without."""
        for name in ("/nowhere/notify", "relative", "", "/" + "x" * 200):
            with self.subTest(name=name):
                server = self.serve(self.site(), NOTIFY_SOCKET=name, WATCHDOG_USEC="400000").wait_until_listening()
                with Phone(server) as phone:
                    self.assertEqual(451, phone.ask(eas()).status)


class Watchdog(Systemd):
    def test_it_is_told_that_we_live_and_not_to_somebody_else(self):
        systemd, made = NotifySocket(self), self.site()
        server = self.serve(made, NOTIFY_SOCKET=systemd.name, WATCHDOG_USEC="400000")
        began = time.monotonic()
        for _ in range(5):
            self.assertEqual({"WATCHDOG": "1"}, systemd.wait_for("WATCHDOG"))
        self.assertGreater(time.monotonic() - began, 0.25)
        server.stop()

        systemd = NotifySocket(self)
        self.serve(made, NOTIFY_SOCKET=systemd.name, WATCHDOG_USEC="400000", WATCHDOG_PID="1")
        systemd.wait_for("READY")
        self.assertIsNone(systemd.next(0.5))

    @unittest.skipUnless(IS_ROOT, "only root may hold a thread of the server")
    def test_a_thread_that_does_nothing_any_more_is_no_life(self):
        systemd = NotifySocket(self)
        server = self.serve(self.site(), NOTIFY_SOCKET=systemd.name, WATCHDOG_USEC="400000").wait_until_listening()
        pid = server.process.pid
        held = [int(thread.name) for thread in pathlib.Path(f"/proc/{pid}/task").iterdir() if int(thread.name) != pid]
        libc = ctypes.CDLL(None, use_errno=True)
        libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
        for thread in held:
            self.assertEqual(0, libc.ptrace(_SEIZE, thread, None, None), os.strerror(ctypes.get_errno()))
            self.assertEqual(0, libc.ptrace(_INTERRUPT, thread, None, None))
            libc.waitpid(thread, None, _ALL_KINDS)
        try:
            # One may have been on its way; after that, silence for longer than systemd waits.
            while systemd.next(0.45) is not None:
                pass
            self.assertEqual(200, ask(server, "/healthz").status)
        finally:
            for thread in held:
                libc.ptrace(_DETACH, thread, None, None)
        systemd.wait_for("WATCHDOG")
        server.err.wait_for("watchdog: [12] threads do nothing")


class Activation(Systemd):
    def test_the_sockets_are_used_and_stay(self):
        first, second = listening_socket(self), listening_socket(self)
        made = self.at(first, second)
        with connect(first.getsockname()[1]) as early:  # before anybody is there
            server = self.activated(made, second, first).wait_until_listening()
            self.assertEqual([first.getsockname()[1], second.getsockname()[1]], server.ports)
            with Wire(context().wrap_socket(early, server_hostname="mail.contoso.com")) as phone:
                self.assertEqual(451, phone.ask(eas()).status)
        with Phone(server, port=server.ports[1]) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
        server.stop()
        with connect(first.getsockname()[1]) as early:  # refused by nobody
            self.activated(made, first, second).wait_until_listening()
            with Wire(context().wrap_socket(early, server_hostname="mail.contoso.com")) as phone:
                self.assertEqual(451, phone.ask(eas()).status)

    def test_one_for_both_kinds_of_address(self):
        made = listening_socket(self, ("::", 0), socket.AF_INET6, both=True)
        port = made.getsockname()[1]
        config = contoso.config(workers=1)
        config["listeners"][0]["bind"] = f"0.0.0.0:{port}"
        server = self.activated(site(self, config, contoso.directory(), make_certificate()), made)
        server.err.wait_for(f"listening on https://0.0.0.0:{port}")
        server.https = port
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
        server.signal(signal.SIGTERM)
        server.wait_for_exit(0)

    def test_the_admin_socket_too(self):
        for kind in ("unix", "bind"):
            with self.subTest(kind=kind):
                front, made = listening_socket(self), self.site()
                path = str(made.folder / "admin.sock")
                admin = listening_socket(self, path, socket.AF_UNIX) if kind == "unix" else listening_socket(self)
                where = path if kind == "unix" else f"127.0.0.1:{admin.getsockname()[1]}"
                config = contoso.config(workers=1, admin={kind: where})
                config["listeners"][0]["bind"] = f"127.0.0.1:{front.getsockname()[1]}"
                made.write_config(config)
                server = self.activated(made, admin, front).wait_until_listening()
                self.assertEqual(200, self.ready(server, path if kind == "unix" else None))
                server.stop()
                # Whoever made it will have it again.
                self.assertTrue(kind == "bind" or pathlib.Path(path).is_socket())

    def ready(self, server, path):
        if path is None:
            return ask(server, "/readyz").status
        wire = socket.socket(socket.AF_UNIX)
        wire.settimeout(PATIENCE)
        wire.connect(path)
        with Wire(wire) as asked:
            return asked.ask(get("/readyz", "localhost")).status

    def test_one_that_nobody_asked_for_is_a_mistake(self):
        front, other = listening_socket(self), listening_socket(self)
        server = self.activated(self.at(front), front, other)
        server.wait_for_exit(69)
        self.assertIn(f"systemd passes a socket for 127.0.0.1:{other.getsockname()[1]}, and nothing of the configuration listens "
                      "there", server.err.text())

    def test_one_that_does_not_listen_is_a_mistake(self):
        front, datagrams = listening_socket(self), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(datagrams.close)
        server = self.activated(self.at(front), front, datagrams)
        server.wait_for_exit(69)
        self.assertIn("descriptor 4 of LISTEN_FDS does not listen for streams", server.err.text())

    def test_those_of_another_process_are_not_ours(self):
        server = self.serve(self.site(), LISTEN_PID="1", LISTEN_FDS="1").wait_until_listening()
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)

    def test_who_has_just_connected_is_answered_although_we_stop(self):
        front = listening_socket(self)
        server = self.activated(self.at(front, limits={"drain": "1h"}), front).wait_until_listening()
        with Phone(server) as fresh, Phone(server) as idle:
            self.assertEqual(451, idle.ask(eas()).status)
            server.signal(signal.SIGTERM)
            server.err.wait_for("stopping")
            idle.read_end()
            answer = fresh.ask(eas())
            self.assertEqual((451, True), (answer.status, answer.closes()))
            fresh.read_end()
        server.wait_for_exit(0)


class Callers:
    """Phones that go on asking: new connections, and one that each keeps and renews when it is ended in a pause."""

    def __init__(self, port):
        self.port, self.answers, self.renewed, self.failures = port, itertools.count(), itertools.count(), []
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(kind,)) for kind in (self._new, self._new, self._kept, self._kept)]
        for thread in self._threads:
            thread.start()

    def _run(self, kind):
        try:
            kind()
        except (OSError, ssl.SSLError, AssertionError) as error:
            self.failures.append(repr(error))

    def _connect(self):
        plain = connect(self.port)
        return Wire(context().wrap_socket(plain, server_hostname="mail.contoso.com"))

    def _ask(self, phone):
        answer = phone.ask(eas())
        if answer.status != 451:
            raise AssertionError(f"answered with {answer.status}")
        next(self.answers)
        return answer

    def _new(self):
        while not self._ends.is_set():
            with self._connect() as phone:
                self._ask(phone)

    def _kept(self):
        phone, is_new = self._connect(), True
        while not self._ends.is_set():
            try:
                ended = self._ask(phone).closes()
            except AssertionError as error:
                # The end of a connection in a pause, without a reset, is HTTP's way (RFC 9112, 9.3.1); of a new one it is not.
                if is_new or "the connection ended with b''" not in str(error):
                    raise
                ended = True
            is_new = ended
            if ended:
                next(self.renewed)
                phone.close()
                phone = self._connect()
        phone.close()

    def end(self):
        self._ends.set()
        for thread in self._threads:
            thread.join(PATIENCE)


class Restarts(Systemd):
    def test_nobody_is_refused_or_reset(self):
        front = listening_socket(self)
        made, systemd = self.at(front, admin="off", access_log={"path": "off"}), NotifySocket(self)
        server = activated(made, [front], {"NOTIFY_SOCKET": systemd.name}, admin=False)
        systemd.wait_for("READY")
        callers = Callers(front.getsockname()[1])
        try:
            for _ in range(RESTARTS):
                asked = next(callers.answers)
                wait_until(lambda: next(callers.answers) > asked + 50 or callers.failures, "answers")  # pylint: disable=cell-var-from-loop
                server.stop()
                server = activated(made, [front], {"NOTIFY_SOCKET": systemd.name}, admin=False)
                systemd.wait_for("READY")
        finally:
            callers.end()
            server.stop()
        self.assertEqual([], callers.failures)
        print(f"figure: {RESTARTS} restarts by socket activation under load: {next(callers.answers)} requests, "
              f"{len(callers.failures)} refused or reset, {next(callers.renewed)} kept connections ended in a pause or with an answer")
