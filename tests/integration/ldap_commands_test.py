# SPDX-License-Identifier: Apache-2.0
"""check --online, explain and auth against a real OpenLDAP: what they find, and their exit status."""
import json
import unittest

from support import certificates, ldap_site, slapd
from tests.directory import make_directory

USER12 = "(&(&(objectCategory=person)(objectClass=user))(|(userPrincipalName=user12@contoso.com)(sAMAccountName=user12)))"
ANONYMOUS = {"bind_name": None, "bind_password_file": None}
FOUND, REFUSED, DOWN = 0, 1, 69


def facts_of_servers(told):
    """Without those of targets, which no test is to reach."""
    return sum(fact.startswith("ldaps://") for fact in told["facts"])


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = certificates.authority(cls)
        cls.slapd = slapd.start(cls, authority=cls.authority)
        cls.gone = slapd.start(cls, authority=cls.authority)
        cls.gone.kill()

    def site(self, *directories, **options):
        return ldap_site.site(self, *(directories or [self.slapd]), **options)

    def run_command(self, made, *arguments, status=FOUND, password=None, environment=None, **options):
        """Its stdout; as an object where --json asks for that."""
        environment = {**(environment or {}), **({"EAS451_PASSWORD": password} if password is not None else {})}
        ended = made.command(*arguments, environment=environment, **options)
        self.assertEqual(status, ended.returncode, ended.stdout + ended.stderr)
        self.stderr = ended.stderr
        for secret in (slapd.SERVICE_PASSWORD, password):
            if secret:
                self.assertNotIn(secret, ended.stdout + ended.stderr)
        return json.loads(ended.stdout) if "--json" in arguments else ended.stdout


class Check(Commands):
    def test_what_it_finds(self):
        before = self.slapd.mark()
        made = self.site()
        lines = self.run_command(made, "check", "--online").splitlines()
        url = self.slapd.url()
        self.assertEqual([f"found: {url}: users are searched below DC=contoso,DC=com; 1 NetBIOS domain contoso (contoso.com)",
                          f"found: {url}: 8 organization relationships below CN=Services,CN=Configuration,DC=contoso,DC=com",
                          f"found: {url}: no password policy is visible below DC=contoso,DC=com; taken as lockoutThreshold 5, "
                          "lockOutObservationWindow 30 min (give directory.lockout where it is otherwise); 3 new wrong passwords "
                          "of a user may be tried within 30 min",
                          f"found: {url}: of users these are visible: userPrincipalName, sAMAccountName, mailNickname, "
                          "homeMDB, msExchHomeServerName, targetAddress"],
                         lines[:4])
        self.assertEqual("no mistakes found", lines[-1])
        warnings = "\n".join(line for line in lines if line.startswith("warning: "))
        for words in ("Office 365.*accepts only EAS 16.1 and no Basic", "Targetless.*no usable target_owa_url",
                      "Ourselves.*is ourselves", "Northwind, disabled.*disabled", "Tailspin 1.*also in",
                      f"{url}: its certificate expires in [12] days?$"):
            self.assertRegex(warnings, f"(?m){words}")
        told = self.run_command(made, "check", "--online", "--json")
        states = {one["name"]: (one["state"], one["text"]) for one in told["prerequisites"]}
        self.assertEqual(("ok", "8 organization relationships of the directory"), states["hybrid"])
        self.assertEqual("ok", states["remote-routing-address"][0])
        self.assertEqual((True, [], 4), (told["ok"], told["errors"], facts_of_servers(told)))
        self.assertEqual({slapd.SERVICE_ACCOUNT.lower()},
                         {bind.name.lower() for bind in self.slapd.operations("bind", since=before)})

    def test_without_online_nobody_is_asked(self):
        before = self.slapd.mark()
        self.assertNotIn("found:", self.run_command(self.site(), "check"))
        self.assertEqual([], self.slapd.connections(before))

    def test_each_server_is_asked_and_one_that_is_gone_is_an_error(self):
        told = self.run_command(self.site(self.gone, self.slapd), "check", "--online", "--json", status=REFUSED)
        self.assertEqual(4, facts_of_servers(told))
        self.assertEqual([f"{self.gone.url()}: Connection refused"], told["errors"])

    def errors(self, **options):
        return "\n".join(self.run_command(self.site(**options), "check", "--online", "--json", status=REFUSED)["errors"])

    def test_what_is_wrong_is_said(self):
        nowhere = f"OU=Nowhere,{slapd.BASE}"
        empty = f"OU=Partners,{slapd.BASE}"
        for options, words in (
                ({"ldap": {"bind_name": f"CN=nobody,{slapd.BASE}"}}, "refuses the service account: Invalid credentials"),
                ({"ldap": {"bind_name": "svc-eas451@contoso.com"}}, "refuses the service account: Invalid DN syntax"),
                ({"ldap": {"base": nowhere}}, f"users below {nowhere} with .*: No such object"),
                ({"ldap": {"user_filter": "(objectClass=account)"}}, "users below .*: none is visible"),
                ({"ldap": {"relationships_base": empty}}, f"organization relationships: none is visible below {empty};"),
                ({"ldap": ANONYMOUS}, "users below .*: No such object"),
                ({"ldap": {"bind_name": ""}}, "directory.ldap.bind_name: empty"),
                ({"ldap": {"ca_file": "secret"}}, "ca_file"),
                ({"ldap": {"bind_password_file": "no-such-file"}}, "bind_password_file.*no-such-file"),
                ({"ldap": {"user_filter": "(objectClass=user"}}, "user_filter"),
                ({"ldap": {"servers": ["ldaps://no-such-host.invalid"]}}, "ldaps://no-such-host.invalid: "),
                ({"ldap": {"servers": [self.slapd.url(host="localhost").replace("ldaps", "ldap")]}}, "ldap://localhost.*: End of file")):
            with self.subTest(options):
                self.assertRegex(self.errors(**options), words)

    def test_anonymous_searches_are_warned_of(self):
        told = self.run_command(self.site(ldap=ANONYMOUS), "check", "--online", "--json", status=REFUSED)
        self.assertIn("directory.ldap.bind_name", "\n".join(told["warnings"]))

    def test_an_account_that_sees_no_mail_is_warned_of(self):
        told = self.run_command(self.site(ldap={"attributes": {"mailNickname": "roomNumber"}}), "check", "--online", "--json")
        self.assertIn(f"{self.slapd.url()}: of no user are visible: roomNumber (for mailNickname); nobody has them, the "
                      "account may not read them, or they have other names (directory.ldap.attributes)", told["warnings"])

    def test_a_secret_that_everybody_can_read_is_warned_of(self):
        made = self.site()
        for mode, expected in ((0o644, 1), (0o640, 0), (0o600, 0)):
            (made.folder / "secret").chmod(mode)
            told = self.run_command(made, "check", "--online", "--json")
            self.assertEqual(expected, sum("chmod o-rwx" in warning for warning in told["warnings"]))

    def test_the_environment_changes_nothing(self):
        """What OpenSSL, GnuTLS and libldap would read from it is not theirs to read."""
        made = self.site()
        keys = made.folder / "keys.log"
        made.write("openssl.cnf", "openssl_conf = broken\n[broken]\nproviders = nowhere\n")
        made.write("ldaprc", "TLS_REQCERT never\nURI ldap://nowhere.invalid\n")
        self.run_command(made, "check", "--online", cwd=made.folder, environment={
            "SSLKEYLOGFILE": str(keys), "OPENSSL_CONF": str(made.folder / "openssl.cnf"),
            "LDAPRC": str(made.folder / "ldaprc"), "LDAPTLS_CACERT": "/nowhere", "LDAPURI": "ldap://nowhere.invalid"})
        self.assertFalse(keys.exists())


class Explain(Commands):
    def test_as_text(self):
        text = self.run_command(self.site(), "explain", "user12@contoso.com")
        lines = text.splitlines()
        self.assertRegex(lines[0], rf"^login: user12@contoso\.com \(looked up in {self.slapd.url()}, [0-9.]+ ms\)$")
        self.assertEqual(f"search: base DC=contoso,DC=com, filter {USER12}", lines[1])
        self.assertEqual("device gets: HTTP 451, X-MS-Location: https://outlook.office365.com/Microsoft-Server-ActiveSync",
                         lines[-4])
        self.assertEqual(["note: msExchRemoteRecipientType is 4 (Migrated)", ""], lines[-3:-1])
        self.assertTrue(lines[-1].startswith("The mailbox has moved. The phone is told its new address"), lines[-1])
        self.assertIn("\norganization relationship: Office 365\n", text)
        self.assertEqual("", self.stderr)

    def test_as_json(self):
        before = self.slapd.mark()
        told = self.run_command(self.site(), "explain", "user12@contoso.com", "--json")
        self.assertEqual((self.slapd.url(), "DC=contoso,DC=com", USER12, None, "accepted", "redirected"),
                         tuple(told[key] for key in ("source", "base", "filter", "trouble", "outcome", "reason")))
        self.assertGreater(told["directory_ms"], 0)
        self.assertEqual(0, told["age_seconds"])
        self.assertEqual(1, self.slapd.binds(since=before), "the service account's alone")

    def test_logins_that_are_nobodys(self):
        made = self.site()
        for login, outcome in (("nobody@contoso.com", "not-found"), ("bob", "ambiguous"), ("ELSEWHERE\\user12", "not-found")):
            told = self.run_command(made, "explain", login, "--json", status=REFUSED)
            self.assertEqual((outcome, 401), (told["outcome"], told["status"]))

    def test_without_a_directory(self):
        made = self.site(self.gone)
        told = self.run_command(made, "explain", "user12@contoso.com", "--json", status=DOWN)
        self.assertEqual(("unavailable", "directory-down", 200, 111, f"{self.gone.url()}: Connection refused"),
                         tuple(told[key] for key in ("outcome", "reason", "status", "eas_status", "trouble")))
        text = self.run_command(made, "explain", "user12@contoso.com", status=DOWN)
        self.assertIn(f"\ntrouble: {self.gone.url()}: Connection refused\n", text)
        self.assertIn("device gets: HTTP 200 with Status 111", text)

    def test_the_next_server_where_the_first_is_gone(self):
        told = self.run_command(self.site(self.gone, self.slapd), "explain", "user12@contoso.com", "--json")
        self.assertEqual((self.slapd.url(), "redirected"), (told["source"], told["reason"]))

    def test_a_server_that_hangs(self):
        hung = slapd.start(self, authority=self.authority)
        hung.pause()
        told = self.run_command(self.site(hung, deadline="500ms"), "explain", "user12@contoso.com", "--json", status=DOWN)
        self.assertRegex(told["trouble"], "in time|is not connected yet")
        told = self.run_command(self.site(hung, self.slapd, deadline="1s"), "explain", "user12@contoso.com", "--json")
        self.assertEqual((self.slapd.url(), "redirected"), (told["source"], told["reason"]))


class Auth(Commands):
    def test_accepted_and_refused(self):
        made = self.site()
        before = self.slapd.mark()
        text = self.run_command(made, "auth", "user12@contoso.com", password="Passw0rd!user12")
        self.assertRegex(text, rf"^accepted\nrecipient: [^\n]*User 12[^\n]*\nasked: {self.slapd.url()}, requests 2, [0-9.]+ ms\n$")
        users = [operation for operation in self.slapd.operations("bind", since=before)
                 if operation.name.lower() != slapd.SERVICE_ACCOUNT.lower()]
        self.assertEqual(["cn=user 12,ou=staff,dc=contoso,dc=com"], [operation.name.lower() for operation in users])
        for login, password, outcome in (
                ("user12@contoso.com", "wrong", "bad-credentials"), ("nobody@contoso.com", "x", "not-found"),
                ("bob", "x", "ambiguous"), ("disabled001@contoso.com", "Passw0rd!disabled001", "account-disabled")):
            with self.subTest(login, outcome=outcome):
                told = self.run_command(made, "auth", login, "--json", password=password, status=REFUSED)
                self.assertEqual((login, outcome, None), (told["login"], told["outcome"], told["recipient"]))
                self.assertEqual(outcome, self.run_command(made, "auth", login, password=password, status=REFUSED).splitlines()[0])

    def test_where_the_password_may_come_from(self):
        made = self.site()
        file = made.write("password", "Passw0rd!user12\nanother line\n")
        for login in ("user12@contoso.com", "CONTOSO\\user12", "user12"):
            told = self.run_command(made, "auth", login, "--password-file", file, "--json")
            self.assertEqual(("accepted", 2, self.slapd.url()),
                             tuple(told[key] for key in ("outcome", "directory_requests", "server")))
        self.assertEqual("accepted", self.run_command(made, "auth", "user12", stdin="Passw0rd!user12\n").splitlines()[0])
        # The file wins over the environment.
        self.run_command(made, "auth", "user12", "--password-file", file, password="wrong")

    def test_no_password_and_no_login(self):
        made = self.site()
        before = self.slapd.mark()
        for arguments, options in ((["user12"], {"password": ""}), (["user12"], {"stdin": "\n"}),
                                   (["user12", "--password-file", made.write("empty", "")], {}),
                                   (["user12", "--password-file", "no-such-file"], {}), (["a*b"], {"password": "x"})):
            with self.subTest(arguments):
                ended = made.command("auth", *arguments, stdin=options.get("stdin", ""), environment={
                    "EAS451_PASSWORD": options["password"]} if "password" in options else {})
                self.assertIn(ended.returncode, (1, 2))
                self.assertEqual("", ended.stdout)
                self.assertNotEqual("", ended.stderr)
        for login in ("a*b", ""):
            ended = made.command("auth", login, "--json", environment={"EAS451_PASSWORD": "x"})
            told = json.loads(ended.stdout)
            self.assertEqual((1, login, "not-found", 0), (ended.returncode, told["login"], told["outcome"], told["directory_requests"]))
        self.assertEqual([], self.slapd.connections(before))

    def test_without_a_directory(self):
        told = self.run_command(self.site(self.gone), "auth", "user12", "--json", password="x", status=DOWN)
        self.assertEqual(("unavailable", 0, f"{self.gone.url()}: Connection refused"),
                         tuple(told[key] for key in ("outcome", "directory_requests", "trouble")))
        wrong = self.site()
        wrong.write("secret", make_directory.SERVICE_PASSWORD + "x\n")
        told = self.run_command(wrong, "auth", "user12", "--json", password="x", status=DOWN)
        self.assertRegex(told["trouble"], "refuses the service account: Invalid credentials")


if __name__ == "__main__":
    unittest.main()
