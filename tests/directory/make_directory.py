#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the directory of Contoso as LDIF, for a slapd with exchange.schema: always the same bytes.

    make_directory.py FOLDER

domain.ldif is the domain: people.py's accounts, what else a search may meet, and the service account.
configuration.ldif is the configuration partition, a database of its own as on a domain controller: a
search of the domain does not reach it. rootdse.ldif is for slapd's `rootDSE`.
"""
import hashlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from tests.directory import people  # noqa: E402
from tests.directory.ldif import first_rdn_value, rdn_value, record  # noqa: E402
from tests.directory.people import CONFIGURATION, ORGANIZATION, SUFFIX  # noqa: E402

SERVICE_ACCOUNT = f"CN=svc-eas451,OU=Service,{SUFFIX}"
SERVICE_PASSWORD = people.password("svc-eas451")
FEDERATION = f"CN=Federation,{ORGANIZATION}"

# Attributes of an account that are written in this order; `None` and missing ones are not.
_ATTRIBUTES = (
    "displayName", "userPrincipalName", "sAMAccountName", "userAccountControl", "pwdLastSet", "accountExpires",
    "mail", "proxyAddresses", "mailNickname", "targetAddress", "homeMDB", "msExchHomeServerName",
    "msExchRecipientTypeDetails", "msExchRemoteRecipientType", "msExchVersion", "msExchOmaAdminWirelessEnable",
    "msExchMailboxGuid", "msExchArchiveGUID", "msExchUserAccountControl", "msExchMasterAccountSid",
)

RELATIONSHIPS = (
    {"name": "Office 365", "domain_names": [people.CLOUD], "target_owa_url": "https://outlook.office.com/mail"},
    {"name": "Fabrikam", "domain_names": ["fabrikam.com", "Fabrikam.example"],
     "target_owa_url": "https://mail.fabrikam.com/owa"},
    {"name": "Adatum", "domain_names": ["adatum.mail.onmicrosoft.com"],
     "target_owa_url": "http://outlook.com/owa/adatum.onmicrosoft.com"},
    {"name": "Targetless", "domain_names": ["targetless.contoso.com"]},
    {"name": "Ourselves", "domain_names": ["self.contoso.com"], "target_owa_url": "https://mail.contoso.com/owa"},
    {"name": "Northwind, disabled", "domain_names": ["northwindtraders.com"], "enabled": False,
     "target_owa_url": "https://mail.northwindtraders.com/owa"},
    {"name": "Tailspin 1", "domain_names": ["tailspintoys.com"], "target_owa_url": "https://one.tailspintoys.com/owa"},
    {"name": "Tailspin 2", "domain_names": ["TailspinToys.com"], "target_owa_url": "https://two.tailspintoys.com/owa"},
)


def distinguished_name(person):
    return person.get("distinguishedName") or f"CN={rdn_value(person['cn'])},OU=Staff,{SUFFIX}"


def account_record(person):
    dn = distinguished_name(person)
    return record(dn, ("objectClass", ["inetOrgPerson", "user"]), ("objectCategory", "person"),
                  ("cn", first_rdn_value(dn) if "distinguishedName" in person else person["cn"]),
                  ("sn", person["name"]), ("objectGUID", hashlib.md5(dn.encode()).digest()),
                  *((name, person[name]) for name in _ATTRIBUTES if name in person),
                  ("userPassword", people.password(person["name"])))


def relationship_record(relationship):
    name = relationship["name"]
    return record(f"CN={rdn_value(name)},{FEDERATION}", ("objectClass", "msExchFedSharingRelationship"), ("cn", name),
                  ("msExchVersion", 44220983382016), ("msExchFedDomainNames", relationship["domain_names"]),
                  ("msExchFedTargetOwaURL", relationship.get("target_owa_url")),
                  ("msExchFedIsEnabled", relationship.get("enabled", True)),
                  ("msExchFedEnabledActions", ["MSExchange.MailboxMove", "MSExchange.SharingCalendarFreeBusyEnabled"]),
                  ("msExchFedTargetApplicationURI", "outlook.com"))


def _units():
    yield record(SUFFIX, ("objectClass", ["dcObject", "organization"]), ("dc", "contoso"), ("o", "Contoso"))
    for unit in ("Staff", "Partners", "Service", "Other"):
        yield record(f"OU={unit},{SUFFIX}", ("objectClass", "organizationalUnit"), ("ou", unit))


def _no_accounts():
    """What a search may meet and must not take for an account."""
    def contact(name, mail):
        return record(f"CN={name},OU=Other,{SUFFIX}", ("objectClass", ["inetOrgPerson", "contact"]),
                      ("objectCategory", "person"), ("cn", name), ("sn", name), ("mail", mail), ("mailNickname", name),
                      ("targetAddress", f"SMTP:{mail}"), ("proxyAddresses", f"SMTP:{mail}"),
                      ("msExchRecipientTypeDetails", people.TYPES["MailContact"]))
    yield contact("contact1", "somebody@fabrikam.com")
    yield contact("contact2", "moved001@contoso.com")  # the address of an account
    yield record(f"CN=PC1,OU=Other,{SUFFIX}", ("objectClass", ["device", "user"]), ("objectCategory", "computer"),
                 ("cn", "PC1"), ("sAMAccountName", "PC1$"), ("userAccountControl", 4096))
    yield record(f"CN=Everyone,OU=Other,{SUFFIX}", ("objectClass", "groupOfNames"), ("cn", "Everyone"),
                 ("member", SERVICE_ACCOUNT))
    # A search of the whole domain gets a reference to another server from a domain controller, too.
    yield record(f"DC=DomainDnsZones,{SUFFIX}", ("objectClass", ["referral", "extensibleObject"]),
                 ("dc", "DomainDnsZones"), ("ref", f"ldap://domaindnszones.contoso.com/DC=DomainDnsZones,{SUFFIX}"))


def domain(more=()):
    """The records of domain.ldif; `more` are accounts as a directory file has them."""
    yield from _units()
    yield account_record({**people.account("svc-eas451"), "distinguishedName": SERVICE_ACCOUNT})
    given = [people.from_document(person) for person in more]
    taken = {person["name"] for person in given}
    yield from map(account_record, given + [person for person in people.everybody() if person["name"] not in taken])
    yield from _no_accounts()


def _containers():
    def container(dn, *classes):
        return record(dn, ("objectClass", list(classes)), ("cn", first_rdn_value(dn)))
    exchange = ORGANIZATION.split(",", 1)[1]
    yield container(CONFIGURATION, "container")
    yield container(f"CN=Services,{CONFIGURATION}", "container")
    yield container(exchange, "msExchConfigurationContainer")
    yield container(ORGANIZATION, "msExchOrganizationContainer")
    yield container(FEDERATION, "msExchContainer")
    yield container(f"CN=Partitions,{CONFIGURATION}", "crossRefContainer")
    yield record(f"CN=CONTOSO,CN=Partitions,{CONFIGURATION}", ("objectClass", "crossRef"), ("cn", "CONTOSO"),
                 ("nETBIOSName", "CONTOSO"), ("dnsRoot", "contoso.com"), ("nCName", SUFFIX))
    yield record(f"CN=Enterprise Configuration,CN=Partitions,{CONFIGURATION}", ("objectClass", "crossRef"),
                 ("cn", "Enterprise Configuration"), ("dnsRoot", "contoso.com"), ("nCName", CONFIGURATION))


def configuration(more=()):
    """The records of configuration.ldif; `more` are relationships as a directory file has them."""
    yield from _containers()
    taken = {relationship["name"] for relationship in more}
    kept = [relationship for relationship in RELATIONSHIPS if relationship["name"] not in taken]
    yield from map(relationship_record, [*more, *kept])
    # Of another class, so no relationship, whatever its attributes say.
    yield record(f"CN=Federation Trust,{FEDERATION}", ("objectClass", "msExchFedOrgId"), ("cn", "Federation Trust"),
                 ("msExchFedDomainNames", ["contoso.com", "litware.mail.onmicrosoft.com"]),
                 ("msExchFedTargetOwaURL", "https://trap.contoso.com/owa"), ("msExchFedIsEnabled", True))


def root_dse():
    yield record("", ("objectClass", ["top", "OpenLDAProotDSE"]), ("defaultNamingContext", SUFFIX),
                 ("rootDomainNamingContext", SUFFIX), ("configurationNamingContext", CONFIGURATION),
                 ("dNSHostName", "dc1.contoso.com"))


def write(folder, more_people=(), more_relationships=()):
    """Writes the three files. What is given replaces what has the same name."""
    for name, records in (("domain", domain(more_people)), ("configuration", configuration(more_relationships)),
                          ("rootdse", root_dse())):
        pathlib.Path(folder, f"{name}.ldif").write_text("".join(records), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(sys.argv[1])
