# SPDX-License-Identifier: Apache-2.0
"""Organization relationships of a domain controller that tells when they change. The clock alone would read
them once an hour here."""
import time
import unittest

from support import certificates, contoso, ldap_site, samba, slapd
from support.admin import metric
from support.at_once import at_once
from support.ldap_site import NO_MAILBOX, SLACK, WATCHED, call, short
from support.phone import Phone
from support.server import wait_until
from tests.directory import active_directory, make_directory

HOURLY = {"refresh": "1h", "max_age": "24h"}
LITWARE = {"name": "Litware", "domain_names": ["litware.mail.onmicrosoft.com"],
           "target_owa_url": "https://mail.litware.com/owa"}
FABRIKAM = f"CN=Fabrikam,{active_directory.FEDERATION}"
SOON = 1 + SLACK


def eas_url(host):
    return f"https://{host}/Microsoft-Server-ActiveSync"


def retargeted(host):
    return active_directory.replaced(FABRIKAM, ("msExchFedTargetOwaURL", f"https://{host}/owa"))


def added(relationship):
    return active_directory.relationship_record(relationship).replace("\n", "\nchangetype: add\n", 1)


def deleted(dn):
    return f"dn: {dn}\nchangetype: delete\n\n"


def readings(server):
    return metric(server, 'eas451_directory_requests_total{operation="relationships",outcome="ok"}')


class Watched(unittest.TestCase):
    def start(self, *directories, relationships=None, **options):
        server = ldap_site.start(self, *directories, organization_relationships=relationships or HOURLY, **options)
        phone = Phone(server)
        self.addCleanup(phone.close)
        return server, phone

    def where(self, phone, name="partner001"):
        """Where that user is sent; or how else the phone is answered."""
        answer = phone.ask(call(f"{name}@contoso.com"))
        return answer.one("X-MS-Location") if answer.status == 451 else short(answer)

    def expect(self, expected, phone, name="partner001"):
        wait_until(lambda: self.where(phone, name) == expected, f"{name} is answered {expected}")

    def expect_soon(self, expected, phone, name="partner001"):
        changed = time.monotonic()
        self.expect(expected, phone, name)
        self.assertLess(time.monotonic() - changed, SOON)


@at_once
class Changes(Watched):
    def test_are_used_within_a_second(self):
        directory = samba.start(self)
        server, phone = self.start(directory)
        self.assertEqual((contoso.FABRIKAM, NO_MAILBOX), (self.where(phone), self.where(phone, "unknown001")))
        directory.modify(retargeted("new.fabrikam.com"))
        self.expect_soon(eas_url("new.fabrikam.com"), phone)
        directory.modify(added(LITWARE))
        self.expect_soon(eas_url("mail.litware.com"), phone, "unknown001")
        # Of all that changes at once, the last is what counts.
        before, began = readings(server), time.monotonic()
        directory.modify("".join(retargeted(f"new{number}.fabrikam.com") for number in range(50)))
        self.expect_soon(eas_url("new49.fabrikam.com"), phone)
        # One that was going on, and then one in a second, however slow the machine is with fifty.
        self.assertLessEqual(readings(server) - before, 3 + (time.monotonic() - began))
        self.assertEqual(1, len([line for line in server.err.all() if WATCHED in line]))

    def test_a_removed_one_is_noticed_with_the_next_change(self):
        # Samba tells nobody of what leaves a container.
        directory = samba.start(self)
        _, phone = self.start(directory)
        self.assertEqual(contoso.FABRIKAM, self.where(phone))
        directory.modify(deleted(FABRIKAM) + added(LITWARE))
        self.expect_soon(eas_url("mail.litware.com"), phone, "unknown001")
        self.assertEqual(NO_MAILBOX, self.where(phone))

    def test_a_removed_one_is_noticed_by_the_clock(self):
        directory = samba.start(self)
        _, phone = self.start(directory, relationships={"refresh": "1s", "max_age": "1m"})
        self.assertEqual(contoso.FABRIKAM, self.where(phone))
        directory.modify(deleted(FABRIKAM))
        self.expect(NO_MAILBOX, phone)

    def test_in_a_container_of_its_own(self):
        directory = samba.start(self)
        other = active_directory.ORGANIZATION.replace("CN=", "CN=Other ", 1)
        directory.modify(active_directory.record(other, ("objectClass", "msExchOrganizationContainer")).replace(
            "\n", "\nchangetype: add\n", 1))
        litware = added(LITWARE).replace(active_directory.FEDERATION, other)
        server, phone = self.start(directory)
        directory.modify(litware)
        self.assertEqual(NO_MAILBOX, self.where(phone, "unknown001"))  # nothing of this class was ever read there
        directory.modify(retargeted("new.fabrikam.com"))
        self.expect_soon(eas_url("mail.litware.com"), phone, "unknown001")
        wait_until(lambda: readings(server) >= 4, "it is watched there too")
        directory.modify(active_directory.replaced(f"CN=Litware,{other}", ("msExchFedTargetOwaURL", "https://new.litware.com/owa")))
        self.expect_soon(eas_url("new.litware.com"), phone, "unknown001")


@at_once
class Outage(Watched):
    def test_after_a_restart_all_is_read_and_watched_again(self):
        directory = samba.start(self)
        server, phone = self.start(directory)
        self.assertEqual(contoso.FABRIKAM, self.where(phone))
        directory.kill()
        server.err.wait_for(r"not watched: .*; read every organization_relationships\.refresh until they are$")
        self.assertEqual(contoso.FABRIKAM, self.where(phone))
        directory.modify_files(retargeted("meanwhile.fabrikam.com"))
        directory.start()
        self.expect(eas_url("meanwhile.fabrikam.com"), phone)
        server.err.wait_for(WATCHED, 2)
        directory.modify(retargeted("new.fabrikam.com"))
        self.expect_soon(eas_url("new.fabrikam.com"), phone)

    def test_it_is_watched_where_it_is_read(self):
        authority = certificates.authority(self)
        one, two = samba.start(self, authority=authority), samba.start(self, authority=authority)
        two.modify(retargeted("two.fabrikam.com"))  # as if it had not been replicated
        server, phone = self.start(one, ldap={"servers": [one.url(), two.url()]})
        server.err.wait_for(WATCHED + one.url())
        self.assertEqual(contoso.FABRIKAM, self.where(phone))
        wait_until(lambda: ldap_site.is_up(server, two), "both are up")
        one.kill()
        self.expect(eas_url("two.fabrikam.com"), phone)
        server.err.wait_for(WATCHED + two.url())
        two.modify(retargeted("again.fabrikam.com"))
        self.expect_soon(eas_url("again.fabrikam.com"), phone)
        one.start()
        self.expect(contoso.FABRIKAM, phone)
        server.err.wait_for(WATCHED + one.url(), 2)
        two.modify(retargeted("unseen.fabrikam.com"))
        one.modify(retargeted("one.fabrikam.com"))
        self.expect_soon(eas_url("one.fabrikam.com"), phone)


class NotOffered(Watched):
    def test_the_clock_alone_reads(self):
        directory = slapd.start(self)
        server, phone = self.start(directory, relationships={"refresh": "1s", "max_age": "1m"})
        self.assertEqual(NO_MAILBOX, self.where(phone, "unknown001"))
        directory.modify(make_directory.relationship_record(LITWARE).replace("\n", "\nchangetype: add\n", 1))
        self.expect(eas_url("mail.litware.com"), phone, "unknown001")
        self.assertNotIn("watched", server.err.text())
        self.assertEqual([], [search for search in directory.operations("search") if
                              search.filter == "(objectClass=*)" and "federation" in search.name.lower()])


if __name__ == "__main__":
    unittest.main()
