# SPDX-License-Identifier: Apache-2.0
"""However many paths, users and devices come, there are as many metric series as before."""
import random
import re
import shutil
import string
import subprocess
import unittest

from support import contoso
from support.admin import metric, metrics
from support.phone import Phone, eas, get
from support.server import PATIENCE, start, wait_until

RANDOM_REQUESTS = 10_000
TOGETHER = 50  # on one connection, before the answers are read
COUNTED = "eas451_request_seconds_count"


def series(text):
    """Names with their labels, without values."""
    return {line.rsplit(" ", 1)[0] for line in text.splitlines() if line and not line.startswith("#")}


class Series(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(451)
        # A login that nobody has is answered at once here; the wait is tested elsewhere.
        self.server = start(self, contoso.config(authentication={"basic": "directory", "refusal_delay": "0s"}),
                            contoso.directory())

    def word(self, letters=string.ascii_letters + string.digits, least=1, most=24):
        return "".join(self.random.choices(letters, k=self.random.randint(least, most)))

    def one_of_each(self):
        """Every method, decision and command that has a series, as a phone may bring it about by itself."""
        known = ("Sync SendMail SmartForward SmartReply GetAttachment FolderSync FolderCreate FolderDelete FolderUpdate MoveItems "
                 "GetItemEstimate MeetingResponse Search Settings Ping ItemOperations Provision ResolveRecipients ValidateCert Find "
                 "GetHierarchy CreateCollection DeleteCollection MoveCollection Notify").split()
        requests = [eas(login, cmd=command) for command in (*known, "Frobnicate") for login in ("user12@contoso.com", "nina@contoso.com")]
        requests += [eas(login, method="OPTIONS") for login in ("user12@contoso.com", "nina@contoso.com")]
        requests += [eas(version=version) for version in (None, "12.1", "14.0", "14.1", "16.0", "16.1")]
        requests += [get("/x", method=method) for method in ("GET", "HEAD", "POST", "OPTIONS", "BREW")]
        return requests + [get("/Microsoft-Server-ActiveSync/healthcheck.htm"), eas(version="x")]

    def made_up(self):
        """A request of which nothing but its form is as another's."""
        user = f"{self.word()}@{self.word()}.example"
        if self.random.random() < 0.3:
            method = self.random.choice(["GET", "POST", "OPTIONS", self.word(string.ascii_uppercase, 3, 12)])
            return get("/" + "/".join(self.word() for _ in range(3)), method=method)
        known = self.random.random() < 0.5
        target = (f"/Microsoft-Server-ActiveSync?User={user}&DeviceId={self.word()}&DeviceType={self.word()}"
                  f"&Cmd={self.random.choice(['Sync', 'Ping', self.word(string.ascii_letters)])}")
        return eas("user12@contoso.com" if known else user, "Passw0rd!user12" if known else self.word(), target=target,
                   agent=self.word(), version=f"{self.random.randint(2, 99)}.{self.random.randint(0, 9)}")

    def send(self, requests):
        """All of them, and returns when all are counted, which is when the answer is out."""
        before = metric(self.server, COUNTED)
        for first in range(0, len(requests), TOGETHER):
            with Phone(self.server) as phone:
                batch = requests[first:first + TOGETHER]
                phone.send(b"".join(batch))
                for request in batch:
                    phone.read(head_only=request.startswith(b"HEAD "))
        wait_until(lambda: metric(self.server, COUNTED) >= before + len(requests), "all are counted")

    def test_as_many_as_before(self):
        self.send(self.one_of_each())
        before = series(metrics(self.server))
        self.send([self.made_up() for _ in range(RANDOM_REQUESTS)])
        text = metrics(self.server)
        print(f"figure: metric series after {RANDOM_REQUESTS} random paths, users and devices: {len(series(text))}, "
              f"before {len(before)}")
        self.assertEqual(set(), series(text) - before)
        self.assertEqual(len(before), len(series(text)))
        promtool = shutil.which("promtool")
        self.assertIsNotNone(promtool, "promtool is in Debian's package prometheus")
        checked = subprocess.run([promtool, "check", "metrics"], input=text, text=True, timeout=PATIENCE, capture_output=True,
                                 check=False)
        self.assertEqual((0, "", ""), (checked.returncode, checked.stdout, checked.stderr))
        self.assertEqual([], re.findall(r'(?i)user12|nina|contoso|\.example|brew', text))


if __name__ == "__main__":
    unittest.main()
