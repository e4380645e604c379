# SPDX-License-Identifier: Apache-2.0
"""What stands behind the proxies: an nginx on the client's core that speaks TLS, and answers as a part of the benchmark
needs it."""
import os
import selectors
import socket
import subprocess
import threading
import time

from . import site as sites
from .servers import CLIENT_CORE, PATIENCE, Nginx, Variant


class Upstream(Nginx):
    """Says 451 to everything, which all proxies pass on."""
    name = "upstream"
    core = CLIENT_CORE

    def __init__(self, site):
        self.certificate, self.key = site.folder / "upstream.crt", site.folder / "upstream.key"
        if not self.certificate.exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                            "-keyout", self.key, "-out", self.certificate], check=True, capture_output=True)
        super().__init__(site, Variant())

    def rules(self):
        """What nginx does with a request, in its own words."""
        return f"location / {{ add_header X-MS-Location {sites.LOCATION} always; return 451; }}"

    def servers_behind(self):
        return ""

    def command(self):
        config = f"""{"user www-data;" if os.geteuid() == 0 else ""}
daemon off; worker_processes 1; worker_rlimit_nofile 40000; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections 32768; }}
http {{
    {"".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
    access_log off; keepalive_timeout 3600s; keepalive_requests 1000000000;
    {self.servers_behind()}
    server {{
        listen 127.0.0.1:{self.port} ssl backlog=4096;
        ssl_certificate {self.certificate}; ssl_certificate_key {self.key}; ssl_protocols TLSv1.3;
        location = /Microsoft-Server-ActiveSync/healthcheck.htm {{ return 200; }}
        {self.rules()}
    }}
}}
"""
        return ["nginx", "-c", str(self.write("nginx.conf", config)), "-e", str(self.folder / "error.log"),
                "-p", str(self.folder)]


class LargeAnswers(Upstream):
    """Answers everything with a file of so many bytes."""
    size = 0

    def rules(self):
        # nginx refuses a POST to a file with 405, unless it is told what that means.
        self.write("large", "x" * self.size)
        return f"location / {{ root {self.folder}; error_page 405 =200 /large; rewrite ^ /large break; }}"


class LargeRequests(Upstream):
    """Reads each request whole before it says 451."""

    def rules(self):
        return f"""location / {{ client_max_body_size 64m; client_body_buffer_size 2m;
            proxy_pass http://unix:{self.folder}/behind; }}"""

    def servers_behind(self):
        return f"""server {{ listen unix:{self.folder}/behind;
            location / {{ client_max_body_size 64m; client_body_buffer_size 2m; add_header X-MS-Location {sites.LOCATION} always;
                return 451; }} }}"""


class Silence:
    """Takes connections, reads what they bring and never answers. A thread of its own, ended by stop()."""

    def __init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.listening.setblocking(False)
        self.port = self.listening.getsockname()[1]
        self.held = 0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        with selectors.DefaultSelector() as ready, self.listening:
            ready.register(self.listening, selectors.EVENT_READ)
            while not self._ends.is_set():
                for key, _ in ready.select(0.2):
                    if key.fileobj is self.listening:
                        connection, _ = self.listening.accept()
                        ready.register(connection, selectors.EVENT_READ)
                        self.held += 1
                    elif not self._has_read(key.fileobj):
                        ready.unregister(key.fileobj)
                        key.fileobj.close()
                        self.held -= 1
            for key in list(ready.get_map().values()):
                key.fileobj.close()

    @staticmethod
    def _has_read(connection):
        try:
            return bool(connection.recv(65536))
        except ConnectionResetError:
            return False

    def stop(self):
        self._ends.set()
        self._thread.join()


class Holding(Upstream):
    """Never answers a Ping; everything else is 451."""
    name = "holding"

    def __init__(self, site):
        self.silence = Silence()
        super().__init__(site)

    def rules(self):
        return f"""location / {{
            if ($arg_Cmd = Ping) {{ rewrite ^ /held last; }}
            add_header X-MS-Location {sites.LOCATION} always; return 451; }}
        location = /held {{ internal; proxy_pass http://127.0.0.1:{self.silence.port}; proxy_read_timeout 3600s; }}"""

    def wait_until_held(self, count):
        limit = time.monotonic() + PATIENCE
        while self.silence.held != count:
            if time.monotonic() > limit:
                raise RuntimeError(f"{self.silence.held} requests are held, not {count}")
            time.sleep(0.05)

    def stop(self):
        super().stop()
        self.silence.stop()
