# SPDX-License-Identifier: Apache-2.0
"""The domain controller that the tests run against stops, starts and is set as they say."""
import ssl
import time
import unittest

from support import samba
from support.at_once import at_once
from support.ldap_client import ldapsearch, names
from tests.directory import active_directory

SERVICE = {"dn": samba.SERVICE_ACCOUNT, "password": samba.SERVICE_PASSWORD}
OK, INVALID_CREDENTIALS = 0, 49


@at_once
class Life(unittest.TestCase):
    def start(self, **options):
        return samba.start(self, **options)

    def bind(self, directory, **options):
        with directory.connection(ca_file=directory.ca_file, **options) as connection:
            return connection.bind(*SERVICE.values())

    def test_stopped_and_started_again_it_has_the_same_address_and_goes_on_counting(self):
        directory = self.start()
        self.assertEqual(OK, self.bind(directory))
        address = directory.address
        with directory.connection() as connection:
            directory.restart()
            with self.assertRaises((EOFError, OSError)):
                connection.bind(*SERVICE.values())
        self.assertEqual((address, OK), (directory.address, self.bind(directory)))
        self.assertEqual((2, 2), (directory.binds(), len(directory.connections())))

    def test_killed_it_refuses_connections_and_comes_back_with_its_data(self):
        directory = self.start()
        directory.change("moved001", ("displayName", "Still there"))
        directory.kill()
        with self.assertRaises(ConnectionRefusedError):
            self.bind(directory)
        directory.start()
        self.assertEqual(OK, self.bind(directory))
        self.assertEqual("Still there", directory.attributes("moved001", "displayName")["displayName"])

    def test_paused_it_accepts_and_is_silent_until_it_goes_on_or_is_stopped(self):
        directory = self.start()
        directory.pause()
        with self.assertRaises(TimeoutError):
            self.bind(directory, timeout=0.2)
        directory.resume()
        self.assertEqual(OK, self.bind(directory))
        directory.pause()
        directory.stop()

    def test_two_have_nothing_in_common(self):
        one, two = self.start(), self.start()
        self.assertNotEqual(one.address, two.address)
        one.change("moved001", ("displayName", "Of one"))
        self.assertNotIn("displayName", two.attributes("moved001", "displayName"))

    def test_an_idle_connection_is_closed_when_the_policy_says_so(self):
        directory = self.start(limits={"MaxConnIdleTime": 2})
        with directory.connection() as connection:
            self.assertEqual(OK, connection.bind(*SERVICE.values()))
            started = time.monotonic()
            self.assertEqual(b"", connection.socket.recv(1))
            self.assertGreater(time.monotonic() - started, 1.0)

    def test_another_threshold_and_none(self):
        for threshold, locks in ((3, True), (0, False)):
            directory = self.start(lockout_threshold=threshold)
            for _ in range(3):
                with directory.connection() as connection:
                    self.assertEqual(INVALID_CREDENTIALS, connection.bind("user12@contoso.com", "wrong"))
            self.assertEqual(locks, directory.lockout_state("user12")[1] > 0, threshold)

    def test_a_password_before_counts_as_no_wrong_one_where_it_is_not_good_any_more(self):
        directory = self.start(configuration=["old password allowed period = 0"])
        directory.set_password("spare001", "Another0ne!")
        for password, count in (("Passw0rd!spare001", 0), ("wrong", 1)):
            with directory.connection() as connection:
                self.assertEqual(INVALID_CREDENTIALS, connection.bind("spare001@contoso.com", password))
            self.assertEqual(count, directory.lockout_state("spare001")[0])

    def test_people_and_relationships_of_a_test_stand_beside_the_others(self):
        directory = self.start(people_given=[
            {"userPrincipalName": "extra@contoso.com", "sAMAccountName": "CONTOSO\\extra", "mail": "extra@contoso.com",
             "msExchRecipientTypeDetails": "RemoteUserMailbox", "userAccountControl": 512}],
            relationships=[{"name": "Office 365", "domain_names": ["contoso.mail.onmicrosoft.com", "more.example"]}])
        with directory.connection() as connection:
            self.assertEqual(OK, connection.bind("extra@contoso.com", "Passw0rd!extra"))
        ended = ldapsearch(directory.url(), directory.ca_file, "(msExchFedDomainNames=more.example)",
                           base=samba.CONFIGURATION, **SERVICE)
        self.assertEqual([f"CN=Office 365,{active_directory.FEDERATION}"], names(ended))


class Certificates(unittest.TestCase):
    def reason(self, trouble):
        directory = samba.start(self, trouble)
        with self.assertRaises(ssl.SSLCertVerificationError) as caught:
            directory.connection(ca_file=directory.ca_file).socket.close()
        return caught.exception.verify_message

    def test_each_trouble_is_the_one_it_is_called_after(self):
        self.assertIn("certificate has expired", self.reason("expired"))
        self.assertIn("unable to get local issuer certificate", self.reason("unknown-ca"))
        self.assertIn("Hostname mismatch", self.reason("other-name"))


if __name__ == "__main__":
    unittest.main()
