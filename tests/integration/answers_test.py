# SPDX-License-Identifier: Apache-2.0
"""Every answer that a directory file and no Exchange can lead to, byte for byte, and its reason word."""
import collections
import unittest

from support import contoso
from support.phone import Phone, basic, eas, get
from support.server import command, start, w3c, wait_until

HSTS = ("Strict-Transport-Security", "max-age=31536000")
PRIVATE = ("Cache-Control", "private")
EMPTY = ("Content-Length", "0")
COMMANDS = ("Sync,SendMail,SmartForward,SmartReply,GetAttachment,GetHierarchy,CreateCollection,DeleteCollection,"
            "MoveCollection,FolderSync,FolderCreate,FolderDelete,FolderUpdate,MoveItems,GetItemEstimate,"
            "MeetingResponse,Search,Settings,Ping,ItemOperations,Provision,ResolveRecipients,ValidateCert,Find")

# MS-ASWBXML: the bytes of Status 123 for each command that has a Status document.
STATUS_123 = {
    "Sync": "03016a00454e03313233000101", "SendMail": "03016a000015455203313233000101",
    "SmartForward": "03016a000015465203313233000101", "SmartReply": "03016a000015475203313233000101",
    "FolderSync": "03016a000007564c03313233000101", "FolderCreate": "03016a000007534c03313233000101",
    "FolderDelete": "03016a000007544c03313233000101", "FolderUpdate": "03016a000007554c03313233000101",
    "MoveItems": "03016a000005454b03313233000101", "GetItemEstimate": "03016a000006454e03313233000101",
    "MeetingResponse": "03016a000008474b03313233000101", "Search": "03016a00000f454c03313233000101",
    "Settings": "03016a000012454603313233000101", "Ping": "03016a00000d454703313233000101",
    "ItemOperations": "03016a000014454d03313233000101", "Provision": "03016a00000e454b03313233000101",
    "ResolveRecipients": "03016a00000a454703313233000101", "ValidateCert": "03016a00000b454a03313233000101",
    "Find": "03016a000019454a03313233000101",
}

# One row of the contract's table: who, and the answers for EAS 14.1, for 12.1 or no version, and for OPTIONS
# without one. A number is an HTTP status, ("S", n) a Status document, a text the redirect to it. `reason` is one
# for all, or one for each column.
Row = collections.namedtuple("Row", "login new old options reason")
MOVED = ("redirected", "client-too-old", "redirected")
STRICT = "https://strict.example/Microsoft-Server-ActiveSync"


def S(status):
    return ("S", status)


AUTHENTICATED = [
    Row(None, 401, 401, 401, "no-credentials"),
    Row("nobody@contoso.com", 401, 401, 401, "not-found"),
    Row("bob", 401, 401, 401, "ambiguous"),
    Row("disabled@contoso.com", 401, 401, 401, "account-disabled"),
    Row("locked@contoso.com", 401, 401, 401, "account-locked"),
    Row("expired@contoso.com", 401, 401, 401, "password-expired"),
    Row("paul@contoso.com", S(126), 403, 403, "eas-disabled"),
    Row("anna@contoso.com", S(111), 503, 200, "no-exchange-server"),
    Row("lars@contoso.com", S(111), 503, 200, "no-exchange-server"),
    Row("nina@contoso.com", S(123), 403, 403, "no-mailbox"),
    Row("mona@contoso.com", S(123), 403, 403, "no-mailbox"),
    Row("olga@contoso.com", S(123), 403, 403, "no-relationship"),
    Row("xena@contoso.com", S(123), 403, 403, "no-relationship"),
    Row("tina@contoso.com", S(123), 403, 403, "no-target"),
    Row("self@contoso.com", S(111), 503, 503, "self-redirect"),
    Row("strict@contoso.com", S(123), 403, STRICT, ("client-too-old", "client-too-old", "redirected")),
    Row("user12@contoso.com", contoso.OFFICE_365, 403, contoso.OFFICE_365, MOVED),
    Row("CONTOSO\\user12", contoso.OFFICE_365, 403, contoso.OFFICE_365, MOVED),
    Row("user12", contoso.OFFICE_365, 403, contoso.OFFICE_365, MOVED),
    Row("forest7@contoso.com", contoso.FABRIKAM, 403, contoso.FABRIKAM, MOVED),
]
UNAUTHENTICATED = [
    Row("nobody@contoso.com", S(125), 403, 403, "not-found"),
    Row("bob", S(125), 403, 403, "ambiguous"),
    Row("disabled@contoso.com", contoso.OFFICE_365, 403, contoso.OFFICE_365, MOVED),
]


def requests_of(row):
    """(request, expected answer, reason word) for every column of a row."""
    new, old, options = [row.reason] * 3 if isinstance(row.reason, str) else row.reason
    name = (row.login or "").replace("CONTOSO\\", "").split("@")[0]
    for version, expected, reason in (("14.1", row.new, new), ("12.1", row.old, old), (None, row.old, old)):
        yield eas(row.login, f"Passw0rd!{name}", "FolderSync", version), expected, reason
    yield eas(row.login, f"Passw0rd!{name}", version=None, method="OPTIONS"), row.options, options


def http_status(expected):
    if isinstance(expected, str):
        return 451
    return 200 if isinstance(expected, tuple) else expected


def status_document(command, status):
    return bytes.fromhex(STATUS_123[command].replace("313233", str(status).encode().hex()))


class Answers(unittest.TestCase):
    def check_temporary(self, answer):
        self.assertTrue(30 <= int(answer.one("Retry-After")) <= 90, answer.raw)
        return ("Retry-After", answer.one("Retry-After"))

    def check(self, answer, expected, command):
        fields = [HSTS, PRIVATE]
        body = b""
        if isinstance(expected, str):
            self.assertEqual((451, "Redirect"), (answer.status, answer.phrase))
            fields.append(("X-MS-Location", expected))
        elif isinstance(expected, tuple):
            self.assertEqual((200, "OK"), (answer.status, answer.phrase))
            fields.append(("Content-Type", "application/vnd.ms-sync.wbxml"))
            body = status_document(command, expected[1])
        else:
            self.assertEqual(expected, answer.status)
        if expected == 401:
            fields.append(("WWW-Authenticate", 'Basic realm="mail.contoso.com", charset="UTF-8"'))
        if expected == 200:
            fields += [("Allow", "OPTIONS,POST"), ("Public", "OPTIONS,POST"), ("MS-Server-ActiveSync", "15.2"),
                       ("MS-ASProtocolVersions", "14.0,14.1,16.0,16.1"), ("MS-ASProtocolCommands", COMMANDS)]
        if expected in (S(111), 503):
            fields.append(self.check_temporary(answer))
        fields.append(("Content-Length", str(len(body))))
        self.assertEqual(sorted(fields), answer.fields_but_date())
        self.assertEqual(body, answer.body)

    def check_rows(self, config, rows):
        server = start(self, config, contoso.directory())
        expected_lines = []
        with Phone(server) as phone:
            for row in rows:
                for request, expected, reason in requests_of(row):
                    with self.subTest(request=request):
                        self.check(phone.ask(request), expected, "FolderSync")
                    expected_lines.append((reason, str(http_status(expected))))
            phone.finish()
        lines = [w3c(line) for line in server.all_access_lines()]
        logged = [(line.query.rsplit("_Rsn:", 1)[1].rstrip("_"), line.status) for line in lines]
        self.assertEqual(expected_lines, logged)

    def test_every_row_with_authentication(self):
        self.check_rows(contoso.config(), AUTHENTICATED)

    def test_every_row_without_authentication(self):
        self.check_rows(contoso.config(authentication={"basic": "off"}), UNAUTHENTICATED)

    def test_a_version_below_the_minimum_on_options(self):
        server = start(self, contoso.config(), contoso.directory())
        with Phone(server) as phone:
            self.check(phone.ask(eas(method="OPTIONS", version="12.1")), 403, None)
            self.check(phone.ask(eas(method="OPTIONS", version="14.0")), contoso.OFFICE_365, None)
            self.check(phone.ask(eas("strict@contoso.com", method="OPTIONS", version="16.0")), 403, None)
            self.check(phone.ask(eas("strict@contoso.com", version="16.1")), STRICT, None)

    def test_redirect_off_canary_skip_and_report(self):
        modes = {
            "redirect-off": {"mode": "off"},
            "would-redirect": {"mode": "report"},
            "redirect-off ": {"only_users": ["olga@contoso.com"]},
            "client-unsupported": {"skip": {"user_agents": ["apple-ipad2"]}},
            "client-unsupported ": {"skip": {"device_types": ["ipad"]}},
        }
        for reason, redirect in modes.items():
            with self.subTest(redirect):
                server = start(self, contoso.config(redirect=redirect), contoso.directory())
                with Phone(server) as phone:
                    self.check(phone.ask(eas(cmd="Ping")), S(123), "Ping")
                    self.check(phone.ask(eas(version="12.1")), 403, "Ping")
                    phone.finish()
                first = w3c(server.all_access_lines()[0])
                self.assertIn(f"_Rsn:{reason.strip()}_", first.query)
                self.assertEqual(reason == "would-redirect", "RdirTo:" in first.query)

    def test_the_status_document_of_every_command(self):
        server = start(self, contoso.config(), contoso.directory())
        with Phone(server) as phone:
            for command in STATUS_123:
                with self.subTest(command):
                    self.check(phone.ask(eas("nina@contoso.com", cmd=command)), S(123), command)
            for command in ("GetAttachment", "GetHierarchy", "CreateCollection", "DeleteCollection", "MoveCollection"):
                with self.subTest(command):
                    self.check(phone.ask(eas("nina@contoso.com", cmd=command)), 403, command)
            self.check(phone.ask(eas("nina@contoso.com", cmd="Frobnicate")), 501, None)
            self.check(phone.ask(eas("user12@contoso.com", cmd="Frobnicate")), contoso.OFFICE_365, None)

    def test_refused_logins_are_alike_but_for_the_date(self):
        server = start(self, contoso.config(), contoso.directory())
        refused = [
            eas(None), eas("nobody@contoso.com"), eas(password="wrong"), eas("disabled@contoso.com"),
            eas("locked@contoso.com"), eas("expired@contoso.com"), eas("bob", "Passw0rd!bob"), eas(password=""),
            eas(authorization="Basic %%%"), eas(authorization="Basic dXNlcjEy"), eas(authorization="Bearer abc"),
            eas("*", "x"), eas(authorization=basic("CN=user12,DC=contoso", "x")), eas(method="OPTIONS", password="no"),
        ]
        with Phone(server) as phone:
            answers = {phone.ask(request).bytes_but_date() for request in refused}
        self.assertEqual(1, len(answers), answers)

    def test_a_directory_that_answers_too_late(self):
        """Row 2a: one slow hash after the other, and a deadline that most of them cannot meet."""
        made = command("hash-password", stdin="Passw0rd!slow\n").stdout.strip()
        names = [f"slow{number}" for number in range(80)]  # one whose password was right once is remembered
        slow = [contoso.moved(name, password=None, password_hash=made) for name in names]
        settings = contoso.config()["directory"]
        server = start(self, contoso.config(directory={**settings, "deadline": "1s"}), contoso.directory(*slow))
        requests = [eas(f"{name}@contoso.com", "Passw0rd!slow") for name in names]
        phones = [Phone(server) for _ in names]
        for phone, request in zip(phones, requests):
            self.addCleanup(phone.close)
            phone.send(request)
        late = [answer for answer in (phone.read() for phone in phones) if answer.status != 451]
        self.assertGreater(len(late), 0)
        for answer in late:
            self.check(answer, S(111), "Ping")
        # An outage is over when it is over.
        wait_until(lambda: phones[0].ask(requests[-1]).status == 451, "the directory to answer in time again")
        reasons = {w3c(line).query.rsplit("_Rsn:", 1)[1] for line in server.all_access_lines()}
        self.assertEqual({"directory-down_", "redirected_"}, reasons)

    def test_paths(self):
        server = start(self, contoso.config(), contoso.directory())
        eas_paths = ["/Microsoft-Server-ActiveSync", "/microsoft-server-activesync/", "/MICROSOFT-SERVER-ACTIVESYNC",
                     "/Microsoft-Server-ActiveSync/default.eas", "/Microsoft-Server-ActiveSync/Proxy/default.eas"]
        others = ["/", "/owa", "/Microsoft-Server-ActiveSyncX", "/Microsoft-Server-ActiveSync/x",
                  "/Microsoft-Server-ActiveSync/healthcheck.htm", "/metrics", "/healthz"]
        with Phone(server) as phone:
            for path in eas_paths:
                self.check(phone.ask(eas(target=f"{path}?Cmd=Ping&User=u&DeviceId=1&DeviceType=x")),
                           contoso.OFFICE_365, "Ping")
            for path in others:
                answer = phone.ask(eas(target=path))
                self.assertEqual((404, sorted([HSTS, EMPTY])), (answer.status, answer.fields_but_date()), path)
            self.assertEqual(404, phone.ask(get("/Microsoft-Server-ActiveSync")).status)

    def test_healthcheck_page(self):
        server = start(self, contoso.config(), contoso.directory())
        with Phone(server) as phone:
            page = phone.ask(get("/Microsoft-Server-ActiveSync/HealthCheck.htm"))
            self.assertEqual((200, b"200 OK"), (page.status, page.body.strip()))
            head = phone.ask(get("/Microsoft-Server-ActiveSync/healthcheck.htm", method="HEAD"), head_only=True)
            self.assertEqual((200, page.fields_but_date()), (head.status, head.fields_but_date()))
            self.assertEqual(451, phone.ask(eas()).status)
            phone.finish()


if __name__ == "__main__":
    unittest.main()
