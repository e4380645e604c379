# SPDX-License-Identifier: Apache-2.0
"""systemd as a service sees it: a socket that takes its notices, and listening sockets that outlive it."""
import fcntl
import os
import pathlib
import socket
import tempfile
import time

from support.server import PATIENCE, Server

# As systemd does it: descriptors from 3 on, told to this process alone.
_ACTIVATE = 'count=$1; shift; LISTEN_PID=$$ LISTEN_FDS=$count LISTEN_FDNAMES=eas451 exec "$@"'


class NotifySocket:
    """Notices in the order they come, each a dictionary."""

    def __init__(self, test, is_abstract=False):
        folder = tempfile.TemporaryDirectory(prefix="eas451-test-")
        test.addCleanup(folder.cleanup)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        test.addCleanup(self._socket.close)
        path = str(pathlib.Path(folder.name, "notify"))
        self._socket.bind("\0" + path if is_abstract else path)
        self.name = "@" + path if is_abstract else path

    def next(self, patience=PATIENCE):
        """None when nothing comes in that time."""
        self._socket.settimeout(patience)
        try:
            text = self._socket.recv(65536).decode()
        except TimeoutError:
            return None
        return dict(line.split("=", 1) for line in text.splitlines())

    def wait_for(self, key):
        """The first notice that has the key; those before it are thrown away."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            notice = self.next()
            if notice is not None and key in notice:
                return notice
        raise AssertionError(f"no notice with {key}")


def listening_socket(test, address=("127.0.0.1", 0), family=socket.AF_INET, both=False):
    made = socket.socket(family)
    test.addCleanup(made.close)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if both else 1)
    made.bind(address)
    made.listen(4096)
    return made


def activated(site, sockets, environment=None, admin=True):
    """A server that was started with these sockets, not waited for."""
    # By numbers above all that they are moved to.
    numbers = [fcntl.fcntl(made.fileno(), fcntl.F_DUPFD, 64) for made in sockets]
    moved = "".join(f"exec {place}<&{number} {number}<&-; " for place, number in enumerate(numbers, 3))
    wrapper = ("bash", "-c", moved + _ACTIVATE, "bash", str(len(sockets)))
    try:
        return Server(site, admin=admin, wrapper=wrapper, environment=environment, descriptors=numbers)
    finally:
        for number in numbers:
            os.close(number)
