# SPDX-License-Identifier: Apache-2.0
"""What is in the memory of a running server. Only root may look: the server forbids it to everybody else."""
import collections
import pathlib
import re
import time

_HEAD = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (....) ")

# `flags` as in VmFlags of proc(5): "lo" is locked in RAM, "dd" is left out of dumps.
Mapping = collections.namedtuple("Mapping", "first last rights flags")


def mappings(pid):
    """Those that can be written to."""
    found, head = [], None
    for line in pathlib.Path("/proc", str(pid), "smaps").read_text(encoding="utf-8", errors="replace").splitlines():
        if match := _HEAD.match(line):
            head = (int(match.group(1), 16), int(match.group(2), 16), match.group(3))
            is_kernels = "[vvar" in line
        elif line.startswith("VmFlags:") and head[2].startswith("rw") and not is_kernels:
            found.append(Mapping(*head, line.split()[1:]))
    return found


def hits(pid, needles):
    """Each (needle, Mapping) where a needle is found."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for mapping in mappings(pid):
            if mapping.last - mapping.first > 1 << 28:
                continue  # address space a sanitizer set aside
            try:
                memory.seek(mapping.first)
                data = memory.read(mapping.last - mapping.first)
            except OSError:
                continue
            found += [(needle, mapping) for needle in needles if needle in data]
    return found


def wait_until_gone(pid, needles, patience):
    """Raises with what is still there, and what stands around it."""
    limit = time.monotonic() + patience
    while found := hits(pid, needles):
        if time.monotonic() > limit:
            raise AssertionError(f"after {patience:.0f} s still in memory: " +
                                 "; ".join(sorted({repr(needle) for needle, _ in found})))
