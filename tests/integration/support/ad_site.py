# SPDX-License-Identifier: Apache-2.0
"""The server over a real domain controller, and phones at addresses of their own."""
import unittest

from support import contoso, ldap_site, samba
from support.ldap_site import cost, short
from support.phone import Phone
from tests.directory import active_directory

# So many of each of these, for whoever needs many of a kind: good001 to good060, … The files of a domain with them
# are made once for all tests.
CROWD = 60
CROWDS = {"good": {}, "locked": {}, "retired": {"userAccountControl": 514},
          "late": {"accountExpires": active_directory.OLD_FILETIME}, "changes": {"pwdLastSet": 0}}


def start_crowded(test, **options):
    return samba.start(test, people_given=[
        person for kind, attributes in CROWDS.items() for person in contoso.crowd(kind, CROWD, **attributes)], **options)


class WithPhone(unittest.TestCase):
    """`samba` is the domain controller of the class, where its tests share one."""

    samba = None

    def start_server(self, directory=None, **options):
        return ldap_site.start(self, directory or self.samba, **options)

    def phone(self, server, source=None):
        made = Phone(server, source=source)
        self.addCleanup(made.close)
        return made

    def start(self, directory=None, **options):
        server = self.start_server(directory, **options)
        return server, self.phone(server)

    def expect(self, phone, request, expected, searches, binds):
        """One answer, and exactly so many questions."""
        before = self.samba.mark()
        answer = phone.ask(request)
        self.assertEqual((expected, (searches, binds)), (short(answer), cost(self.samba, before)), request)
        return answer

    def refused_binds(self, since=0, directory=None, account=None):
        return [bind for bind in (directory or self.samba).operations("bind", since=since)
                if bind.result != "NT_STATUS_OK" and account in (None, bind.account)]
