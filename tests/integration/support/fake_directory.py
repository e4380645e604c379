# SPDX-License-Identifier: Apache-2.0
"""Servers that speak LDAP as badly as broken ones do: each behaviour is a function of one connection.

    fake_directory.start(test, fake_directory.silent_after_tls, authority)

A behaviour runs in a thread of its own. What it waits for ends at the latest when the server is stopped.
"""
import contextlib
import socket
import ssl
import threading

from support import certificates, ldap_bytes, ldap_client
from support.server import PATIENCE

# The pace of the slow ones: seconds from one byte to the next.
PACE = 0.5


class Ended(Exception):
    """The client closed the connection, or the server is being stopped."""


class Peer:
    """One connection as its behaviour sees it."""

    def __init__(self, plain, server):
        self._server = server
        self._plain = plain
        self._tls = None  # (SSLObject, what came, what is to go) once it speaks TLS
        self._received = b""
        self._pace = 0.0
        plain.settimeout(PATIENCE)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def hold(self):
        """Stays silent until the client closes; whatever it sends is thrown away."""
        while True:
            self._receive_raw()

    def slow_down(self):
        """From here on a byte of the wire goes out every PACE seconds."""
        self._pace = PACE

    def start_tls(self):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        incoming.write(self._received)
        self._received = b""
        self._tls = (self._server.context.wrap_bio(incoming, outgoing, server_side=True), incoming, outgoing)
        self._while_it_wants_bytes(self._tls[0].do_handshake)

    def read(self):
        """The next message."""
        while True:
            whole = ldap_bytes.split_message(self._received)
            if whole:
                message, self._received = whole
                self._server.note(message)
                return message
            self._received += self._receive()

    def send(self, data):
        if self._tls is None:
            self._send_raw(data)
            return
        self._tls[0].write(data)
        self._send_raw(self._tls[2].read())

    def answer(self, message, operation, **more):
        self.send(ldap_bytes.result(message.id, operation, **more))

    def drip(self, data):
        """Sends a byte every PACE seconds, each in a TLS record of its own."""
        for i in range(len(data)):
            self.send(data[i:i + 1])
            self._pause(PACE)

    def reset(self):
        """Closes so that the client sees a reset and no end of the stream."""
        self._plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self._plain.close()

    def _receive(self):
        if self._tls is None:
            return self._receive_raw()
        return self._while_it_wants_bytes(lambda: self._tls[0].read(65536))

    def _while_it_wants_bytes(self, step):
        _, incoming, outgoing = self._tls
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._send_raw(outgoing.read())
                incoming.write(self._receive_raw())
                continue
            except ssl.SSLError as error:
                self._send_raw(outgoing.read())  # the alert
                raise Ended from error
            self._send_raw(outgoing.read())
            return done

    def _pause(self, seconds):
        if seconds and self._server.stopping.wait(seconds):
            raise Ended

    def _receive_raw(self):
        try:
            data = self._plain.recv(65536)
        except OSError as error:
            raise Ended from error
        if not data:
            raise Ended
        return data

    def _send_raw(self, data):
        pieces = [data] if not self._pace else [data[i:i + 1] for i in range(len(data))]
        try:
            for piece in pieces:
                self._plain.sendall(piece)
                self._pause(self._pace)
        except OSError as error:
            raise Ended from error


# --- behaviours

def silent(peer):
    """Accepts, and never says anything: a hung server behind a living kernel."""
    peer.hold()


def silent_after_tls(peer):
    peer.start_tls()
    peer.hold()


def silent_after_bind(peer):
    """Lets anybody in and answers nothing else."""
    peer.start_tls()
    request = peer.read()
    peer.answer(request, ldap_bytes.BIND_RESPONSE)
    peer.hold()


def dripping_handshake(peer):
    """Its side of the TLS handshake comes a byte at a time."""
    peer.slow_down()
    peer.start_tls()
    peer.hold()


def dripping_answer(peer):
    """Answers a bind with success, a byte at a time: no deadline lives to see the end."""
    peer.start_tls()
    request = peer.read()
    peer.drip(ldap_bytes.result(request.id, ldap_bytes.BIND_RESPONSE, diagnostic="x" * 4096))


def starttls_then_silent(peer):
    request = peer.read()
    peer.answer(request, ldap_bytes.EXTENDED_RESPONSE, name=ldap_bytes.START_TLS)
    peer.hold()


def starttls_refused(peer):
    request = peer.read()
    peer.answer(request, ldap_bytes.EXTENDED_RESPONSE, code=ldap_bytes.UNAVAILABLE, name=ldap_bytes.START_TLS)
    peer.hold()


def starttls_with_bytes_behind(peer):
    """Grants StartTLS and pushes a bind's success behind it in clear, for a client that would take it
    for one that came inside TLS."""
    request = peer.read()
    peer.send(ldap_bytes.result(request.id, ldap_bytes.EXTENDED_RESPONSE, name=ldap_bytes.START_TLS) +
              ldap_bytes.result(request.id + 1, ldap_bytes.BIND_RESPONSE))
    peer.start_tls()
    peer.hold()


def answering(data):
    """A behaviour that answers the first request inside TLS with these bytes, whatever they are."""
    def behaviour(peer):
        peer.start_tls()
        peer.read()
        peer.send(data)
        peer.hold()
    return behaviour


def relaying(port, instead):
    """In front of a real directory, its `port` that of LDAPS: everything goes through, but a message for which
    `instead(peer, message)` gives True, which was dealt with there."""
    def behaviour(peer):
        peer.start_tls()
        with ldap_client.Connection(port) as real:
            while True:
                message = peer.read()
                if instead(peer, message):
                    continue
                real.send(ldap_bytes.message(*message))
                if message.operation in (ldap_bytes.UNBIND_REQUEST, ldap_bytes.ABANDON_REQUEST):
                    continue
                answer = None
                while answer is None or answer.operation in (ldap_bytes.SEARCH_ENTRY, ldap_bytes.SEARCH_REFERENCE):
                    answer = real.read()
                    peer.send(ldap_bytes.message(*answer))
    return behaviour


GARBAGE = {
    "no BER": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "a length of 4 GiB": b"\x30\x84\xff\xff\xff\xff\x02\x01\x01",
    "a length without end": b"\x30\x80\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00\x00\x00",
    "a length of 127 octets": b"\x30\xff" + b"\xff" * 127,
    "an inner length beyond the outer": b"\x30\x0c\x02\x01\x01\x61\x7f\x0a\x01\x00\x04\x00\x04\x00",
    "a message without anything": b"\x30\x00",
}


def ends_within_answer(peer):
    """Half an answer, then the end of the connection, without a goodbye of TLS."""
    peer.start_tls()
    request = peer.read()
    peer.send(ldap_bytes.result(request.id, ldap_bytes.BIND_RESPONSE)[:7])


def resets_within_answer(peer):
    peer.start_tls()
    request = peer.read()
    peer.send(ldap_bytes.result(request.id, ldap_bytes.BIND_RESPONSE)[:7])
    peer.reset()


def disconnects(peer):
    """Lets anybody in, then says that it closes, as a server does that is being shut down."""
    peer.start_tls()
    request = peer.read()
    peer.answer(request, ldap_bytes.BIND_RESPONSE)
    peer.read()
    peer.send(ldap_bytes.result(0, ldap_bytes.EXTENDED_RESPONSE, ldap_bytes.UNAVAILABLE, "server shutting down",
                                ldap_bytes.NOTICE_OF_DISCONNECTION))


# --- the server

class FakeDirectory:
    """Listens on a free port of loopback until stop()."""

    def __init__(self, behaviour, certificate=None, key=None):
        self.stopping = threading.Event()
        self.context = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate, key)
        self._behaviour = behaviour
        self._lock = threading.Lock()
        self._open, self._messages, self._failures, self._threads, self._accepted = set(), [], [], [], 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def url(self, scheme="ldaps", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.port}"

    @property
    def accepted(self):
        with self._lock:
            return self._accepted

    def messages(self):
        """What clients sent so far, as far as a behaviour read it."""
        with self._lock:
            return list(self._messages)

    def note(self, message):
        with self._lock:
            self._messages.append(message)

    def stop(self):
        """Ends every connection; raises when a behaviour itself went wrong."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(PATIENCE)
        self._listener.close()
        with self._lock:
            for plain in self._open:
                with contextlib.suppress(OSError):
                    plain.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        if self._failures:
            raise self._failures[0]

    def _accept(self):
        while not self.stopping.is_set():
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._accepted += 1
                self._open.add(plain)
            thread = threading.Thread(target=self._serve, args=(plain,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain):
        try:
            self._behaviour(Peer(plain, self))
        except Ended:
            pass
        except Exception as error:  # noqa: BLE001: told by stop(), in the test's own thread
            self._failures.append(error)
        finally:
            with self._lock:
                self._open.discard(plain)
            plain.close()


def start(test, behaviour, authority=None, trouble=None):
    """A fake for one test case, or for a class when `test` is the class. TLS needs an authority."""
    files = certificates.server_certificate(authority, trouble) if authority else ()
    made = FakeDirectory(behaviour, *files)
    (test.addClassCleanup if isinstance(test, type) else test.addCleanup)(made.stop)
    return made
