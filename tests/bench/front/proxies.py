# SPDX-License-Identifier: Apache-2.0
"""The three servers as proxies in front of one upstream, TLS on both sides with the upstream's certificate verified,
connections to it kept, nothing buffered on the way. The upstream is an nginx on the client's core that says 451 to
everything, which all of them pass on; eas451 checks the password before."""
import json
import os
import subprocess

from . import site as sites
from .servers import CLIENT_CORE, Eas451, HaProxy, Nginx, Server, Variant

LOCAL = {"homeMDB": "CN=DB01,CN=Databases,CN=Contoso,DC=contoso,DC=example", "targetAddress": None,
         "msExchRecipientTypeDetails": 1}


class Upstream(Nginx):
    name = "upstream"
    core = CLIENT_CORE

    def __init__(self, site):
        self.certificate, self.key = site.folder / "upstream.crt", site.folder / "upstream.key"
        if not self.certificate.exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                            "-keyout", self.key, "-out", self.certificate], check=True, capture_output=True)
        super().__init__(site, Variant())

    def command(self):
        config = f"""{"user www-data;" if os.geteuid() == 0 else ""}
daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections 16384; }}
http {{
    {"".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
    access_log off; keepalive_timeout 3600s; keepalive_requests 1000000000;
    server {{
        listen 127.0.0.1:{self.port} ssl backlog=4096;
        ssl_certificate {self.certificate}; ssl_certificate_key {self.key}; ssl_protocols TLSv1.3;
        location = /Microsoft-Server-ActiveSync/healthcheck.htm {{ return 200; }}
        location / {{ add_header X-MS-Location {sites.LOCATION} always; return 451; }}
    }}
}}
"""
        return ["nginx", "-c", str(self.write("nginx.conf", config)), "-e", str(self.folder / "error.log"),
                "-p", str(self.folder)]


class Eas451Proxy(Eas451):
    upstream: Upstream

    def command(self):
        words = super().command()
        path = self.folder / "eas451.yaml"
        config = json.loads(path.read_text(encoding="utf-8"))
        with self.site.directory.open(encoding="utf-8") as file:
            users = json.load(file)["users"]
        directory = self.write("directory.json", json.dumps({"users": [
            {name: value for name, value in {**user, **LOCAL}.items() if value is not None} for user in users]}))
        config["directory"]["file"] = str(directory)
        config["exchange"] = {"servers": [f"https://localhost:{self.upstream.port}"], "ca_file": str(self.upstream.certificate)}
        path.write_text(json.dumps(config, indent=1), encoding="utf-8")
        return words


class NginxProxy(Nginx):
    upstream: Upstream

    def command(self):
        words = super().command()
        path = self.folder / "nginx.conf"
        config = path.read_text(encoding="utf-8")
        passing = f"""location / {{
            proxy_pass https://exchange; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto https;
            proxy_buffering off; proxy_read_timeout 3600s;
            proxy_ssl_protocols TLSv1.3; proxy_ssl_verify on; proxy_ssl_trusted_certificate {self.upstream.certificate}; proxy_ssl_name localhost;
            proxy_ssl_server_name on; }}"""
        start = config.index("location / {")
        config = config[:start] + passing + config[config.index("}", config.index("return 451")) + 1:]
        config = config.replace("    server {", f"    upstream exchange {{ server 127.0.0.1:{self.upstream.port}; keepalive 64; }}\n    server {{", 1)
        path.write_text(config, encoding="utf-8")
        return words


class HaProxyProxy(HaProxy):
    upstream: Upstream

    def command(self):
        words = super().command()
        path = self.folder / "haproxy.cfg"
        config = path.read_text(encoding="utf-8")
        config = config[:config.index("    http-request return")].replace("timeout server 5s", "timeout server 1h")
        path.write_text(config + f"""    option forwardfor
    http-request set-header X-Forwarded-Proto https
    default_backend exchange
backend exchange
    http-reuse always
    server ex1 127.0.0.1:{self.upstream.port} ssl verify required ca-file {self.upstream.certificate} verifyhost localhost sni str(localhost)
""", encoding="utf-8")
        return words
