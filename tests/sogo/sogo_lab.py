# SPDX-License-Identifier: Apache-2.0
"""Debian's SOGo in Exchange's place: an ActiveSync server of other people's making, up to EAS 14.1, with everything
that it needs (PostgreSQL, memcached, Dovecot, nginx for TLS), on loopback and in a folder of its own.

    directory = slapd.start(test, people_given=[contoso.local("alice")])
    lab = sogo_lab.start(test, directory, authority)
    lab.url                                     # for exchange.servers
    lab.deliver("alice@contoso.com", b"...")    # a mail, by LMTP

Its users are those of the LDAP directory that eas451 asks, too, as Exchange's are. Starting it takes root, since
only the user `sogo` may read the configuration of its package, and runs all of it.
"""
import atexit
import contextlib
import imaplib
import os
import pathlib
import pwd
import re
import shutil
import signal
import smtplib
import subprocess
import tempfile

import smtp_sink
from support import contoso, slapd
from support.daemon import Daemon
from support.phone import connect
from support.server import PATIENCE, wait_until

# What these files leave open is @{name}.
_ETC = pathlib.Path(__file__).resolve().parent / "etc"
_VALUE = re.compile(r"@\{([a-z_]+)\}")
_POSTGRESQL = pathlib.Path("/usr/lib/postgresql/15/bin")
_USER = "sogo"

# Dovecot puts Unix sockets some way down in it, and their paths may have 107 bytes.
LONGEST_FOLDER = 70
# More than are ever held at once in a run: what was asked by a phone that left is slept to its end.
WORKERS = 8

_PROGRAMS = ("/usr/sbin/sogod", "/usr/sbin/dovecot", "/usr/sbin/nginx", "/usr/bin/memcached", str(_POSTGRESQL / "postgres"))
_PORTS = ("imap", "lmtp", "postgres", "sogo", "https")
# No request and no answer here is lost with the machine's power.
_POSTGRES_OPTIONS = {"listen_addresses": "127.0.0.1", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
                     "shared_buffers": "32MB", "max_connections": "60"}


class _Part(Daemon):
    """One of its servers. `end` is the signal that ends it soon; SIGKILL is for its children, too, which would stay."""

    def __init__(self, lab, name, arguments, port=None, end=signal.SIGTERM):
        self.name, self.port = name, port
        self._lab, self._arguments, self._end = lab, [str(each) for each in arguments], end

    @property
    def log(self):
        return self._lab.folder / "log" / f"{self.name}.out"

    def start(self):
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(self._arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                                            **self._lab.as_user)
        return self

    def wait_until_up(self):
        wait_until(lambda: self.process.poll() is not None or _listens(self.port), f"{self.name} listens")
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended:\n{self.log.read_text(encoding='utf-8', errors='replace')[-3000:]}")

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        pid = self.process.pid
        children = _children(pid) if self._end == signal.SIGKILL else []
        self.process.send_signal(self._end)
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, self._end)
        self.reap()


def _children(pid):
    return [int(each) for each in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def _listens(port):
    try:
        connect(port).close()
        return True
    except OSError:
        return False


class SogoLab:
    """`url` is what stands in exchange.servers; `requests()` is what has come in there and was answered."""

    def __init__(self, directory, authority):
        if os.geteuid() != 0:
            raise AssertionError("this needs root, to become the user that Debian's package made for SOGo")
        missing = [each for each in _PROGRAMS if not os.access(each, os.X_OK)]
        if missing:
            raise AssertionError(f"not installed: {', '.join(missing)}; ./dev install sogo")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="eas451-sogo-"))
        self._parts = []
        atexit.register(self.remove)
        try:
            if len(str(self.folder)) > LONGEST_FOLDER:
                raise AssertionError(f"{self.folder} has more than {LONGEST_FOLDER} characters: is TMPDIR so deep?")
            self.ports = {name: slapd.free_port() for name in _PORTS}
            self.url = f"https://localhost:{self.ports['https']}"
            self.outbox = smtp_sink.SmtpSink()
            self._write(directory, authority)
            self._start()
        except BaseException:
            self.remove()
            raise

    def remove(self):
        """Ends every process, whatever came before, and removes the folder."""
        atexit.unregister(self.remove)
        for part in self._parts:
            try:
                part.stop()
            except (OSError, AssertionError) as trouble:
                print(f"{part.name}: {trouble!r}")
        if hasattr(self, "outbox"):
            self.outbox.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what it is told

    def deliver(self, address, message):
        """Into somebody's inbox; it is there when this returns."""
        with smtplib.LMTP("127.0.0.1", self.ports["lmtp"], timeout=PATIENCE) as postman:
            postman.sendmail("sender@example.net", [address], message)

    def open_inbox(self, name):
        """Once for everybody who will wait for mail: SOGo sees that there is news by HIGHESTMODSEQ, which Dovecot keeps
        only of a mailbox that has been opened with CONDSTORE."""
        imap = imaplib.IMAP4("127.0.0.1", self.ports["imap"], timeout=PATIENCE)
        try:
            imap.login(name, contoso.person(name)["password"])
            imap._simple_command("SELECT", "INBOX", "(CONDSTORE)")
        finally:
            imap.logout()

    def part(self, name):
        return next(part for part in self._parts if part.name == name)

    # --- what it did

    def requests(self):
        """Lines of nginx's log: status, method, command, device, bytes, transfer coding, expectation."""
        log = self.folder / "log" / "requests.log"
        return log.read_text(encoding="ascii").splitlines() if log.exists() else []

    def looks(self, name):
        """How often a held Ping of this user has looked for news, found none and gone to sleep."""
        return self.part("sogod").log.read_text(encoding="utf-8", errors="replace").count(f"for user {name} in Ping...")

    # --- how

    @property
    def as_user(self):
        """Arguments of subprocess: the user, and an environment in which only the folder counts."""
        return {"user": _USER, "group": _USER, "extra_groups": [], "cwd": self.folder, "env": {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.folder), "LANG": "C.UTF-8", "TZ": "UTC",
            "GNUSTEP_CONFIG_FILE": str(self.folder / "etc" / "GNUstep.conf"), "LDAPTLS_CACERT": str(self.folder / "tls" / "ca.pem")}}

    def _write(self, directory, authority):
        for name in ("etc", "log", "mail", "run", "run/dovecot", "tls", "tmp"):
            (self.folder / name).mkdir()
        values = {"folder": self.folder, "user": _USER, "workers": WORKERS, "ldap": directory.url(), "base": slapd.BASE,
                  "bind_name": slapd.SERVICE_ACCOUNT, "bind_password": slapd.SERVICE_PASSWORD, "smtp": self.outbox.port, **self.ports}
        for path in _ETC.iterdir():
            text = _VALUE.sub(lambda found: str(values[found[1]]), path.read_text(encoding="ascii"))
            (self.folder / "etc" / path.name).write_text(text, encoding="ascii")
        # Where sogod looks for sogod.plist, instead of below the home of its user.
        settings = pathlib.Path("/etc/GNUstep/GNUstep.conf").read_text(encoding="ascii").splitlines()
        settings = [line for line in settings if not line.startswith("GNUSTEP_USER_DEFAULTS_DIR=")]
        (self.folder / "etc" / "GNUstep.conf").write_text(
            "\n".join([*settings, f"GNUSTEP_USER_DEFAULTS_DIR={self.folder / 'etc'}", ""]), encoding="ascii")
        certificate, key = authority.issue(("DNS:localhost",))
        for source, name in ((certificate, "sogo.pem"), (key, "sogo.key"), (authority.ca_file, "ca.pem")):
            shutil.copyfile(source, self.folder / "tls" / name)
        user = pwd.getpwnam(_USER)
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)

    def _start(self):
        folder, ports, etc = self.folder, self.ports, self.folder / "etc"
        data = folder / "postgres"
        self._run(_POSTGRESQL / "initdb", "-D", data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = {**_POSTGRES_OPTIONS, "unix_socket_directories": str(folder / "run")}
        # Each goes before those that are there, so that who asks ends before who is asked.
        for part in (
                _Part(self, "memcached", ["/usr/bin/memcached", "-s", folder / "run" / "memcached.sock", "-m", "16"]),
                _Part(self, "postgres", [_POSTGRESQL / "postgres", "-D", data, "-p", ports["postgres"],
                                         *(f"--{name}={value}" for name, value in options.items())], ports["postgres"], signal.SIGINT),
                _Part(self, "dovecot", ["/usr/sbin/dovecot", "-F", "-c", etc / "dovecot.conf"], ports["imap"])):
            self._parts.insert(0, part.start())
        for name in ("postgres", "dovecot"):
            self.part(name).wait_until_up()
        wait_until(lambda: self._run(_POSTGRESQL / "pg_isready", "-q", "-h", "127.0.0.1", "-p", ports["postgres"], check=False) == 0,
                   "PostgreSQL takes connections")
        self._run(_POSTGRESQL / "createdb", "-h", "127.0.0.1", "-p", ports["postgres"], "sogo")
        # SIGTERM takes sogod many seconds, and it has nothing to lose.
        for part in (
                _Part(self, "sogod", ["/usr/sbin/sogod", "-WONoDetach", "YES", "-WOUseWatchDog", "YES", "-WOLogFile", "-",
                                      "-WOPort", f"127.0.0.1:{ports['sogo']}", "-WOPidFile", folder / "run" / "sogod.pid"],
                      ports["sogo"], signal.SIGKILL),
                _Part(self, "nginx", ["/usr/sbin/nginx", "-e", "stderr", "-p", folder, "-c", etc / "nginx.conf"], ports["https"])):
            self._parts.insert(0, part.start())
            part.wait_until_up()

    def _run(self, *arguments, check=True):
        ended = subprocess.run([str(each) for each in arguments], check=False, capture_output=True, text=True, timeout=PATIENCE,
                               **self.as_user)
        if check and ended.returncode:
            raise AssertionError(f"{arguments[0]}: {ended.stdout}{ended.stderr}")
        return ended.returncode


def start(test, directory, authority):
    """For a class of tests, or for one test."""
    made = SogoLab(directory, authority)
    (test.addClassCleanup if isinstance(test, type) else test.addCleanup)(made.remove)
    return made
