# SPDX-License-Identifier: Apache-2.0
"""The scripted domain controller answers as one does, and deviates as it is told to."""
import socket
import threading
import unittest

from support import certificates, dc_accounts, fake_dc, fake_directory, ldap_bytes
from support.ldap_client import Connection, ldapsearch, names
from support.server import PATIENCE
from tests.directory import make_directory, people

SERVICE = {"dn": make_directory.SERVICE_ACCOUNT, "password": make_directory.SERVICE_PASSWORD}
ACCOUNT = "(&(&(objectCategory=person)(objectClass=user))(%s))"
MOVED = next(person for person in people.everybody() if person["name"] == "moved001")
DN = make_directory.distinguished_name(MOVED)
PASSWORD = people.password("moved001")


class Dc(unittest.TestCase):
    def setUp(self):
        self.authority = certificates.authority(self)
        self.dc = fake_dc.start(self, self.authority)

    def ask(self, *arguments, of=None, scheme="ldaps", base=fake_dc.BASE, **who):
        return ldapsearch((of or self.dc).url(scheme), self.authority.ca_file, *arguments, base=base, **(who or SERVICE))

    def connect(self, **options):
        made = Connection(self.dc.port, self.authority.ca_file, **options)
        self.addCleanup(made.socket.close)
        return made

    def refusal(self, password, name=DN):
        """The `data` of the answer to a bind; None when it is success."""
        with self.connect() as connection:
            answer = connection.bind_answer(name, password)
        if ldap_bytes.result_code(answer) == ldap_bytes.SUCCESS:
            return None
        self.assertEqual(fake_dc.INVALID_CREDENTIALS, ldap_bytes.result_code(answer))
        return ldap_bytes.diagnostic(answer).split("data ")[1].split(",")[0]


class Answers(Dc):
    def test_ldaps_and_starttls_on_one_port(self):
        for scheme in ("ldaps", "ldap"):
            with self.subTest(scheme):
                ended = self.ask(ACCOUNT % "userPrincipalName=Moved001@contoso.com", "targetAddress", scheme=scheme)
                self.assertEqual(0, ended.returncode, ended.stderr)
                self.assertIn("targetAddress: SMTP:moved001@contoso.mail.onmicrosoft.com\n", ended.stdout)
                self.assertNotIn("mailNickname", ended.stdout)
                bind, search = self.dc.operations()[-2:]
                self.assertEqual(("bind", SERVICE["dn"], False, 0), (bind.kind, bind.name, bind.is_empty, bind.result))
                self.assertEqual(
                    ("search", fake_dc.BASE, ldap_bytes.SUBTREE, ACCOUNT % "userPrincipalName=Moved001@contoso.com",
                     ["targetaddress"], 0),
                    (search.kind, search.name, search.scope, search.filter, search.attributes, search.result))
        self.assertEqual((2, 2), (self.dc.searches(), self.dc.binds()))
        self.assertEqual([], self.dc.user_binds())

    def test_root_dse_to_anybody_and_nothing_else(self):
        ended = ldapsearch(self.dc.url(), self.authority.ca_file, "-s", "base", "(objectClass=*)", base="")
        # The root has no objectClass, and is there all the same.
        for line in (f"defaultNamingContext: {fake_dc.BASE}", f"configurationNamingContext: {fake_dc.CONFIGURATION}",
                     "supportedCapabilities: 1.2.840.113556.1.4.800", "isGlobalCatalogReady: TRUE"):
            self.assertIn(line + "\n", ended.stdout)
        for base in (fake_dc.BASE, f"CN=Partitions,{fake_dc.CONFIGURATION}"):
            ended = ldapsearch(self.dc.url(), self.authority.ca_file, "(objectClass=*)", base=base)
            self.assertEqual(fake_dc.OPERATIONS_ERROR, ended.returncode)

    def test_scopes_and_filters(self):
        federation = make_directory.FEDERATION
        for base, scope, text, expected in (
                (federation, "one", "(objectClass=msExchFedSharingRelationship)", len(make_directory.RELATIONSHIPS)),
                (federation, "base", "(objectClass=*)", 1), (federation, "base", "(cn=nobody)", 0),
                (f"CN=Services,{fake_dc.CONFIGURATION}", "sub", "(msExchFedDomainNames=FABRIKAM.com)", 1),
                (f"CN=Partitions,{fake_dc.CONFIGURATION}", "one", "(nETBIOSName=*)", 1),
                (fake_dc.BASE, "sub", "(|(sAMAccountName=moved001)(sAMAccountName=moved002))", 2),
                (fake_dc.BASE, "sub", "(&(sAMAccountName=moved00*)(!(sAMAccountName=*1)))", 8),
                (fake_dc.BASE, "sub", "(sAMAccountName=star\\2a)", 1),
                (fake_dc.BASE, "sub", "(&(cn=Anders*n, A*a*)(sAMAccountName=moved0*))", 1),
                (fake_dc.BASE, "sub", "(userPrincipalName=jurgen@contoso.com)", 1),
                (fake_dc.BASE, "sub", "(lockoutThreshold>=5)", 1), (fake_dc.BASE, "sub", "(lockoutThreshold<=4)", 0)):
            with self.subTest(base=base, scope=scope, text=text):
                self.assertEqual(expected, len(names(self.ask("-s", scope, text, "1.1", base=base))))

    def test_what_is_elsewhere(self):
        with self.connect() as connection:
            connection.bind(**SERVICE)
            kinds = []
            connection.send(ldap_bytes.search_request(3, fake_dc.BASE, ldap_bytes.SUBTREE, present="lockoutThreshold"))
            while not kinds or kinds[-1] != ldap_bytes.SEARCH_DONE:
                kinds.append(connection.read().operation)
        self.assertEqual([ldap_bytes.SEARCH_ENTRY, *[ldap_bytes.SEARCH_REFERENCE] * 2, ldap_bytes.SEARCH_DONE], kinds)
        self.assertEqual(fake_dc.REFERRAL, self.ask("(cn=x)", base="DC=fabrikam,DC=com").returncode)
        self.assertEqual(fake_dc.NO_SUCH_OBJECT, self.ask("(cn=x)", base=f"OU=None,{fake_dc.BASE}").returncode)
        # The configuration is below the domain by its name alone.
        self.assertEqual([], names(self.ask("(objectClass=msExchFedSharingRelationship)", "1.1")))

    def test_size_limit(self):
        ended = self.ask("-z", "2", ACCOUNT % "sAMAccountName=moved*", "1.1")
        self.assertEqual((fake_dc.SIZE_LIMIT_EXCEEDED, 2), (ended.returncode, len(names(ended))))

    def test_a_critical_control_that_it_does_not_know(self):
        with self.connect() as connection:
            connection.bind(**SERVICE)
            for oid, code in (("1.2.840.113556.1.4.528", fake_dc.NO_CRITICAL_EXTENSION), (fake_dc.DOMAIN_SCOPE, 0)):
                connection.send(ldap_bytes.search_request(4, fake_dc.BASE, ldap_bytes.BASE, controls=[oid]))
                answer = connection.read()
                while answer.operation != ldap_bytes.SEARCH_DONE:
                    answer = connection.read()
                self.assertEqual(code, ldap_bytes.result_code(answer))

    def test_nobody_binds_in_clear(self):
        self.assertEqual(fake_dc.STRONGER_AUTH, self.connect(tls=False).bind(DN, PASSWORD))

    def test_a_catalogue(self):
        catalogue = fake_dc.start(self, self.authority, catalogue=True, of=self.dc)
        text = "(sAMAccountName=moved001)"
        entry = self.ask(text, "pwdLastSet", "msExchRemoteRecipientType", "targetAddress", of=catalogue, base="").stdout
        self.assertIn("targetAddress: ", entry)
        self.assertNotIn("pwdLastSet", entry)
        self.assertNotIn("msExchRemoteRecipientType", entry)
        self.assertIn("pwdLastSet", self.ask(text, "pwdLastSet").stdout)
        for base, wanted in (("", []), (fake_dc.BASE, [])):
            self.assertEqual(wanted, names(self.ask("(pwdLastSet=*)", "1.1", of=catalogue, base=base)))
        self.assertEqual([], names(self.ask("(nETBIOSName=*)", "1.1", of=catalogue, base="")))
        ended = self.ask("(nETBIOSName=*)", of=catalogue, base=f"CN=Partitions,{fake_dc.CONFIGURATION}")
        self.assertEqual(fake_dc.NO_SUCH_OBJECT, ended.returncode)
        self.assertEqual(fake_dc.NO_SUCH_OBJECT, self.ask(text, base="").returncode)


class Passwords(Dc):
    def counted(self):
        return self.dc.accounts.bad_password_count(DN), self.dc.accounts.is_locked(DN)

    def test_names(self):
        for name in (DN, DN.upper(), "moved001@contoso.com", "CONTOSO\\moved001"):
            self.assertIsNone(self.refusal(PASSWORD, name))
        for name in ("moved001", "contoso.com\\moved001", "FABRIKAM\\moved001", "nobody@contoso.com"):
            self.assertEqual("52e", self.refusal(PASSWORD, name))

    def test_an_empty_password_is_a_success_of_nobody(self):
        connection = self.connect()
        self.assertEqual(0, connection.bind(DN, ""))
        done = connection.send(ldap_bytes.search_request(5, fake_dc.BASE, ldap_bytes.BASE)).read()
        self.assertEqual(fake_dc.OPERATIONS_ERROR, ldap_bytes.result_code(done))
        self.assertEqual([(DN, True)], [(bind.name, bind.is_empty) for bind in self.dc.user_binds()])

    def test_what_is_wrong_with_an_account_is_told_to_who_has_its_password(self):
        for name, data in (("disabled002", "533"), ("expired001", "701"), ("mustchange001", "773")):
            self.assertEqual([data, "52e"], [self.refusal(one, f"{name}@contoso.com")
                                             for one in (people.password(name), "wrong")])

    def test_counting_and_locking(self):
        self.assertEqual((0, False), self.counted())
        self.assertEqual(["52e"] * 4, [self.refusal(f"wrong{number}") for number in range(4)])
        self.assertEqual((4, False), self.counted())
        self.assertIsNone(self.refusal(PASSWORD))
        self.assertEqual((0, False), self.counted())
        for _ in range(dc_accounts.THRESHOLD):
            self.assertEqual("52e", self.refusal("wrong"))
        self.assertEqual((dc_accounts.THRESHOLD, True), self.counted())
        self.assertEqual(["775", "775"], [self.refusal("wrong"), self.refusal(PASSWORD)])
        self.assertIn(f"msDS-User-Account-Control-Computed: {dc_accounts.LOCKED}\n", self.ask(
            "(sAMAccountName=moved001)", "msDS-User-Account-Control-Computed").stdout)
        self.dc.accounts.advance(dc_accounts.MINUTES * 60 - 1)
        self.assertEqual("775", self.refusal(PASSWORD))
        self.dc.accounts.advance(60)
        self.assertIsNone(self.refusal(PASSWORD))

    def test_wrong_ones_are_forgotten_after_the_window(self):
        self.refusal("wrong")
        self.dc.accounts.advance(dc_accounts.MINUTES * 60 - 5)
        self.refusal("wrong")
        self.assertEqual(2, self.counted()[0])
        self.dc.accounts.advance(dc_accounts.MINUTES * 60 + 5)
        self.refusal("wrong")
        self.assertEqual(1, self.counted()[0])

    def test_policy(self):
        self.dc.accounts.set_policy(threshold=1, window=60, duration=0)
        self.refusal("wrong")
        self.dc.accounts.advance(10**6)
        self.assertEqual("775", self.refusal(PASSWORD))
        self.dc.accounts.unlock(DN)
        self.assertIsNone(self.refusal(PASSWORD))
        self.dc.accounts.set_policy(threshold=0, window=60, duration=60)
        for _ in range(3):
            self.refusal("wrong")
        self.assertEqual((3, False), self.counted())
        head = self.ask("-s", "base", "lockoutThreshold", "lockoutDuration", "lockOutObservationWindow").stdout
        for line in ("lockoutThreshold: 0", "lockoutDuration: -600000000", "lockOutObservationWindow: -600000000"):
            self.assertIn(line + "\n", head)

    def test_the_two_passwords_before_lock_nobody(self):
        for number in range(3):
            self.dc.accounts.set_password(DN, f"new{number}")
        before = self.dc.tree[DN].value("pwdLastSet")
        self.assertNotEqual(str(MOVED["pwdLastSet"]), before)
        self.assertEqual(["52e", "52e"], [self.refusal("new1"), self.refusal("new0")])
        self.assertEqual(0, self.counted()[0])
        self.assertEqual(["52e", None], [self.refusal(PASSWORD), self.refusal("new2")])


class Deviations(Dc):
    def search(self, login="moved001"):
        """(entries, result code) of the search for a login, by hand."""
        ended = self.ask("-z", "2", ACCOUNT % f"userPrincipalName={login}@contoso.com", "cn")
        return len(names(ended)), ended.returncode

    def test_an_answer(self):
        self.dc.deviate(fake_dc.user_bind, fake_dc.answering(fake_dc.BUSY))
        self.assertEqual(fake_dc.BUSY, self.connect().bind(DN, PASSWORD))
        self.assertEqual((1, 0), self.search())
        self.dc.mend()
        self.assertIsNone(self.refusal(PASSWORD))
        self.dc.deviate(fake_dc.service_bind, fake_dc.refusing("533"))
        self.assertEqual(["533", None], [self.refusal(SERVICE["password"], SERVICE["dn"]), self.refusal(PASSWORD)])

    def test_finding(self):
        for count, code in ((0, 4), (1, 4), (2, 4), (3, 0)):
            self.dc.mend()
            self.dc.deviate(fake_dc.user_search, fake_dc.finding(count, code))
            self.assertEqual((count, code), self.search())

    def test_referral(self):
        self.dc.deviate(fake_dc.user_search, fake_dc.answering(fake_dc.REFERRAL, referrals=["ldap://other.contoso.com/"]))
        ended = self.ask(ACCOUNT % "sAMAccountName=moved001")
        self.assertEqual(fake_dc.REFERRAL, ended.returncode)
        self.assertIn("ldap://other.contoso.com/", ended.stdout + ended.stderr)

    def test_late(self):
        event = threading.Event()
        self.dc.deviate(fake_dc.user_bind, fake_dc.late(event))
        connection = self.connect().send(ldap_bytes.bind_request(7, DN, PASSWORD))
        connection.socket.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            connection.read()
        connection.socket.settimeout(PATIENCE)
        event.set()
        self.assertEqual((7, 0), (lambda answer: (answer.id, ldap_bytes.result_code(answer)))(connection.read()))

    def test_closing_and_sending(self):
        self.dc.deviate(fake_dc.user_bind, fake_dc.closing)
        with self.assertRaises(EOFError) as caught:
            self.connect().bind(DN, PASSWORD)
        self.assertEqual(7, len(caught.exception.args[0]))
        self.dc.mend()
        self.dc.deviate(fake_dc.anything, fake_dc.sending(b"garbage"))
        connection = self.connect().send(ldap_bytes.bind_request(2, DN, PASSWORD))
        self.assertEqual(b"garbage", connection.socket.recv(4096))

    def test_whole_connections(self):
        self.dc.suffer(fake_directory.silent)
        with self.assertRaises(TimeoutError):
            self.connect(timeout=0.2)
        self.dc.mend()
        self.assertIsNone(self.refusal(PASSWORD))

    def test_no_connection_and_again(self):
        standing = self.connect()
        self.dc.refuse()
        with self.assertRaises(ConnectionRefusedError):
            self.connect()
        self.assertEqual(0, standing.bind(DN, PASSWORD))
        self.dc.cut()
        with self.assertRaises(EOFError):
            standing.bind(DN, PASSWORD)
        self.dc.mend()
        self.assertIsNone(self.refusal(PASSWORD))
        self.dc.swallow()
        with self.assertRaises(TimeoutError):
            socket.create_connection(("127.0.0.1", self.dc.port), timeout=0.2)
        self.dc.mend()
        self.assertIsNone(self.refusal(PASSWORD))

    def test_certificates(self):
        for trouble, words in (("expired", "certificate has expired"), ("other-name", "mismatch"),
                               ("unknown-ca", "unable to get local issuer")):
            self.dc.show_trouble(trouble)
            with self.assertRaisesRegex(OSError, words):
                self.connect()
        self.dc.mend()
        self.assertIsNone(self.refusal(PASSWORD))


if __name__ == "__main__":
    unittest.main()
