# SPDX-License-Identifier: Apache-2.0
"""check --online: where moved users are sent is asked as a device would, and each prerequisite is named. The targets
are on loopback, with an authority of their own; what Exchange Online itself answers is not tried here."""
import json
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

from support import certificates, contoso, fake_exchange, golden, name_server
from support.server import BINARY, IS_ROOT, PATIENCE, site, start

EAS = "/Microsoft-Server-ActiveSync"
CHALLENGES = ("WWW-Authenticate: Bearer", 'WWW-Authenticate: Basic realm=""')
NAMES = ["exchange-version", "device-eas-version", "device-follows-451", "hybrid", "target-owa-url", "eas-url",
         "remote-routing-address", "same-login-and-password", "exchange-online"]


def challenges(peer, _):
    """As Exchange answers who has not logged in."""
    peer.answer(401, fields=CHALLENGES, phrase="Unauthorized")


def answers(status, *fields):
    return lambda peer, _: peer.answer(status, fields=fields, phrase="Whatever")


def to(*urls, **more):
    """The section of relationships that lead there."""
    return {"from_directory": False, **more, "static": [
        {"name": f"Target {number}", "domain_names": [f"target{number}.example"], "eas_url": url}
        for number, url in enumerate(urls, 1)]}


class Checks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = certificates.authority(cls)

    def target(self, behaviour=challenges, issuer=None, names=("DNS:localhost",), days=60):
        issuer = issuer or self.authority
        issue, issuer.issue = issuer.issue, lambda names: issue(names, days=days)
        try:
            return fake_exchange.start(self, issuer, behaviour, names)
        finally:
            issuer.issue = issue

    def check(self, section, *arguments, wrapper=(), directory=None, **sections):
        section.setdefault("ca_file", str(self.authority.ca_file))
        made = site(self, contoso.config(organization_relationships=section, **sections), directory or {"users": []})
        if wrapper:
            ended = command_in(wrapper, made, "check", "--online", *arguments)
        else:
            ended = made.command("check", "--online", *arguments)
        self.assertEqual("", ended.stderr)
        return ended

    def told(self, section, **options):
        """What is said of targets, by kind; and the prerequisites by name."""
        ended = self.check(section, "--json", **options)
        told = json.loads(ended.stdout)
        self.assertEqual((0 if told["ok"] else 1, not told["errors"]), (ended.returncode, told["ok"]))
        self.assertEqual(NAMES, [one["name"] for one in told["prerequisites"]])
        self.prerequisites = {one["name"]: one for one in told["prerequisites"]}
        return {kind: [line for line in told[kind] if line.startswith("target") or "organization_relationships.ca_file" in line]
                for kind in ("facts", "warnings", "errors")}


class CheckTargets(Checks):
    def test_a_good_target_is_asked_without_a_password(self):
        target = self.target()
        said = self.told(to(target.url))
        at = f"target {target.url}: answers 401 to OPTIONS without a password, as ActiveSync does (at 127.0.0.1)"
        self.assertEqual({"facts": [re.sub(r"\(at .*", "", at)], "warnings": [], "errors": []},
                         {**said, "facts": [re.sub(r"\(at .*", "", line) for line in said["facts"]],
                          "warnings": [line for line in said["warnings"] if "of this machine" not in line]})
        self.assertEqual([("OPTIONS", EAS)], [(each.method, each.target) for each in target.requests])
        self.assertEqual([[]], [fake_exchange.field(each, "Authorization") for each in target.requests])
        self.assertEqual([("GET", fake_exchange.HEALTH)], [(each.method, each.target) for each in target.checks])

    def test_what_is_wrong_with_one_is_said(self):
        with socket.socket() as refusing, socket.socket() as mute:
            refusing.bind(("127.0.0.2", 0))
            mute.bind(("127.0.0.2", 0))
            mute.listen()
            refused, silent = (f"https://127.0.0.2:{each.getsockname()[1]}" for each in (refusing, mute))
            unknown = self.target(issuer=certificates.authority(self))
            other = self.target(names=("DNS:mail.fabrikam.com",))
            none, odd, busy, open_ = (self.target(answers(*what)) for what in ((404,), (302, "Location: /"), (503,), (200,)))
            eas = self.target(answers(200, "MS-ASProtocolVersions: 16.1"))
            said = self.told(to(refused, silent, *(each.url for each in (unknown, other, none, odd, busy, open_, eas))),
                             limits={"exchange_connect": "1s"})
        reached_by_devices = "; devices outside may reach it all the same, the server itself never connects to it"
        self.assertEqual([f"target {unknown.url}: its certificate is not accepted: unable to get local issuer certificate; devices refuse such a server",
                          f"target {other.url}: its certificate is not accepted: hostname mismatch; devices refuse such a server",
                          f"target {none.url}: answers 404 to OPTIONS without a password: there is no ActiveSync at that name",
                          f"target {odd.url}: answers 302 to OPTIONS without a password: there is no ActiveSync at that name",
                          f"target {open_.url}: answers 200 to OPTIONS without a password, and without a field of ActiveSync: that is none"],
                         said["errors"])
        for line in (f"target {refused}: not reached from here: Connection refused{reached_by_devices}",
                     f"target {silent}: not reached from here: its TLS handshake did not end in time{reached_by_devices}",
                     f"target {busy.url}: answers 503 to OPTIONS without a password, from which nothing can be told; see whether a "
                     "device may use ActiveSync there"):
            self.assertIn(line, said["warnings"])
        self.assertEqual(1, len(said["facts"]), said["facts"])
        self.assertTrue(said["facts"][0].startswith(f"target {eas.url}: answers 200 "), said["facts"])
        self.assertEqual(("error", "5 of 9 targets cannot serve devices, named above"),
                         (self.prerequisites["eas-url"]["state"], self.prerequisites["eas-url"]["text"]))

    def test_authorities_that_cannot_be_read_and_those_of_the_system(self):
        target = self.target()
        said = self.told(to(target.url, ca_file="/missing/ca.pem"))
        (error,) = said["errors"]
        self.assertRegex(error, r"^\S+:\d+:\d+: organization_relationships\.ca_file: cannot read the authorities /missing/ca\.pem: there is no such file$")
        made = site(self, contoso.config(organization_relationships=to(target.url)), {"users": []})
        for trusted, states in ((self.authority.ca_file, ("ok", "warning")), ("/dev/null", ("error",))):
            told = json.loads(made.command("check", "--online", "--json", environment={"SSL_CERT_FILE": str(trusted)}).stdout)
            self.assertIn(told["prerequisites"][5]["state"], states, told)

    def test_a_certificate_that_expires_soon(self):
        for days, words in ((14.5, None), (13.5, "in 13 days"), (1.5, "in 1 day"), (0.5, "within a day")):
            exchange = self.target(days=days)
            url = exchange.url
            ended = self.check(to(url), "--json", exchange={"servers": [url], "ca_file": str(self.authority.ca_file)})
            warnings = [line for line in json.loads(ended.stdout)["warnings"] if "certificate expires" in line]
            expected = [] if words is None else [f"exchange: {url}: its certificate expires {words}", f"target {url}: its certificate expires {words}"]
            self.assertEqual(expected, warnings)

    def test_ourselves_by_address_and_by_what_answers(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        certificate, key = self.authority.issue()
        listeners = [{"bind": f"0.0.0.0:{port}", "tls": {"certificate": str(certificate), "key": str(key)}}]
        said = self.told(to(f"https://localhost:{port}"), listeners=listeners)
        (error,) = said["errors"]
        self.assertRegex(error, rf"^target https://localhost:{port}: leads to (127\.0\.0\.1|::1), where we listen ourselves: devices would "
                                r"come back; give a name of the other organization$")
        running = start(self, contoso.config(listeners=[{"bind": "127.0.0.1:0", "tls": listeners[0]["tls"]}]), contoso.directory())
        said = self.told(to(f"https://localhost:{running.https}"))
        self.assertEqual([], said["errors"])
        self.assertIn(f"target https://localhost:{running.https}: an eas451 answers there; should it be this one by another way, "
                      "devices would go round", said["warnings"])

    def test_a_host_in_two_relationships_is_asked_once_and_too_many_are_not(self):
        target = self.target()
        self.told(to(target.url, target.url))
        self.assertEqual(1, len(target.requests))
        # Port 9 of loopback: nobody is there.
        section = to(*(f"https://127.0.0.{number}:9" for number in range(10, 28)))
        said = self.told(section)
        self.assertEqual(["targets: 2 were not asked; no more than 16 are"], [line for line in said["warnings"] if "not asked" in line])
        self.assertEqual(16, sum("not reached from here" in line for line in said["warnings"]))
        self.assertTrue(self.prerequisites["eas-url"]["text"].startswith("18 of 18 targets may not serve devices"))

    @unittest.skipUnless(IS_ROOT, "only root has a name server on port 53")
    def test_a_custom_alias_of_exchange_online(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="eas451-test-names-"))
        self.addCleanup(shutil.rmtree, folder)
        names = name_server.start(self, folder)
        names.aliases = {"cloudowa.contoso.com": "outlook.office365.com"}
        names.speak()
        section = {"from_directory": False, "static": [{"name": "Cloud", "domain_names": ["cloud.example"],
                                                        "target_owa_url": "http://cloudowa.contoso.com/owa"}]}
        said = self.told(section, wrapper=names.wrapper)
        self.assertEqual(["target https://cloudowa.contoso.com: cloudowa.contoso.com is an alias (CNAME) of outlook.office365.com, which is "
                          "Exchange Online: its certificate does not have your name, and devices refuse it; give eas_url: "
                          "https://outlook.office365.com/Microsoft-Server-ActiveSync in a static relationship"], said["errors"])
        self.assertEqual("warning", self.prerequisites["exchange-online"]["state"])


class Prerequisites(Checks):
    def test_as_text_and_as_json(self):
        target = self.target()
        directory = contoso.directory()
        exchange = {"servers": [target.url], "ca_file": str(self.authority.ca_file)}
        section = {"ca_file": str(self.authority.ca_file), "static": to(target.url)["static"]}
        allowed = {"allowed_hosts": ["localhost"]}  # so that nobody outside is asked
        for name, sections in (("check_online", {}), ("check_online_exchange", {"exchange": exchange})):
            for suffix, arguments in (("", ()), ("_json", ("--json",))):
                ended = self.check(dict(section), *arguments, directory=directory, redirect=allowed, **sections)
                self.assertEqual(0, ended.returncode, ended.stdout)
                text = ended.stdout.replace(str(target.port), "PORT")
                golden.check(self, f"{name}{suffix}.txt", re.sub(r"::1, 127\.0\.0\.1|127\.0\.0\.1, ::1", "127.0.0.1", text))

    def test_without_online_there_is_none(self):
        made = site(self, contoso.config(), contoso.directory())
        self.assertNotIn("prerequisites", made.command("check").stdout)
        self.assertEqual([], json.loads(made.command("check", "--json").stdout)["prerequisites"])

    def test_relationships(self):
        for section, directory, state, words in (
                (to(), {"users": []}, "warning", "not read from the directory, and the configuration has none: nobody is redirected"),
                (to("https://127.0.0.1:9"), {"users": []}, "ok", "not read from the directory; 1 of the configuration is used instead")):
            self.told(section, directory=directory)
            self.assertEqual((state, words), (self.prerequisites["hybrid"]["state"], self.prerequisites["hybrid"]["text"]))


def command_in(wrapper, made, *arguments):
    """As command() runs it, but through the wrapper."""
    return subprocess.run([*wrapper, str(BINARY), "--config", str(made.config_file), *arguments], capture_output=True, text=True,
                          check=False, timeout=PATIENCE)


if __name__ == "__main__":
    unittest.main()
