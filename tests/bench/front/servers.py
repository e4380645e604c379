# SPDX-License-Identifier: Apache-2.0
"""The three servers, each one worker on one core, answering 451 with X-MS-Location. nginx and HAProxy
say it to everybody; eas451 reads the request, checks the password and looks the user up."""
import collections
import json
import os
import pathlib
import socket
import subprocess
import time

from . import site as sites

SERVER_CORE, CLIENT_CORE = "0", "1"
PATIENCE = 60.0

# How a server is to be run: TLS or plain, the access log, tickets per handshake, so many connections.
Variant = collections.namedtuple("Variant", "tls log tickets connections", defaults=(True, False, 1, 16384))


class Server:
    """One running server. `wrapper` is a command that becomes it in the end."""
    name = ""
    core = SERVER_CORE

    def __init__(self, site, variant=Variant(), wrapper=()):
        self.site, self.variant, self.port = site, variant, sites.free_port()
        self.is_wrapped = bool(wrapper)
        self.folder = site.folder / f"{self.name}-{self.port}"
        self.folder.mkdir()
        self.folder.chmod(0o777)
        self.errors = self.folder / "stderr"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(["taskset", "-c", self.core, *wrapper, *self.command()],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                                            cwd=self.folder)
        self._wait()

    def _wait(self):
        limit = time.monotonic() + PATIENCE
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None or time.monotonic() > limit:
                self.stop()
                raise RuntimeError(f"{self.name} does not listen:\n{self.errors.read_text(errors='replace')}")
            time.sleep(0.02)

    def pids(self):
        """The process and its children."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [self.process.pid, *map(int, children.split())]

    def serving_pid(self):
        """The process that answers: of those that have children, the child."""
        return self.pids()[-1]

    def resident(self):
        """Bytes."""
        total = 0
        for pid in self.pids():
            for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1]) * 1024
        return total

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(PATIENCE)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


class Eas451(Server):
    name = "eas451"
    binary = None

    @classmethod
    def version(cls):
        return subprocess.run([cls.binary, "version"], check=True, capture_output=True, text=True).stdout.splitlines()[0]

    def command(self):
        files = {"certificate": str(self.site.certificate), "key": str(self.site.key)}
        log = {"format": "json", "path": str(self.folder / "access.log")} if self.variant.log else "off"
        config = {
            "listeners": [{"bind": f"127.0.0.1:{self.port}", "tls": files if self.variant.tls else "off"}],
            "public_names": ["mail.contoso.example"], "workers": 1, "lab": True, "admin": "off",
            "directory": {"type": "file", "file": str(self.site.directory)},
            "organization_relationships": {"static": [
                {"name": "Office 365", "domain_names": ["contoso.mail.onmicrosoft.com"],
                 "target_owa_url": "https://outlook.office.com/mail"}]},
            "limits": {"connections": self.variant.connections, "idle": "1h", "unauthenticated_per_address": 0},
            "access_log": log, "log": {"level": "warning"}}
        return [self.binary, "--config", str(self.write("eas451.yaml", json.dumps(config, indent=1))), "serve"]


class Nginx(Server):
    name = "nginx"

    @staticmethod
    def version():
        said = subprocess.run(["nginx", "-V"], check=True, capture_output=True, text=True).stderr.splitlines()
        return ", ".join(line for line in said if line.startswith(("nginx version", "built with OpenSSL")))

    def command(self):
        log = f"{self.folder}/access.log" if self.variant.log else "off"
        tls = f"""ssl_certificate {self.site.certificate}; ssl_certificate_key {self.site.key};
        ssl_protocols TLSv1.3; ssl_session_tickets on; ssl_conf_command NumTickets {self.variant.tickets};"""
        folders = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in
                          ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = f"""{"user www-data;" if os.geteuid() == 0 else ""}
daemon off; master_process {"off" if self.is_wrapped else "on"}; worker_processes 1; worker_rlimit_nofile 20000; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections {self.variant.connections + 512}; }}
http {{
    {folders}
    access_log {log}; keepalive_timeout 3600s; keepalive_requests 1000000000;
    server {{
        listen 127.0.0.1:{self.port} {"ssl" if self.variant.tls else ""} backlog=4096;
        {tls if self.variant.tls else ""}
        location / {{ add_header X-MS-Location {sites.LOCATION} always; return 451; }}
    }}
}}
"""
        return ["nginx", "-c", str(self.write("nginx.conf", config)), "-e", str(self.folder / "error.log"),
                "-p", str(self.folder)]


class HaProxy(Server):
    name = "HAProxy"

    @staticmethod
    def version():
        said = subprocess.run(["haproxy", "-vv"], check=True, capture_output=True, text=True).stdout.splitlines()
        return ", ".join([said[0].split(" - ")[0], *(line for line in said if line.startswith("Running on OpenSSL"))])

    def command(self):
        tls = f"ssl crt {self.site.folder}/both.pem ssl-min-ver TLSv1.3" if self.variant.tls else ""
        config = f"""global
    nbthread 1
    maxconn {self.variant.connections + 512}
    ulimit-n 20000
    no strict-limits
    tune.pool-low-fd-ratio 80
    tune.pool-high-fd-ratio 90
    tune.ssl.default-dh-param 2048
defaults
    mode http
    timeout client 1h
    timeout http-keep-alive 1h
    timeout http-request 1h
    timeout connect 5s
    timeout server 5s
    maxconn {self.variant.connections + 512}
frontend phones
    bind 127.0.0.1:{self.port} {tls} backlog 4096
    http-request return status 451 hdr X-MS-Location {sites.LOCATION}
"""
        return ["haproxy", "-f", str(self.write("haproxy.cfg", config)), "-db", "-q"]
