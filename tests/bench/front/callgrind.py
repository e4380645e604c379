# SPDX-License-Identifier: Apache-2.0
"""callgrind driven from outside, and its dumps read: instructions by object, and how often memory was asked for."""
import collections
import pathlib
import re
import subprocess
import tempfile

_ALLOCATING = {"malloc", "calloc", "realloc", "memalign", "aligned_alloc", "posix_memalign"}
# They ask for memory by asking each other.
_WITHIN = _ALLOCATING | {"_mid_memalign", "_mid_memalign.constprop.0", "_mid_memalign.isra.0"}
_OBJECTS = (("libcrypto", "libcrypto"), ("libssl", "libssl"), ("libc.so", "libc"), ("ld-linux", "other"),
            ("eas451", "own"), ("nginx", "own"), ("haproxy", "own"))
_NAME = re.compile(r"\((\d+)\)(?: (.*))?\Z")
_COST = re.compile(r"[+\-*\d]\S* (\d+)\Z")
# 1,234 (56.7%)  FILE:FUNCTION [OBJECT], the object only where it is another one than in the row before.
_ROW = re.compile(r"\s*(?P<cost>[\d,]+) \([ \d.]+%\)\s+(?P<file>[^\s:]+):(?P<function>.*?)(?: \[(?P<object>[^\]]*)\])?\Z")

Counts = collections.namedtuple("Counts", "instructions allocations objects")


def version():
    return subprocess.run(["valgrind", "--version"], check=True, capture_output=True, text=True).stdout.strip()


class Profile:
    """One process under callgrind. It counts only between begin() and end()."""

    def __init__(self, folder):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="callgrind-", dir=folder))
        self.folder.chmod(0o777)  # nginx's worker is another user
        self.pid, self.dumps = None, 0

    def command(self):
        return ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", "--fair-sched=yes",
                f"--callgrind-out-file={self.folder}/%p"]

    def attach(self, pid):
        self.pid = pid

    def _control(self, *words):
        subprocess.run(["callgrind_control", *words, str(self.pid)], check=True, capture_output=True)

    def begin(self):
        self._control("--instr=on")
        self._control("--zero")

    def end(self):
        """The dump's file."""
        self.dumps += 1
        self._control(f"--dump={self.dumps}")
        self._control("--instr=off")
        return self.folder / f"{self.pid}.{self.dumps}"


class _Names:
    """Names are written once and then by number."""

    def __init__(self):
        self._known = {}

    def of(self, text):
        number, name = _NAME.match(text).groups()
        if name is not None:
            self._known[number] = name
        return self._known[number]


def _kind_of(object_file):
    name = object_file.rsplit("/", 1)[-1]
    return next((kind for part, kind in _OBJECTS if name.startswith(part)), "other")


def read(dump):
    """Counts of a whole dump."""
    objects, functions = _Names(), _Names()
    own, caller, callee, inclusive = None, "", "", False
    by_object, allocations = collections.Counter(), 0
    with open(dump, encoding="utf-8", errors="replace") as file:
        for line in file:
            line = line.rstrip("\n")
            key, _, value = line.partition("=")
            if key == "ob":
                own = _kind_of(objects.of(value))
            elif key == "cob":
                objects.of(value)
            elif key == "fn":
                caller = functions.of(value).partition("'")[0]
            elif key == "cfn":
                callee = functions.of(value).partition("'")[0]
            elif key == "calls":
                inclusive = True
                if callee in _ALLOCATING and caller not in _WITHIN:
                    allocations += int(value.split()[0])
            elif cost := _COST.match(line):
                if not inclusive:
                    by_object[own] += int(cost.group(1))
                inclusive = False
    return Counts(sum(by_object.values()), allocations, by_object)


def difference(few, many, requests):
    """Of one request."""
    return Counts((many.instructions - few.instructions) / requests, (many.allocations - few.allocations) / requests,
                  {kind: (many.objects[kind] - few.objects[kind]) / requests for kind in many.objects})


def print_top(dump, requests, count):
    """The functions that cost most with all that they call, in instructions of one request."""
    said = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", str(dump)], check=True,
                          capture_output=True, text=True).stdout
    rows = [row for row in map(_ROW.match, said.splitlines()) if row and "boost::asio" not in row["function"]]
    for row in rows[:count]:
        name = row["function"] if row["file"] != "???" else f"{row['function']} in {(row['object'] or '').rpartition('/')[2]}"
        print(f"    {int(row['cost'].replace(',', '')) / requests:>9,.0f}  {name[:150]}")
