# SPDX-License-Identifier: Apache-2.0
"""docs/report-mode.md: its commands, as they stand there, on logs of a server in report mode and one with a canary, which have
been rotated once; and the metric that counts the same."""
import gzip
import re
import shutil
import subprocess
import unittest

from support import contoso
from support.admin import metric
from support.phone import Phone, eas
from support.server import PATIENCE, ROOT, start

PAGE = (ROOT / "docs" / "report-mode.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(zcat -f [^|\n]+ \| (jq|awk) .*?)^```$", PAGE, re.MULTILINE | re.DOTALL)  # with the program of each
DEVICE = "RSUA4U03JH48LAS6T7BD2TENV0"
O365 = contoso.OFFICE_365
CALLS = [eas("user12@contoso.com"), eas("user12@contoso.com"), eas("CONTOSO\\user12", "Passw0rd!user12"),
         eas("user12", version="12.1"), eas("user12@contoso.com", method="OPTIONS", version=None),
         eas("forest7@contoso.com", version="16.1"), eas("olga@contoso.com", version="16.1"), eas("anna@contoso.com")]


class ReportMode(unittest.TestCase):
    def serve(self, form, **redirect):
        name = {"json": "access.json", "w3c": "access.log"}[form]
        server = start(self, contoso.config(redirect=redirect, access_log={"format": form, "path": name}), contoso.directory())
        with Phone(server) as phone:
            self.statuses = [phone.ask(call).status for call in CALLS]
            phone.finish()
        self.counted = {key: metric(server, f'eas451_moved_requests_total{{{key}}}') for key in (
            'auth="basic",login_form="upn",reason="would-redirect",version="14.1"',
            'auth="basic",login_form="upn",reason="would-redirect",version="16.1"',
            'auth="basic",login_form="upn",reason="would-redirect",version="none"',
            'auth="basic",login_form="netbios",reason="would-redirect",version="14.1"',
            'auth="basic",login_form="bare",reason="client-too-old",version="below-14.0"')} if redirect.get("mode") == "report" else {}
        server.stop()
        log = server.site.folder / name
        lines = log.read_bytes().splitlines(keepends=True)
        (log.parent / f"{name}.2.gz").write_bytes(gzip.compress(b"".join(lines[:len(lines) // 2])))
        log.write_bytes(b"".join(lines[len(lines) // 2:]))
        return log.parent

    def run_blocks(self, program, folder):
        """What each prints, without blank ends, as sorted rows."""
        found = []
        for block, used in BLOCKS:
            if used != program:
                continue
            ended = subprocess.run(block, shell=True, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE)
            self.assertEqual((0, ""), (ended.returncode, ended.stderr), block)
            found.append(sorted(line.strip().split("\t") for line in ended.stdout.splitlines()))
        return found

    def test_the_w3c_log_of_a_week_and_of_a_canary(self):
        per_device, back = self.run_blocks("awk", self.serve("w3c", mode="report"))
        self.assertEqual([["1", "CONTOSO\\user12", DEVICE, "netbios", "14.1", "below-16.1"], ["1", "forest7@contoso.com", DEVICE, "upn", "16.1"],
                          ["1", "user12", DEVICE, "bare", "12.1", "below-16.1"], ["2", "user12@contoso.com", DEVICE, "upn", "14.1", "below-16.1"]],
                         per_device)
        self.assertEqual([], back)
        self.assertEqual([2, 1, 1, 1, 1], list(self.counted.values()))
        _, back = self.run_blocks("awk", self.serve("w3c", only_users=["user12"]))
        self.assertEqual([["3", DEVICE, "CONTOSO\\user12"]], [row[:3] for row in back])

    @unittest.skipUnless(shutil.which("jq"), "there is no jq")
    def test_the_json_log_of_a_week_and_of_a_canary(self):
        whom, fails, versions, back = self.run_blocks("jq", self.serve("json", mode="report"))
        self.assertEqual([["1 client-too-old", "user12", "bare", "basic", "12.1", "iPad", "-"],
                          ["1 no-relationship", "olga@contoso.com", "upn", "basic", "16.1", "iPad", "-"],
                          ["1 would-redirect", "CONTOSO\\user12", "netbios", "basic", "14.1", "iPad", O365],
                          ["1 would-redirect", "forest7@contoso.com", "upn", "basic", "16.1", "iPad", contoso.FABRIKAM],
                          ["1 would-redirect", "user12@contoso.com", "upn", "basic", "-", "-", O365],
                          ["2 would-redirect", "user12@contoso.com", "upn", "basic", "14.1", "iPad", O365]], whom)
        self.assertEqual([["forest7@contoso.com", DEVICE, "iPad", "16.1", "upn", "basic"],
                          ["user12@contoso.com", DEVICE, "iPad", "14.1", "bare+netbios+upn", "below-16.1 basic no-upn"]], fails)
        self.assertEqual([["1", "14.1"], ["1", "16.1"]], versions)
        self.assertEqual([], back)
        *_, back = self.run_blocks("jq", self.serve("json", only_users=["user12"]))
        self.assertEqual([["3", "user12@contoso.com", DEVICE, "iPad"]], [row[:4] for row in back])


if __name__ == "__main__":
    unittest.main()
