# SPDX-License-Identifier: Apache-2.0
"""Where private keys are while the server runs: in pages that are locked and left out of dumps, and nowhere else."""
import base64
import pathlib
import re
import subprocess
import unittest

from support import contoso, memory
from support.phone import Phone, context, eas
from support.server import IS_ROOT, PATIENCE, make_certificate, start, wait_until

_NUMBER = re.compile(r"^(priv|privateExponent|prime1|prime2):\n((?: +[0-9a-f:]+\n)+)", re.MULTILINE)
# What a C library keeps of a block that was freed, or a sanitizer beside it, are its first bytes.
PIECE = 24


def traditional(pem):
    """The same key as older programs write it."""
    return subprocess.run(["openssl", "pkey", "-traditional"], input=pem, capture_output=True, text=True, check=True,
                          timeout=PATIENCE).stdout


def needles(pem):
    """Pieces of the key as they may be in memory: of the file's text, of its bytes, of each private number in
    both orders."""
    text = pem.split("-----")[2].replace("\n", "")
    lines = [line.encode() for line in pem.splitlines()[1:-1] if len(line) == 64]
    shown = subprocess.run(["openssl", "pkey", "-noout", "-text"], input=pem, capture_output=True, text=True, check=True,
                           timeout=PATIENCE).stdout
    numbers = [bytes.fromhex(re.sub(r"[: \n]", "", digits)).lstrip(b"\0") for _, digits in _NUMBER.findall(shown)]
    assert base64.b64decode(text) and numbers
    found = [number[-PIECE:] for number in numbers] + [number[::-1][:PIECE] for number in numbers]
    return found + ([lines[len(lines) // 2]] if len(lines) > 8 else [])


@unittest.skipUnless(IS_ROOT, "only root may read the memory of the server")
class KeyMemory(unittest.TestCase):
    def assert_only_in_the_key_heap(self, server, secret):
        found = memory.hits(server.process.pid, secret)
        is_locked = "could not be locked" not in server.err.text()
        for needle, mapping in found:
            self.assertIn("dd", mapping.flags, needle.hex())
            if is_locked:
                self.assertIn("lo", mapping.flags, needle.hex())
        # Else the needles would be wrong.
        self.assertTrue(found)

    def test_private_keys(self):
        for kind in ("ec", "rsa"):
            for form in (str, traditional):
                files = make_certificate(key=kind)
                files["tls.key"] = form(files["tls.key"])
                with self.subTest((kind, form.__name__)):
                    server = start(self, contoso.config(), contoso.directory(), files)
                    self.assert_only_in_the_key_heap(server, needles(files["tls.key"]))
                    for _ in range(8):
                        with Phone(server, context()) as phone:
                            self.assertEqual(451, phone.ask(eas()).status)
                    server.reload()
                    self.assert_only_in_the_key_heap(server, needles(files["tls.key"]))
                    server.stop()

    def test_a_key_that_was_replaced_is_gone(self):
        files = make_certificate()
        server = start(self, contoso.config(), contoso.directory(), files)
        for name, text in make_certificate().items():
            server.site.write(name, text)
        server.reload()
        # The last that holds the old one may be the worker that has just been told of the new one.
        with Phone(server, context()) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
        wait_until(lambda: not memory.hits(server.process.pid, needles(files["tls.key"])), "the old key to be gone")

    def test_nobody_else_may_look(self):
        server = start(self, contoso.config(lab=None, user="nobody"), contoso.directory(), make_certificate())
        for file in ("mem", "maps", "environ"):
            asked = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "head", "-c1",
                                    f"/proc/{server.process.pid}/{file}"], capture_output=True, check=False, timeout=PATIENCE)
            self.assertEqual((1, b""), (asked.returncode, asked.stdout), file)
            self.assertIn(b"Permission denied", asked.stderr)
        self.assertIn("Max core file size        0                    0 ",
                      pathlib.Path(f"/proc/{server.process.pid}/limits").read_text(encoding="ascii"))

    def test_it_goes_on_where_memory_cannot_be_locked(self):
        server = start(self, contoso.config(), contoso.directory(), wrapper=(
            "setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock", "prlimit", "--memlock=65536"))
        server.err.wait_for("keys could not be locked in memory and may be swapped out: .*; allow 2048 KiB")
        with Phone(server) as phone:
            self.assertEqual(451, phone.ask(eas()).status)
        server.reload()
        self.assertEqual(1, sum("could not be locked" in line for line in server.err.all()))


if __name__ == "__main__":
    unittest.main()
