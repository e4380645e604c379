#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the unittest modules *_test.py of one folder and appends "PASSED FAILED" to a file.

A folder without tests is a failure: a run that tests nothing must not pass.
"""
import argparse
import pathlib
import sys
import unittest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--counts", help="file to append the counts to")
    arguments = parser.parse_args()

    root = pathlib.Path(__file__).resolve().parent.parent
    sys.path.insert(0, str(root))
    folder = str(pathlib.Path(arguments.folder).resolve())
    suite = unittest.TestLoader().discover(folder, pattern="*_test.py", top_level_dir=folder)
    result = unittest.TextTestRunner(verbosity=1, stream=sys.stdout).run(suite)

    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    passed = result.testsRun - failed - len(result.skipped)
    if result.testsRun == 0:
        print(f"no test found in {arguments.folder}")
        failed = 1
    if arguments.counts:
        with open(arguments.counts, "a", encoding="utf-8") as file:
            file.write(f"{max(passed, 0)} {failed}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
