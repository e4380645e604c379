# SPDX-License-Identifier: Apache-2.0
"""The entries of a domain controller, from the LDIF of tests/directory, and what a search of them finds."""
import base64
import functools
import sys

from support import ldap_bytes
from support.ldap_requests import matches
from support.server import ROOT

sys.path.insert(0, str(ROOT))
from tests.directory import make_directory, people  # noqa: E402

BASE, CONFIGURATION = people.SUFFIX, people.CONFIGURATION
ROOT_DOMAIN = "contoso.com"

# Of what is asked for here these are in no catalogue.
NOT_IN_CATALOGUE = ("pwdlastset", "lockouttime", "badpwdcount", "badpasswordtime", "msds-user-account-control-computed",
                    "msexchremoterecipienttype", "lockoutthreshold", "lockoutduration", "lockoutobservationwindow")
# Made when they are asked for by name, and not otherwise.
CONSTRUCTED = ("msds-user-account-control-computed",)
_NOT_OF_A_DOMAIN_CONTROLLER = ("userpassword", "sn")

_CAPABILITIES = ("1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1670", "1.2.840.113556.1.4.1791", "1.2.840.113556.1.4.1935",
                 "1.2.840.113556.1.4.2080", "1.2.840.113556.1.4.2237")
_CONTROLS = ("1.2.840.113556.1.4.319", "1.2.840.113556.1.4.801", "1.2.840.113556.1.4.528", "1.2.840.113556.1.4.417",
             "1.2.840.113556.1.4.841", "1.2.840.113556.1.4.1339")


def plain(dn):
    """For comparing, as far as our own DNs differ."""
    return dn.lower()


def parent(dn):
    """Behind the first comma that is not escaped."""
    escaped = False
    for at, c in enumerate(dn):
        if c == "," and not escaped:
            return dn[at + 1:]
        escaped = c == "\\" and not escaped
    return ""


class Entry:
    """One entry. `attributes` maps the name in lower case to (name, values as bytes). It is never changed but
    replaced, since others may be reading it."""

    def __init__(self, dn, attributes=()):
        self.dn = dn
        self.attributes = {}
        for name, values in attributes:
            self.set(name, values)

    def set(self, name, values):
        """No values: it has not got it."""
        values = values if isinstance(values, (list, tuple)) else [values]
        made = [value if isinstance(value, bytes) else str(value).encode() for value in values if value is not None]
        changed = {key: pair for key, pair in self.attributes.items() if key != name.lower()}
        if made:
            changed[name.lower()] = (name, made)
        self.attributes = changed

    def values(self, name):
        return self.attributes.get(name.lower(), (name, []))[1]

    def value(self, name):
        return next((value.decode() for value in self.values(name)), None)


@functools.lru_cache(maxsize=None)
def _parsed(of):
    """(dn, attributes) of each record, without those that lead elsewhere."""
    found = []
    for record in "".join(getattr(make_directory, of)()).split("\n\n"):
        pairs = [_pair(line) for line in record.splitlines() if line]
        if pairs and ("objectClass", b"referral") not in pairs:
            attributes = {}
            for name, value in pairs[1:]:
                attributes.setdefault(name, []).append(value)
            found.append((pairs[0][1].decode(), attributes))
    return found


def _pair(line):
    name, value = line.split(":", 1)
    return (name, base64.b64decode(value[1:])) if value.startswith(":") else (name, value[1:].encode())


class Tree:
    """Contoso as a domain controller has it. `passwords` maps a plain DN to what is right at first."""

    def __init__(self):
        self.entries, self.passwords = {}, {}
        for of in ("domain", "configuration"):
            for dn, attributes in _parsed(of):
                password = attributes.get("userPassword")
                if password:
                    self.passwords[plain(dn)] = password[0]
                self.add(Entry(dn, [(name, values) for name, values in attributes.items()
                                    if name.lower() not in _NOT_OF_A_DOMAIN_CONTROLLER]))
        self.root = Entry("", (
            ("defaultNamingContext", BASE), ("rootDomainNamingContext", BASE), ("configurationNamingContext", CONFIGURATION),
            ("namingContexts", [BASE, CONFIGURATION]), ("dnsHostName", f"dc1.{ROOT_DOMAIN}"), ("isSynchronized", "TRUE"),
            ("isGlobalCatalogReady", "TRUE"), ("supportedCapabilities", _CAPABILITIES), ("supportedControl", _CONTROLS),
            ("supportedLDAPVersion", ["3", "2"])))

    def add(self, entry):
        self.entries[plain(entry.dn)] = entry

    def __getitem__(self, dn):
        return self.entries[plain(dn)]

    def account(self, name):
        """That of this sAMAccountName."""
        return next(entry for entry in self.entries.values() if entry.value("sAMAccountName") == name)

    def found(self, search, hides=()):
        """The entries, or None when there is nothing at the base. `hides` are attributes that nothing has."""
        if search.scope == ldap_bytes.BASE and not search.base:
            return [self.root]
        base = plain(search.base)
        if base and base not in self.entries:
            return None
        return [entry for dn, entry in list(self.entries.items()) if _is_within(dn, base, search.scope) and
                matches(search.filter, lambda name, of=entry: [] if name in hides else of.values(name))]


def _is_within(dn, base, scope):
    if scope == ldap_bytes.BASE:
        return dn == base
    if scope == ldap_bytes.ONE_LEVEL:
        return parent(dn) == base
    return not base or dn == base or dn.endswith("," + base)


def shown(entry, wanted, hides=()):
    """(name, values) of what a search that wants these attributes gets; none wanted are all."""
    if "1.1" in wanted:
        return []
    everything = not wanted or "*" in wanted
    return [pair for key, pair in entry.attributes.items() if key not in hides and
            (key in wanted or (everything and key not in CONSTRUCTED))]
