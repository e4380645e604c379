# SPDX-License-Identifier: Apache-2.0
"""A statement with co_await or co_spawn holds no `{` and no capturing lambda.

GCC 12 destroys such a temporary twice (GCC bug 107288 and its kin). The rule is stricter than the bug,
so that it is one sentence: name the thing on the line above.
"""
import re
import unittest

import tree

WAITS = re.compile(r"\bco_await\b|\bco_spawn\s*\(")
# A `[` that does not follow a value is a lambda's; [[attributes]] are not.
CAPTURES = re.compile(r"(?<![\w)\]\[])\s*\[(?!\[)\s*[^\]\s]")
BINDING = re.compile(r"\bauto\s*&{0,2}\s*\[[^\[\]]*\]")
LAMBDA_HEAD = re.compile(
    r"(?<![\w)\]\[])\s*\[(?!\[)[^\[\]]*\]\s*(\((?:[^()]|\([^()]*\))*\)\s*)?(mutable\b\s*|constexpr\b\s*|noexcept\b\s*)*"
    r"(->\s*[\w:<>,\s*&]+)?$")
BLOCK_HEAD = re.compile(
    r"(^|\)|\belse|\bdo|\btry|\bconst|\bnoexcept|\boverride|\bfinal|\bmutable|[:}&]"
    r"|\)[\w\s&]*->\s*[\w:<>,\s*&]+)$")
SCOPE_HEAD = re.compile(r"^(export\s+)?(inline\s+)?(template\s*<.*>\s*)?(namespace|struct|class|union|enum|extern)\b", re.DOTALL)


class _Statement:
    def __init__(self, line: int):
        self.text = ""
        self.line = line
        self.parentheses = 0

    def is_broken(self) -> bool:
        text = BINDING.sub("auto binding", self.text)
        return bool(WAITS.search(text)) and ("{" in text or bool(CAPTURES.search(text)))


def broken_statements(source: str):
    """(line, text) of each statement that breaks the rule."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda m: "\n" * m.group().count("\n"),
                  tree.code_only(source), flags=re.MULTILINE)
    broken = []
    line = 1
    statement = _Statement(line)
    open_braces = []  # "initializer" | the statement that a lambda's body interrupts | None for a plain block

    def finish():
        nonlocal statement
        if statement.is_broken():
            broken.append((statement.line, " ".join(statement.text.split())))
        statement = _Statement(line)

    for character in code:
        if character == "{":
            head = statement.text.strip()
            if LAMBDA_HEAD.search(head):
                statement.text += "{"
                open_braces.append(statement)
                statement = _Statement(line)
            elif statement.parentheses == 0 and (BLOCK_HEAD.search(head) or SCOPE_HEAD.search(head)):
                open_braces.append(None)
                finish()
            else:
                statement.text += "{"
                open_braces.append("initializer")
        elif character == "}":
            opened = open_braces.pop() if open_braces else None
            if opened == "initializer":
                statement.text += "}"
            else:
                finish()
                if opened is not None:
                    statement = opened
                    statement.text += "}"
        elif character == ";" and statement.parentheses == 0 and "initializer" not in open_braces[-1:]:
            finish()
        else:
            statement.parentheses += {"(": 1, ")": -1}.get(character, 0)
            if not statement.text.strip():
                statement.line = line
            statement.text += character
        line += character == "\n"
    finish()
    return broken


class AwaitRule(unittest.TestCase):
    def test_no_statement_breaks_it(self):
        mistakes = []
        for path in tree.cpp_files("src", "include", "tests"):
            for line, text in broken_statements(path.read_text(encoding="utf-8")):
                mistakes.append(f"{tree.name_of(path)}:{line}: {text[:160]}")
        self.assertEqual([], mistakes, "\n" + "\n".join(mistakes))


BROKEN = [
    "co_await f({1, 2});",
    "co_await f(Agg{1});",
    "auto x = co_await f({.name = n});",
    "const auto& x = co_await f({.name = n});",
    "co_await tx.respond(make(Agg{std::move(a)}));",
    "co_await g([x] { return x; });",
    "co_await g([&] { return 1; });",
    "co_await g([self = shared_from_this()](int a) mutable -> int { return a; });",
    "co_return Agg{co_await f()};",
    "return Agg{co_await f()};",
    "net::co_spawn(ex, [p = std::move(p)]() -> net::awaitable<void> { co_return; }, net::detached);",
    "net::co_spawn(ex, [] { return run(); }, net::detached);",
    "if (auto r = co_await f({1}); r) { go(); }",
    "while (co_await f(Agg{1})) { go(); }",
    "for (auto& x : co_await f(Agg{1})) { go(x); }",
    'co_await f("{", Agg{1}); // comment',
    "auto work = [p]() -> net::awaitable<void> { co_await f({1}); };",
    "void g() { if (x) co_await f({1}); }",
    "co_await (a({1}) || b());",
]
FINE = [
    "co_await f(std::string(1, 'x'));",
    "co_await f(make_agg(1));",
    "Agg agg{1}; co_await f(std::move(agg));",
    "auto work = [p = std::move(p)]() mutable -> net::awaitable<void> { co_await run(std::move(p)); };\n"
    "net::co_spawn(ex, std::move(work), net::detached);",
    "co_return Agg{1};",
    "x = a ? co_await f() : co_await g();",
    "co_await std::visit(named, v);",
    "const auto [error, count] = co_await f();",
    "auto&& [error] = co_await f();",
    "if (co_await f()) { go(); } else { co_await g(); }",
    "while (!co_await f()) { Agg a{1}; }",
    "for (;;) { co_await f(); const Agg a{1}; use([a] { return a; }); }",
    "switch (co_await f()) { case 1: { co_await g(); } }",
    "try { co_await f(); } catch (const E& e) { Agg{1}; }",
    "net::awaitable<void> f(int a) { co_await g(a); }",
    "auto f(T t) -> net::awaitable<std::vector<int>> { co_await g(t); }",
    "struct S { int a{1}; }; co_await f();",
    "Result f() const& { return g({1}); } int h() && { co_await f(); }",
    "namespace a { void g() { co_await f(); } }",
    "Server::Server(int a) : a_(a), b_{a} { co_spawn(ex, run(), net::detached); }",
    'co_await f("co_await g({1})");  // co_await h({1})',
    'const char* text = R"x(co_await f({1});)x"; co_await f(values[i]);',
    "/* co_await f({1}); */ co_await f(1'000'000);",
    "[[maybe_unused]] auto x = co_await f(table[index]);",
    "const std::array<int, 2> table = {1, 2}; co_await f(table);",
    "#define X {\nco_await f();",
]


class TheRuleItself(unittest.TestCase):
    def test_finds_what_breaks_it(self):
        for source in BROKEN:
            with self.subTest(source):
                self.assertEqual(1, len(broken_statements(source)), broken_statements(source))

    def test_passes_what_is_fine(self):
        for source in FINE:
            with self.subTest(source):
                self.assertEqual([], broken_statements(source))

    def test_names_the_line(self):
        self.assertEqual(3, broken_statements("int a;\n// co_await {\nco_await f(\n  {1});")[0][0])


if __name__ == "__main__":
    unittest.main()
