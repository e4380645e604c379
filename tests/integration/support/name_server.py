# SPDX-License-Identifier: Apache-2.0
"""A DNS server (RFC 1035) that a process asks which was started through `wrapper`, and nobody else. It is mute until
it speaks; then each name is 127.0.0.1, and those of `aliases` are aliases of another name. It needs root, for port 53."""
import os
import random
import socket
import threading

from support.server import PATIENCE

_ADDRESS, _ALIAS, _INTERNET = 1, 5, 1
_RUN = ('mount --bind "$1/resolv.conf" /etc/resolv.conf && mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf && '
        'shift && exec "$@"')


class NameServer:
    """`folder` is for the files that lead there."""

    def __init__(self, folder):
        if os.geteuid() != 0:
            raise PermissionError("only root may be asked at port 53")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        host = f"127.{random.randrange(64, 128)}.{random.randrange(256)}.{random.randrange(1, 255)}"
        self._socket.bind((host, 53))
        (folder / "resolv.conf").write_text(f"nameserver {host}\n", encoding="ascii")
        (folder / "nsswitch.conf").write_text("hosts: files dns\n", encoding="ascii")
        self.wrapper = ("unshare", "-m", "sh", "-c", _RUN, "sh", str(folder))
        self._asked, self._stopping = 0, False
        self.aliases = {}  # name to name
        self._speaks = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def asked(self):
        """Questions so far, answered or not."""
        return self._asked

    def speak(self):
        self._speaks.set()

    def stop(self):
        self._stopping = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.sendto(b"", self._socket.getsockname())
        self._thread.join(PATIENCE)
        self._socket.close()

    def _serve(self):
        while True:
            question, sender = self._socket.recvfrom(4096)
            if self._stopping:
                return
            self._asked += 1
            if self._speaks.is_set():
                self._socket.sendto(_answer(question, self.aliases), sender)


def _labels(name):
    return b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split(".")) + b"\0"


def _record(name, kind, data):
    return name + kind.to_bytes(2, "big") + b"\0\x01\0\0\0\0" + len(data).to_bytes(2, "big") + data


def _answer(question, aliases):
    """To one question: the address, or that there is none of that type; behind an alias both are of the other name."""
    end = question.index(b"\0", 12) + 5
    wanted, of = (int.from_bytes(question[end - at:end - at + 2], "big") for at in (4, 2))
    name, records = b"\xc0\x0c", []
    canonical = next((_labels(to) for asked, to in aliases.items() if _labels(asked) == question[12:end - 4].lower()), None)
    if canonical is not None:
        records.append(_record(name, _ALIAS, canonical))
        name = canonical
    if (wanted, of) == (_ADDRESS, _INTERNET):
        records.append(_record(name, _ADDRESS, socket.inet_aton("127.0.0.1")))
    counts = b"\0\x01" + len(records).to_bytes(2, "big") + b"\0\0\0\0"
    return question[:2] + b"\x81\x80" + counts + question[12:end] + b"".join(records)


def start(test, folder):
    made = NameServer(folder)
    (test.addClassCleanup if isinstance(test, type) else test.addCleanup)(made.stop)
    return made
