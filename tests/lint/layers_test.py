# SPDX-License-Identifier: Apache-2.0
"""The floors: app over io over core, an include goes only downward, and io's rooms do not include each other."""
import pathlib
import re
import unittest

import tree

HEIGHT = {"core": 0, "io": 1, "app": 2}
ROOMS = {"http", "directory", "exchange", "config", "log"}  # of io; net, runtime, document, metrics are shared
PRIVATE_LIBRARIES = {"spdlog/": "io/log", "fmt/": "io/log"}

GROUND_FLOOR_HEADERS = re.compile(
    r"^(thread|mutex|shared_mutex|condition_variable|future|semaphore|stop_token|fstream|iostream|filesystem"
    r"|boost/(asio|beast)(/.*|\.hpp)|openssl/.*|ldap\.h|lber\.h|sqlite3\.h|spdlog/.*|fmt/.*|yaml-cpp/.*"
    r"|nlohmann/.*|sys/.*|unistd\.h)$")
GROUND_FLOOR_WORDS = re.compile(r"::now\s*\(|\bstd::(this_thread|jthread|thread|mutex)\b|\bgetenv\s*\(|\bfopen\s*\(|\bprintf\s*\(")


def place(path: pathlib.Path):
    """(floor, room) of a file of the product, or None: src/io/http/session.cpp is ("io", "http")."""
    parts = path.relative_to(tree.ROOT).parts
    if parts[:2] == ("include", "eas451"):
        parts = parts[2:]
    elif parts[0] == "src":
        parts = parts[1:]
    else:
        return None
    if parts[0] not in HEIGHT:
        return None
    return parts[0], parts[1] if len(parts) > 2 else ""


def include_mistake(where, name: str, target):
    """What is wrong with a file at `where` including `name`, which is at `target` if it is ours; or None."""
    floor, room = where
    if target is None:
        for prefix, home in PRIVATE_LIBRARIES.items():
            if name.startswith(prefix) and f"{floor}/{room}" != home:
                return f"only {home} may include {prefix}"
        if floor == "core" and GROUND_FLOOR_HEADERS.match(name):
            return "the ground floor knows no thread, file, clock, log or library of the upper floors"
        return None
    target_floor, target_room = target
    if HEIGHT[target_floor] > HEIGHT[floor]:
        return f"{floor} must not include {target_floor}"
    if floor == target_floor == "io" and target_room in ROOMS and target_room != room:
        return f"io/{room} must not include io/{target_room}"
    return None


class Layers(unittest.TestCase):
    def test_an_include_goes_only_downward(self):
        mistakes = []
        for path in tree.cpp_files("src", "include"):
            where = place(path)
            if where is None:
                continue
            for line, name, _ in tree.includes(path):
                file = tree.included_file(path, name)
                mistake = include_mistake(where, name, place(file) if file else None)
                if mistake:
                    mistakes.append(f"{tree.name_of(path)}:{line}: {name}: {mistake}")
        self.assertEqual([], mistakes, "\n" + "\n".join(mistakes))

    def test_nothing_on_the_ground_floor_waits_or_reads_a_clock(self):
        mistakes = []
        for path in tree.cpp_files("src/core", "include/eas451/core"):
            for number, line in enumerate(tree.code_only(path.read_text(encoding="utf-8")).split("\n"), 1):
                if GROUND_FLOOR_WORDS.search(line):
                    mistakes.append(f"{tree.name_of(path)}:{number}: {line.strip()}")
        self.assertEqual([], mistakes, "\n" + "\n".join(mistakes))

    def test_every_source_is_on_a_floor(self):
        homeless = [tree.name_of(path) for path in tree.cpp_files("src", "include") if place(path) is None]
        self.assertEqual([], homeless)


class TheRuleItself(unittest.TestCase):
    def test_finds_the_forbidden(self):
        for where, name, target in [
            (("core", ""), "eas451/io/log/log.hpp", ("io", "log")),
            (("core", ""), "thread", None),
            (("core", ""), "boost/asio.hpp", None),
            (("core", ""), "boost/asio/ip/tcp.hpp", None),
            (("core", ""), "ldap.h", None),
            (("io", "http"), "eas451/app/frontend.hpp", ("app", "")),
            (("io", "http"), "eas451/io/directory/directory.hpp", ("io", "directory")),
            (("io", "net"), "eas451/io/log/log.hpp", ("io", "log")),
            (("io", "http"), "spdlog/spdlog.h", None),
        ]:
            self.assertIsNotNone(include_mistake(where, name, target), (where, name))

    def test_allows_the_rest(self):
        for where, name, target in [
            (("core", ""), "eas451/core/text.hpp", ("core", "")),
            (("core", ""), "boost/system/result.hpp", None),
            (("core", ""), "chrono", None),
            (("io", "http"), "eas451/io/runtime/task_group.hpp", ("io", "runtime")),
            (("io", "config"), "eas451/core/policy.hpp", ("core", "")),
            (("io", "log"), "spdlog/spdlog.h", None),
            (("app", ""), "eas451/io/http/session.hpp", ("io", "http")),
        ]:
            self.assertIsNone(include_mistake(where, name, target), (where, name))


if __name__ == "__main__":
    unittest.main()
