# SPDX-License-Identifier: Apache-2.0
"""HAProxy and nginx as Debian ships them, in front of the server, with the snippets of docs/behind-a-proxy.md."""
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

from support.daemon import Daemon
from support.server import IS_ROOT, PATIENCE, ROOT, make_certificate, wait_until
from support.slapd import free_port

PAGE = ROOT / "docs" / "behind-a-proxy.md"
SBIN = "/usr/sbin:/usr/local/sbin:/usr/bin"
NGINX_STREAM = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")

# Its workers keep the user, who alone may enter the folder.
NGINX_HEAD = """{user}daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
"""
NGINX_PATHS = "\n".join(f"    {name}_temp_path temp_{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))


def snippet(kind, with_word):
    """The one snippet for this proxy that has the word in it."""
    found = [text for text in re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
             if with_word in text]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} snippets for {kind} with {with_word}")
    return found[0]


def replaced(text, *pairs):
    for old, new in pairs:
        if old not in text:
            raise AssertionError(f"no {old!r} in {text!r}")
        text = text.replace(old, new)
    return text


class FrontProxy(Daemon):
    """`port` is where phones connect."""

    def __init__(self, name, make_configuration, arguments):
        self.name = name
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="eas451-test-proxy-"))
        self._make_configuration, self._arguments = make_configuration, arguments

    def start(self):
        for _ in range(5):
            self.port = free_port()
            (self.folder / "proxy.conf").write_text(self._make_configuration(self.folder, self.port), encoding="utf-8")
            self._log = open(self.folder / "log", "wb")
            self.process = subprocess.Popen([part.format(folder=self.folder) for part in self._arguments], stdin=subprocess.DEVNULL,
                                            stdout=self._log, stderr=self._log, cwd=self.folder, start_new_session=True)
            self._log.close()
            if wait_until(lambda: self.process.poll() is not None or self._listens(), f"{self.name} listens") and \
                    self.process.poll() is None:
                return self
        raise AssertionError((self.folder / "log").read_text(encoding="utf-8", errors="replace"))

    def _listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        except OSError:
            return False

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _start(test, name, make_configuration, arguments):
    proxy = FrontProxy(name, make_configuration, arguments)
    test.addCleanup(proxy.remove)
    return proxy.start()


def _program(name):
    found = shutil.which(name, path=SBIN)
    if found is None:
        raise unittest.SkipTest(f"{name} is not installed")
    return found


def _certificates(folder, server, exchange):
    """The proxy's own, and whom it trusts: our server's, and Exchange's authority."""
    trusted = (server.site.folder / "tls.crt").read_text(encoding="ascii")
    if exchange is not None:
        trusted += exchange.ca_file.read_text(encoding="ascii")
    (folder / "ca.pem").write_text(trusted, encoding="ascii")
    pair = make_certificate()
    (folder / "mail.crt").write_text(pair["tls.crt"], encoding="ascii")
    (folder / "mail.key").write_text(pair["tls.key"], encoding="ascii")
    (folder / "mail.pem").write_text(pair["tls.crt"] + pair["tls.key"], encoding="ascii")


def _behind(exchange):
    return f"127.0.0.1:{exchange.port if exchange is not None else 9}"


def haproxy(test, mode, server, send="send-proxy-v2", exchange=None):
    """`mode` is "tcp" or "http"; for tcp, `send` is how it says whom it passes on. `exchange` is who gets what is not
    ActiveSync in http; without one, nobody does."""
    def make(folder, port):
        _certificates(folder, server, exchange)
        text = replaced(snippet("haproxy", f"mode {mode}"), ("bind :443", f"bind 127.0.0.1:{port}"),
                        ("10.0.0.20:443", f"127.0.0.1:{server.https}"))
        text = replaced(text, ("/etc/haproxy/ca.pem", str(folder / "ca.pem")))
        if mode == "tcp":
            text = replaced(text, ("send-proxy-v2", send))
        if mode == "http":
            text = replaced(text, ("/etc/haproxy/mail.pem", str(folder / "mail.pem")), ("10.0.0.30:443", _behind(exchange)))
        return text
    return _start(test, "haproxy", make, [_program("haproxy"), "-db", "-f", "{folder}/proxy.conf"])


def haproxy_says(configuration):
    """What `haproxy -c` says of a file: exit status and warnings."""
    judged = subprocess.run([_program("haproxy"), "-c", "-f", str(configuration)], check=False, capture_output=True, text=True,
                            timeout=PATIENCE, cwd=configuration.parent)
    return judged.returncode, [line for line in (judged.stdout + judged.stderr).splitlines() if not line.startswith("Configuration file is valid")]


def nginx(test, mode, server, exchange=None):
    """`mode` is "stream" or "http"; `exchange` as above."""
    if mode == "stream" and not NGINX_STREAM.exists():
        raise unittest.SkipTest("nginx's stream module is not installed")

    def make(folder, port):
        _certificates(folder, server, exchange)
        text = replaced(snippet("nginx", f"{mode} {{"), ("listen 443", f"listen 127.0.0.1:{port}"),
                        ("10.0.0.20:443", f"127.0.0.1:{server.https}"))
        if mode == "http":
            text = replaced(text, ("/etc/nginx/mail.", f"{folder}/mail."), ("/etc/nginx/ca.pem", str(folder / "ca.pem")),
                            ("10.0.0.30:443", _behind(exchange)),
                            ("http {\n", f"http {{\n    access_log off;\n{NGINX_PATHS}\n"))
        return ("" if mode == "http" else f"load_module {NGINX_STREAM};\n") + NGINX_HEAD.format(user="user root;\n" if IS_ROOT else "") + text
    return _start(test, "nginx", make, [_program("nginx"), "-p", "{folder}", "-c", "{folder}/proxy.conf", "-e", "stderr"])
