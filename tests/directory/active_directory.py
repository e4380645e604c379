# SPDX-License-Identifier: Apache-2.0
"""Contoso as a domain of Active Directory, as LDIF for `ldbadd` and `ldbmodify`.

The domain is contoso.lab, NetBIOS name CONTOSO; its users log in as name@contoso.com, which is a UPN
suffix of the forest and no domain. The people are those of people.py, a few of each kind, and those
whom only Active Directory refuses.
"""
import re

from tests.directory import make_directory, people
from tests.directory.ldif import first_rdn_value, line, rdn_value, record

REALM = "contoso.lab"
NETBIOS = "CONTOSO"
SUFFIX = "DC=contoso,DC=lab"
CONFIGURATION = f"CN=Configuration,{SUFFIX}"
SCHEMA = f"CN=Schema,{CONFIGURATION}"
ORGANIZATION = f"CN=Contoso,CN=Microsoft Exchange,CN=Services,{CONFIGURATION}"
FEDERATION = f"CN=Federation,{ORGANIZATION}"
UPN_SUFFIXES = ("contoso.com", "corp.contoso.com")

SERVICE_ACCOUNT = "svc-eas451@contoso.com"
SERVICE_PASSWORD = make_directory.SERVICE_PASSWORD
# An account like the other, but that it may not look into CN=Federation.
BLIND_ACCOUNT = "svc-blind@contoso.com"
BLIND_PASSWORD = people.password("svc-blind")

LOCKOUT_THRESHOLD = 5
LOCKOUT_MINUTES = 30

# A password of 2012: older than any that may still be used.
OLD_FILETIME = 130000000000000000

# So many of a kind of people.py; two of the others.
_COUNTS = {"moved": 12, "local": 6}

# What Active Directory refuses although the password is right, and the `data` of its answer. `disabled`,
# `expired` and `mustchange` are kinds of people.py.
REFUSED = {"disabled002": "533", "expired001": "701", "mustchange001": "773", "oldpassword001": "532",
           "hours001": "530", "workstation001": "531"}


def _only_here():
    yield people.moved("oldpassword001")
    yield people.moved("hours001", logonHours=bytes(21))
    yield people.moved("workstation001", userWorkstations="PC1")
    # Its name before the @ is not its sAMAccountName.
    yield people.moved("renamed001", sAMAccountName="maiden001")
    # No userPrincipalName of its own: its UPN is sAMAccountName@contoso.lab alone.
    yield {**people.moved("noupn001"), "userPrincipalName": None}
    # For tests that lock, disable or rename somebody.
    for number in range(1, 13):
        yield {**people.moved(f"spare{number:03}"), "kind": "spare"}


def everybody():
    """The accounts, in the same order each time."""
    seen = {}
    for person in people.everybody():
        seen[person["kind"]] = seen.get(person["kind"], 0) + 1
        if person["kind"] in people.KINDS and seen[person["kind"]] > _COUNTS.get(person["kind"], 2):
            continue
        # A domain has each sAMAccountName once.
        if person["name"] != "bob2":
            yield person
    yield from ({"kind": "refused" if one["name"] in REFUSED else "upn", **one} for one in _only_here())


def distinguished_name(person):
    return _here(make_directory.distinguished_name(person))


def account_name(person):
    """A domain controller takes neither these characters in a sAMAccountName nor more than 20."""
    return re.sub(r'["/\\\[\]:;|=,+*?<>]', "_", person["sAMAccountName"])[:20]


def _here(text):
    return text.replace(people.SUFFIX, SUFFIX)


def unicode_password(password):
    """The value of unicodePwd."""
    return f'"{password}"'.encode("utf-16-le")


def sid_text(value):
    """S-1-5-21-… of a SID in bytes."""
    numbers = [int.from_bytes(value[at:at + 4], "little") for at in range(8, len(value), 4)]
    return "-".join(map(str, ["S", value[0], int.from_bytes(value[2:8], "big"), *numbers]))


_ATTRIBUTES = (
    "displayName", "userPrincipalName", "userAccountControl", "accountExpires", "mail", "proxyAddresses", "mailNickname",
    "targetAddress", "homeMDB", "msExchHomeServerName", "msExchRecipientTypeDetails", "msExchRemoteRecipientType",
    "msExchVersion", "msExchOmaAdminWirelessEnable", "msExchMailboxGuid", "msExchArchiveGUID",
    "msExchUserAccountControl", "msExchMasterAccountSid", "logonHours", "userWorkstations",
)


def account_record(person):
    dn = distinguished_name(person)
    values = {**person}
    for name, convert in (("homeMDB", _here), ("msExchMasterAccountSid", sid_text)):
        if name in person:
            values[name] = convert(person[name])
    return record(dn, ("objectClass", "user"), ("cn", first_rdn_value(dn)), ("sAMAccountName", account_name(person)),
                  *((name, values[name]) for name in _ATTRIBUTES if values.get(name) is not None),
                  ("pwdLastSet", 0 if person.get("pwdLastSet") == 0 else None),
                  ("unicodePwd", unicode_password(people.password(person["name"]))))


def _units():
    for unit in ("Staff", "Partners", "Service", "Other"):
        yield record(f"OU={unit},{SUFFIX}", ("objectClass", "organizationalUnit"), ("ou", unit))


def _no_accounts():
    """What a search may meet and must not take for an account."""
    for name, mail in (("contact1", "somebody@fabrikam.com"), ("contact2", "moved001@contoso.com")):
        yield record(f"CN={name},OU=Other,{SUFFIX}", ("objectClass", "contact"), ("cn", name), ("mail", mail),
                     ("mailNickname", name), ("targetAddress", f"SMTP:{mail}"), ("proxyAddresses", f"SMTP:{mail}"),
                     ("msExchRecipientTypeDetails", people.TYPES["MailContact"]))
    yield record(f"CN=PC1,OU=Other,{SUFFIX}", ("objectClass", "computer"), ("cn", "PC1"), ("sAMAccountName", "PC1$"),
                 ("userAccountControl", 4096))
    yield record(f"CN=Everyone in Contoso,OU=Other,{SUFFIX}", ("objectClass", "group"), ("cn", "Everyone in Contoso"),
                 ("sAMAccountName", "everyone-in-contoso"), ("mail", "everyone@contoso.com"),
                 ("member", f"CN=svc-eas451,OU=Service,{SUFFIX}"))


def _containers():
    """From CN=Services down to the federation, and to the databases that homeMDB names."""
    def container(dn, kind="msExchContainer"):
        return record(dn, ("objectClass", kind), ("cn", first_rdn_value(dn)))
    yield container(ORGANIZATION.split(",", 1)[1], "msExchConfigurationContainer")
    yield container(ORGANIZATION, "msExchOrganizationContainer")
    yield container(FEDERATION)
    made = set()
    for person in everybody():
        ancestry = [_here(person["homeMDB"])] if person.get("homeMDB") else []
        while ancestry and ancestry[-1] != ORGANIZATION:
            ancestry.append(ancestry[-1].split(",", 1)[1])
        for dn in reversed(ancestry[:-1]):
            if dn not in made:
                made.add(dn)
                yield container(dn)


def relationship_record(relationship):
    return make_directory.relationship_record(relationship).replace(people.CONFIGURATION, CONFIGURATION)


def contents(more_people=(), more_relationships=()):
    """All entries; what is given, as a directory file has it, replaces what has the same name."""
    yield from _containers()
    names = {one["name"] for one in more_relationships}
    yield from map(relationship_record, [*more_relationships, *(
        one for one in make_directory.RELATIONSHIPS if one["name"] not in names)])
    # Of another class, so no relationship, whatever its attributes say.
    yield record(f"CN=Federation Trust,{FEDERATION}", ("objectClass", "msExchFedOrgId"), ("cn", "Federation Trust"),
                 ("msExchFedDomainNames", ["contoso.com", "litware.mail.onmicrosoft.com"]),
                 ("msExchFedTargetOwaURL", "https://trap.contoso.com/owa"), ("msExchFedIsEnabled", True))
    yield from _units()
    for name in ("svc-eas451", "svc-blind"):
        yield account_record({**people.account(name), "distinguishedName": f"CN={rdn_value(name)},OU=Service,{SUFFIX}"})
    given = [people.from_document(person) for person in more_people]
    taken = {person["name"] for person in given}
    yield from map(account_record, [*given, *(one for one in everybody() if one["name"] not in taken)])
    yield from _no_accounts()


def replaced(dn, *attributes):
    """The change of one entry that sets these attributes to these values."""
    lines = [line("dn", dn), "changetype: modify\n"]
    for name, value in attributes:
        values = value if isinstance(value, (list, tuple)) else [value]
        lines += [f"replace: {name}\n", *(line(name, one) for one in values), "-\n"]
    return "".join(lines) + "\n"


def lockout(threshold, minutes=LOCKOUT_MINUTES):
    ticks = -minutes * 60 * 10**7
    return replaced(SUFFIX, ("lockoutThreshold", threshold), ("lockoutDuration", ticks), ("lockOutObservationWindow", ticks))


def settings():
    """Changes of what the domain is made with. No password but the one of 2012 ever expires."""
    return (lockout(LOCKOUT_THRESHOLD) +
            replaced(SUFFIX, ("maxPwdAge", -1000 * 86400 * 10**7), ("minPwdAge", 0)) +
            replaced(f"CN=Partitions,{CONFIGURATION}", ("uPNSuffixes", UPN_SUFFIXES)))


def old_passwords():
    """Needs a control that only ldbmodify on the server's own files may send."""
    return replaced(distinguished_name(people.moved("oldpassword001")), ("pwdLastSet", OLD_FILETIME))


def ldap_policy(limits):
    """The limits of the server, MaxConnIdleTime say: of those given, and of all others nothing."""
    policy = f"CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows NT,CN=Services,{CONFIGURATION}"
    return replaced(policy, ("lDAPAdminLimits", [f"{name}={value}" for name, value in limits.items()]))
