#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The heart of the sandbox of config/eas451.service, where no systemd runs: its user's rights and one capability,
its system calls, address families and memory, its limits, and a file system that cannot be written to.

wrapper() is a command that becomes the server inside it; it needs root and a mount namespace. As a program this
file is the last part of that command: it takes limits and filters from the unit, and becomes what follows:

    sandbox.py UNIT COMMAND…
"""
import ctypes
import os
import pathlib
import resource
import socket
import subprocess
import sys
import unittest

USER, USER_GROUP = "nobody", "nogroup"
# Everything is read-only but this one folder.
_MOUNTS = 'mount --bind "$1" "$1" && mount -o remount,bind,ro / && shift && exec "$@"'

# From seccomp.h; the last two are comparisons.
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EQUAL, _MASKED_EQUAL = 4, 7
_WRITE_AND_EXECUTE, _EXECUTE = 0x2 | 0x4, 0x4
_ADDRESS_FAMILY_LIMIT = 64


def settings(unit):
    """{key: [values in order]} of a unit file."""
    found = {}
    for line in pathlib.Path(unit).read_text(encoding="utf-8").splitlines():
        key, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def require():
    """Skips a test where there is no such sandbox."""
    from support.server import IS_ROOT  # not as a program: it knows no package
    if not IS_ROOT:
        raise unittest.SkipTest("only root can make the service's sandbox")
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        raise unittest.SkipTest("no mount namespace is permitted")


def wrapper(unit, writable):
    """The command in front of the server's; `writable` is the one folder that can be written to."""
    capability = "-all,+net_bind_service"
    return ("unshare", "-m", "sh", "-c", _MOUNTS, "sh", str(writable),
            "setpriv", f"--reuid={USER}", f"--regid={USER_GROUP}", "--clear-groups", "--no-new-privs",
            f"--bounding-set={capability}", f"--inh-caps={capability}", f"--ambient-caps={capability}",
            sys.executable, str(pathlib.Path(__file__).resolve()), str(unit))


# --- as a program


class _Comparison(ctypes.Structure):
    """struct scmp_arg_cmp"""
    _fields_ = [("argument", ctypes.c_uint), ("operation", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


class Filter:
    """One seccomp filter of this process. Several hold together: the strictest wins."""

    def __init__(self, otherwise):
        self._library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._filter = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(otherwise)))

    def rule(self, action, name, *comparisons):
        number = self._library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return  # of another architecture or time
        made = (_Comparison * len(comparisons))(*comparisons)
        if self._library.seccomp_rule_add_array(self._filter, ctypes.c_uint32(action), number, len(comparisons), made):
            raise OSError(f"no rule for {name}")

    def load(self):
        if self._library.seccomp_load(self._filter):
            raise OSError("the filter cannot be loaded")


def calls_of(names):
    """System calls by name, with the groups (@…) that systemd knows taken apart."""
    found = set()
    for name in names:
        if not name.startswith("@"):
            found.add(name)
            continue
        listed = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], check=True,
                                capture_output=True, text=True).stdout
        inside = [line.strip() for line in listed.splitlines()[1:]]
        found |= calls_of(part for part in inside if part and not part.startswith("#"))
    return found


def _permitted(lines):
    allowed = set()
    for line in lines:
        if line.startswith("~"):
            allowed -= calls_of(line[1:].split())
        else:
            allowed |= calls_of(line.split())
    return allowed


def _system_calls(unit):
    made = Filter(_ERRNO | 1)  # EPERM
    for name in sorted(_permitted(unit["SystemCallFilter"])):
        made.rule(_ALLOW, name)
    return made


def _memory_and_families(unit):
    made = Filter(_ALLOW)
    made.rule(_ERRNO | 1, "mmap", _Comparison(2, _MASKED_EQUAL, _WRITE_AND_EXECUTE, _WRITE_AND_EXECUTE))
    for name in ("mprotect", "pkey_mprotect"):
        made.rule(_ERRNO | 1, name, _Comparison(2, _MASKED_EQUAL, _EXECUTE, _EXECUTE))
    named = {int(getattr(socket, name)) for line in unit["RestrictAddressFamilies"] for name in line.split()}
    for family in range(_ADDRESS_FAMILY_LIMIT):
        if family not in named:
            made.rule(_ERRNO | 97, "socket", _Comparison(0, _EQUAL, family, 0))  # EAFNOSUPPORT
    return made


def main():
    unit, command = settings(sys.argv[1]), sys.argv[2:]
    if unit["MemoryDenyWriteExecute"] != ["yes"]:
        raise ValueError("the unit permits memory that can be written and executed")
    filters = [_system_calls(unit), _memory_and_families(unit)]
    for key, number in (("LimitNOFILE", resource.RLIMIT_NOFILE), ("LimitCORE", resource.RLIMIT_CORE)):
        limit = min(int(unit[key][0]), resource.getrlimit(number)[1])
        resource.setrlimit(number, (limit, limit))
    os.umask(int(unit["UMask"][0], 8))
    for one in reversed(filters):  # the first of them forbids loading another
        one.load()
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
