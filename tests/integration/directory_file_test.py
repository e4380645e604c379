# SPDX-License-Identifier: Apache-2.0
"""The directory file where passwords are hashes: when they are tried faster than they can be looked at, the log says so."""
import base64
import hashlib
import unittest

from support import contoso
from support.phone import Phone, eas
from support.server import start

# Four times as slow as those of hash-password: longer than the shortest deadline on any machine.
LOG_COST = 17
DEADLINE = "100ms"


def slow_hash(password):
    def text(data):
        return base64.b64encode(data).decode().rstrip("=")
    salt = b"0123456789abcdef"
    made = hashlib.scrypt(password.encode(), salt=salt, n=1 << LOG_COST, r=8, p=1, maxmem=1 << 28, dklen=32)
    return f"$scrypt$ln={LOG_COST},r=8,p=1${text(salt)}${text(made)}"


class Hashes(unittest.TestCase):
    def test_a_queue_that_is_too_long_is_told_and_says_what_to_do(self):
        config = contoso.config(directory={"type": "file", "file": "directory.json", "deadline": DEADLINE})
        server = start(self, config, contoso.directory(contoso.moved("slow", password=None, password_hash=slow_hash("right"))))
        phones = [Phone(server) for _ in range(4)]
        logins = ("slow@contoso.com", "nobody@contoso.com", "slow@contoso.com", "nobody@contoso.com")
        for phone, login in zip(phones, logins):
            self.addCleanup(phone.close)
            phone.send(eas(login, "wrong", cmd="Sync"))
        for phone in phones:
            answer = phone.read()
            self.assertEqual(200, answer.status)
            self.assertIn(b"111", answer.body)
        server.err.wait_for("warning .*logins wait longer than directory.deadline for a password_hash to be looked at, [1-9]")
        for line in server.access_lines(len(phones)):
            self.assertIn("Rsn:directory-down", line)


if __name__ == "__main__":
    unittest.main()
