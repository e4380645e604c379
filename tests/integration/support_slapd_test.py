# SPDX-License-Identifier: Apache-2.0
"""The directory that the tests run against is what they take it for."""
import ssl
import unittest

from support import certificates, slapd
from support.ldap_client import Connection, ldapsearch, names
from support.server import wait_until
from tests.directory import make_directory, people

SERVICE = {"dn": slapd.SERVICE_ACCOUNT, "password": slapd.SERVICE_PASSWORD}
ACCOUNT = "(&(objectCategory=person)(objectClass=user)(%s))"
INVALID_CREDENTIALS, CONFIDENTIALITY_REQUIRED, NO_SUCH_OBJECT, ANONYMOUS_REFUSED = 49, 13, 32, 48


def escaped(value):
    """As RFC 4515 writes a value in a filter."""
    return "".join(f"\\{byte:02x}" for byte in value.encode())


class Directory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.slapd = slapd.start(cls)

    def search(self, *arguments, scheme="ldaps", base=slapd.BASE, **who):
        return ldapsearch(self.slapd.url(scheme), self.slapd.ca_file, *arguments, base=base, **(who or SERVICE))

    def entries(self, filter_text, base=slapd.BASE):
        ended = self.search(filter_text, "1.1", base=base)
        self.assertEqual(0, ended.returncode, ended.stderr)
        return names(ended)

    def test_ldaps_and_starttls_give_the_same_entry_and_count_exactly(self):
        for scheme, requests in (("ldaps", ["bind", "search"]),
                                 ("ldap", ["starttls", "bind", "search"])):
            with self.subTest(scheme):
                before = self.slapd.mark()
                ended = self.search(ACCOUNT % "mail=user12@contoso.com", "targetAddress", scheme=scheme)
                self.assertEqual(0, ended.returncode, ended.stderr)
                self.assertIn("\ntargetAddress: SMTP:user12@contoso.mail.onmicrosoft.com\n", ended.stdout)
                done = self.slapd.finished(len(requests), before)
                self.assertEqual(requests, [operation.kind for operation in done])
                self.assertEqual(1, len(self.slapd.connections(before)))
                bind, search = done[-2:]
                self.assertEqual((slapd.SERVICE_ACCOUNT.lower(), 0), (bind.name.lower(), bind.result))
                self.assertEqual((slapd.BASE.lower(), "2", ACCOUNT % "mail=user12@contoso.com", 0, 1),
                                 (search.name.lower(), search.scope, search.filter, search.result, search.entries))
                wait_until(lambda: self.slapd.operations("unbind", bind.connection), "the unbind is counted")
                self.assertEqual((1, 1), (self.slapd.searches(since=before), self.slapd.binds(since=before)))

    def test_counts_of_each_connection(self):
        before = self.slapd.mark()
        with Connection(self.slapd.ldaps_port) as one, Connection(self.slapd.ldap_port, start_tls=True) as two:
            for number in range(2, 9):
                self.assertEqual(0, one.bind(slapd.SERVICE_ACCOUNT, slapd.SERVICE_PASSWORD, number))
            self.assertEqual(INVALID_CREDENTIALS, two.bind(slapd.SERVICE_ACCOUNT, "wrong"))
            self.assertEqual(8, self.slapd.binds(since=before))
        first, second = self.slapd.connections(before)
        counts = {self.slapd.binds(first, before), self.slapd.binds(second, before)}
        self.assertEqual({7, 1}, counts)
        results = sorted(operation.result for operation in self.slapd.finished(9, before) if operation.kind == "bind")
        self.assertEqual([0] * 7 + [INVALID_CREDENTIALS], results)

    def test_what_the_fixture_does_is_not_counted(self):
        before = self.slapd.mark()
        self.slapd.modify(f"dn: CN=added,OU=Other,{slapd.BASE}\nchangetype: add\n"
                          "objectClass: organizationalRole\ncn: added\n")
        self.assertEqual([], self.slapd.operations(since=before))
        self.assertEqual(1, len(self.entries("(cn=added)")))
        self.slapd.modify(f"dn: CN=added,OU=Other,{slapd.BASE}\nchangetype: delete\n")
        self.assertEqual([], self.entries("(cn=added)"))

    def test_more_than_three_hundred_accounts_and_everyone_can_log_in(self):
        everybody = people.everybody()
        self.assertGreaterEqual(len(everybody), 300)
        self.assertEqual(len(everybody), len({make_directory.distinguished_name(person) for person in everybody}))
        found = self.entries(ACCOUNT % "sAMAccountName=*")
        self.assertEqual(len(everybody) + 1, len(found), "the accounts and the service account")
        with Connection(self.slapd.ldaps_port, self.slapd.ca_file) as connection:
            for number, person in enumerate(everybody, 2):
                dn = make_directory.distinguished_name(person)
                code = connection.bind(dn, people.password(person["name"]), number)
                self.assertEqual(0, code, dn)
            self.assertEqual(INVALID_CREDENTIALS, connection.bind(dn, "Passw0rd!somebody", number + 1))

    def test_each_login_finds_one_entry_but_for_the_ambiguous(self):
        for kind in ("meta", "notascii", "lab"):
            for person in people.of_kind(kind):
                with self.subTest(person["name"]):
                    login = escaped(person["userPrincipalName"])
                    self.assertEqual(1, len(self.entries(ACCOUNT % f"userPrincipalName={login}")))
        for filter_text in ("mail=twins@contoso.com", "sAMAccountName=bob",
                            "|(mail=alias@contoso.com)(proxyAddresses=smtp:alias@contoso.com)"):
            with self.subTest(filter_text):
                self.assertEqual(2, len(self.entries(ACCOUNT % filter_text)))

    def test_a_login_that_is_not_escaped_would_find_others(self):
        self.assertEqual(2, len(self.entries(ACCOUNT % "userPrincipalName=star*@contoso.com")))

    def test_the_address_of_an_account_may_be_a_contact_too(self):
        self.assertEqual(2, len(self.entries("(mail=moved001@contoso.com)")))
        self.assertEqual(1, len(self.entries(ACCOUNT % "mail=moved001@contoso.com")))
        self.assertEqual([], self.entries(ACCOUNT % "mail=somebody@fabrikam.com"))
        self.assertEqual([], self.entries(ACCOUNT % "sAMAccountName=PC1$"))

    def test_int64_and_bits_compare_as_in_active_directory(self):
        remote = self.entries("(msExchRecipientTypeDetails=2147483648)")
        self.assertGreater(len(remote), 100)
        disabled = self.entries("(userAccountControl:1.2.840.113556.1.4.803:=2)")
        self.assertEqual(len(people.of_kind("disabled")) + len(people.of_kind("linked")), len(disabled))

    def test_a_search_of_the_domain_meets_a_reference_and_no_configuration(self):
        ended = self.search("(cn=Federation)", "1.1")
        self.assertEqual([], names(ended))
        self.assertIn("ldap://domaindnszones.contoso.com/", ended.stdout)

    def test_relationships_are_told_from_what_only_looks_like_one(self):
        everything = self.entries("(msExchFedDomainNames=*)", slapd.CONFIGURATION)
        relationships = self.entries("(objectClass=msExchFedSharingRelationship)", slapd.CONFIGURATION)
        self.assertEqual(len(make_directory.RELATIONSHIPS), len(relationships))
        self.assertEqual(len(relationships) + 1, len(everything))
        self.assertEqual(2, len(self.entries("(msExchFedDomainNames=tailspintoys.com)", slapd.CONFIGURATION)))

    def test_the_root_names_its_partitions(self):
        ended = self.search("-s", "base", "(objectClass=*)", "defaultNamingContext", "configurationNamingContext",
                            base="")
        self.assertIn("\ndefaultNamingContext: DC=contoso,DC=com\n", ended.stdout)
        self.assertIn("\nconfigurationNamingContext: CN=Configuration,DC=contoso,DC=com\n", ended.stdout)
        names_of_domains = self.search("(objectClass=crossRef)", "nETBIOSName", base=slapd.CONFIGURATION)
        self.assertIn("\nnETBIOSName: CONTOSO\n", names_of_domains.stdout)

    def test_who_may_read_what(self):
        person = people.of_kind("lab")[0]
        user = {"dn": make_directory.distinguished_name(person), "password": people.password(person["name"])}
        self.assertEqual(1, len(names(self.search("-s", "base", "1.1", base=user["dn"], **user))))
        self.assertEqual(NO_SUCH_OBJECT, self.search("(cn=*)", "1.1", **user).returncode)
        self.assertEqual(NO_SUCH_OBJECT, self.search("(cn=*)", "1.1", base=slapd.CONFIGURATION, **user).returncode)
        self.assertNotIn("userPassword", self.search(ACCOUNT % "mail=user12@contoso.com", "userPassword").stdout)

    def test_nobody_is_let_in_without_a_name_or_without_tls(self):
        ended = ldapsearch(self.slapd.url(), self.slapd.ca_file, "(cn=*)", base=slapd.BASE)
        self.assertEqual(ANONYMOUS_REFUSED, ended.returncode, ended.stderr)
        with Connection(self.slapd.ldap_port, tls=False) as plain:
            self.assertEqual(CONFIDENTIALITY_REQUIRED, plain.bind(slapd.SERVICE_ACCOUNT, slapd.SERVICE_PASSWORD))


class Life(unittest.TestCase):
    def setUp(self):
        self.slapd = slapd.start(self, configuration=["idletimeout 3600"])

    def bind(self, timeout=60.0):
        with Connection(self.slapd.ldaps_port, self.slapd.ca_file, timeout=timeout) as connection:
            return connection.bind(slapd.SERVICE_ACCOUNT, slapd.SERVICE_PASSWORD)

    def test_stopped_and_started_again_it_has_the_same_ports_and_goes_on_counting(self):
        self.assertEqual(0, self.bind())
        ports = (self.slapd.ldap_port, self.slapd.ldaps_port)
        with Connection(self.slapd.ldaps_port) as connection:
            self.slapd.restart()
            with self.assertRaises((EOFError, OSError)):
                connection.bind(slapd.SERVICE_ACCOUNT, slapd.SERVICE_PASSWORD)
        self.assertEqual(ports, (self.slapd.ldap_port, self.slapd.ldaps_port))
        self.assertEqual(0, self.bind())
        self.assertEqual(2, self.slapd.binds())
        self.assertEqual(2, len(self.slapd.connections()))

    def test_killed_it_refuses_connections_and_comes_back_with_its_data(self):
        self.slapd.kill()
        with self.assertRaises(ConnectionRefusedError):
            self.bind()
        self.slapd.start()
        self.assertEqual(0, self.bind())

    def test_paused_it_accepts_and_is_silent_until_it_goes_on(self):
        self.slapd.pause()
        with self.assertRaises(TimeoutError):
            self.bind(timeout=0.2)
        self.slapd.resume()
        self.assertEqual(0, self.bind())

    def test_stop_ends_a_paused_one(self):
        self.slapd.pause()
        self.slapd.stop()
        self.assertEqual(0, self.slapd.process.returncode)


class Certificates(unittest.TestCase):
    def reason(self, trouble):
        server = slapd.start(self, trouble)
        with self.assertRaises(ssl.SSLCertVerificationError) as caught:
            Connection(server.ldaps_port, server.ca_file).socket.close()
        return caught.exception.verify_message

    def test_each_trouble_is_the_one_it_is_called_after(self):
        self.assertIn("certificate has expired", self.reason("expired"))
        self.assertIn("unable to get local issuer certificate", self.reason("unknown-ca"))
        self.assertIn("Hostname mismatch", self.reason("other-name"))


class Given(unittest.TestCase):
    def test_people_and_relationships_of_a_test_stand_beside_the_others(self):
        trusted = certificates.authority(self)
        server = slapd.start(self, authority=trusted, people_given=[
            {"userPrincipalName": "extra@contoso.com", "sAMAccountName": "CONTOSO\\extra", "mail": "extra@contoso.com",
             "msExchRecipientTypeDetails": "RemoteUserMailbox", "password": "Passw0rd!extra"}],
            relationships=[{"name": "Office 365", "domain_names": ["contoso.mail.onmicrosoft.com", "more.example"]}])
        ended = ldapsearch(server.url(), server.ca_file, "(sAMAccountName=extra)", base=slapd.BASE, **SERVICE)
        self.assertIn("\nmsExchRecipientTypeDetails: 2147483648\n", ended.stdout)
        ended = ldapsearch(server.url(), server.ca_file, "(msExchFedDomainNames=*onmicrosoft.com)",
                           base=slapd.CONFIGURATION, **SERVICE)
        self.assertIn("\nmsExchFedDomainNames: more.example\n", ended.stdout)
        self.assertNotIn("https://outlook.office.com/mail", ended.stdout)


if __name__ == "__main__":
    unittest.main()
