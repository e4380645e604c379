# SPDX-License-Identifier: Apache-2.0
"""Ports below 1024, which root alone may listen on. Whoever is not root gets a network of its own, in which
it is: a user namespace with nothing in it but a loopback interface. It is the whole process that moves there,
with all that it starts, so it has to be done before there are threads: by an import.

Where even that is not permitted (a container's rules may forbid it), REASON says why, and tests that
need such ports are skipped; with CI=true in the environment they fail.
"""
import ctypes
import fcntl
import os
import pathlib
import socket
import struct
import unittest

from support.server import IS_ROOT

# From linux/sched.h, linux/sockios.h and linux/if.h.
_NEW_USERS, _NEW_NETWORK = 0x10000000, 0x40000000
_SET_INTERFACE_FLAGS, _UP, _RUNNING = 0x8914, 0x1, 0x40


def _own_network():
    user, group = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_USERS | _NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "no user namespace of one's own")
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        pathlib.Path("/proc/self", name).write_text(text, encoding="ascii")
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SET_INTERFACE_FLAGS, struct.pack("16sH14x", b"lo", _UP | _RUNNING))


def _try_port():
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 1))


def _succeeds_in_a_child(action):
    """A namespace that is half made cannot be left again."""
    child = os.fork()
    if child == 0:
        try:
            action()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _obtain():
    """Why there are none, or None."""
    if IS_ROOT:
        return None if _succeeds_in_a_child(_try_port) else "this root may not listen on ports below 1024"
    if not _succeeds_in_a_child(lambda: (_own_network(), _try_port())):
        return ("not root, and no user namespace is permitted (sysctl user.max_user_namespaces, or a container's "
                "seccomp profile)")
    _own_network()
    return None


REASON = _obtain()


def a_free_one():
    """A port of loopback below 1024 that nobody listens on."""
    for port in range(1023, 1, -1):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("every port below 1024 is taken")


def require():
    """Skips the test, or fails it, where there are none."""
    if REASON is None:
        return
    text = f"needs ports below 1024: {REASON}"
    if os.environ.get("CI") == "true":
        raise AssertionError(text)
    raise unittest.SkipTest(text)
