#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The phones of the lab: what each sends, what it must get, and the table of what it got.

As a program it plays the phones against one running server:
    phones.py --server 127.0.0.1:8443 [--ca FILE]
"""
import argparse
import base64
import dataclasses
import http.client
import socket
import ssl
import sys
from typing import Callable, Dict, List, Optional

TIMEOUT_SECONDS = 15
OFFICE_365 = "https://outlook.office365.com/Microsoft-Server-ActiveSync"
FABRIKAM = "https://mail.fabrikam.com/Microsoft-Server-ActiveSync"

# The one Status document a phone of this table can get for a command: header, code page, root and
# Status tag up to the digits (MS-ASWBXML; docs/exchange-behaviour.md).
STATUS_PREFIX = {
    "Sync": bytes.fromhex("03016a00454e03"),
    "Ping": bytes.fromhex("03016a00000d454703"),
    "FolderSync": bytes.fromhex("03016a000007564c03"),
}
STATUS_SUFFIX = bytes.fromhex("000101")


@dataclasses.dataclass(frozen=True)
class Target:
    bind: str  # host:port
    ca_file: Optional[str]  # None: the certificate is not checked
    server_name: str


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    location: Optional[str]
    retry_after: Optional[str]
    body: bytes


@dataclasses.dataclass(frozen=True)
class Phone:
    device: str
    mode: str  # redirect.mode of the server it calls
    login: str
    password: str
    device_id: str
    device_type: str
    command: str
    version: str
    user_agent: str
    expected: str
    is_expected: Callable[["Phone", Answer], bool]


@dataclasses.dataclass(frozen=True)
class Row:
    phone: Phone
    got: str
    ok: bool


def redirected_to(url: str):
    return lambda _phone, answer: answer.status == 451 and answer.location == url and not answer.body


def refused_with(code: int):
    return lambda _phone, answer: answer.status == code and answer.location is None


def status_document(code: int, temporary: bool = False):
    def check(phone: Phone, answer: Answer) -> bool:
        retry = answer.retry_after is not None and answer.retry_after.isdigit()
        return answer.status == 200 and eas_status(phone.command, answer.body) == code and retry == temporary
    return check


def eas_status(command: str, body: bytes) -> Optional[int]:
    prefix = STATUS_PREFIX[command]
    digits = body[len(prefix):len(body) - len(STATUS_SUFFIX)]
    if body != prefix + digits + STATUS_SUFFIX or not digits.isdigit():
        return None
    return int(digits)


IPAD = ("RSUA4U03JH48LAS6T7BD2TENV0", "iPad", "Apple-iPad2C2/1202.440")
WP8 = ("AC94832BCFD9DCD19D299AD36D2CA8C5", "WP8", "MSFT-WP/8.10.14219")
IPHONE = ("ApplF17GC0PQDTD0", "iPhone", "Apple-iPhone6C1/1208.321")
IPHONE_3G = ("Appl88048DVM3NP0", "iPhone", "Apple-iPhone1C2/705.18")
ANDROID = ("androidc1592385", "Android", "Android-SAMSUNG-SM-G900F/101.500")


def phone(name, mode, login, password, device, command, version, expected, is_expected) -> Phone:
    return Phone(name, mode, login, password, device[0], device[1], command, version, device[2], expected, is_expected)


PHONES = [
    phone("user12's iPad", "on", "user12@contoso.com", "Passw0rd!user12", IPAD, "Ping", "14.1",
          f"451 {OFFICE_365}", redirected_to(OFFICE_365)),
    phone("user12's iPad", "off", "user12@contoso.com", "Passw0rd!user12", IPAD, "Ping", "14.1",
          "200 Status 123", status_document(123)),
    phone("Mig8's WP8", "off", "CONTOSO\\Mig8", "Passw0rd!Mig8", WP8, "Sync", "14.1",
          "200 Status 123", status_document(123)),
    phone("Mig8's WP8", "on", "CONTOSO\\Mig8", "Passw0rd!Mig8", WP8, "Sync", "14.1",
          f"451 {OFFICE_365}", redirected_to(OFFICE_365)),
    phone("anna's iPhone, local", "on", "anna@contoso.com", "Passw0rd!anna", IPHONE, "FolderSync", "14.1",
          "200 Status 111, Retry-After", status_document(111, temporary=True)),
    phone("wrong password", "on", "user12@contoso.com", "not-the-password", IPAD, "Ping", "14.1",
          "401", refused_with(401)),
    phone("an EAS 12.1 device", "on", "user12@contoso.com", "Passw0rd!user12", IPHONE_3G, "Ping", "12.1",
          "403", refused_with(403)),
    phone("forest7, cross-forest", "on", "forest7@contoso.com", "Passw0rd!forest7", ANDROID, "FolderSync", "14.1",
          f"451 {FABRIKAM}", redirected_to(FABRIKAM)),
]


class Connection(http.client.HTTPSConnection):
    """TLS to an address, for a name: the lab's name needs no DNS."""

    def __init__(self, target: Target):
        host, port = target.bind.rsplit(":", 1)
        context = ssl.create_default_context(cafile=target.ca_file)
        if target.ca_file is None:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        super().__init__(host.strip("[]"), int(port), timeout=TIMEOUT_SECONDS, context=context)
        self.server_name = target.server_name
        self.tls = context

    def connect(self):
        plain = socket.create_connection((self.host, self.port), TIMEOUT_SECONDS)
        self.sock = self.tls.wrap_socket(plain, server_hostname=self.server_name)


def send(target: Target, caller: Phone) -> Answer:
    user = caller.login.rsplit("\\", 1)[-1]
    path = ("/Microsoft-Server-ActiveSync"
            f"?User={user}&DeviceId={caller.device_id}&DeviceType={caller.device_type}&Cmd={caller.command}")
    basic = base64.b64encode(f"{caller.login}:{caller.password}".encode()).decode()
    connection = Connection(target)
    try:
        connection.request("POST", path, body=b"", headers={
            "Host": target.server_name, "Authorization": f"Basic {basic}", "User-Agent": caller.user_agent,
            "MS-ASProtocolVersion": caller.version, "Content-Type": "application/vnd.ms-sync.wbxml"})
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheader("X-MS-Location"), answer.getheader("Retry-After"), answer.read())
    finally:
        connection.close()


def describe(caller: Phone, answer: Answer) -> str:
    words = str(answer.status)
    if answer.location is not None:
        words += f" {answer.location}"
    if answer.body:
        status = eas_status(caller.command, answer.body)
        words += f" Status {status}" if status is not None else f" {len(answer.body)} unknown bytes"
    if answer.retry_after is not None:
        words += f", Retry-After {answer.retry_after}"
    return words


def play(targets: Dict[str, Target]) -> List[Row]:
    """One request a phone; phones whose redirect.mode has no server are left out."""
    rows = []
    for caller in PHONES:
        if caller.mode not in targets:
            continue
        try:
            answer = send(targets[caller.mode], caller)
            rows.append(Row(caller, describe(caller, answer), caller.is_expected(caller, answer)))
        except (OSError, http.client.HTTPException) as error:
            rows.append(Row(caller, f"{type(error).__name__}: {error}", False))
    return rows


def print_table(rows: List[Row]) -> bool:
    """Prints the table; true if there is a row and every row is as expected."""
    table = [("device", "mode", "request", "expected", "got", "ok")]
    for row in rows:
        request = f"{row.phone.command} {row.phone.version}"
        table.append((row.phone.device, row.phone.mode, request, row.phone.expected, row.got,
                      "yes" if row.ok else "NO"))
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    print()
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    good = bool(rows) and all(row.ok for row in rows)
    print(f"\n{sum(row.ok for row in rows)} of {len(rows)} as expected", flush=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="HOST:PORT")
    parser.add_argument("--ca", help="check the certificate against this file; without it, it is not checked")
    parser.add_argument("--name", default="mail.contoso.com", help="the server's name")
    arguments = parser.parse_args()
    target = Target(arguments.server, arguments.ca, arguments.name)
    return 0 if print_table(play({"on": target})) else 1


if __name__ == "__main__":
    sys.exit(main())
