# SPDX-License-Identifier: Apache-2.0
"""A TCP server whose every connection is in the hands of a behaviour: a function of one Peer.

A behaviour runs in a thread of its own. What it waits for ends at the latest when the server is stopped.
"""
import contextlib
import select
import socket
import ssl
import threading

from support import ldap_bytes
from support.server import PATIENCE

# The pace of the slow ones: seconds from one byte to the next.
PACE = 0.5


class Ended(Exception):
    """The client closed the connection, or the server is being stopped."""


class Peer:
    """One connection as its behaviour sees it."""

    def __init__(self, plain, server, number):
        self.number = number  # of the connections of this server, from 1
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

    def speaks_tls(self):
        """Whether the first that comes is TLS and not LDAP."""
        while not self._received:
            self._received = self._receive_raw()
        return self._received[0] == 0x16

    def wait(self, event):
        while not event.wait(0.02):
            if self._server.stopping.is_set():
                raise Ended

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


class FakeDirectory:
    """Listens on loopback until stop(), on a free port unless it is given one."""

    def __init__(self, behaviour, certificate=None, key=None, host="127.0.0.1", port=0):
        self.stopping = threading.Event()
        self.context = None
        self.host = host
        self._behaviour = behaviour
        self._lock = threading.Lock()
        self._open, self._messages, self._failures, self._threads, self._accepted = set(), [], [], [], 0
        self._listener, self._acceptor, self._fillers = None, None, []
        if certificate is not None:
            self.show_certificate(certificate, key)
        # Bound and never listening, it keeps the port while nobody listens.
        self._holder = self._bound(port)
        self.port = self._holder.getsockname()[1]
        self.listen()

    def url(self, scheme="ldaps", host=None):
        return f"{scheme}://{host or self.host}:{self.port}"

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

    def show_certificate(self, certificate, key):
        """On connections from here on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.context = context

    # --- whether connections come

    def listen(self):
        """Accepts, again or still."""
        self._close_listener()
        self._listener = self._bound(self.port)
        self._listener.listen(64)
        self._acceptor = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._acceptor.start()

    def refuse(self):
        """From here on a connection is refused; those that are there stay."""
        self._close_listener()

    def swallow(self):
        """From here on nothing answers who wants to connect: the kernel drops what a full queue has no place for."""
        self._close_listener()
        self._listener = self._bound(self.port)
        self._listener.listen(0)
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((self.host, self.port))
            self._fillers.append(filler)
            if not select.select([], [filler], [], 0.1)[1]:
                return
        raise AssertionError("the queue does not become full")

    def cut(self):
        """Ends every connection that is there."""
        with self._lock:
            for plain in self._open:
                with contextlib.suppress(OSError):
                    plain.shutdown(socket.SHUT_RDWR)

    def stop(self):
        """Ends every connection; raises when a behaviour itself went wrong."""
        self.stopping.set()
        self._close_listener()
        self._holder.close()
        self.cut()
        for thread in self._threads:
            thread.join(PATIENCE)
        if self._failures:
            raise self._failures[0]

    def _bound(self, port):
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((self.host, port))
        return made

    def _close_listener(self):
        if self._listener is None:
            return
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        if self._acceptor is not None:
            self._acceptor.join(PATIENCE)
        self._listener.close()
        for filler in self._fillers:
            filler.close()
        self._listener, self._acceptor, self._fillers = None, None, []

    def _accept(self, listener):
        while not self.stopping.is_set():
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._accepted += 1
                self._open.add(plain)
                number = self._accepted
            thread = threading.Thread(target=self._serve, args=(plain, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain, number):
        try:
            self._behaviour(Peer(plain, self, number))
        except Ended:
            pass
        except Exception as error:  # noqa: BLE001: told by stop(), in the test's own thread
            self._failures.append(error)
        finally:
            with self._lock:
                self._open.discard(plain)
            plain.close()
