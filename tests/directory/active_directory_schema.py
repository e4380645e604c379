# SPDX-License-Identifier: Apache-2.0
"""What the preparation for Exchange adds to the schema of Active Directory, as LDIF for `ldbadd` and
`ldbmodify`: attributes, classes, and which of the attributes a user, contact or group may have.

Names, OIDs and syntaxes come from exchange.schema; here is only what OpenLDAP has no notion of.
"""
import re

from tests.directory import exchange_schema
from tests.directory.ldif import record

# attributeSyntax and oMSyntax.
_SYNTAXES = {"unicode": ("2.5.5.12", 64), "integer": ("2.5.5.9", 2), "int64": ("2.5.5.16", 65),
             "boolean": ("2.5.5.8", 1), "distinguishedName": ("2.5.5.1", 127), "octets": ("2.5.5.10", 4),
             "sid": ("2.5.5.17", 4)}
_OTHER_SYNTAX = {"msExchRecipientTypeDetails": "int64", "msExchRemoteRecipientType": "int64", "msExchVersion": "int64",
                 "msExchMasterAccountSid": "sid"}
# What makes a value of a DN syntax a DN and nothing more (Object(DS-DN)).
_DN_CLASS = bytes.fromhex("2b0c0287731c00854a")

# searchFlags of those that are in the global catalog. 1: indexed, 4: part of ambiguous name resolution,
# 8: kept when the object is deleted, 16: copied with the account.
_IN_GLOBAL_CATALOG = {
    "targetAddress": 1, "mailNickname": 5, "homeMDB": 0, "msExchHomeServerName": 25, "msExchMailboxGuid": 9,
    "msExchRecipientTypeDetails": 1, "msExchRecipientDisplayType": 1, "msExchOmaAdminWirelessEnable": 0,
    "msExchUserAccountControl": 25, "msExchMasterAccountSid": 9, "msExchHideFromAddressLists": 16,
}
_LINKS = {"homeMDB": 32, "homeMDBBL": 33}
_BACK_LINK = exchange_schema.Attribute("homeMDBBL", "1.2.840.113556.1.2.393", "distinguishedName", False)

# Administrators do everything with an object of Exchange, and everybody who has logged in reads it.
_SECURITY = ("D:(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;DA)(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;SY)(A;;RPLCLORC;;;AU)")


def _common_name(name):
    """ms-Exch-Fed-Domain-Names of msExchFedDomainNames."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name)


def _attribute_record(attribute, schema):
    syntax, om_syntax = _SYNTAXES[_OTHER_SYNTAX.get(attribute.name, attribute.syntax)]
    name = _common_name(attribute.name)
    return record(f"CN={name},{schema}", ("objectClass", "attributeSchema"), ("cn", name),
                  ("lDAPDisplayName", attribute.name), ("adminDisplayName", name), ("attributeID", attribute.oid),
                  ("attributeSyntax", syntax), ("oMSyntax", om_syntax),
                  ("oMObjectClass", _DN_CLASS if om_syntax == 127 else None), ("linkID", _LINKS.get(attribute.name)),
                  ("isSingleValued", attribute.single), ("searchFlags", _IN_GLOBAL_CATALOG.get(attribute.name, 0)),
                  ("isMemberOfPartialAttributeSet", True if attribute.name in _IN_GLOBAL_CATALOG else None))


def _class_record(one, schema):
    name = _common_name(one.name)
    return record(f"CN={name},{schema}", ("objectClass", "classSchema"), ("cn", name), ("lDAPDisplayName", one.name),
                  ("adminDisplayName", name), ("governsID", one.oid), ("objectClassCategory", 1),
                  ("subClassOf", one.superior), ("rDNAttID", "cn"), ("defaultObjectCategory", f"CN={name},{schema}"),
                  # The containers of Exchange are containers too; a class of the same file cannot be named here.
                  ("possSuperiors", "container"), ("mayContain", one.may), ("defaultSecurityDescriptor", _SECURITY))


def _additions(one, names):
    return f"dn: {one}\nchangetype: modify\nadd: mayContain\n" + "".join(f"mayContain: {name}\n" for name in names) + "\n"


def make(schema, known):
    """(attributes, classes, modifications) for the schema partition with that DN, of which `known` are the
    names of the attributes and classes that it has already."""
    attributes, classes = exchange_schema.read()
    recipient = next(one for one in classes if one.name == "user").may
    new_classes = [one for one in classes if one.name not in known and one.name.startswith("msExch")]
    wanted = {name for one in new_classes for name in one.may} | set(recipient)
    new = [one for one in attributes if one.name in wanted and one.name not in known] + [_BACK_LINK]
    names = [one.name for one in new]
    return ("".join(_attribute_record(one, schema) for one in new),
            "".join(_class_record(one, schema) for one in new_classes),
            _additions(f"CN=Mail-Recipient,{schema}", [name for name in recipient if name in names]) +
            _additions(f"CN=Top,{schema}", [_BACK_LINK.name]))
