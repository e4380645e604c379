# SPDX-License-Identifier: Apache-2.0
"""The accounts of Contoso: more than three hundred, some of every kind an Exchange organization has,
and of the kinds it should not have. The same each time.

An account is a dict with the attribute names of config/directory.yaml and three keys more: `name`, what
its password is made of (Passw0rd!<name>); `kind`, a key of KINDS; and `cn`.
"""
import pathlib

import yaml

SUFFIX = "DC=contoso,DC=com"
CONFIGURATION = "CN=Configuration," + SUFFIX
ORGANIZATION = "CN=Contoso,CN=Microsoft Exchange,CN=Services," + CONFIGURATION
CLOUD = "contoso.mail.onmicrosoft.com"
PEOPLE_OF_THE_LAB = pathlib.Path(__file__).resolve().parent.parent.parent / "config" / "directory.yaml"

_GROUP = "Exchange Administrative Group (FYDIBOHF23SPDLT)"
_GIVEN = ["Anna", "Lars", "Nina", "Olga", "Paul", "Maria", "Jürgen", "Élodie", "Søren", "Žofie"]
_SID_OF_A_DOMAIN = bytes.fromhex("0105000000000005150000000102030405060708090a0b0c")
_FAMILY = ["Andersen", "Berger", "Cohen", "Dubois", "Eriksson", "Fischer", "García", "Ødegård", "Iwanow"]

TYPES = {
    "UserMailbox": 1, "LinkedMailbox": 2, "SharedMailbox": 4, "MailContact": 64, "MailUser": 128,
    "RemoteUserMailbox": 2147483648, "RemoteRoomMailbox": 8589934592, "RemoteEquipmentMailbox": 17179869184,
    "RemoteSharedMailbox": 34359738368, "RemoteTeamMailbox": 274877906944,
}


def password(name):
    return f"Passw0rd!{name}"


def account(name, **attributes):
    """An account without anything of Exchange but what is given."""
    return {"name": name, "cn": name, "userPrincipalName": f"{name}@contoso.com", "sAMAccountName": name,
            "userAccountControl": 512, "pwdLastSet": 130000000000000000, **attributes}


def mail_enabled(name, mail=None, **attributes):
    mail = mail or f"{name}@contoso.com"
    return account(name, **{"mail": mail, "mailNickname": mail.split("@")[0], "proxyAddresses": [f"SMTP:{mail}"],
                            "msExchVersion": 88218628259840, **attributes})


def local(name, number=0, **attributes):
    return mail_enabled(name, **{
        "homeMDB": f"CN=DB{number % 4 + 1:02},CN=Databases,CN={_GROUP},CN=Administrative Groups,{ORGANIZATION}",
        "msExchHomeServerName": f"/o=Contoso/ou={_GROUP}/cn=Configuration/cn=Servers/cn=EX{number % 2 + 1}",
        "msExchRecipientTypeDetails": TYPES["UserMailbox"], **attributes})


def mail_user(name, domain, **attributes):
    return mail_enabled(name, **{"targetAddress": f"SMTP:{name}@{domain}",
                                 "msExchRecipientTypeDetails": TYPES["MailUser"], **attributes})


def moved(name, number=0, kind="RemoteUserMailbox", remote=None, **attributes):
    """A RemoteMailbox. Every second one still has the GUID of the mailbox that was here."""
    return mail_enabled(name, **{
        "proxyAddresses": [f"SMTP:{name}@contoso.com", f"smtp:{name}@{CLOUD}"],
        "targetAddress": f"SMTP:{name}@{CLOUD}",
        "msExchRecipientTypeDetails": TYPES[kind],
        "msExchRemoteRecipientType": (1, 3, 4, 6)[number % 4] if remote is None else remote,
        "msExchMailboxGuid": number.to_bytes(16, "big") if number % 2 else None, **attributes})


def _upn_differs(name, i):
    return {**moved(name, i), "userPrincipalName": f"{name}@corp.contoso.com"}


def _without(person, *names):
    return {key: value for key, value in person.items() if key not in names}


# kind: (how many, what makes the i-th). The kind is also the beginning of the names: local001, …
KINDS = {
    "local": (80, local),
    "moved": (80, moved),
    "room": (10, lambda n, i: moved(n, i, "RemoteRoomMailbox", 33 + 3 * (i % 2))),
    "equipment": (6, lambda n, i: moved(n, i, "RemoteEquipmentMailbox", 65 + 3 * (i % 2))),
    "shared": (10, lambda n, i: moved(n, i, "RemoteSharedMailbox", 97 + 3 * (i % 2))),
    "team": (4, lambda n, i: moved(n, i, "RemoteTeamMailbox", 1)),
    "partner": (20, lambda n, i: mail_user(n, "fabrikam.com")),
    "twice": (4, lambda n, i: mail_user(n, "tailspintoys.com")),         # the domain is in two relationships
    "northwind": (4, lambda n, i: mail_user(n, "northwindtraders.com")),  # its relationship is disabled
    "targetless": (4, lambda n, i: mail_user(n, "targetless.contoso.com")),
    "ourselves": (2, lambda n, i: mail_user(n, "self.contoso.com")),
    "plain": (30, lambda n, i: account(n)),
    "untargeted": (4, lambda n, i: mail_enabled(n)),
    "nonick": (6, lambda n, i: _without(moved(n, i), "mailNickname")),
    "disabled": (12, lambda n, i: (moved if i % 2 else local)(n, i, userAccountControl=514)),
    "mustchange": (4, lambda n, i: moved(n, i, pwdLastSet=0)),
    "expired": (4, lambda n, i: moved(n, i, accountExpires=130000000000000000)),
    "linked": (4, lambda n, i: local(n, i, userAccountControl=514, msExchUserAccountControl=2,
                                     msExchMasterAccountSid=_SID_OF_A_DOMAIN + i.to_bytes(4, "little"),
                                     msExchRecipientTypeDetails=TYPES["LinkedMailbox"])),
    "noeas": (9, lambda n, i: local(n, i, msExchOmaAdminWirelessEnable=(4, 5, 7)[i % 3])),
    "eas": (6, lambda n, i: local(n, i, msExchOmaAdminWirelessEnable=(0, 1, 2, 3, 8, 11)[i % 6])),
    "movednoeas": (4, lambda n, i: moved(n, i, msExchOmaAdminWirelessEnable=7)),
    "forwards": (6, lambda n, i: local(n, i, targetAddress=f"SMTP:{n}@{CLOUD}")),
    "saysremote": (4, lambda n, i: local(n, i, msExchRecipientTypeDetails=TYPES["RemoteUserMailbox"])),
    "sayslocal": (4, lambda n, i: moved(n, i, "UserMailbox")),
    "serveronly": (4, lambda n, i: _without(local(n, i), "homeMDB")),
    "databaseonly": (4, lambda n, i: _without(local(n, i), "msExchHomeServerName")),
    "deprovisioned": (6, lambda n, i: moved(n, i, remote=(8, 10, 24)[i % 3])),
    "archive": (4, lambda n, i: local(n, i, msExchRemoteRecipientType=(2, 16)[i % 2],
                                      msExchArchiveGUID=i.to_bytes(16, "big"))),
    "xfourhundred": (4, lambda n, i: moved(n, i, targetAddress=f"X400:c=US;a= ;p=Contoso;o=Exchange;s={n};")),
    "unknown": (6, lambda n, i: mail_user(n, ("litware.mail.onmicrosoft.com", "sub." + CLOUD, "com")[i % 3])),
    "badtarget": (4, lambda n, i: moved(n, i, targetAddress=("SMTP:", f"{n}@{CLOUD}", f"SMTP:{n}", f"SMTP:{n}@")[i])),
    "upn": (6, _upn_differs),
    "aliases": (2, lambda n, i: moved(n, i, proxyAddresses=[f"SMTP:{n}@contoso.com"] + [
        f"smtp:{n}.{k}@contoso.com" for k in range(200)] + [f"X500:/o=Contoso/ou={_GROUP}/cn=Recipients/cn={n}"])),
}

# Logins beyond ASCII; the mail address is ASCII, as mail demands.
_NOT_ASCII = {"jürgen": "juergen", "élodie": "elodie", "søren": "soeren", "žofie": "zofie", "αλέξης": "alexis",
              "ирина": "irina", "太郎": "taro", "dvořák.ß": "dvorak"}

# Logins with what has a meaning in a filter, and common names with what has one in a DN as well.
_META = {
    "star*": "Star, *", "starling": "Starling", "par(en)": "(Paren)(cn=*)", "amp&and": "Amp & Co.", "bang!": "!Bang",
    "pipe|or": "Pipe | Or", "back\\slash": "Back\\slash", "back\\2aslash": "Back\\2aslash",
    "o'brien": "O'Brien \"Pat\"", "hash#": "#Hash", "equal=plus+": "Equal=Plus+;<semi>",
    "percent%2a": " Led and trailed by a blank ", "tilde~=": "Tilde~=",
}


def _named():
    for name, ascii_name in _NOT_ASCII.items():
        yield "notascii", moved(name, mail=f"{ascii_name}@contoso.com", cn=f"{name} 🎻",
                                proxyAddresses=[f"SMTP:{ascii_name}@contoso.com"],
                                targetAddress=f"SMTP:{ascii_name}@{CLOUD}")
    for name, common_name in _META.items():
        yield "meta", moved(name, cn=common_name, mail=None)


def _ambiguous():
    """What finds two entries: their mail; the mail of one and a proxy address of the other; the
    logon name of one and, with another domain behind it, of the other."""
    yield moved("twin1", mail="twins@contoso.com")
    yield moved("twin2", mail="twins@contoso.com")
    yield local("alias1", mail="alias@contoso.com")
    yield moved("alias2", proxyAddresses=["SMTP:alias2@contoso.com", "smtp:alias@contoso.com"])
    yield moved("bob")
    yield {**local("bob2"), "sAMAccountName": "bob", "userPrincipalName": "bob@fabrikam.com"}


def from_document(person):
    """An account as a directory file or a test writes it: what LDAP spells otherwise is put right."""
    name = person.get("userPrincipalName", person["sAMAccountName"]).split("@")[0]
    made = {key: value for key, value in person.items() if key not in ("password", "password_hash")}
    made["sAMAccountName"] = person["sAMAccountName"].rsplit("\\", 1)[-1]
    details = person.get("msExchRecipientTypeDetails")
    if isinstance(details, str):
        made["msExchRecipientTypeDetails"] = TYPES[details]
    return {"name": name, "cn": name, "kind": "given", **made}


def _of_kinds():
    for kind, (count, make) in KINDS.items():
        for i in range(count):
            name = f"{kind}{i + 1:03}"
            made = make(name, i)
            made["cn"] = f"{_FAMILY[i % len(_FAMILY)]}, {_GIVEN[i * 7 % len(_GIVEN)]} ({name})"
            yield {**made, "kind": kind}


def everybody():
    """Every account, in the same order each time."""
    lab = yaml.safe_load(PEOPLE_OF_THE_LAB.read_text(encoding="utf-8"))["users"]
    return ([{**from_document(person), "kind": "lab"} for person in lab] + list(_of_kinds()) +
            [{**made, "kind": kind} for kind, made in _named()] +
            [{**made, "kind": "ambiguous"} for made in _ambiguous()])


def of_kind(kind):
    return [person for person in everybody() if person["kind"] == kind]
