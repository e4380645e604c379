# SPDX-License-Identifier: Apache-2.0
"""The files of the source tree, and C++ text without its comments and strings. Shared by the lint tests."""
import pathlib
import re
from typing import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LEFT_OUT = {".git", "build", "__pycache__", ".cache"}
CPP = {".cpp", ".hpp"}


def files(*folders: str) -> Iterator[pathlib.Path]:
    """Every file below the folders (default: the whole tree), build output left out."""
    for folder in folders or (".",):
        for path in sorted((ROOT / folder).rglob("*")):
            parts = path.relative_to(ROOT).parts
            if path.is_file() and not LEFT_OUT.intersection(parts):
                yield path


def cpp_files(*folders: str) -> Iterator[pathlib.Path]:
    return (path for path in files(*folders) if path.suffix in CPP)


def name_of(path: pathlib.Path) -> str:
    return path.relative_to(ROOT).as_posix()


_TOKEN = re.compile(
    r"""//[^\n]* | /\*.*?\*/                                        # comments
      | (?:u8|[uUL])?R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"  # raw strings
      | (?:u8|[uUL])?"(?:\\.|[^"\\\n])*"                           # strings
      | (?<![0-9a-fA-F])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+'           # characters, not digit separators
    """, re.VERBOSE | re.DOTALL)


def code_only(text: str) -> str:
    """The text with comments blanked and literals emptied; every line keeps its number."""
    def blank(match):
        found = match.group()
        lines = "\n" * found.count("\n")
        if found.startswith(("//", "/*")):
            return " " + lines
        return ('""' if '"' in found[:4] else "0") + lines
    return _TOKEN.sub(blank, text)


_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def includes(path: pathlib.Path):
    """(line, name, True if in angle brackets) of each #include; found in the raw text, where the names are."""
    text = path.read_text(encoding="utf-8")
    for match in _INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(2), match.group(1) == "<"


def included_file(path: pathlib.Path, name: str):
    """The file of this tree that an #include names, or None."""
    for folder in (path.parent, ROOT / "include", ROOT / "src", ROOT / "tests"):
        candidate = (folder / name).resolve()
        if candidate.is_file() and ROOT in candidate.parents:
            return candidate
    return None
