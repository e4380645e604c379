#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the unittest modules *_test.py of one folder and appends "PASSED FAILED" to a file.

A folder without tests is a failure: a run that tests nothing must not pass. With --jobs, each module is a
process of its own and so many run at once: tests of servers mostly wait.
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import unittest

# What a module process says last.
_RESULT = re.compile(r"^passed ([0-9]+), failed ([0-9]+)$", re.MULTILINE)


def run(folder, pattern):
    """Passed and failed tests of the modules that fit."""
    suite = unittest.TestLoader().discover(folder, pattern=pattern, top_level_dir=folder)
    result = unittest.TextTestRunner(verbosity=1, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    return max(result.testsRun - failed - len(result.skipped), 0), failed


def run_apart(folder, module):
    """The same of one module, in a process. One that does not say its result has failed."""
    ended = subprocess.run([sys.executable, __file__, str(folder), "--pattern", module.name], check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    found = _RESULT.findall(ended.stdout)
    passed, failed = map(int, found[-1]) if found else (0, 1)
    if ended.returncode and not failed:
        failed = 1
    return module.name, ended.stdout, passed, failed


def run_at_once(folder, jobs):
    modules = sorted(pathlib.Path(folder).glob("*_test.py"), key=lambda path: -path.stat().st_size)
    passed, failed = 0, 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for ended in concurrent.futures.as_completed([pool.submit(run_apart, folder, module) for module in modules]):
            name, output, good, bad = ended.result()
            print(output if bad else f"{name}: {good} passed", flush=True)
            passed, failed = passed + good, failed + bad
    return passed, failed


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
    passed, failed = run_at_once(folder, arguments.jobs) if arguments.jobs > 1 else run(folder, arguments.pattern)
    if passed + failed == 0:
        print(f"no test found in {arguments.folder}")
        failed = 1
    print(f"passed {passed}, failed {failed}")
    if arguments.counts:
        with open(arguments.counts, "a", encoding="utf-8") as file:
            file.write(f"{passed} {failed}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
