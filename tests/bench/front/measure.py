# SPDX-License-Identifier: Apache-2.0
"""What a run costs a server: its own CPU time, and what the rest of the machine did meanwhile."""
import collections
import os
import pathlib
import statistics
import time

from .client import Client

# Above so many busy cores that are neither the server's nor the client's, a run does not count.
MOST_FOREIGN = 0.3
LEAST_QUIET_ROUNDS = 5
_QUIET = 0.88
_TICK = os.sysconf("SC_CLK_TCK")

Run = collections.namedtuple("Run", "cpu_us rate p50_us p99_us tickets share foreign")


def cpu_seconds(pids):
    """Of all their threads, to the nanosecond."""
    total = 0
    for pid in pids:
        for file in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                total += int(file.read_text(encoding="ascii").split()[0])
            except (FileNotFoundError, ProcessLookupError):
                pass  # a thread that has ended meanwhile
    return total / 1e9


def _busy_seconds():
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICK


def wait_for_quiet(limit=2.0):
    """Returns once the machine idles, or when the limit has passed."""
    end, cores = time.monotonic() + limit, os.cpu_count()
    while time.monotonic() < end:
        began, busy = time.monotonic(), _busy_seconds()
        time.sleep(0.1)
        if _busy_seconds() - busy < (1 - _QUIET) * cores * (time.monotonic() - began):
            return


def run_once(server, mode, spare=(), **options):
    """One run of the client against a server that is up. What the processes `spare` use is not foreign."""
    client = Client(server, mode, **options)
    try:
        client.expect("ready")
        wait_for_quiet()
        pids = server.pids()
        began, busy = time.monotonic(), _busy_seconds()
        others = [client.process.pid, *spare]
        served, asked = cpu_seconds(pids), cpu_seconds(others)
        client.go()
        report = client.report()
        served, asked = cpu_seconds(pids) - served, cpu_seconds(others) - asked
        took, busy = time.monotonic() - began, _busy_seconds() - busy
    finally:
        client.end()
    return Run(served / report["answers"] * 1e6, report["rate"], report["p50_us"], report["p99_us"],
               report["tickets"] / report["handshakes"] if report["handshakes"] else 0.0,
               served / took, max(0.0, (busy - served - asked) / took))


def run_rounds(servers, rounds, mode, **options):
    """{label: [Run of each round]}: every server once a round, the order reversed every second one."""
    runs = {label: [] for label in servers}
    for number in range(rounds):
        order = list(servers) if number % 2 == 0 else list(reversed(servers))
        for label in order:
            runs[label].append(run_once(servers[label], mode, **options))
    return runs


def is_quiet(run):
    return run.foreign < MOST_FOREIGN


def median(runs, field):
    """Over the quiet runs; over all of them when there are too few of those."""
    quiet = [run for run in runs if is_quiet(run)]
    return statistics.median(getattr(run, field) for run in (quiet if len(quiet) >= LEAST_QUIET_ROUNDS else runs))


Ratio = collections.namedtuple("Ratio", "value least most rounds conclusive")


def ratio(runs, peer_runs, field="cpu_us"):
    """The median of a round's ratio, over the rounds in which both runs were quiet."""
    pairs = list(zip(runs, peer_runs))
    quiet = [(ours, theirs) for ours, theirs in pairs if is_quiet(ours) and is_quiet(theirs)]
    conclusive = len(quiet) >= LEAST_QUIET_ROUNDS
    values = sorted(getattr(ours, field) / getattr(theirs, field) for ours, theirs in (quiet if conclusive else pairs))
    return Ratio(statistics.median(values), values[0], values[-1], len(quiet), conclusive)
