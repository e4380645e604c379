# SPDX-License-Identifier: Apache-2.0
"""A server in Exchange's place that records, byte for byte, what it receives, and answers as a test tells it.

    exchange = fake_exchange.start(test, authority)          # answers 200 with the request's body
    exchange.behaviour = fake_exchange.holds(event)
    server = start(test, exchange.config(), contoso.directory())

A behaviour is a function of (peer, request); what it sends is sent as it is.
"""
import base64
import collections
import socket
import ssl
import threading

from support import contoso
from support.certificates import Authority
from support.server import PATIENCE

HEALTH = "/Microsoft-Server-ActiveSync/healthcheck.htm"
CHALLENGE = 'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001@*"'

# `fields` in the order they came; `raw` is the head as it was received; `body` is the content, `framed` what came for it.
Request = collections.namedtuple("Request", "method target fields raw body framed connection")


def field(request, name):
    """The values of a field, however often it came."""
    return [value for key, value in request.fields if key.lower() == name.lower()]


def _basic(request):
    basic = "".join(field(request, "Authorization")).partition("Basic ")[2]
    return base64.b64decode(basic).decode("utf-8", "replace").partition(":")


def login_of(request):
    """The user of its Basic credentials."""
    return _basic(request)[0]


def password_of(request):
    return _basic(request)[2]


class Ended(Exception):
    """The other side closed the connection."""


class Peer:
    """One connection."""

    def __init__(self, connected, number):
        self.socket = connected
        self.number = number
        self.rest = b""

    def receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise Ended
        self.rest += data

    def take(self, count):
        while len(self.rest) < count:
            self.receive()
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def take_line(self):
        while b"\r\n" not in self.rest:
            self.receive()
        line, self.rest = self.rest.split(b"\r\n", 1)
        return line

    def read_head(self):
        while b"\r\n\r\n" not in self.rest:
            self.receive()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        method, target, version = lines[0].split(" ")
        assert version == "HTTP/1.1", lines[0]
        fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        return Request(method, target, fields, head, b"", b"", self.number)

    def read_body(self, request):
        lengths, codings = field(request, "Content-Length"), field(request, "Transfer-Encoding")
        assert len(lengths) + len(codings) <= 1, request.raw
        if lengths:
            body = self.take(int(lengths[0]))
            return request._replace(body=body, framed=body)
        if not codings:
            return request
        body, framed = b"", b""
        while True:
            size = self.take_line()
            chunk = self.take(int(size, 16))
            end = self.take_line()
            assert end == b"" and size != b"", (size, end)
            framed += size + b"\r\n" + chunk + b"\r\n"
            body += chunk
            if not chunk:
                return request._replace(body=body, framed=framed)

    def send(self, data):
        self.socket.sendall(data)

    def answer(self, status=200, body=b"", fields=(), phrase="OK"):
        lines = [f"HTTP/1.1 {status} {phrase}", *fields, f"Content-Length: {len(body)}", "", ""]
        self.send("\r\n".join(lines).encode("latin-1") + body)

    def wait_for_end(self):
        """Until the other side closes."""
        try:
            while True:
                self.receive()
        except (Ended, OSError):
            return


def echo(peer, request):
    peer.answer(200, request.body, ("Content-Type: application/vnd.ms-sync.wbxml", "MS-Server-ActiveSync: 15.2"))


def says(data, then_close=False):
    """The same bytes for every request."""
    def behave(peer, _):
        peer.send(data)
        if then_close:
            peer.socket.shutdown(socket.SHUT_RDWR)
            raise Ended
    return behave


def holds(event, then=echo):
    """Answers once the event is set: a Ping."""
    def behave(peer, request):
        assert event.wait(PATIENCE)
        then(peer, request)
    return behave


class FakeExchange:
    def __init__(self, authority, behaviour=echo, names=("DNS:localhost",), receive_buffer=None):
        self.behaviour = behaviour
        self.healthy = True
        self.requests = []  # of users: neither health checks nor questions for the challenge
        self.checks = []
        self.heads = []  # of users, too, and also where no whole body came
        self.greets = True  # False: takes connections and says nothing
        self.ungreeted = 0
        self.before_body = None  # a behaviour that comes before the body is read, for a request that has one
        self.violations = []  # what nobody may send us
        self.changed = threading.Condition()
        self.connections = 0
        self._authority = authority
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*authority.issue(names))
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer is not None:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(512)
        self.port = self._listener.getsockname()[1]
        self._open = set()
        self._of_users = set()  # by id(), of those that are open
        self._stopping = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def ca_file(self):
        return self._authority.ca_file

    @property
    def url(self):
        return f"https://localhost:{self.port}"

    def config(self, *others, **sections):
        """Contoso, in front of this one and others."""
        exchange = {"servers": [each.url for each in (self, *others)], "ca_file": str(self._authority.ca_file)}
        limits = {"exchange_check": "1s", **sections.pop("limits", {})}
        return contoso.config(**{"exchange": exchange, "limits": limits, **sections})

    def wait_for(self, condition, what):
        with self.changed:
            if not self.changed.wait_for(condition, PATIENCE):
                raise AssertionError(f"timed out: {what}; {self.requests}")

    def wait_for_requests(self, count):
        self.wait_for(lambda: len(self.requests) >= count, f"{count} requests")
        return self.requests[:count]

    def stop(self):
        """Nobody can connect any more, and every connection ends."""
        self._stopping = True
        # A thread that is waiting in accept() would go on listening.
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self.end_connections()

    def users(self):
        """Connections that have brought a request of a user, and are there yet."""
        return [each for each in self._open if id(each) in self._of_users]

    def end_connections(self):
        for each in list(self._open):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        plain.settimeout(PATIENCE * 2)
        wrapped = None
        self._open.add(plain)
        try:
            if not self.greets:
                self.ungreeted += 1
                Peer(plain, 0).wait_for_end()
                return
            with self._context.wrap_socket(plain, server_side=True) as wrapped:
                self._open.add(wrapped)
                with self.changed:
                    self.connections += 1
                    number = self.connections
                peer = Peer(wrapped, number)
                while not self._stopping:
                    self._serve_one(peer)
        except (Ended, OSError):
            pass
        except (AssertionError, ValueError) as violation:
            self.violations.append(repr(violation))
        finally:
            self._open.discard(plain)
            self._open.discard(wrapped)
            plain.close()

    def _serve_one(self, peer):
        request = peer.read_head()
        if request.target == HEALTH or field(request, "Authorization") == ["Bearer"] and request.method == "OPTIONS" and field(request, "User-Agent") == ["eas451"]:
            self._serve_check(peer, request)
            return
        with self.changed:
            self.heads.append(request)
            self._of_users.add(id(peer.socket))
        if self.before_body is not None:
            self.before_body(peer, request)
        request = peer.read_body(request)
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
        self.behaviour(peer, request)

    def _serve_check(self, peer, request):
        with self.changed:
            self.checks.append(request)
            self.changed.notify_all()
        if request.target != HEALTH:
            peer.answer(401, fields=(f"WWW-Authenticate: {CHALLENGE}", "WWW-Authenticate: Negotiate"), phrase="Unauthorized")
        elif self.healthy:
            peer.answer(200, b"200 OK")
        else:
            peer.answer(503, b"", phrase="Service Unavailable")


def authority(test):
    made = Authority()
    (test.addClassCleanup if isinstance(test, type) else test.addCleanup)(made.remove)
    return made


def start(test, issuer=None, behaviour=echo, names=("DNS:localhost",), receive_buffer=None):
    made = FakeExchange(issuer or authority(test), behaviour, names, receive_buffer)
    (test.addClassCleanup if isinstance(test, type) else test.addCleanup)(made.stop)
    return made
