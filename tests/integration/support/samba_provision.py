# SPDX-License-Identifier: Apache-2.0
"""REALM DOMAIN PASSWORD FOLDER: makes the files of a new domain, as `samba-tool domain provision` does.

But not the rights of the files that a domain controller shares: those need extended attributes and the machine's
root, and LDAP knows nothing of them.

For Debian's own Python, which has Samba's modules.
"""
import logging
import sys

from samba.auth import system_session
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
from samba.param import LoadParm
from samba.provision import provision


def main(realm, domain, password, folder):
    settings = LoadParm()
    for name, value in (("interfaces", "lo"), ("bind interfaces only", "yes")):
        settings.set(name, value)
    provision(logging.getLogger("provision"), system_session(), lp=settings, targetdir=folder, realm=realm,
              domain=domain, adminpass=password, serverrole="active directory domain controller", dns_backend="NONE",
              dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2, hostname="dc1", hostip="127.0.0.1", skip_sysvolacl=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
