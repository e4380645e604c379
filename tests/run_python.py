#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the unittest modules *_test.py of one folder and appends "PASSED FAILED SKIPPED" to a file.

A folder without tests is a failure: a run that tests nothing must not pass. With --jobs, each module is a
process of its own and so many run at once: tests of servers mostly wait.
"""
import argparse
import collections
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import unittest

# What a module process says last.
_RESULT = re.compile(r"^passed ([0-9]+), failed ([0-9]+), skipped ([0-9]+)$", re.MULTILINE)
# What of a module that passed is told all the same: what it left out, and what it measured ("figure: ...").
# unittest may have written its dots before it.
_TOLD = re.compile(r"^[.sx]*((?:skipped [0-9]+|figure): .*)$", re.MULTILINE)
# What a class or module is called whose own preparation skips it.
_SET_UP = re.compile(r"setUp(?:Class|Module) \((.*)\)\Z")


def _classes(suite):
    """{class: how many tests}, by the class's name and by its module's."""
    counts = collections.Counter()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            counts += _classes(test)
        else:
            counts.update((unittest.util.strclass(type(test)), type(test).__module__))
    return counts


def _skips(result, classes):
    """{reason: how many tests}, and how many of them were not begun."""
    reasons, not_begun = collections.Counter(), 0
    for test, reason in result.skipped:
        group = _SET_UP.match(test.id())
        count = classes[group.group(1)] if group else 1
        reasons[reason] += count
        not_begun += count if group else 0
    return reasons, not_begun


def run(folder, pattern):
    """Passed, failed and skipped tests of the modules that fit."""
    suite = unittest.TestLoader().discover(folder, pattern=pattern, top_level_dir=folder)
    classes = _classes(suite)  # the suite forgets its tests as it runs
    result = unittest.TextTestRunner(verbosity=1, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    reasons, not_begun = _skips(result, classes)
    for reason, count in reasons.items():
        print(f"skipped {count}: {reason}")
    skipped = sum(reasons.values())
    return max(result.testsRun + not_begun - failed - skipped, 0), failed, skipped


def run_apart(folder, module):
    """The same of one module, in a process. One that does not say its result has failed."""
    ended = subprocess.run([sys.executable, __file__, str(folder), "--pattern", module.name], check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    found = _RESULT.findall(ended.stdout)
    passed, failed, skipped = map(int, found[-1]) if found else (0, 1, 0)
    if ended.returncode and not failed:
        failed = 1
    return module.name, ended.stdout, (passed, failed, skipped)


def _told(name, output, passed, failed, skipped):
    """All of a failed module; of another what it left out and what it measured."""
    if failed:
        return output
    return "\n".join([f"{name}: {passed} passed" + (f", {skipped} skipped" if skipped else ""),
                      *("  " + line for line in _TOLD.findall(output))])


def run_at_once(folder, pattern, jobs):
    modules = sorted(pathlib.Path(folder).glob(pattern), key=lambda path: -path.stat().st_size)
    total = (0, 0, 0)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for ended in concurrent.futures.as_completed([pool.submit(run_apart, folder, module) for module in modules]):
            name, output, counts = ended.result()
            print(_told(name, output, *counts), flush=True)
            total = tuple(map(sum, zip(total, counts)))
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--pattern", default="*_test.py", help="which modules")
    parser.add_argument("--jobs", type=int, default=1, help="modules that run at once")
    parser.add_argument("--counts", help="file to append the counts to")
    arguments = parser.parse_args()

    root = pathlib.Path(__file__).resolve().parent.parent
    sys.path.insert(0, str(root))
    folder = str(pathlib.Path(arguments.folder).resolve())
    passed, failed, skipped = (run_at_once(folder, arguments.pattern, arguments.jobs) if arguments.jobs > 1
                               else run(folder, arguments.pattern))
    if passed + failed + skipped == 0:
        print(f"no test found in {arguments.folder}")
        failed = 1
    print(f"passed {passed}, failed {failed}, skipped {skipped}")
    if arguments.counts:
        with open(arguments.counts, "a", encoding="utf-8") as file:
            file.write(f"{passed} {failed} {skipped}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
