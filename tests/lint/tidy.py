#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over every source of the product, two at a time, remembering what passed.

A source that passed is looked at again when it, a header of this tree that it includes, directly or
not, .clang-tidy or clang-tidy itself changes.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import tree

TIDY = "clang-tidy-14"
SECONDS_PER_FILE = 600


def with_headers(source: pathlib.Path):
    """The source and every file of this tree that it includes."""
    seen, waiting = set(), [source]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for _, name, _ in tree.includes(path):
            file = tree.included_file(path, name)
            if file:
                waiting.append(file)
    return sorted(seen)


def fingerprint(source: pathlib.Path, extra: bytes) -> str:
    digest = hashlib.sha256(extra)
    for path in with_headers(source):
        digest.update(tree.name_of(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="folder with compile_commands.json")
    parser.add_argument("--counts", help="file to append PASSED FAILED to")
    arguments = parser.parse_args()

    memory = tree.ROOT / "build" / "tidy"
    memory.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], check=True, capture_output=True).stdout
    extra = version + (tree.ROOT / ".clang-tidy").read_bytes()
    commands = pathlib.Path(arguments.build) / "compile_commands.json"
    compiled = {pathlib.Path(entry["file"]) for entry in json.loads(commands.read_text(encoding="utf-8"))}
    sources = [path for path in tree.cpp_files("src") if path in compiled]

    def check(source: pathlib.Path):
        passed = memory / fingerprint(source, extra)
        if passed.exists():
            return source, None
        # GCC's flags that clang does not know are not its business.
        done = subprocess.run([TIDY, "--quiet", "-p", arguments.build, "--extra-arg=-Wno-unknown-warning-option",
                               "--extra-arg=-Wno-ignored-optimization-argument", str(source)],
                              capture_output=True, text=True, check=False, timeout=SECONDS_PER_FILE)
        if done.returncode == 0:
            passed.touch()
            return source, None
        return source, done.stdout + done.stderr

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(check, sources))
    findings = [(source, text) for source, text in results if text]
    for source, text in findings:
        print(f"{tree.name_of(source)}:\n{text}")
    print(f"clang-tidy: {len(sources)} sources, {len(findings)} with findings")
    if arguments.counts:
        with open(arguments.counts, "a", encoding="utf-8") as file:
            file.write(f"{len(sources) - len(findings)} {len(findings)}\n")
    return 1 if findings or not sources else 0


if __name__ == "__main__":
    sys.exit(main())
