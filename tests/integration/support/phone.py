# SPDX-License-Identifier: Apache-2.0
"""A phone: a TLS connection that sends exactly the bytes it is given and reads answers strictly."""
import base64
import collections
import re
import socket
import ssl

from support.server import PATIENCE

_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ([!-~][ -~]*)\Z")
_FIELD = re.compile(rb"([A-Za-z0-9-]+): ([!-~](?:[ -~]*[!-~])?)\Z")
_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
                   r"20[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT\Z")
_DATE_LINE = re.compile(rb"Date: [^\r]*\r\n")


class Answer(collections.namedtuple("Answer", "status phrase fields body raw")):
    """`fields` are (name, value) in the order they came."""

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def one(self, name):
        values = self.all(name)
        if len(values) != 1:
            raise AssertionError(f"{len(values)} times {name} in {self.raw!r}")
        return values[0]

    def closes(self):
        return self.all("Connection") == ["close"]

    def fields_but_date(self):
        """The exact set of fields; that Date is there, once and well-formed, is checked here."""
        if not _DATE.match(self.one("Date")):
            raise AssertionError(f"no IMF-fixdate in {self.raw!r}")
        return sorted((name, value) for name, value in self.fields if name != "Date")

    def bytes_but_date(self):
        return _DATE_LINE.sub(b"", self.raw)


def parse_head(head):
    lines = head.split(b"\r\n")
    status = _STATUS_LINE.match(lines[0])
    fields = [_FIELD.match(line) for line in lines[1:]]
    if not status or not all(fields):
        raise AssertionError(f"not an answer: {head!r}")
    return int(status.group(1)), status.group(2).decode(), [
        (field.group(1).decode(), field.group(2).decode()) for field in fields]


def context(**changes):
    """A client's TLS context that takes any certificate: the lab's signs itself."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def connect(port, receive_buffer=None, source=None):
    """A TCP connection whose small writes go out at once, from any address of loopback. Closed by its caller."""
    plain = socket.socket()
    plain.settimeout(PATIENCE)
    if receive_buffer is not None:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        if source is not None:
            plain.bind((source, 0))
        plain.connect(("127.0.0.1", port))
    except OSError:
        plain.close()
        raise
    return plain


class Wire:
    """A connected socket of any kind that answers are read from."""

    def __init__(self, connected):
        self.socket = connected
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def ask(self, data, head_only=False):
        return self.send(data).read(head_only)

    def read(self, head_only=False):
        """One answer, no more. Bytes behind it stay for the next read()."""
        while b"\r\n\r\n" not in self.rest:
            self._receive()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        status, phrase, fields = parse_head(head)
        lengths = [value for name, value in fields if name.lower() == "content-length"]
        if len(lengths) != 1 or not lengths[0].isdigit() or any(n.lower() == "transfer-encoding" for n, _ in fields):
            raise AssertionError(f"unclear framing: {head!r}")
        length = 0 if head_only else int(lengths[0])
        while len(self.rest) < length:
            self._receive()
        body, self.rest = self.rest[:length], self.rest[length:]
        return Answer(status, phrase, fields, body, head + b"\r\n\r\n" + body)

    def _receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise AssertionError(f"the connection ended with {self.rest!r}")
        self.rest += data

    def read_end(self):
        """The server closes without another byte; a reset is an end too where nothing was promised."""
        try:
            data = self.rest + self.socket.recv(65536)
        except ConnectionResetError:
            data = self.rest
        if data:
            raise AssertionError(f"expected the end of the connection, not {data!r}")


class Phone(Wire):
    """`prologue` goes out before the handshake: what a proxy would put in front of it. Without `suppress_ragged_eofs` an end
    without TLS's goodbye is an error."""

    def __init__(self, server, tls=None, receive_buffer=None, port=None, source=None, prologue=b"", suppress_ragged_eofs=True):
        plain = connect(port or server.https, receive_buffer, source)
        try:
            plain.sendall(prologue)
            wrapped = (tls or context()).wrap_socket(plain, server_hostname="mail.contoso.com",
                                                       suppress_ragged_eofs=suppress_ragged_eofs)
        except (OSError, ssl.SSLError):
            plain.close()
            raise
        super().__init__(wrapped)

    def finish(self):
        """Says goodbye by TLS and waits for the server's: whatever it still sent would be an error."""
        if self.rest:
            raise AssertionError(f"bytes left over: {self.rest!r}")
        self.socket.unwrap().close()


def basic(login, password):
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


def eas(login="user12@contoso.com", password=None, cmd="Ping", version="14.1", method="POST", authorization=None,
        target=None, http="HTTP/1.1", host="mail.contoso.com", fields=(), body=b"", agent="Apple-iPad2C2/1202.440"):
    """A request as a phone sends it. None for version, agent or host leaves the field out; `login` None
    sends no credentials. `fields` are lines without their ends, put behind the others."""
    if target is None:
        name = (login or "user12@contoso.com").rsplit("\\", 1)[-1]
        target = "/Microsoft-Server-ActiveSync" + (
            f"?User={name}&DeviceId=RSUA4U03JH48LAS6T7BD2TENV0&DeviceType=iPad&Cmd={cmd}" if method == "POST" else "")
    if authorization is None and login is not None:
        authorization = basic(login, password if password is not None else "Passw0rd!" + login.split("@")[0])
    lines = [f"{method} {target} {http}"]
    named = (("Host", host), ("Authorization", authorization), ("User-Agent", agent),
             ("MS-ASProtocolVersion", version))
    lines += [f"{name}: {value}" for name, value in named if value is not None]
    lines += fields
    if body and not any(line.lower().startswith("transfer-encoding") for line in fields):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def get(path, host="mail.contoso.com", method="GET", fields=()):
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *fields, "", ""]).encode("latin-1")
