# SPDX-License-Identifier: Apache-2.0
"""probe: a phone played against the real server, against a second one behind it, and against what is no server at all."""
import json
import re
import socket
import threading
import unittest

from support import contoso, fake_exchange, golden
from support.certificates import authority
from support.phone import basic
from support.server import PATIENCE, command, start

URL = "https://localhost:{}/Microsoft-Server-ActiveSync"
EAS = ("MS-ASProtocolVersions: 14.0,14.1,16.1", "MS-ASProtocolCommands: Sync,FolderSync")


def lab(test, issuer, target=None, more=(), **sections):
    """A server whose certificate is for localhost; those that have moved are sent to `target`, a URL."""
    certificate, key = issuer.issue()
    listener = {"bind": "127.0.0.1:0", "tls": {"certificate": str(certificate), "key": str(key)}}
    if target is not None:
        static = [{"name": "Elsewhere", "domain_names": ["contoso.mail.onmicrosoft.com"], "eas_url": target}]
        sections["organization_relationships"] = {"static": static}
    return start(test, contoso.config(listeners=[listener], **sections), contoso.directory(*more))


class Played(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.issuer = authority(cls)

    def probe(self, url, *arguments, user="user12@contoso.com", password=None, trusted=True, stdin=""):
        environment = {"EAS451_PASSWORD": password or f"Passw0rd!{user.split('@')[0]}"}
        if trusted:
            arguments += ("--ca-file", self.issuer.ca_file)
        ended = command("probe", url, "--user", user, *arguments, environment=environment, stdin=stdin)
        # Neither the password nor what it becomes on the wire is told, whatever happens.
        for secret in (environment["EAS451_PASSWORD"], basic(user, environment["EAS451_PASSWORD"]).partition("Basic ")[2].strip()):
            self.assertNotIn(secret, ended.stdout + ended.stderr)
        return ended

    def told(self, url, *arguments, status=0, **options):
        """The object of --json."""
        ended = self.probe(url, *arguments, "--json", **options)
        self.assertEqual(status, ended.returncode, ended)
        return json.loads(ended.stdout)

    def page(self, name, ended, *servers):
        """What is printed, but for ports, times, and the addresses they belong to."""
        text = ended.stdout + "---- stderr\n" + ended.stderr
        for number, server in enumerate(servers, 1):
            text = text.replace(str(getattr(server, "https", None) or server.port), f"PORT{number}")
        text = re.sub(r"\bDate: .*", "Date: DATE", text)
        text = re.sub(r"Retry-After: [3-9][0-9]\b", "Retry-After: SECONDS", text)
        text = re.sub(r"again in [3-9][0-9] s", "again in SECONDS s", text)
        golden.check(self, f"probe_{name}.txt", text)


class OneServer(Played):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = lab(cls, cls.issuer)
        cls.url = f"localhost:{cls.server.https}"

    def test_what_users_are_told(self):
        for name, status, user, arguments in (
                ("moved", 0, "user12@contoso.com", ["--no-follow"]),
                ("local", 1, "anna@contoso.com", []),
                ("no_mailbox", 1, "nina@contoso.com", []),
                ("no_mailbox_sync", 1, "nina@contoso.com", ["--command", "Sync", "--protocol-version", "14.1"]),
                ("old_version", 1, "user12@contoso.com", ["--protocol-version", "12.1"])):
            with self.subTest(name):
                ended = self.probe(self.url, *arguments, user=user)
                self.assertEqual(status, ended.returncode, ended)
                self.page(name, ended, self.server)

    def test_a_wrong_password_is_tried_once(self):
        made = lab(self, self.issuer)
        ended = self.probe(f"localhost:{made.https}", password="Wrong-Passw0rd")
        self.assertEqual(1, ended.returncode)
        self.page("wrong_password", ended, made)
        told = self.told(f"localhost:{made.https}", password="Wrong-Passw0rd", status=1)
        self.assertEqual(("asks-password", 1, ["Basic"]),
                         (told["verdict"], len(told["steps"]), told["steps"][0]["authentication_schemes"]))
        self.assertEqual(2, len(made.all_access_lines()))

    def test_json(self):
        told = self.told(self.url, "--no-follow")
        self.assertEqual(["url", "user", "verdict", "sentence", "ok", "followed", "steps"], list(told))
        self.assertEqual(("redirected", True, None), (told["verdict"], told["ok"], told["followed"]))
        step = told["steps"][0]
        self.assertEqual(["url", "address", "method", "command", "protocol_version", "status", "location", "eas_status",
                          "eas_status_name", "protocol_versions", "authentication_schemes", "retry_after", "verdict", "sentence",
                          "ms"], list(step))
        self.assertEqual((URL.format(self.server.https), "OPTIONS", None, 451, contoso.OFFICE_365),
                         tuple(step[key] for key in ("url", "method", "command", "status", "location")))
        told = self.told(self.url, user="anna@contoso.com", status=1)
        first, second = told["steps"]
        self.assertEqual(["14.0", "14.1", "16.0", "16.1"], first["protocol_versions"])
        self.assertEqual(("POST", "FolderSync", "16.1", 200, 111, "ServerErrorRetryLater", "tries-again"), tuple(
            second[key] for key in ("method", "command", "protocol_version", "status", "eas_status", "eas_status_name", "verdict")))
        self.assertIn(second["retry_after"], range(30, 91))

    def test_where_to_connect(self):
        # The certificate has to be for the host of the URL, and is for localhost.
        told = self.told("localhost", "--connect", f"127.0.0.1:{self.server.https}", "--no-follow")
        self.assertEqual("redirected", told["verdict"])
        self.assertEqual(f"127.0.0.1:{self.server.https}", told["steps"][0]["address"])
        other = self.told("mail.contoso.com", "--connect", f"127.0.0.1:{self.server.https}", status=1)
        self.assertEqual("bad-certificate", other["verdict"])

    def test_certificates(self):
        ended = self.probe(self.url, trusted=False)
        self.assertEqual(1, ended.returncode)
        self.page("bad_certificate", ended, self.server)
        ended = self.probe(self.url, "--insecure", "--no-follow", trusted=False)
        self.assertEqual(0, ended.returncode)
        self.assertIn("WARNING: --insecure", ended.stderr)
        self.assertIn("NOT VERIFIED", ended.stderr)

    def test_the_device_is_what_was_asked_for(self):
        made = lab(self, self.issuer, redirect={"skip": {"device_types": ["Nokia"], "user_agents": ["Old"]}},
                   access_log={"format": "json", "path": "-"})
        url = f"localhost:{made.https}"
        command_line = ["--device-id", "ABC123", "--device-type", "iPad", "--user-agent", "Apple-iPad/1", "--command", "Ping"]
        self.told(url, "--protocol-version", "14.1", *command_line, user="nina@contoso.com", status=1)
        line = json.loads(made.access_lines(2)[1])
        self.assertEqual(("Ping", "14.1", "ABC123", "iPad", "Apple-iPad/1", "nina@contoso.com"), tuple(
            line[key] for key in ("command", "protocol_version", "device_id", "device_type", "user_agent", "login")))
        self.assertEqual("no-mailbox", self.told(url, "--user-agent", "Old phone", status=1)["verdict"])

    def test_a_listener_without_tls(self):
        made = start(self, contoso.config(listeners=[{"bind": "127.0.0.1:0", "tls": "off"}]), contoso.directory())
        url = f"http://127.0.0.1:{made.https}"
        refused = self.probe(url)
        self.assertEqual((2, ""), (refused.returncode, refused.stdout))
        self.assertIn("--allow-http", refused.stderr)
        ended = self.probe(url, "--allow-http", "--no-follow")
        self.assertEqual(0, ended.returncode)
        self.assertIn("WARNING: --allow-http", ended.stderr)

    def test_usage(self):
        for arguments in ((), ("mail.contoso.com",), ("mail.contoso.com", "--user", "a:b"), ("ftp://a.example", "--user", "a"),
                          ("a b", "--user", "a"), ("a.example?x", "--user", "a"), ("a.example", "--user", "a", "--timeout", "0"),
                          ("a.example", "--user", "a", "--timeout", "301"), ("a.example", "--user", "a", "--connect", "x:y"),
                          ("a.example", "--user", "a", "--command", "Provision"), ("a.example", "--user", "a", "--device-id", "a-b"),
                          ("a.example", "--user", "a", "--device-type", ""), ("a.example", "--user", "a", "--user-agent", "a\nb"),
                          ("a.example", "--user", "a", "--protocol-version", "x"),
                          ("a.example", "--user", "a", "--ca-file", "/no/such/file"),
                          ("a.example", "--user", "a", "--password-file", "/no/such/file"),
                          ("a.example", "--user", "a", "--password", "x")):
            with self.subTest(arguments):
                ended = command("probe", *arguments, environment={"EAS451_PASSWORD": "x"})
                self.assertEqual((2, ""), (ended.returncode, ended.stdout))
                self.assertNotEqual("", ended.stderr)

    def test_the_password_is_read_and_not_shown(self):
        file = self.server.site.write("password", "Passw0rd!user12\nnot this line\n")
        ended = command("probe", self.url, "--user", "user12", "--no-follow", "--ca-file", self.issuer.ca_file, "--password-file", file)
        self.assertEqual(0, ended.returncode, ended.stderr)
        piped = command("probe", self.url, "--user", "user12", "--no-follow", "--ca-file", self.issuer.ca_file, stdin="Passw0rd!user12\n")
        self.assertEqual(0, piped.returncode, piped.stderr)


class AfterARedirect(Played):
    def play(self, target, *arguments, status=1, user="user12@contoso.com"):
        first = lab(self, self.issuer, target=URL.format(target.port if hasattr(target, "port") else target.https))
        ended = self.probe(f"localhost:{first.https}", *arguments, user=user)
        self.assertEqual(status, ended.returncode, ended)
        return first, ended

    def test_to_a_server_that_serves(self):
        def serve(peer, request):
            if request.method == "OPTIONS":
                peer.answer(200, b"", fields=EAS)
            else:
                peer.answer(200, bytes.fromhex("03016a000007564c03310001520337000101"), fields=("Content-Type: application/vnd.ms-sync.wbxml",))
        cloud = fake_exchange.start(self, self.issuer, behaviour=serve)
        first, ended = self.play(cloud, status=0)
        self.page("followed", ended, first, cloud)
        options, folders = cloud.wait_for_requests(2)
        self.assertEqual([[f"localhost:{cloud.port}"]] * 2, [fake_exchange.field(each, "Host") for each in (options, folders)])
        self.assertEqual(("user12@contoso.com", "Passw0rd!user12"), (fake_exchange.login_of(folders), fake_exchange.password_of(folders)))
        self.assertEqual([], cloud.violations)
        self.assertEqual(["16.1"], fake_exchange.field(folders, "MS-ASProtocolVersion"))
        cloud.requests.clear()
        self.assertEqual(0, self.probe(f"localhost:{first.https}", "--no-follow").returncode)
        self.assertEqual([], cloud.heads[2:], "the new server has to get no password")

    def test_to_one_that_wants_modern_authentication(self):
        for name, fields in (("bearer", ("WWW-Authenticate: Bearer client_id=\"1\", trusted_issuers=\"2@*\"",)),
                             ("exchange_online", ("WWW-Authenticate: Basic Realm=\"\"",))):
            with self.subTest(name):
                cloud = fake_exchange.start(self, self.issuer, behaviour=lambda peer, _, fields=fields: peer.answer(401, b"", fields=fields, phrase="Unauthorized"))
                first, ended = self.play(cloud)
                self.page(name, ended, first, cloud)
                self.assertEqual(1, len(cloud.requests))

    def test_to_one_that_takes_new_phones_only(self):
        fields = ("MS-ASProtocolVersions: 16.1", EAS[1])
        cloud = fake_exchange.start(self, self.issuer, behaviour=lambda peer, _: peer.answer(200, b"", fields=fields))
        first, ended = self.play(cloud, "--protocol-version", "14.1")
        self.page("new_phones_only", ended, first, cloud)

    def test_to_one_that_wants_another_password(self):
        other = contoso.local("user12")
        other["password"] = "another"
        certificate, key = self.issuer.issue()
        listener = {"bind": "127.0.0.1:0", "tls": {"certificate": str(certificate), "key": str(key)}}
        second = start(self, contoso.config(listeners=[listener]), {"users": [other]})
        first, ended = self.play(second)
        self.page("followed_wrong_password", ended, first, second)
        told = self.told(f"localhost:{first.https}", user="CONTOSO\\user12", password="Passw0rd!user12", status=1)
        self.assertEqual("asks-password", told["verdict"])
        self.assertIn("Office 365 takes user@domain only", told["sentence"])

    def test_a_second_redirect_is_not_followed(self):
        third = fake_exchange.start(self, self.issuer)
        second = lab(self, self.issuer, target=URL.format(third.port))
        first, ended = self.play(second)
        self.page("loop", ended, first, second, third)
        self.assertEqual([], third.heads)

    def test_back_to_itself(self):
        def back(peer, _):
            peer.answer(451, b"", fields=(f"X-MS-Location: https://LOCALHOST:{itself.port}/other",), phrase="Redirect")
        itself = fake_exchange.start(self, self.issuer, behaviour=back)
        told = self.told(f"localhost:{itself.port}", status=1)
        self.assertEqual(("redirect-loop", 1, None), (told["verdict"], len(told["steps"]), told["followed"]))

    def test_nobody_is_there(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            first = lab(self, self.issuer, target=URL.format(closed.getsockname()[1]))
            told = self.told(f"localhost:{first.https}", status=1)
        self.assertEqual(("unreachable", 2), (told["verdict"], len(told["steps"])))
        self.assertIn("will never come back here; there: the phone cannot connect", told["sentence"])

    def test_the_new_server_is_verified_in_any_case(self):
        stranger = fake_exchange.start(self, authority(self))
        first = lab(self, self.issuer, target=URL.format(stranger.port))
        told = self.told(f"localhost:{first.https}", "--insecure", status=1)
        self.assertEqual("bad-certificate", told["verdict"])
        self.assertEqual([], stranger.heads)

    def test_where_no_phone_should_go(self):
        for fields in ((), ("X-MS-Location: http://mail.fabrikam.com/Microsoft-Server-ActiveSync",),
                       ("X-MS-Location: https://a.example/", "X-MS-Location: https://b.example/")):
            with self.subTest(fields):
                server = fake_exchange.start(self, self.issuer, behaviour=lambda peer, _, fields=fields: peer.answer(451, b"", fields=fields, phrase="Redirect"))
                told = self.told(f"localhost:{server.port}", status=1)
                self.assertEqual(("bad-redirect", 1, None), (told["verdict"], len(told["steps"]), told["followed"]))


class Trouble(Played):
    def raw(self, data, then_close=True):
        return fake_exchange.start(self, self.issuer, behaviour=fake_exchange.says(data, then_close))

    def test_nobody_is_there(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
            ended = self.probe(f"localhost:{port}")
        self.assertEqual(1, ended.returncode)
        self.assertIn("verdict: unreachable", ended.stdout)
        told = self.told("no-such-host.invalid", "--timeout", "20", status=1)
        self.assertEqual("unreachable", told["verdict"])
        self.assertIn("its name", told["sentence"])

    def test_garbage(self):
        for name, data in (
                ("no_http", b"\x1b]0;owned\x07SSH-2.0-OpenSSH_9.2\r\n\r\n"),
                ("bare_line_ends", b"HTTP/1.1 200 OK\nContent-Length: 0\n\r\n\r\n"),
                ("two_lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nabcde"),
                ("endless_head", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20000),
                ("broken_chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
                ("cut_off", b"HTTP/1.1 200 OK\r\nContent-Le"),
                ("short_body", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")):
            with self.subTest(name):
                server = self.raw(data)
                ended = self.probe(f"localhost:{server.port}")
                self.assertEqual(1, ended.returncode)
                self.assertIn("verdict: bad-answer", ended.stdout)
                self.assertNotIn("\x1b", ended.stdout)
                if name == "no_http":
                    self.page("garbage", ended, server)

    def test_a_website(self):
        page = b"<html>It works!</html>"
        for name, data, verdict in (
                ("page", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page), "not-activesync"),
                ("old", b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + page, "not-activesync"),
                ("chunked", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<html\r\n0\r\n\r\n", "not-activesync"),
                ("moved", b"HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\nContent-Length: 0\r\n\r\n", "not-activesync"),
                ("continue", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "not-activesync"),
                ("continues", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, "bad-answer")):
            with self.subTest(name):
                self.assertEqual(verdict, self.told(f"localhost:{self.raw(data).port}", status=1)["verdict"])

    def test_a_body_without_end(self):
        stop = threading.Event()
        self.addCleanup(stop.set)

        def pour(peer, _):
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
            while not stop.is_set():
                peer.send(b"x" * 65536)
        server = fake_exchange.start(self, self.issuer, behaviour=pour)
        self.assertEqual("not-activesync", self.told(f"localhost:{server.port}", status=1)["verdict"])

    def test_silence_has_a_limit(self):
        never = threading.Event()
        self.addCleanup(never.set)
        silent = fake_exchange.start(self, self.issuer, behaviour=fake_exchange.holds(never))
        told = self.told(f"localhost:{silent.port}", "--timeout", "1", status=1)
        self.assertEqual("unreachable", told["verdict"])
        self.assertIn("did not answer in time", told["sentence"])
        self.assertLess(told["steps"][0]["ms"], PATIENCE * 1000)
        silent.greets = False
        told = self.told(f"localhost:{silent.port}", "--timeout", "1", status=1)
        self.assertIn("the TLS handshake did not end in time", told["sentence"])

    def gives_away(self, make, *arguments, user="user12@contoso.com", password=None, status=1):
        """What probe says of a server that answers with make(token, password): as text and as JSON. probe() looks for the secrets."""
        def answer(peer, request):
            token = fake_exchange.field(request, "Authorization")[0].partition("Basic ")[2]
            peer.send(make(token, fake_exchange.password_of(request)).encode("latin-1"))
            if b"Content-Length" not in make(token, "").encode():
                raise fake_exchange.Ended
        server = fake_exchange.start(self, self.issuer, behaviour=answer)
        ended = self.probe(f"localhost:{server.port}", *arguments, user=user, password=password)
        self.assertEqual(status, ended.returncode, ended)
        bare = basic(user, password or f"Passw0rd!{user.split('@')[0]}").partition("Basic ")[2].strip().rstrip("=")
        self.assertNotIn(bare, ended.stdout + ended.stderr)
        told = self.probe(f"localhost:{server.port}", *arguments, "--json", user=user, password=password)
        self.assertNotIn(bare, told.stdout + told.stderr)
        return ended, json.loads(told.stdout)

    def test_a_server_that_gives_the_password_away(self):
        # The token of this user ends in padding.
        padded = {"user": "user12@contoso.com", "password": "Passw0rd!use"}
        self.assertIn("=", basic(*padded.values()))
        nothing = "Content-Length: 0\r\n\r\n"
        for name, make, verdict, shown in (
                ("fields", lambda token, password: f"HTTP/1.1 404 Not Found\r\nX-Echo: Basic {token}\r\nX-Password: {password}\r\n" + nothing,
                 "not-activesync", "X-Echo: Basic *\nX-Password: *\n"),
                ("phrase", lambda token, password: f"HTTP/1.1 404 {token} {password}\r\n" + nothing, "not-activesync", "HTTP/1.1 404 * *\n"),
                ("retry", lambda token, password: f"HTTP/1.1 503 No\r\nRetry-After: {token} {password}\r\n" + nothing,
                 "tries-again", "tries again after * *"),
                ("location", lambda token, password: f"HTTP/1.1 451 R\r\nX-MS-Location: https://a.example/{token}/{password}\r\n" + nothing,
                 "bad-redirect", "X-MS-Location: https://a.example/*/*\n"),
                ("bad location", lambda token, password: f"HTTP/1.1 451 R\r\nX-MS-Location: {password}\r\n" + nothing,
                 "bad-redirect", "X-MS-Location: *\n"),
                ("versions", lambda token, password: f"HTTP/1.1 200 OK\r\nMS-ASProtocolCommands: Sync\r\nMS-ASProtocolVersions: {token},{password}\r\n" + nothing,
                 "version-not-offered", "the server takes * only"),
                ("scheme", lambda token, password: f"HTTP/1.1 401 No\r\nWWW-Authenticate: {token.rstrip('=')}\r\nWWW-Authenticate: NTLM\r\n" + nothing,
                 "refused", "the server takes *, NTLM only"),
                ("no secret's end in sight", lambda token, password: "x" * 190 + f"{token} {password}\r\n\r\n", "bad-answer", "x" * 190 + "* *"),
                ("cut off", lambda token, password: f"HTTP/1.1 200 OK\r\nX: {token[:-6]}", "bad-answer", "X: *\n"),
                ("garbage in the middle", lambda token, password: f"{token}\r\n\r\n", "bad-answer", "*\n")):
            with self.subTest(name):
                ended, told = self.gives_away(make, **padded)
                self.assertIn(shown, ended.stdout)
                self.assertEqual((verdict, None), (told["verdict"], told["followed"]))
                self.assertLess(max(map(len, ended.stdout.splitlines())), 500)

    def test_a_password_that_an_answer_needs(self):
        target = f"X-MS-Location: {contoso.OFFICE_365}\r\nContent-Length: 0\r\n\r\n"
        _, told = self.gives_away(lambda *_: "HTTP/1.1 451 Redirect\r\n" + target, password="office365")
        self.assertEqual(("bad-redirect", None, 451), (told["verdict"], told["followed"], told["steps"][0]["status"]))
        self.assertEqual("https://outlook.*.com/Microsoft-Server-ActiveSync", told["steps"][0]["location"])
        _, told = self.gives_away(lambda *_: "HTTP/1.1 451 Redirect\r\n" + target, "--no-follow", password="Redirect", status=0)
        self.assertEqual(contoso.OFFICE_365, told["steps"][0]["location"])
        for password in ("Location: https:", "MS-Location: h", "Content-Length: 0"):
            with self.subTest(password):
                _, told = self.gives_away(lambda *_: "HTTP/1.1 451 Redirect\r\n" + target, password=password)
                self.assertEqual(("bad-redirect", None, 451), (told["verdict"], told["followed"], told["steps"][0]["status"]))

    def test_nothing_of_a_stranger_reaches_the_terminal(self):
        evil = "\xc2\x9b31mred\xff\x80"
        nothing = "Content-Length: 0\r\n\r\n"
        for name, head, shown in (
                ("retry", f"HTTP/1.1 503 {evil}\r\nRetry-After: {evil}\r\n", r"after \xC2\x9B31mred\xFF\x80"),
                ("location", f"HTTP/1.1 451 R\r\nX-MS-Location: https://{evil}/\r\n", "X-MS-Location"),
                ("versions", f"HTTP/1.1 200 OK\r\nMS-ASProtocolCommands: Sync\r\nMS-ASProtocolVersions: {evil}\r\n",
                 r"takes \xC2\x9B31mred\xFF\x80 only"),
                ("scheme", f"HTTP/1.1 401 No\r\nWWW-Authenticate: {evil}\r\n", r"takes \xC2\x9B31mred\xFF\x80 only")):
            with self.subTest(name):
                server = self.raw((head + nothing).encode("latin-1"))
                for arguments in ((), ("--json",)):
                    ended = self.probe(f"localhost:{server.port}", *arguments)
                    self.assertEqual(1, ended.returncode)
                    self.assertRegex(ended.stdout, r"\A[\n\x20-\x7e]+\Z")
                    self.assertRegex(ended.stderr, r"\A[\n\x20-\x7e]+\Z")
                    sentence = json.loads(ended.stdout)["sentence"] if arguments else ended.stdout.partition("verdict: ")[2]
                    self.assertIn(shown, sentence)

    def test_empty_answers(self):
        empty = self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        for name in ("FolderSync", "Sync", "Ping"):
            told = self.told(f"localhost:{empty.port}", "--command", name, status=1)
            self.assertEqual(("not-activesync", False, 2), (told["verdict"], told["ok"], len(told["steps"])), name)
        self.page("empty", self.probe(f"localhost:{empty.port}", "--command", "Sync"), empty)

        def serve(peer, request):
            peer.answer(200, b"", fields=EAS if request.method == "OPTIONS" else ())
        server = fake_exchange.start(self, self.issuer, behaviour=serve)
        self.assertEqual("not-activesync", self.told(f"localhost:{server.port}", status=1)["verdict"])
        self.assertEqual("works", self.told(f"localhost:{server.port}", "--command", "Sync")["verdict"])

    def test_statuses_of_the_command(self):
        for name, body, verdict, eas_status in (
                ("FolderSync", "03016a000007564c033900010 1", "fails", 9),
                ("FolderSync", "03016a000007564c033131000101", "tries-again", 11),
                ("FolderSync", "03016a0000075652033700 0101", "fails", None),
                ("Sync", "03016a00455c4f4b033000015203310001 4e0331320001 010101", "fails", 12),
                ("Sync", "03016a00454e033136000101", "tries-again", 16),
                ("Sync", "03016a00455c4f4b033100014e033100 01010101", "works", 1),
                ("Ping", "03016a00000d4547033300 0101", "works", 3),
                ("Ping", "03016a00000d4547033400 0101", "fails", 4)):
            with self.subTest(f"{name} {eas_status}"):
                def serve(peer, request, body=bytes.fromhex(body.replace(" ", ""))):
                    options = request.method == "OPTIONS"
                    peer.answer(200, b"" if options else body, fields=EAS if options else ())
                server = fake_exchange.start(self, self.issuer, behaviour=serve)
                told = self.told(f"localhost:{server.port}", "--command", name, status=0 if verdict == "works" else 1)
                self.assertEqual((verdict, eas_status), (told["verdict"], told["steps"][1]["eas_status"]))


if __name__ == "__main__":
    unittest.main()
