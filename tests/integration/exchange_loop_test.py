# SPDX-License-Identifier: Apache-2.0
"""Ourselves, or another of us, where Exchange should be: nobody's request goes round, and the log says why."""
import json
import unittest

from support import certificates, contoso
from support.admin import metric
from support.phone import Phone, eas
from support.server import make_certificate, site, start

ANNA = "anna@contoso.com"
LOOP = "it is an eas451, not Exchange: a loop"


class Loops(unittest.TestCase):
    def setUp(self):
        self.authority = certificates.authority(self)
        certificate, key = self.authority.issue()
        self.files = {"tls.crt": certificate.read_text(encoding="ascii"), "tls.key": key.read_text(encoding="ascii")}

    def config(self, *ports):
        exchange = {"servers": [f"https://localhost:{port}" for port in ports], "ca_file": str(self.authority.ca_file)}
        return contoso.config(exchange=exchange if ports else None, limits={"exchange_check": "1s"})

    def start(self, *ports):
        return start(self, self.config(*ports), contoso.directory(), self.files)

    def expect_no_round(self, *servers):
        with Phone(servers[0]) as phone:
            answer = phone.ask(eas(ANNA, body=b"round"))
            self.assertEqual((200, True), (answer.status, b"\x03111\x00" in answer.body))
        lines = [line for server in servers for line in server.all_access_lines() if "healthcheck" not in line]
        self.assertEqual(1, len(lines))
        self.assertIn("Rsn:exchange-down", lines[0])

    def test_one_that_points_at_itself(self):
        server = self.start()
        server.site.write_config(self.config(server.https))
        server.reload()
        server.err.wait_for(f"https://localhost:{server.https}: {LOOP}; not used until it is back$")
        self.assertEqual(0, metric(server, f'eas451_exchange_up{{server="https://localhost:{server.https}"}}'))
        ended = server.site.command("check", "--online", "--json")
        self.assertEqual(1, ended.returncode)
        self.assertIn(f"exchange: https://localhost:{server.https}: {LOOP}", json.loads(ended.stdout)["errors"])
        self.expect_no_round(server)

    def test_two_that_point_at_each_other(self):
        first = self.start()
        second = self.start(first.https)
        first.site.write_config(self.config(second.https))
        first.reload()
        for server, other in ((first, second), (second, first)):
            server.err.wait_for(f"https://localhost:{other.https}: {LOOP}; not used until it is back$")
        self.expect_no_round(first, second)


class OurNames(unittest.TestCase):
    """What check says without asking anybody."""

    def warnings(self, servers, certificate=("mail.contoso.com",), **sections):
        config = contoso.config(exchange={"servers": servers}, **sections)
        ended = site(self, config, contoso.directory(), make_certificate(*certificate)).command("check", "--json")
        self.assertEqual((0, ""), (ended.returncode, ended.stderr))
        return [line for line in json.loads(ended.stdout)["warnings"] if line.startswith("exchange.servers")]

    def test_a_server_by_our_own_name(self):
        said = self.warnings(["https://ex1.contoso.com", "https://MAIL.contoso.com:444"])
        self.assertEqual(1, len(said))
        self.assertIn("exchange.servers[1]: https://mail.contoso.com:444 has one of our own names", said[0])

    def test_the_names_of_the_certificate_are_ours_when_no_others_are_given(self):
        def said(*servers):
            return self.warnings(list(servers), ("*.contoso.com", "mail.fabrikam.com"), public_names=None)
        self.assertEqual(["exchange.servers[1]: https://ex1.contoso.com is one of our own names by a wildcard; say in public_names which are ours"],
                         said("https://a.ex1.contoso.com", "https://ex1.contoso.com", "https://contoso.com"))
        self.assertIn("has one of our own names", said("https://mail.fabrikam.com")[0])
        self.assertEqual([], self.warnings(["https://ex1.contoso.com"], ("*.contoso.com",)))


if __name__ == "__main__":
    unittest.main()
