# SPDX-License-Identifier: Apache-2.0
"""A relative link in a Markdown file leads somewhere: to a file, and to a heading of it."""
import re
import unittest
import urllib.parse

import tree

LINK = re.compile(r"!?\[[^\]\n]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]\n]+\]:\s*(\S+)", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)[^`\n]+\1")


def prose(text: str) -> str:
    return CODE.sub("", FENCE.sub("", text))


def links(text: str):
    return [inline or reference for inline, reference in LINK.findall(prose(text))]


def anchors(text: str):
    """What the hosting sites make of the headings: lower case, blanks to hyphens, the rest dropped."""
    found = set(re.findall(r'<a (?:id|name)="([^"]+)"', text))
    for heading in re.findall(r"^#{1,6}\s+(.+?)\s*#*\s*$", FENCE.sub("", text), re.MULTILINE):
        base = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")
        name, number = base, 0
        while name in found:
            number += 1
            name = f"{base}-{number}"
        found.add(name)
    return found


class Links(unittest.TestCase):
    def test_every_relative_link_leads_somewhere(self):
        broken = []
        for path in tree.files():
            if path.suffix != ".md":
                continue
            for link in links(path.read_text(encoding="utf-8")):
                if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", link):
                    continue
                name, _, anchor = urllib.parse.unquote(link).partition("#")
                target = (path.parent / name).resolve() if name else path
                if not target.exists():
                    broken.append(f"{tree.name_of(path)}: {link}: no such file")
                elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8")):
                    broken.append(f"{tree.name_of(path)}: {link}: no such heading")
        self.assertEqual([], broken, "\n" + "\n".join(broken))

    def test_the_rule_finds_links_and_headings(self):
        self.assertEqual(["a.md#b", "c"], links("see [x](a.md#b) `[no](y)`\n```\n[no](z)\n```\n[r]: c\n"))
        self.assertEqual({"the-way-in-dev-run", "x", "x-1"}, anchors("# The way in: `dev run`\n## X\n## X\n"))


if __name__ == "__main__":
    unittest.main()
