# SPDX-License-Identifier: Apache-2.0
"""The dashboard and the alert rules that we ship: that they parse, raise what they say, and name series there are."""
import json
import re
import shutil
import subprocess
import unittest

from support import contoso
from support.admin import metrics
from support.phone import Phone, eas
from support.server import PATIENCE, ROOT, start, wait_until

FOLDER = ROOT / "docs" / "monitoring"
# Of servers that this test does not have.
OF_SERVERS = {"eas451_directory_up", "eas451_exchange_up"}


def promtool(*arguments):
    return subprocess.run([shutil.which("promtool") or "promtool is in Debian's package prometheus", *map(str, arguments)],
                          check=False, capture_output=True, text=True, timeout=PATIENCE)


def series_in(expression):
    """Without job labels, which are written the same way."""
    named = re.findall(r"\beas451_[a-z0-9_]+", expression)
    return {re.sub(r"_(bucket|sum|count)$", "", each) for each in named}


class Monitoring(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = start(cls, contoso.config(), contoso.directory())
        with Phone(server) as phone:
            phone.ask(eas())
        # Counted when the answer is out.
        wait_until(lambda: "eas451_requests_total{" in metrics(server), "the request to be counted")
        cls.known = set(re.findall(r"^# TYPE (\S+)", metrics(server), re.MULTILINE)) | OF_SERVERS
        cls.dashboard = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
        cls.rules = (FOLDER / "alerts.yaml").read_text(encoding="utf-8")

    def test_the_rules_parse_and_raise_what_they_say(self):
        checked = promtool("check", "rules", FOLDER / "alerts.yaml")
        self.assertEqual(0, checked.returncode, checked.stdout + checked.stderr)
        tested = promtool("test", "rules", ROOT / "tests" / "monitoring" / "alerts_test.yaml")
        self.assertEqual(0, tested.returncode, tested.stdout + tested.stderr)

    def test_a_rule_that_does_not_hold_is_found(self):
        """That the test of the rules can fail."""
        text = (ROOT / "tests" / "monitoring" / "alerts_test.yaml").read_text(encoding="utf-8")
        right = text.replace("../../docs/monitoring/alerts.yaml", str(FOLDER / "alerts.yaml"))
        last_server = """eas451_directory_up{instance="b",server="dc2"}', values: '"""
        wrong = right.replace(last_server + "0x30", last_server + "1x30")
        self.assertNotEqual(right, wrong)
        for rules, expected in ((right, 0), (wrong, 1)):
            tested = subprocess.run(["promtool", "test", "rules", "/dev/stdin"], input=rules, check=False, text=True,
                                    capture_output=True, timeout=PATIENCE)
            self.assertEqual(expected, tested.returncode, tested.stdout + tested.stderr)

    def test_every_series_is_one_of_ours(self):
        expressions = [target["expr"] for panel in self.dashboard["panels"] for target in panel["targets"]]
        named = set().union(*map(series_in, expressions), series_in(self.rules))
        self.assertGreater(len(named), 15)
        self.assertEqual(set(), named - self.known)

    def test_the_page_has_every_alert(self):
        page = (FOLDER / "README.md").read_text(encoding="utf-8")
        alerts = re.findall(r"- alert: (\w+)", self.rules)
        self.assertGreater(len(alerts), 10)
        self.assertEqual(alerts, re.findall(r"^\| `(Eas451\w+)` \|", page, re.MULTILINE))
        tested = (ROOT / "tests" / "monitoring" / "alerts_test.yaml").read_text(encoding="utf-8")
        self.assertEqual([], [each for each in alerts if f"alertname: {each}" not in tested])

    def test_the_dashboard_is_whole(self):
        panels = self.dashboard["panels"]
        self.assertEqual(len(panels), len({panel["id"] for panel in panels}))
        for panel in panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            self.assertTrue(all(target["expr"] for target in panel["targets"]), panel["title"])
