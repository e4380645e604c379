# SPDX-License-Identifier: Apache-2.0
"""A forest of several Active Directory domains, scripted: a domain controller of the first with its two ports.

The server has its own domain and the configuration partition, and refers for what is another domain's. The
global catalog has the users of all domains, without what is never in it, and no configuration partition.
"""
import collections
import hashlib

from support import fake_directory, ldap_bytes, ldap_pages, slapd
from tests.directory import make_directory, people

SUCCESS, REFERRAL, NO_SUCH_OBJECT, INVALID_CREDENTIALS, UNWILLING = 0, 10, 32, 49, 53
CONFIGURATION = f"CN=Configuration,{people.SUFFIX}"
# (NetBIOS name, DNS name); the first is that of the server, the second is beneath it, the third a tree of its own.
DOMAINS = (("CONTOSO", "contoso.com"), ("EMEA", "emea.contoso.com"), ("FABRIKAM", "fabrikam.com"))
ACTIVE_DIRECTORY = "1.2.840.113556.1.4.800"  # LDAP_CAP_ACTIVE_DIRECTORY_OID
# Never in a catalog; and what a forest's schema may leave out of it.
NOT_IN_CATALOG = {"pwdlastset", "accountexpires", "msexchremoterecipienttype"}

# kind: "bind" or "search"; `port` is "server" or "catalog"; `name` is what a bind named, or the base of a search.
Operation = collections.namedtuple("Operation", "port kind name scope code")


def suffix(dns_name):
    return ",".join(f"DC={label}" for label in dns_name.split("."))


def _bytes(value):
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return b"TRUE" if value else b"FALSE"
    return str(value).encode()


class Entry:
    def __init__(self, partition, dn, password=None, **attributes):
        self.partition, self.dn, self.password = partition, dn, password
        self.name = dn.lower()
        self._lowered = {}  # of attributes, by the lists as they are
        self.attributes = {}
        for name, values in attributes.items():
            if values is not None:
                listed = values if isinstance(values, (list, tuple)) else [values]
                self.attributes[name.lower()] = (name, [_bytes(value) for value in listed])

    def set(self, name, *values):
        self._lowered.pop(name.lower(), None)
        self.attributes[name.lower()] = (name, [_bytes(value) for value in values])

    def has(self, name, value):
        if name not in self._lowered:
            self._lowered[name] = {own.lower() for own in self.attributes.get(name, ("", []))[1]}
        return value.lower() in self._lowered[name]


def user(person, dns_name="contoso.com"):
    """One of people.py's accounts, in that domain."""
    dn = make_directory.distinguished_name(person).replace(people.SUFFIX, suffix(dns_name))
    told = {name: value for name, value in person.items() if name not in ("name", "kind", "cn", "distinguishedName")}
    return Entry(suffix(dns_name), dn, people.password(person["name"]), objectClass=["top", "person", "user"],
                 objectCategory="person", objectGUID=hashlib.md5(dn.encode()).digest(), **told)


class Forest:
    def __init__(self, test, authority, accounts=None, catalog_ready=True):
        """`accounts` are entries; by default everybody of Contoso."""
        if accounts is None:
            accounts = [user(person) for person in people.everybody() if person["kind"] != "ambiguous"]
        self.entries = [*accounts, *self._configuration()]
        self._by_dn = {entry.dn.lower(): entry for entry in self.entries}
        self._ready = catalog_ready
        self.operations = []
        self.server, self.catalog = (fake_directory.start(test, lambda peer, port=port: self._serve(peer, port), authority)
                                     for port in ("server", "catalog"))
        self.server.ca_file = self.catalog.ca_file = authority.ca_file

    def ldap(self, **more):
        """What directory.ldap says of it, to ask the catalog too."""
        return {"global_catalog": True, "global_catalog_port": self.catalog.port, **more}

    def find(self, dn):
        return self._by_dn[dn.lower()]

    @staticmethod
    def _configuration():
        for netbios, dns_name in DOMAINS:
            yield Entry(suffix(dns_name), suffix(dns_name), objectClass="domainDNS", lockoutThreshold=0,
                        lockOutObservationWindow=-18000000000)
            yield Entry(CONFIGURATION, f"CN={netbios},CN=Partitions,{CONFIGURATION}", nETBIOSName=netbios,
                        dnsRoot=dns_name, nCName=suffix(dns_name))
        for one in make_directory.RELATIONSHIPS:
            if "tailspin" not in one["name"].lower():
                yield Entry(CONFIGURATION, f"CN={one['name'].replace(',', chr(92) + ',')},{make_directory.FEDERATION}",
                            objectClass="msExchFedSharingRelationship", cn=one["name"],
                            msExchFedDomainNames=one["domain_names"], msExchFedTargetOwaURL=one.get("target_owa_url"),
                            msExchFedIsEnabled=one.get("enabled", True))

    def _serve(self, peer, port):
        peer.start_tls()
        while True:
            message = peer.read()
            if message.operation == ldap_bytes.UNBIND_REQUEST:
                return
            if message.operation == ldap_bytes.BIND_REQUEST:
                self._bind(peer, port, message)
            elif message.operation == ldap_bytes.SEARCH_REQUEST:
                self._search(peer, port, message)

    def _bind(self, peer, port, message):
        _, _, rest = ldap_bytes.split_element(message.content)
        _, name, rest = ldap_bytes.split_element(rest)
        _, password, _ = ldap_bytes.split_element(rest)
        dn = name.decode()
        entry = self._by_dn.get(dn.lower())
        right = slapd.SERVICE_PASSWORD if dn == slapd.SERVICE_ACCOUNT else entry and entry.password
        code = SUCCESS if right and password.decode() == right else INVALID_CREDENTIALS
        self.operations.append(Operation(port, "bind", dn, None, code))
        words = "80090308: LdapErr: DSID-0C09041C, comment: AcceptSecurityContext error, data 52e, v4563"
        peer.answer(message, ldap_bytes.BIND_RESPONSE, code=code, diagnostic=words if code else "")

    def _search(self, peer, port, message):
        asked, rest = [], message.content
        while rest:
            tag, content, rest = ldap_bytes.split_element(rest)
            asked.append((tag, content))
        base, scope = asked[0][1].decode(), asked[1][1][0]
        names = [content.decode().lower() for _, content in _elements(asked[7][1])]
        code, found = self._found(port, base, scope, asked[6])
        self.operations.append(Operation(port, "search", base, scope, code))
        page, controls = ldap_pages.cut(message, found)
        for entry in page:
            peer.send(ldap_bytes.message(message.id, ldap_bytes.SEARCH_ENTRY, _shown(entry, names, port)))
        end = ldap_bytes.split_message(ldap_bytes.result(message.id, ldap_bytes.SEARCH_DONE, code=code))[0]
        peer.send(ldap_bytes.message(message.id, end.operation, end.content, controls))

    def _found(self, port, base, scope, wanted):
        if scope == ldap_bytes.BASE and not base:
            return SUCCESS, [Entry("", "", supportedCapabilities=ACTIVE_DIRECTORY, defaultNamingContext=people.SUFFIX, configurationNamingContext=CONFIGURATION,
                                   isGlobalCatalogReady=self._ready, objectClass="top")]
        matches = _matcher(wanted)
        held = {people.SUFFIX, CONFIGURATION} if port == "server" else {suffix(dns_name) for _, dns_name in DOMAINS}
        below = [entry for entry in self.entries
                 if entry.partition in held and _is_at_or_below(entry, base.lower(), scope) and matches(entry)]
        if port == "catalog":
            return SUCCESS, below
        if _partition(base) not in held:
            return REFERRAL if base else UNWILLING, []
        # A subtree of one domain is not that of the domain beneath it.
        below = [entry for entry in below if entry.partition == _partition(base)]
        return (NO_SUCH_OBJECT if scope == ldap_bytes.BASE and not below else SUCCESS), below


def _partition(dn):
    if dn.lower().endswith(CONFIGURATION.lower()):
        return CONFIGURATION
    return max((suffix(dns_name) for _, dns_name in DOMAINS if dn.lower().endswith(suffix(dns_name).lower())),
               key=len, default=None)


def _is_at_or_below(entry, base, scope):
    if scope == ldap_bytes.BASE:
        return entry.name == base
    return not base or entry.name == base or entry.name.endswith("," + base)


def _elements(data):
    while data:
        tag, content, data = ldap_bytes.split_element(data)
        yield tag, content


def _matcher(wanted):
    """Whether an entry fits a filter of &, |, !, equality and presence."""
    tag, content = wanted
    if tag in (0xA0, 0xA1):
        parts, quantifier = [_matcher(one) for one in _elements(content)], all if tag == 0xA0 else any
        # What is most telling comes last in the filters of a login.
        return lambda entry: quantifier(part(entry) for part in reversed(parts))
    if tag == 0xA2:
        part = _matcher(next(_elements(content)))
        return lambda entry: not part(entry)
    if tag == 0xA3:
        (_, name), (_, value) = _elements(content)
        name = name.decode().lower()
        return lambda entry: entry.has(name, value)
    if tag == 0x87:
        name = content.decode().lower()
        return lambda entry: name == "objectclass" or name in entry.attributes
    raise AssertionError(f"a filter with the tag {tag:#x}")


def _shown(entry, names, port):
    hidden = NOT_IN_CATALOG if port == "catalog" else ()
    listed = b"".join(
        ldap_bytes.element(0x30, ldap_bytes.text(name) +
                           ldap_bytes.element(0x31, b"".join(ldap_bytes.text(value) for value in values)))
        for key, (name, values) in entry.attributes.items() if key in names and key not in hidden)
    return ldap_bytes.text(entry.dn) + ldap_bytes.element(0x30, listed)
