# SPDX-License-Identifier: Apache-2.0
"""One connection that sends bytes in parts, and what came back: the statuses, and whether it was closed."""
import re
import socket
import ssl

PATIENCE = 60.0

# Behind every case. Where it is answered, the connection was alive to the end, and ends now; so nobody waits.
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
_LAST_STATUS = 404

# The answers that say: I did not take this for a request.
REFUSALS = {400, 408, 414, 417, 431, 501, 505}

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close\r\n", re.IGNORECASE)


def tls_context(version=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if version is not None:
        made.maximum_version = version
    return made


def _read_answer(connected, rest):
    """(status, does it close, bytes behind it) or None where the connection ends."""
    while b"\r\n\r\n" not in rest:
        more = connected.recv(65536)
        if not more:
            if rest:
                raise AssertionError(f"the end of the connection in {rest!r}")
            return None
        rest += more
    head, rest = rest.split(b"\r\n\r\n", 1)
    head += b"\r\n"
    status = _STATUS_LINE.match(head)
    if not status:
        raise AssertionError(f"not an answer: {head!r}")
    length = _LENGTH.search(head)
    missing = (int(length.group(1)) if length else 0) - len(rest)
    while missing > 0:
        more = connected.recv(65536)
        if not more:
            raise AssertionError(f"the end of the connection behind {head!r}")
        rest, missing = rest + more, missing - len(more)
    return int(status.group(1)), bool(_CLOSE.search(head)), rest[len(rest) + missing:] if missing < 0 else b""


def read_answers(connected):
    """(statuses, closed): every answer up to one that closes, and that nothing is behind it."""
    statuses, rest = [], b""
    try:
        while True:
            answer = _read_answer(connected, rest)
            if answer is None:
                return tuple(statuses), True
            status, closes, rest = answer
            statuses.append(status)
            if closes:
                break
    except ConnectionResetError:
        return tuple(statuses), True
    if rest or (isinstance(connected, ssl.SSLSocket) and not _ends(connected)):
        raise AssertionError(f"bytes behind the last answer of {statuses}")
    if statuses[-1] == _LAST_STATUS:
        return tuple(statuses[:-1]), False
    return tuple(statuses), True


def _ends(connected):
    """Says goodbye by TLS; the other side does too and sends nothing else."""
    try:
        connected.unwrap()
    except (ssl.SSLError, ValueError) as error:
        return "APPLICATION_DATA" not in str(error)
    except OSError:
        pass
    return True


def _connect(port):
    plain = socket.socket()
    plain.settimeout(PATIENCE)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plain.connect(("127.0.0.1", port))
    return plain


class Talker:
    """Connections to one port, over TLS when given a context. A TLS 1.2 session is used again: that is cheap,
    and there are tens of thousands of connections to be made."""

    def __init__(self, port, tls=None):
        self._port = port
        self._tls = tls
        self._session = None

    def _open(self):
        plain = _connect(self._port)
        if self._tls is None:
            return plain
        try:
            connected = self._tls.wrap_socket(plain, session=self._session)
        except OSError:
            plain.close()
            raise
        self._session = self._session or connected.session
        return connected

    def talk(self, parts):
        """What came back to `parts`, sent one by one: over TLS, each is a record."""
        connected = self._open()
        try:
            try:
                for part in parts[:-1]:
                    connected.sendall(part)
                connected.sendall(parts[-1] + LAST)
            except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                pass  # refused while it was being sent; what it answered is there to be read
            return read_answers(connected)
        finally:
            connected.close()

    def talk_on(self, many, count):
        """The same for many lists of parts that get so many answers each, on one connection."""
        connected = self._open()
        rest, seen = b"", []
        try:
            for parts in many:
                for part in parts:
                    connected.sendall(part)
                statuses = []
                while len(statuses) < count:
                    status, closes, rest = _read_answer(connected, rest) or (0, True, b"")
                    statuses.append(status)
                    if closes:
                        break
                seen.append((tuple(statuses), closes))
                if closes:
                    return seen
            connected.sendall(LAST)
            if rest or read_answers(connected) != ((), False):
                raise AssertionError("bytes behind the last answer")
            return seen
        finally:
            connected.close()
