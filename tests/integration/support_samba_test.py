# SPDX-License-Identifier: Apache-2.0
"""The domain controller that the tests run against is what they take it for."""
import re
import unittest

from support import ldap_bytes, samba
from support.ldap_client import ldapsearch, names
from tests.directory import active_directory, make_directory, people

SERVICE = {"dn": samba.SERVICE_ACCOUNT, "password": samba.SERVICE_PASSWORD}
BLIND = {"dn": active_directory.BLIND_ACCOUNT, "password": active_directory.BLIND_PASSWORD}
ACCOUNT = "(&(objectCategory=person)(objectClass=user)(%s))"
OK, OPERATIONS_ERROR, STRONG_AUTH_REQUIRED, INVALID_CREDENTIALS, UNWILLING = 0, 1, 8, 49, 53
CHANGES = "1.2.840.113556.1.4.528"


class Domain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.samba = samba.start(cls)

    def connect(self, *port, **options):
        connection = self.samba.connection(*port, **options)
        self.addCleanup(connection.socket.close)
        return connection

    def bind(self, login, password, connection=None):
        """None, or the `data` of the refusal."""
        answer = (connection or self.connect()).bind_answer(login, password)
        if ldap_bytes.result_code(answer) == OK:
            return None
        self.assertEqual(INVALID_CREDENTIALS, ldap_bytes.result_code(answer))
        said = ldap_bytes.diagnostic(answer)
        self.assertRegex(said, r"^80090308: LdapErr: DSID-[0-9A-F]+, comment: AcceptSecurityContext error, data [0-9a-f]+, v")
        return re.search(r"data ([0-9a-f]+)", said).group(1)

    def search(self, *arguments, scheme="ldaps", base=samba.BASE, port=None, **who):
        return ldapsearch(self.samba.url(scheme, port=port), self.samba.ca_file, *arguments, base=base, **(who or SERVICE))

    def entries(self, filter_text, base=samba.BASE, **who):
        ended = self.search(filter_text, "1.1", base=base, **who)
        self.assertEqual(0, ended.returncode, ended.stderr)
        return names(ended)

    def test_ldaps_and_starttls_give_the_same_entry_and_count_exactly(self):
        filter_text = ACCOUNT % "userPrincipalName=user12@contoso.com"
        for scheme, port in (("ldaps", samba.LDAPS), ("ldap", samba.LDAP), ("ldaps", samba.GLOBAL_CATALOG_TLS)):
            with self.subTest(scheme, port=port):
                before = self.samba.mark()
                ended = self.search(filter_text, "targetAddress", scheme=scheme, port=port)
                self.assertEqual(0, ended.returncode, ended.stderr)
                self.assertIn("\ntargetAddress: SMTP:user12@contoso.mail.onmicrosoft.com\n", ended.stdout)
                bind, search = self.samba.operations(since=before)
                self.assertEqual(("bind", samba.SERVICE_ACCOUNT, "svc-eas451", "NT_STATUS_OK", port),
                                 (bind.kind, bind.name, bind.account, bind.result, bind.port))
                self.assertEqual(("search", samba.BASE, "SUB", filter_text, "Success", bind.connection),
                                 (search.kind, search.name, search.scope, search.filter, search.result, search.connection))
                self.assertEqual((1, 1), (self.samba.searches(since=before), self.samba.binds(since=before)))

    def test_binds_are_counted_for_each_connection_with_their_outcome(self):
        before = self.samba.mark()
        one, two = self.connect(), self.connect(samba.LDAP, start_tls=True)
        for _ in range(3):
            self.assertIsNone(self.bind("moved003@contoso.com", "Passw0rd!moved003", one))
            self.assertEqual("52e", self.bind("nobody@contoso.com", "x", two))
        first, second = self.samba.connections(before)
        self.assertEqual([("moved003", "NT_STATUS_OK")] * 3, [(done.account, done.result) for done in
                                                              self.samba.operations("bind", first, before)])
        self.assertEqual([("nobody@contoso.com", "NT_STATUS_NO_SUCH_USER")] * 3, [
            (done.name, done.result) for done in self.samba.operations("bind", second, before)])

    def test_what_the_fixture_does_is_not_counted(self):
        before = self.samba.mark()
        self.samba.modify(f"dn: CN=added,OU=Other,{samba.BASE}\nchangetype: add\nobjectClass: contact\ncn: added\n")
        self.samba.change("moved004", ("displayName", "Changed"))
        self.assertEqual("Changed", self.samba.attributes("moved004", "displayName")["displayName"])
        self.assertEqual([], self.samba.operations(since=before))
        self.assertEqual(1, len(self.entries("(cn=added)")))

    def test_names_that_a_bind_takes(self):
        password = "Passw0rd!user12"
        for login in ("user12@contoso.com", "USER12@Contoso.COM", "user12@contoso.lab", "CONTOSO\\user12",
                      "contoso\\USER12", f"CN=User 12,OU=Staff,{samba.BASE}"):
            self.assertIsNone(self.bind(login, password), login)
        for login in ("user12", "contoso.lab\\user12", "FABRIKAM\\user12", "CONTOSO/user12", "user12@fabrikam.com",
                      f"CN=Nobody,OU=Staff,{samba.BASE}"):
            self.assertEqual("52e", self.bind(login, password), login)
        self.assertIsNone(self.bind("noupn001@contoso.lab", "Passw0rd!noupn001"))
        self.assertIsNone(self.bind("renamed001@contoso.com", "Passw0rd!renamed001"))
        self.assertIsNone(self.bind("maiden001@contoso.lab", "Passw0rd!renamed001"))
        self.assertIsNone(self.bind("upn001@corp.contoso.com", "Passw0rd!upn001"))

    def test_everyone_can_log_in_but_who_must_not(self):
        refused = set(active_directory.REFUSED)
        connection = self.connect()
        for person in active_directory.everybody():
            name = person["name"]
            if person["kind"] in ("expired", "mustchange", "spare") or name in refused:
                continue
            with self.subTest(name):
                dn = active_directory.distinguished_name(person)
                expected = "533" if person["userAccountControl"] & 2 else None
                self.assertEqual(expected, self.bind(dn, people.password(name), connection))

    def test_each_refusal_says_why_and_only_to_who_knows_the_password(self):
        for name, data in active_directory.REFUSED.items():
            with self.subTest(name):
                self.assertEqual(data, self.bind(f"{name}@contoso.com", people.password(name)))
                self.assertEqual("52e", self.bind(f"{name}@contoso.com", "wrong"))
        self.assertEqual("52e", self.bind("user12@contoso.com", "wrong"))
        self.assertEqual("52e", self.bind("nobody@contoso.com", "wrong"))
        self.assertEqual("52e", self.bind("user12@contoso.com", ""))

    def test_the_fifth_wrong_password_locks(self):
        login, right = "spare001@contoso.com", "Passw0rd!spare001"
        for count in range(1, 5):
            self.assertEqual("52e", self.bind(login, "wrong"))
            self.assertEqual((count, 0), self.samba.lockout_state("spare001"))
        self.assertIsNone(self.bind(login, right))
        self.assertEqual((0, 0), self.samba.lockout_state("spare001"))
        for _ in range(5):
            self.assertEqual("52e", self.bind(login, "wrong"))
        self.assertEqual("775", self.bind(login, "wrong"))
        self.assertEqual("775", self.bind(login, right))
        count, since = self.samba.lockout_state("spare001")
        self.assertEqual(5, count)
        self.assertGreater(since, active_directory.OLD_FILETIME)
        self.samba.unlock("spare001")
        self.assertIsNone(self.bind(login, right))

    def test_an_account_locked_by_the_fixture(self):
        before = self.samba.mark()
        self.samba.lock_out("spare002")
        self.assertEqual([], self.samba.operations(since=before))
        self.assertEqual("775", self.bind("spare002@contoso.com", "Passw0rd!spare002"))

    def test_the_password_before_is_good_for_an_hour(self):
        changed = self.samba.attributes("spare003", "pwdLastSet")["pwdLastSet"]
        self.samba.set_password("spare003", "Another0ne!")
        self.assertIsNone(self.bind("spare003@contoso.com", "Another0ne!"))
        self.assertIsNone(self.bind("spare003@contoso.com", "Passw0rd!spare003"))
        self.assertEqual("52e", self.bind("spare003@contoso.com", "wrong"))
        self.assertGreater(int(self.samba.attributes("spare003", "pwdLastSet")["pwdLastSet"]), int(changed))

    def test_an_account_that_is_disabled_meanwhile(self):
        self.samba.change("spare004", ("userAccountControl", 514))
        self.assertEqual("533", self.bind("spare004@contoso.com", "Passw0rd!spare004"))

    def test_each_login_finds_one_entry_but_for_the_ambiguous(self):
        for person in active_directory.everybody():
            if person.get("kind") in ("lab", "notascii", "meta"):
                login = "".join(f"\\{byte:02x}" for byte in person["userPrincipalName"].encode())
                self.assertEqual(1, len(self.entries(ACCOUNT % f"userPrincipalName={login}")), person["name"])
        for filter_text in ("mail=twins@contoso.com",
                            "|(mail=alias@contoso.com)(proxyAddresses=smtp:alias@contoso.com)"):
            self.assertEqual(2, len(self.entries(ACCOUNT % filter_text)), filter_text)

    def test_strings_compare_as_in_active_directory(self):
        remote = self.entries("(msExchRecipientTypeDetails=2147483648)")
        self.assertGreater(len(remote), 30)
        self.assertEqual(1, len(self.entries(ACCOUNT % "sAMAccountName=USER12")))
        disabled = self.entries(ACCOUNT % "userAccountControl:1.2.840.113556.1.4.803:=2")
        self.assertIn(self.samba.distinguished_name("disabled001"), disabled)

    def test_a_search_of_the_domain_meets_references_and_no_configuration(self):
        ended = self.search("(cn=Federation)", "1.1")
        self.assertEqual([], names(ended))
        self.assertIn(f"ldaps://contoso.lab/{samba.CONFIGURATION}", ended.stdout)

    def test_the_root_names_its_partitions_to_everybody(self):
        ended = ldapsearch(self.samba.url(), self.samba.ca_file, "-s", "base", "(objectClass=*)", "defaultNamingContext",
                           "configurationNamingContext", "supportedCapabilities", "supportedControl", "isGlobalCatalogReady")
        for line in (f"defaultNamingContext: {samba.BASE}", f"configurationNamingContext: {samba.CONFIGURATION}",
                     "supportedCapabilities: 1.2.840.113556.1.4.800", f"supportedControl: {CHANGES}",
                     "isGlobalCatalogReady: TRUE"):
            self.assertIn(f"\n{line}\n", ended.stdout)
        ended = self.search("(nETBIOSName=*)", "nETBIOSName", "dnsRoot", "nCName", base=f"CN=Partitions,{samba.CONFIGURATION}")
        for line in ("nETBIOSName: CONTOSO", "dnsRoot: contoso.lab", f"nCName: {samba.BASE}"):
            self.assertIn(f"\n{line}\n", ended.stdout)

    def test_who_may_read_what(self):
        relationships = "(objectClass=msExchFedSharingRelationship)"
        self.assertEqual(len(make_directory.RELATIONSHIPS), len(self.entries(relationships, samba.CONFIGURATION)))
        self.assertEqual(1 + len(make_directory.RELATIONSHIPS),
                         len(self.entries("(msExchFedDomainNames=*)", samba.CONFIGURATION)))
        self.assertEqual([], self.entries(relationships, samba.CONFIGURATION, **BLIND))
        self.assertEqual(1, len(self.entries("(sAMAccountName=user12)", **BLIND)))
        self.assertNotIn("unicodePwd", self.search("(sAMAccountName=user12)", "unicodePwd").stdout)
        ended = ldapsearch(self.samba.url(), self.samba.ca_file, "(cn=*)", base=samba.BASE)
        self.assertEqual(OPERATIONS_ERROR, ended.returncode, ended.stderr)

    def test_no_simple_bind_without_tls(self):
        for port in (samba.LDAP, samba.GLOBAL_CATALOG):
            self.assertEqual(STRONG_AUTH_REQUIRED, self.connect(port, tls=False).bind(*SERVICE.values()))

    def test_changes_are_told_to_who_asked_for_them(self):
        watching = self.connect()
        self.assertEqual(OK, watching.bind(*SERVICE.values()))
        watched = ldap_bytes.search_request(3, active_directory.FEDERATION, ldap_bytes.ONE_LEVEL,
                                            attributes=("msExchFedTargetOwaURL",), controls=(CHANGES,))
        watching.send(watched)
        # Whoever has the answer of the next request on the same connection is watching.
        watching.send(ldap_bytes.search_request(4, "", ldap_bytes.BASE, attributes=("1.1",)))
        self.assertEqual([4, 4], [watching.read().id, watching.read().id])
        dn = f"CN=Adatum,{active_directory.FEDERATION}"
        self.samba.modify(active_directory.replaced(dn, ("msExchFedTargetOwaURL", "https://new.example/owa")))
        told = watching.read()
        self.assertEqual((3, ldap_bytes.SEARCH_ENTRY), (told.id, told.operation))
        self.assertIn(b"https://new.example/owa", told.content)
        watching.send(ldap_bytes.search_request(5, active_directory.FEDERATION, ldap_bytes.ONE_LEVEL, present="cn",
                                                controls=(CHANGES,)))
        self.assertEqual(UNWILLING, ldap_bytes.result_code(watching.read()))


if __name__ == "__main__":
    unittest.main()
