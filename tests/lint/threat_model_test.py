# SPDX-License-Identifier: Apache-2.0
"""The threat model names a test for each threat, and each of them is there."""
import re
import unittest

import tree

PAGE = tree.ROOT / "docs" / "threat-model.md"
ROW = re.compile(r"^\| (T[0-9]+) \| .* \| ([^|]+) \|$", re.MULTILINE)


class ThreatModel(unittest.TestCase):
    def setUp(self):
        self.rows = ROW.findall(PAGE.read_text(encoding="utf-8"))

    def test_every_test_is_there(self):
        missing = [f"{threat}: {name}" for threat, tests in self.rows for name in re.findall(r"`([^`]+)`", tests)
                   if not (tree.ROOT / name).is_file()]
        self.assertEqual([], missing, "\n" + "\n".join(missing))

    def test_every_threat_has_one_and_a_number_of_its_own(self):
        self.assertGreater(len(self.rows), 30)
        self.assertEqual([], [threat for threat, tests in self.rows if "`tests/" not in tests])
        numbers = [threat for threat, _ in self.rows]
        self.assertEqual(sorted(set(numbers)), sorted(numbers))

    def test_every_fuzz_target_defends_against_something(self):
        text = PAGE.read_text(encoding="utf-8")
        self.assertEqual([], [tree.name_of(path) for path in sorted((tree.ROOT / "tests" / "fuzz").glob("fuzz_*.cpp"))
                              if tree.name_of(path) not in text])


if __name__ == "__main__":
    unittest.main()
