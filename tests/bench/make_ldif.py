#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes an LDIF file as ldifde exports a large Exchange organization: always the same bytes for the
same number of users. 70 % are moved to Office 365, 20 % have a local mailbox, 10 % none.

    make_ldif.py 1000000 > users.ldif
"""
import base64
import hashlib
import sys

GIVEN = ["Anna", "Lars", "Nina", "Olga", "Paul", "Maria", "Jan", "Sofia", "Peter", "Katharina", "Jürgen", "Élodie"]
FAMILY = ["Andersen", "Berger", "Cohen", "Dubois", "Eriksson", "Fischer", "García", "Hoffmann", "Ivanova", "Jones"]
OFFICES = ["Berlin", "Copenhagen", "Lisbon", "Oslo", "Prague", "Seattle", "Vienna", "Zurich"]
DATABASES = 40
SERVERS = 8
ORGANIZATION = "CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com"


def attribute(name, value):
    """One attribute; base64 where RFC 2849 asks for it; folded at 76 columns as exporters do."""
    if isinstance(value, bytes) or not value.isascii():
        raw = value if isinstance(value, bytes) else value.encode()
        line = f"{name}:: {base64.b64encode(raw).decode()}"
    else:
        line = f"{name}: {value}"
    if len(line) <= 76:
        return line + "\n"
    return "\n ".join([line[:76]] + [line[i : i + 75] for i in range(76, len(line), 75)]) + "\n"


def local_mailbox(i):
    server = f"EX{i % SERVERS + 1:02}"
    database = f"CN=DB{i % DATABASES + 1:02},CN=Databases,CN=Exchange Administrative Group (FYDIBOHF23SPDLT)"
    return [
        ("homeMDB", f"{database},CN=Administrative Groups,{ORGANIZATION}"),
        ("msExchHomeServerName", "/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)"
                                 f"/cn=Configuration/cn=Servers/cn={server}"),
        ("msExchRecipientTypeDetails", "1"),
    ]


def remote_mailbox(login):
    return [
        ("targetAddress", f"SMTP:{login}@contoso.mail.onmicrosoft.com"),
        ("msExchRecipientTypeDetails", "2147483648"),
        ("msExchRemoteRecipientType", "4"),
    ]


def user(i):
    given, family, office = GIVEN[i % len(GIVEN)], FAMILY[i // 7 % len(FAMILY)], OFFICES[i // 3 % len(OFFICES)]
    login = f"user{i:07}"
    name = f"{family}, {given} ({i})"
    dn = f"CN={family}\\, {given} ({i}),OU=Staff,OU={office},DC=contoso,DC=com"
    seed = hashlib.md5(login.encode()).digest()
    rows = [("dn", dn), ("changetype", "add")]
    rows += [("objectClass", name) for name in ("top", "person", "organizationalPerson", "user")]
    rows += [("cn", name), ("sn", family), ("givenName", given), ("displayName", name), ("name", name),
             ("physicalDeliveryOfficeName", office), ("whenCreated", "20120314091500.0Z"), ("objectGUID", seed),
             ("userAccountControl", "514" if i % 50 == 0 else "512"), ("primaryGroupID", "513"),
             ("objectSid", b"\1\5\0\0\0\0\0\5\x15\0\0\0" + seed), ("sAMAccountName", login),
             ("userPrincipalName", f"{login}@contoso.com")]
    if i % 10 != 9:
        rows += [("mail", f"{login}@contoso.com"), ("mailNickname", login),
                 ("proxyAddresses", f"SMTP:{login}@contoso.com"),
                 ("proxyAddresses", f"smtp:{login}@contoso.mail.onmicrosoft.com"),
                 ("proxyAddresses", f"smtp:{login}@{office.lower()}.contoso.com"),
                 ("msExchMailboxGuid", seed[::-1])]
        rows += remote_mailbox(login) if i % 10 < 7 else local_mailbox(i)
    return "".join(attribute(*row) for row in rows)


def main():
    count = int(sys.argv[1]) if len(sys.argv) == 2 else sys.exit(__doc__)
    out = sys.stdout
    out.reconfigure(encoding="ascii", newline="\n")
    for i in range(count):
        out.write(user(i) + "\n")


main()
