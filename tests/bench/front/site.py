# SPDX-License-Identifier: Apache-2.0
"""What every server of the benchmark is given: one certificate, the phones' requests, one answer."""
import base64
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile

LOCATION = "https://outlook.office365.com/Microsoft-Server-ActiveSync"
DISTINCT_REQUESTS = 1000

MIB = 1024 * 1024

_HEAD = """POST /Microsoft-Server-ActiveSync?Cmd={command}&User={user}%40contoso.example&DeviceId={device}&DeviceType=iPhone HTTP/1.1\r
Host: mail.contoso.example\r
User-Agent: Apple-iPhone14C2/2104.90\r
Accept: */*\r
Accept-Language: en-us\r
Accept-Encoding: gzip, deflate, br\r
MS-ASProtocolVersion: 14.1\r
X-MS-PolicyKey: 3942919513\r
Content-Type: application/vnd.ms-sync.wbxml\r
Content-Length: {length}\r
Connection: keep-alive\r
Cache-Control: no-cache\r
Authorization: Basic {basic}\r
\r
"""
_BODY = bytes.fromhex("03016a00455c4f4b033000000101")[:13]


def user_name(number):
    return f"user{number:06}"


def password(number):
    return f"Passw0rd!{number:06}"


def user(number):
    name = user_name(number)
    return {"userPrincipalName": f"{name}@contoso.example", "sAMAccountName": name, "mail": f"{name}@contoso.example",
            "mailNickname": name, "targetAddress": f"SMTP:{name}@contoso.mail.onmicrosoft.com",
            "msExchRecipientTypeDetails": "RemoteUserMailbox", "userAccountControl": 512, "password": password(number)}


def request(number, command="Sync", body=_BODY):
    name = user_name(number)
    basic = base64.b64encode(f"{name}@contoso.example:{password(number)}".encode()).decode()
    return _HEAD.format(command=command, user=name, device=f"APPL{number:028X}", basic=basic, length=len(body)).encode() + body


def free_port():
    """A loopback port that nobody listens on: none of the other servers can be asked which one it took."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """A temporary folder with the certificate, the directory of so many users and the requests of a
    thousand of them, spread over it."""

    def __init__(self, users):
        self.users = users
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="eas451-bench-"))
        # nginx's worker becomes another user when it is started as root.
        self.folder.chmod(0o755)
        self.certificate, self.key = self.folder / "tls.crt", self.folder / "tls.key"
        self.requests, self.directory = self.folder / "requests", self.folder / "directory.json"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=mail.contoso.example", "-addext",
                        "subjectAltName=DNS:mail.contoso.example", "-keyout", self.key, "-out", self.certificate],
                       check=True, capture_output=True)
        (self.folder / "both.pem").write_bytes(self.certificate.read_bytes() + self.key.read_bytes())
        step = max(1, users // DISTINCT_REQUESTS)
        self.requests.write_bytes(b"".join(request(number * step % users) for number in range(DISTINCT_REQUESTS)))
        self.pings, self.large_requests = self.folder / "pings", self.folder / "large-requests"
        self.pings.write_bytes(b"".join(request(number * step % users, "Ping") for number in range(DISTINCT_REQUESTS)))
        self.large_requests.write_bytes(b"".join(request(number * step % users, "SendMail", b"x" * MIB) for number in range(16)))
        with self.directory.open("w", encoding="utf-8") as file:
            json.dump({"users": [user(number) for number in range(users)]}, file)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
