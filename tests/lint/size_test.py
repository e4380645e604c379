# SPDX-License-Identifier: Apache-2.0
"""A file that fits in a head: 300 lines; up to 400 with a reason. Functions are measured by clang-tidy (`./dev test tidy`)."""
import unittest

import tree

LINES = 300
LINES_WITH_A_REASON = 400


class Size(unittest.TestCase):
    def test_no_source_is_too_long(self):
        too_long = []
        for path in tree.cpp_files("src", "include"):
            text = path.read_text(encoding="utf-8")
            limit = LINES_WITH_A_REASON if "\n// Longer than 300 lines: " in text else LINES
            if text.count("\n") > limit:
                too_long.append(f"{tree.name_of(path)}: {text.count(chr(10))} lines, {limit} are allowed")
        self.assertEqual([], too_long, "\n" + "\n".join(too_long))


if __name__ == "__main__":
    unittest.main()
