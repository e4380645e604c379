# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone, so that whoever includes it needs to know nothing else."""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import unittest

import tree

FLAGS = ["-std=c++20", "-O0", "-Wall", "-Wextra", "-Werror", "-DSPDLOG_FMT_EXTERNAL", "-DBOOST_ASIO_NO_DEPRECATED"]


def compile_alone(header: pathlib.Path) -> str:
    """The compiler's messages, empty if it is content. Through ccache an unchanged header costs nothing."""
    folder = tree.ROOT / "build" / "lint"
    folder.mkdir(parents=True, exist_ok=True)
    unit = folder / (tree.name_of(header).replace("/", "_") + ".cpp")
    text = f'#include "{header}"\n'
    if not unit.exists() or unit.read_text(encoding="utf-8") != text:
        unit.write_text(text, encoding="utf-8")
    launcher = ["ccache"] if shutil.which("ccache") else []
    done = subprocess.run([*launcher, "g++", *FLAGS, f"-I{tree.ROOT / 'include'}", f"-I{tree.ROOT / 'src'}", "-c",
                           str(unit), "-o", str(unit.with_suffix(".o"))],
                          capture_output=True, text=True, check=False, timeout=300)
    return done.stderr if done.returncode else ""


class Headers(unittest.TestCase):
    def test_every_header_compiles_alone(self):
        headers = [path for path in tree.cpp_files("include", "src") if path.suffix == ".hpp"]
        self.assertTrue(headers)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            messages = list(pool.map(compile_alone, headers))
        broken = [f"{tree.name_of(header)}:\n{message}" for header, message in zip(headers, messages) if message]
        self.assertEqual([], broken, "\n" + "\n".join(broken))


if __name__ == "__main__":
    unittest.main()
