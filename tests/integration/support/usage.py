# SPDX-License-Identifier: Apache-2.0
"""What a process uses, as the kernel counts it."""
import os
import pathlib
import re
import time

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of all its threads so far, to 10 ms."""
    stat = pathlib.Path("/proc", str(pid), "stat").read_text(encoding="ascii", errors="replace")
    columns = stat.rsplit(")", 1)[1].split()
    return (int(columns[11]) + int(columns[12])) / _TICKS


def cpu_share(pid, seconds, meanwhile=lambda: None):
    """The share of one processor it takes over a window of time, while `meanwhile` is called again and again."""
    began, used = time.monotonic(), cpu_seconds(pid)
    while (passed := time.monotonic() - began) < seconds:
        meanwhile()
        time.sleep(0.01)
    return (cpu_seconds(pid) - used) / passed


def resident_kib(pid):
    status = pathlib.Path("/proc", str(pid), "status").read_text(encoding="ascii", errors="replace")
    return int(re.search(r"^VmRSS:\s+([0-9]+) kB$", status, re.MULTILINE).group(1))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
