# SPDX-License-Identifier: Apache-2.0
"""The shipped binary as the compiler and the linker left it: what makes a bug harder to use is in it."""
import json
import os
import pathlib
import re
import subprocess
import unittest

from support.server import BINARY, PATIENCE, command

ENDBR64 = bytes.fromhex("f30f1efa")
# From the C runtime of Debian, which is compiled without these marks.
OF_THE_RUNTIME = {"_start", "_init", "_fini"}


def readelf(*arguments):
    return subprocess.run(["readelf", *map(str, arguments)], check=True, capture_output=True, text=True,
                          timeout=PATIENCE).stdout


@unittest.skipIf(os.environ.get("EAS451_SANITIZER"), "the sanitizers' binary is not shipped")
class Shipped(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.headers, cls.dynamic = readelf("-hlW", BINARY), readelf("-dW", BINARY)
        cls.symbols = readelf("-sW", BINARY)
        cls.undefined = {next(part for part in line.split() if "@" in part).split("@")[0]
                         for line in readelf("--dyn-syms", "-W", BINARY).splitlines() if " UND " in line and "@" in line}

    def test_it_can_be_loaded_anywhere(self):
        self.assertRegex(self.headers, r"Type:\s+DYN")
        self.assertRegex(self.dynamic, r"\(FLAGS_1\).*\bPIE\b")

    def test_what_the_loader_resolved_is_read_only_from_then_on(self):
        self.assertIn("GNU_RELRO", self.headers)
        self.assertRegex(self.dynamic, r"\(FLAGS\).*BIND_NOW")
        self.assertNotIn("TEXTREL", self.dynamic)

    def test_no_memory_is_writable_and_executable(self):
        segments = re.findall(r"^\s+(LOAD|GNU_STACK)\s.*?0x\w+ 0x\w+ ([RWE ]{3})\s", self.headers, re.MULTILINE)
        self.assertIn(("GNU_STACK", "RW "), segments)
        self.assertGreater(len(segments), 3)
        self.assertEqual([], [flags for _, flags in segments if "W" in flags and "E" in flags])

    def test_stack_protector_and_checked_functions(self):
        self.assertIn("__stack_chk_fail", self.undefined)
        checked = sorted(name for name in self.undefined if name.endswith("_chk"))
        print("figure: checked functions:", *checked)
        self.assertGreaterEqual(len(checked), 3)
        # What has a checked form is not called without it where the size is known; these have one always.
        self.assertEqual(set(), self.undefined & {"sprintf", "vsprintf", "gets", "strcpy"})

    def test_no_assertion_can_end_it(self):
        self.assertEqual("release", json.loads(command("version", "--json").stdout)["build"])
        self.assertEqual(set(), self.undefined & {"__assert_fail", "__assert", "__assert_perror_fail"})
        self.assertNotIn("assertion_failed", self.symbols)

    def test_every_object_of_ours_is_marked_for_control_flow_enforcement(self):
        archives = sorted((BINARY.parent / "src").glob("*.a"))
        if not archives:
            self.skipTest("the objects that the binary was linked of are not here")
        for archive in archives:
            members = readelf("-n", archive).split("\nFile: ")
            marks = [bool(re.search(r"x86 feature: IBT, SHSTK", member)) for member in members
                     if ".cpp.o)" in member.split("\n", 1)[0]]
            self.assertTrue(marks and all(marks), f"{archive.name}: {marks.count(False)} of {len(marks)} are not marked")
            print(f"figure: {archive.name}: {len(marks)} objects with IBT and SHSTK")

    def test_every_function_that_can_be_jumped_to_says_so(self):
        """The linker marks the whole only where each object is marked, and Debian's start code is not (a build
        for a newer Debian may be). So it is the functions that are looked at."""
        code = self.code()
        names = [(int(address, 16), name) for address, name in re.findall(
            r"^\s*\d+:\s+(\w+)\s+[1-9]\d*\s+FUNC\s+(?:GLOBAL|WEAK)\s+\w+\s+\d+\s+([^\s@]+)", self.symbols, re.MULTILINE)]
        self.assertGreater(len(names), 1000)
        unmarked = sorted({name for address, name in names if code(address, 4) != ENDBR64} - OF_THE_RUNTIME)
        print(f"figure: {len(names)} functions, marked but for {unmarked or 'none'}; the whole: "
              f"{'marked' if 'IBT, SHSTK' in readelf('-n', BINARY) else 'not marked, since the start code is not'}")
        self.assertEqual([], unmarked)

    @staticmethod
    def code():
        image = BINARY.read_bytes()
        sections = [(int(a, 16), int(offset, 16), int(size, 16)) for a, offset, size in re.findall(
            r"^\s*\[\s*\d+\]\s+\.(?:text|init|fini)\S*\s+PROGBITS\s+(\w+)\s+(\w+)\s+(\w+)", readelf("-SW", BINARY), re.MULTILINE)]

        def read(address, size):
            for start, offset, length in sections:
                if start <= address < start + length:
                    return image[offset + address - start:offset + address - start + size]
            return b""
        return read

    def test_it_loads_what_the_machine_has_and_nothing_else(self):
        self.assertNotRegex(self.dynamic, r"\((?:RPATH|RUNPATH)\)")
        loaded = subprocess.run(["ldd", str(BINARY)], check=True, capture_output=True, text=True, timeout=PATIENCE).stdout
        self.assertNotIn("libsystemd", loaded)
        self.assertNotIn("not found", loaded)
        for path in re.findall(r"=> (\S+)", loaded):
            self.assertIn(pathlib.Path(path).parts[1], ("lib", "usr", "lib64"), path)


if __name__ == "__main__":
    unittest.main()
