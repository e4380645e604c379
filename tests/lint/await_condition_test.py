# SPDX-License-Identifier: Apache-2.0
"""No condition holds a co_await.

GCC 12.2 can lay out the frame of a coroutine wrongly when an `if` or a loop waits in its condition and the
function has no local variable of its own at the top (GCC bug 106188, mended in 12.3): the frame is then
read where nothing was written. The rule is stricter than the bug, so that it is one sentence: name the
result, then ask it.
"""
import re
import unittest

import tree

HEAD = re.compile(r"\b(?:if|while|for|switch)\b\s*(?:constexpr\b\s*)?\(")


def waiting_conditions(source: str):
    """The line of each condition that waits."""
    code = tree.code_only(source)
    lines = []
    for head in HEAD.finditer(code):
        depth, end = 1, head.end()
        while end < len(code) and depth:
            depth += {"(": 1, ")": -1}.get(code[end], 0)
            end += 1
        if re.search(r"\bco_await\b", code[head.end():end]):
            lines.append(code.count("\n", 0, head.start()) + 1)
    return lines


class AwaitConditionRule(unittest.TestCase):
    def test_no_condition_breaks_it(self):
        mistakes = [f"{tree.name_of(path)}:{line}" for path in tree.cpp_files("src", "include", "tests")
                    for line in waiting_conditions(path.read_text(encoding="utf-8"))]
        self.assertEqual([], mistakes)


class TheRuleItself(unittest.TestCase):
    def test_finds_what_breaks_it(self):
        for source in ("if (!co_await f()) return;", "while (co_await f()) g();", "if (const auto r = co_await f(a(1)); r) g();",
                       "for (auto x : co_await f()) g();", "switch (co_await f()) {}", "\nif (a &&\n    co_await f()) g();"):
            with self.subTest(source):
                self.assertEqual(1, len(waiting_conditions(source)))

    def test_passes_what_is_fine(self):
        for source in ("if (a) co_await f();", "while (a) a = co_await f();", "for (;;) { co_await f(); }",
                       "// if (co_await f())", "const bool a = co_await f(); if (a) g();"):
            with self.subTest(source):
                self.assertEqual([], waiting_conditions(source))


if __name__ == "__main__":
    unittest.main()
