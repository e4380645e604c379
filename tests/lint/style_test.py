# SPDX-License-Identifier: Apache-2.0
"""Small things a reader should never meet."""
import re
import unittest

import tree

TEXT = {".cpp", ".hpp", ".py", ".sh", ".md", ".yaml", ".yml", ".json", ".txt", ".case", ".cmake", ""}
SPDX = "SPDX-License-Identifier: Apache-2.0"
# Folders of one machine, and hosts of one mirror: nobody else has them.
MACHINE = re.compile(r"(?<![\w.~/-])/(?:home|work|Users|tmp/w)/\w|\bdeb\.debian\.[o]rg|\bftp\.[\w.]*debian\.org")
VAGUE_NAME = re.compile(r"\b(?:class|struct|concept|enum(?:\s+class)?)\s+(\w*(?:Manager|Helper|Utils?|Impl|Base))\b")


def text_files():
    for path in tree.files():
        name = tree.name_of(path)
        if "/corpus/" in name or name == "LICENSE" or path.suffix not in TEXT:
            continue
        yield path, name


class Style(unittest.TestCase):
    def check_lines(self, is_wrong, text_of=lambda path: path.read_text(encoding="utf-8"), chosen=lambda name: True):
        mistakes = []
        for path, name in text_files():
            if not chosen(name):
                continue
            for number, line in enumerate(text_of(path).split("\n"), 1):
                if is_wrong(line):
                    mistakes.append(f"{name}:{number}: {line.strip()[:140]}")
        self.assertEqual([], mistakes, "\n" + "\n".join(mistakes))

    def test_no_tab_and_no_blank_at_the_end(self):
        # A golden case is bytes, and may need either.
        self.check_lines(lambda line: "\t" in line or line != line.rstrip(), chosen=lambda n: not n.endswith(".case"))

    def test_every_file_ends_with_one_newline(self):
        wrong = [name for path, name in text_files()
                 if path.stat().st_size and not re.search(r"[^\n]\n\Z", path.read_text(encoding="utf-8"))]
        self.assertEqual([], wrong)

    def test_every_source_names_its_licence(self):
        wrong = []
        for path, name in text_files():
            if path.suffix in {".cpp", ".hpp", ".py", ".sh"} or name in {"dev", ".ci/run"}:
                if SPDX not in "".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:2]):
                    wrong.append(name)
        self.assertEqual([], wrong)

    def test_no_path_and_no_mirror_of_one_machine(self):
        self.check_lines(MACHINE.search, chosen=lambda name: not name.endswith("lint/style_test.py"))

    def test_no_vague_type_name(self):
        self.check_lines(VAGUE_NAME.search, text_of=lambda path: tree.code_only(path.read_text(encoding="utf-8")),
                         chosen=lambda name: name.endswith((".cpp", ".hpp")))

    def test_the_rules_find_what_they_forbid(self):
        self.assertTrue(MACHINE.search("see /home/someone/x"))
        self.assertFalse(MACHINE.search("https://example.org/home/page"))
        self.assertTrue(VAGUE_NAME.search("class SessionManager {"))
        self.assertFalse(VAGUE_NAME.search("class Database {"))
        self.assertFalse(VAGUE_NAME.search("struct Managers;"))


if __name__ == "__main__":
    unittest.main()
