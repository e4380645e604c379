# SPDX-License-Identifier: Apache-2.0
"""The three servers as proxies in front of one upstream, TLS on both sides with the upstream's certificate verified,
connections to it kept, nothing buffered on the way. eas451 checks the password before it passes on."""
import json

from .servers import Eas451, HaProxy, Nginx
from .upstreams import Upstream

LOCAL = {"homeMDB": "CN=DB01,CN=Databases,CN=Contoso,DC=contoso,DC=example", "targetAddress": None,
         "msExchRecipientTypeDetails": 1}


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
            proxy_buffering off; proxy_request_buffering off; client_max_body_size 64m; proxy_read_timeout 3600s;
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
