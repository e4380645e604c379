# SPDX-License-Identifier: Apache-2.0
"""audit of a real domain controller: page by page, and what it says of each is what explain says."""
import json
import unittest

from support import ldap_site, samba
from tests.directory import active_directory


class Audit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.samba = samba.start(cls)

    def audit(self, made, *arguments):
        ended = made.command("audit", "--json", *arguments)
        self.assertEqual((1, ""), (ended.returncode, ended.stderr))
        return json.loads(ended.stdout)

    def test_everybody_who_is_mail_enabled(self):
        before = self.samba.mark()
        made = ldap_site.site(self, self.samba)
        told = self.audit(made, "--all")
        self.assertEqual((True, None, self.samba.url(), samba.BASE),
                         tuple(told[key] for key in ("complete", "trouble", "source", "base")))
        rows = {row["recipient"]: row for row in told["rows"] if row["recipient"] and row["finding"] == row["reason"]}
        self.assertEqual(told["recipients"], len(rows))
        self.assertEqual(sum(bool(person.get("mailNickname")) for person in active_directory.everybody()), len(rows))
        self.assertEqual(1, self.samba.binds(since=before) - 1, "one to read the organization, one for the pages")
        seen = {row["user_principal_name"]: row for row in rows.values()}
        for name in ("user12", "anna", "lars", "olga", "targetless001", "ourselves001", "untargeted001"):
            with self.subTest(name):
                login = f"{name}@contoso.com"
                explained = json.loads(made.command("explain", login, "--protocol-version", "16.1", "--json").stdout)
                self.assertEqual((explained["reason"], explained["location"]), (seen[login]["reason"], seen[login]["location"]))

    def test_the_global_catalog_says_the_same(self):
        told, of_catalog = (self.audit(ldap_site.site(self, self.samba, ldap={"global_catalog": there})) for there in (False, True))
        self.assertTrue(of_catalog["source"].endswith(f":{samba.GLOBAL_CATALOG_TLS}"), of_catalog["source"])
        for key in ("recipients", "classes", "reasons", "targets"):
            self.assertEqual(told[key], of_catalog[key])
