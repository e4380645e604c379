# SPDX-License-Identifier: Apache-2.0
"""The server under test: the real binary, in a folder of its own, on ports the kernel chose.

Whatever a test does, the server has to end with exit status 0 after SIGTERM and without a sanitizer's
report; a test that expects another end says so with wait_for_exit().
"""
import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
BINARY = pathlib.Path(os.environ.get("EAS451_BINARY", ROOT / "build" / "release" / "eas451")).resolve()
GOLDEN = ROOT / "tests" / "integration" / "golden"

# Of the machine: who is not may become one in a namespace, by low_ports.
IS_ROOT = os.geteuid() == 0

# The limit of every single wait. Far above what is ever needed, also under a thread sanitizer.
PATIENCE = 60.0

_SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|UndefinedBehaviorSanitizer|runtime error:")


def wait_until(condition, what, patience=PATIENCE):
    """Asks again and again until `condition()` gives something true, and returns that."""
    limit = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > limit:
            raise AssertionError(f"after {patience:.0f} s still not: {what}")
        time.sleep(0.01)


def command(*arguments, stdin="", cwd=None, environment=None, timeout=PATIENCE):
    """Runs a command of the binary to its end. The environment is clean but for what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EAS451_")}
    ended = subprocess.run([str(BINARY), *map(str, arguments)], input=stdin, cwd=cwd, check=False, timeout=timeout,
                           capture_output=True, text=True, errors="surrogateescape",
                           env={**kept, **(environment or {})})
    if _SANITIZER.search(ended.stderr):
        raise AssertionError(ended.stderr)
    return ended


def dump(value):
    """A configuration or directory as it is written to a Site: one value a line."""
    return json.dumps(value, indent=1)


_KEYS = {"ec": ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "rsa": ("rsa:2048",)}


def make_certificate(*hosts, key="ec", name="tls"):
    """The files NAME.crt and NAME.key of a new self-signed certificate, for Site's `files`."""
    hosts = hosts or ("mail.contoso.com",)
    names = ",".join(f"DNS:{host}" for host in hosts)
    with tempfile.TemporaryDirectory(prefix="eas451-test-") as folder:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", *_KEYS[key], "-nodes", "-days", "2", "-subj", f"/CN={hosts[0]}",
             "-addext", f"subjectAltName={names}", "-keyout", f"{name}.key", "-out", f"{name}.crt"],
            cwd=folder, check=True, capture_output=True, timeout=PATIENCE)
        return {file: pathlib.Path(folder, file).read_text(encoding="ascii") for file in (f"{name}.crt", f"{name}.key")}


class Lines:
    """The lines of a pipe as they come, read by a thread of its own."""

    def __init__(self, pipe):
        self._lines = []
        self._ended = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self._reader.start()

    def _read(self, pipe):
        with pipe:
            for line in pipe:
                with self._changed:
                    self._lines.append(line.rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def all(self):
        with self._changed:
            return list(self._lines)

    def text(self):
        return "\n".join(self.all())

    def wait_for(self, pattern, count=1):
        """The match in the count-th line that holds the pattern; raises when the pipe ends before."""
        limit = time.monotonic() + PATIENCE
        with self._changed:
            while True:
                found = [match for match in map(re.compile(pattern).search, self._lines) if match]
                if len(found) >= count:
                    return found[count - 1]
                left = limit - time.monotonic()
                if self._ended or left <= 0:
                    raise AssertionError(f"no line with {pattern!r} ({count}) in:\n" + "\n".join(self._lines))
                self._changed.wait(left)

    def join(self):
        self._reader.join(PATIENCE)


class Site:
    """A folder with a configuration and a directory file. Both are written as JSON, which is the
    easier of the two to write exactly; YAML has tests of its own."""

    def __init__(self, config, directory=None, files=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="eas451-test-"))
        self.config_file = self.folder / "eas451.yaml"
        if config is not None:
            self.write_config(config)
        if directory is not None:
            self.write("directory.json", dump(directory))
        for name, text in (files or {}).items():
            self.write(name, text)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def write_config(self, config):
        self.write(self.config_file.name, config if isinstance(config, str) else dump(config))

    def command(self, *arguments, **options):
        return command("--config", self.config_file, *arguments, **options)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Server:
    """One running `eas451 serve`. `https` is the port of each listener, `admin` that of the admin listener
    (or None when it is a Unix socket or off). `wrapper` is a command that becomes the server in the end; `environment`
    is added to that of the tests."""

    def __init__(self, site, admin=True, wrapper=(), environment=None, descriptors=()):
        self.site = site
        self.is_stopped = False
        self.process = subprocess.Popen(
            [*wrapper, str(BINARY), "--config", str(site.config_file), "serve"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="surrogateescape",
            cwd=str(site.folder), start_new_session=True, pass_fds=descriptors, env={**os.environ, **(environment or {})})
        self.out = Lines(self.process.stdout)
        self.err = Lines(self.process.stderr)
        self._admin_is_expected = admin
        self._was_told_to_end = False

    def wait_until_listening(self):
        listeners = len(json.loads(self.site.command("config", "show", "--json").stdout)["listeners"])
        self.ports = [int(self.err.wait_for(r'listening on https?://127\.0\.0\.1:([0-9]+)("})?$', i + 1).group(1))
                      for i in range(listeners)]
        self.https = self.ports[0]
        self.admin = None
        if self._admin_is_expected:
            port = self.err.wait_for(r'admin on (?:127\.0\.0\.1:([0-9]+)|/[^"]*)("})?$').group(1)
            self.admin = int(port) if port else None
        return self

    def signal(self, number):
        self._was_told_to_end = self._was_told_to_end or number == signal.SIGTERM
        self.process.send_signal(number)

    def reload(self, outcome="done"):
        """Sends SIGHUP and returns when the server says how it went: "done" or "nothing was changed"."""
        so_far = sum(f"reload: {outcome}" in line for line in self.err.all())
        self.signal(signal.SIGHUP)
        self.err.wait_for(f"reload: {outcome}$", so_far + 1)

    def wait_for_exit(self, expected=0):
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE)
            status = "killed, since it did not end"
        self.out.join()
        self.err.join()
        self.is_stopped = True
        if status != expected or _SANITIZER.search(self.err.text()):
            raise AssertionError(f"exit status {status}, expected {expected}; stderr:\n{self.err.text()}")

    def stop(self):
        if self.is_stopped:
            return
        # Told twice, it may be past the place where the second time means nothing.
        if self.process.poll() is None and not self._was_told_to_end:
            self.signal(signal.SIGTERM)
        self.wait_for_exit()

    def access_lines(self, count):
        """The first `count` lines of the access log on stdout, without those that begin with '#'."""
        def enough():
            lines = [line for line in self.out.all() if not line.startswith("#")]
            return lines if len(lines) >= count else None
        return wait_until(enough, f"{count} lines in the access log")

    def all_access_lines(self):
        """Stops the server, so that nothing more can come, and returns the whole access log."""
        self.stop()
        return [line for line in self.out.all() if not line.startswith("#")]


# The columns of the contract, in its order.
W3cLine = collections.namedtuple(
    "W3cLine", "date time s_ip method stem query s_port username c_ip user_agent status substatus win32 time_taken")


def w3c(line):
    columns = line.split(" ")
    if len(columns) != 14 or "" in columns or "\t" in line:
        raise AssertionError(f"{len(columns)} columns instead of 14 in {line!r}")
    return W3cLine(*columns)


def start(test, config, directory=None, files=None, admin=True, wrapper=()):
    """A server for one test case, or for a class when `test` is the class; stopped and judged at its end."""
    is_class = isinstance(test, type)
    clean_up = test.addClassCleanup if is_class else test.addCleanup
    site = Site(config, directory, files)
    clean_up(site.remove)
    server = Server(site, admin, wrapper)
    clean_up(server.stop)
    return server.wait_until_listening()


def site(test, config, directory=None, files=None):
    """A folder for one test, for commands that end by themselves."""
    made = Site(config, directory, files)
    test.addCleanup(made.remove)
    return made
