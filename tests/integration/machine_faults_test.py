# SPDX-License-Identifier: Apache-2.0
"""What a machine does to a server: it is killed, its disk is full, it stands still, it is told to reload again and
again; each while phones call."""
import os
import pathlib
import random
import signal
import socket
import subprocess
import time
import types
import unittest

from support import contoso
from support.admin import metric
from support.load import Load
from support.phone import Phone, connect, eas
from support.server import IS_ROOT, Server, Site, dump, start, w3c, wait_until

IS_SANITIZED = "EAS451_SANITIZER" in os.environ
KILLS = 5 if IS_SANITIZED else 20
RELOADS = 20 if IS_SANITIZED else 100
READY = 10.0 if IS_SANITIZED else 1.0
HEALED = 5.0


def a_free_port():
    """One below those that the kernel gives away, so that nobody has it when a server comes back to it."""
    for port in random.sample(range(20000, 32000), 1000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port")


def listener(port):
    return [{**contoso.config()["listeners"][0], "bind": f"127.0.0.1:{port}"}]


def lines_by_now(path):
    """Those of an access log that are requests; None while the last is not whole: what a full disk takes of a line
    is there until it is taken back."""
    text = path.read_text(encoding="utf-8")
    if text and not text.endswith("\n"):
        return None
    return [w3c(line) for line in text.splitlines() if not line.startswith("#")]


def whole_lines(path):
    """The same of a log that nobody writes to."""
    lines = lines_by_now(path)
    if lines is None:
        raise AssertionError(f"the log ends within a line: {path.read_text(encoding='utf-8')[-200:]!r}")
    return lines


class Killed(unittest.TestCase):
    def test_a_server_killed_under_load_is_back_within_a_second_and_tears_no_line(self):
        port = a_free_port()
        site = Site(contoso.config(listeners=listener(port), access_log={"path": "access.log"}), contoso.directory())
        self.addCleanup(site.remove)
        took = []
        with Load(types.SimpleNamespace(https=port)) as load:
            for left in reversed(range(KILLS + 1)):
                server, began = Server(site), time.monotonic()
                self.addCleanup(server.process.kill)
                self.until_answered(port)
                took.append(time.monotonic() - began)
                self.until_logged(site.folder / "access.log", load)
                if left:
                    server.process.kill()
                    server.wait_for_exit(-signal.SIGKILL)
        server.stop()
        lines = whole_lines(site.folder / "access.log")
        print(f"figure: {KILLS} kills: {load.total} requests answered, {len(lines)} in the log, no line torn; lost with a killed "
              f"server: {dict(load.lost)}; ready again in {max(took):.2f} s at most")
        self.assertEqual({451}, set(load.answered))
        self.assertEqual({"451"}, {line.status for line in lines})
        self.assertLess(max(took), READY)
        # What was answered in the tenth of a second before a kill is not in the log.
        self.assertGreater(len(lines), KILLS * 50)
        self.assertLessEqual(len(lines), load.total + sum(load.lost.values()))

    @staticmethod
    def until_logged(path, load):
        """Until this server has written to the log, and more is on its way."""
        size = path.stat().st_size
        wait_until(lambda: path.stat().st_size > size + 50 * 200, "the log grows")
        load.wait_for(20)

    @staticmethod
    def until_answered(port):
        def answered():
            try:
                with Phone(None, port=port) as phone:
                    return phone.ask(eas()).status == 451
            except (OSError, AssertionError):
                return False
        wait_until(answered, "a request is answered")


class FullDisk(unittest.TestCase):
    KIBIBYTES = 256
    _MOUNT = 'mount -t tmpfs -o size=256k,mode=0777 tmpfs "$1" && dd if=/dev/zero of="$1/other" bs=1k count=128 2>/dev/null && shift && exec "$@"'

    def start(self):
        namespace = ("unshare", "-m") if IS_ROOT else ("unshare", "-rm")
        if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode:
            self.skipTest("no mount namespace is permitted")
        site = Site(contoso.config(access_log={"path": "logs/access.log"}), contoso.directory())
        self.addCleanup(site.remove)
        (site.folder / "logs").mkdir()
        server = Server(site, wrapper=(*namespace, "sh", "-c", self._MOUNT, "sh", str(site.folder / "logs")))
        self.addCleanup(server.stop)
        return server.wait_until_listening()

    def dropped(self, server):
        return metric(server, "eas451_dropped_log_lines_total")

    def test_a_full_disk_costs_lines_and_no_request(self):
        server = self.start()
        # The same folder, seen as the server sees it.
        logs = pathlib.Path(f"/proc/{server.process.pid}/root{server.site.folder}/logs")
        with Load(server) as load:
            wait_until(lambda: self.dropped(server) >= 100, "lines are dropped and counted")
            server.err.wait_for("cannot write the log .*: No space left on device")
            load.wait_for(200)
        self.assertEqual(({451}, {}), (set(load.answered), dict(load.lost)))
        answered = load.total

        def settled():
            lines = lines_by_now(logs / "access.log")
            return lines is not None and len(lines) + self.dropped(server) == answered
        wait_until(settled, "every request is in the log or counted")
        at_full = self.dropped(server)
        (logs / "other").unlink()
        since, lines = time.monotonic(), len(whole_lines(logs / "access.log"))
        with Phone(server) as phone:
            def written():
                self.assertEqual(451, phone.ask(eas()).status)
                by_now = lines_by_now(logs / "access.log")
                return by_now is not None and len(by_now) > lines
            wait_until(written, "the log is written again")
        healed = time.monotonic() - since
        server.err.wait_for("is written again; lines dropped since start: ")
        self.assertLess(healed, HEALED)
        self.assertEqual(at_full, self.dropped(server))
        print(f"figure: full disk: {answered} requests answered, {at_full:.0f} lines dropped and counted, "
              f"healed {healed:.2f} s after space came back, no line torn")
        server.stop()


class StoodStill(unittest.TestCase):
    SECONDS = 3.0

    def stand_still(self, server, meanwhile):
        server.signal(signal.SIGSTOP)
        stat = pathlib.Path(f"/proc/{server.process.pid}/stat")
        wait_until(lambda: stat.read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] == "T", "it stands still")
        began = time.monotonic()
        made = meanwhile()
        # This is the fault itself, and nothing waits for it to have had an effect.
        time.sleep(max(0.0, self.SECONDS - (time.monotonic() - began)))
        server.signal(signal.SIGCONT)
        return made

    def test_nothing_that_was_sent_meanwhile_is_lost(self):
        server = start(self, contoso.config(), contoso.directory())
        phones = [Phone(server) for _ in range(40)]
        for phone in phones:
            self.addCleanup(phone.close)
            self.assertEqual(451, phone.ask(eas()).status)
        idle, busy, cut = phones[:20], phones[20:30], phones[30:]

        def call():
            request = eas(body=b"b" * 1000)
            for phone in busy:
                phone.send(eas())
            for phone in cut:
                phone.send(request[:-700])
            return [connect(server.https) for _ in range(10)]
        fresh = self.stand_still(server, call)
        for phone in busy:
            self.assertEqual(451, phone.read().status)
        for phone in cut:
            self.assertEqual(451, phone.ask(eas(body=b"b" * 1000)[-700:]).status)
        for plain in fresh:
            plain.close()
        for phone in idle:
            self.assertEqual(451, phone.ask(eas()).status)
            phone.finish()
        self.assertEqual(40 + 40, len(server.all_access_lines()))

    def test_who_was_idle_for_too_long_meanwhile_is_closed(self):
        server = start(self, contoso.config(limits={"idle": "2s"}), contoso.directory())
        with Phone(server) as idle:
            self.assertEqual(451, idle.ask(eas()).status)
            self.stand_still(server, lambda: None)
            idle.read_end()
        with Phone(server) as fresh:
            self.assertEqual(451, fresh.ask(eas()).status)


class ManyReloads(unittest.TestCase):
    """Of four reloads two are good, one names a mistake, one is of half a file; the two that fail would switch
    redirects off, which nobody may ever see."""

    def configurations(self):
        off = dump(contoso.config(redirect={"mode": "off"}))
        return [(dump(contoso.config(limits={"idle": "3m"})), "done"),
                (off.replace('"lab"', '"lap"'), "nothing was changed"),
                (dump(contoso.config()), "done"),
                (off[:len(off) * 2 // 3], "nothing was changed")]

    @staticmethod
    def kibibytes(server):
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("\nVmRSS:")[1].split()[0])

    @staticmethod
    def descriptors(server):
        """0 where nobody but root may see those of a process that keeps secrets."""
        try:
            return len(os.listdir(f"/proc/{server.process.pid}/fd"))
        except PermissionError:
            return 0

    def test_a_hundred_reloads_under_load_lose_nothing(self):
        server = start(self, contoso.config(access_log={"path": "/dev/null"}), contoso.directory())
        texts = [(text.replace('"admin"', '"access_log": {"path": "/dev/null"}, "admin"'), outcome)
                 for text, outcome in self.configurations()]
        outcomes = {"done": 0, "nothing was changed": 0}

        def reload(numbers):
            with Load(server) as load:
                for number in numbers:
                    text, outcome = texts[number % len(texts)]
                    server.site.write_config(text)
                    server.reload(outcome)
                    outcomes[outcome] += 1
                    load.wait_for(5)
            return load
        with Phone(server) as idle:
            self.assertEqual(451, idle.ask(eas()).status)
            first = reload(range(RELOADS // 5))
            open_before = self.settled(server)
            before = self.kibibytes(server)
            rest = reload(range(RELOADS // 5, RELOADS))
            wait_until(lambda: self.settled(server) <= open_before, f"as few descriptors as before, {open_before}")
            after = self.kibibytes(server)
            self.assertEqual(451, idle.ask(eas()).status)
        growth = 100 * (after - before) / before
        print(f"figure: {RELOADS} reloads ({outcomes['done']} good, {outcomes['nothing was changed']} refused): "
              f"{first.total + rest.total} requests answered, {sum((first.lost + rest.lost).values())} lost; "
              f"RSS {before} to {after} KiB ({growth:+.1f} %), descriptors {open_before} to {self.settled(server)}")
        for load in (first, rest):
            self.assertEqual(({451}, {}), (set(load.answered), dict(load.lost)))
        self.assertEqual((outcomes["done"], outcomes["nothing was changed"]),
                         tuple(metric(server, f'eas451_config_reload_total{{outcome="{name}"}}') for name in ("ok", "failed")))
        if not IS_SANITIZED:  # which keeps what is freed
            self.assertLess(growth, 5.0)

    def settled(self, server):
        """How many descriptors are open once the connections of a load are gone."""
        wait_until(lambda: metric(server, "eas451_connections") <= 1, "one connection is left")
        return self.descriptors(server)


if __name__ == "__main__":
    unittest.main()
