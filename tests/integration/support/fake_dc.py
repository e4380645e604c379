# SPDX-License-Identifier: Apache-2.0
"""A domain controller, or a global catalogue, that is broken when and how a test wants it.

    dc = fake_dc.start(self, authority)
    dc.deviate(fake_dc.user_bind, fake_dc.refusing("533"))     # some answers are others
    dc.suffer(fake_directory.silent_after_tls)                 # whole connections are
    dc.refuse(); dc.swallow()                                  # there are none
    dc.mend()

It has the Contoso of tests/directory, LDAP, StartTLS and LDAPS on one port, and what Samba and slapd do not show:
an empty password is a success, strings are compared without diacritics, a catalogue has not got everything.
It has no paging and no change notification; Samba has.
"""
import collections
import types

from support import certificates, ldap_bytes, ldap_requests
from support.dc_accounts import Accounts
from support.dc_tree import BASE, CONFIGURATION, NOT_IN_CATALOGUE, ROOT_DOMAIN, Entry, Tree, plain, shown  # noqa: F401: tests know it here
from support.fake_server import Ended, FakeDirectory

OPERATIONS_ERROR, PROTOCOL_ERROR, SIZE_LIMIT_EXCEEDED, STRONGER_AUTH, REFERRAL = 1, 2, 4, 8, 10
NO_CRITICAL_EXTENSION, NO_SUCH_OBJECT, INVALID_CREDENTIALS, BUSY = 12, 32, 49, 51
MAX_PAGE_SIZE = 1000
DOMAIN_SCOPE = "1.2.840.113556.1.4.1339"
_WITHOUT_TLS = ("00002028: LdapErr: DSID-0C090276, comment: The server requires binds to turn on integrity checking if "
                "SSL\\TLS are not already active on the connection, data 0, v4563\0")
_NOBODY_BOUND = ("000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be "
                 "completed on the connection., data 0, v4563\0")
_RESPONSES = {ldap_bytes.BIND_REQUEST: ldap_bytes.BIND_RESPONSE, ldap_bytes.SEARCH_REQUEST: ldap_bytes.SEARCH_DONE,
              ldap_bytes.EXTENDED_REQUEST: ldap_bytes.EXTENDED_RESPONSE}

# One message as a deviation sees it: `bind` and `search` are those of ldap_requests, or None.
Request = collections.namedtuple("Request", "peer message bind search")


def refusal_text(data):
    return f"80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data {data}, v4563\0"


# --- which requests deviate

def anything(request):
    return True


def service_bind(request):
    return request.bind is not None and "svc-eas451" in request.bind.dn.lower()


def user_bind(request):
    return request.bind is not None and not service_bind(request)


def user_search(request):
    """One that looks a login up."""
    return request.search is not None and any(
        f"({name}=" in ldap_requests.str_filter(request.search.filter) for name in ("userPrincipalName", "sAMAccountName"))


# --- how: a deviation is a function of the server and the request; True: it has dealt with it

def answering(code, text="as the test wants it", referrals=()):
    def deviation(dc, request):
        dc.answer(request, code, text, referrals)
        return True
    return deviation


def refusing(data):
    return answering(INVALID_CREDENTIALS, refusal_text(data))


def late(event):
    """Answers when it has happened, rightly."""
    def deviation(_, request):
        request.peer.wait(event)
    return deviation


def hanging(_, request):
    request.peer.hold()


def closing(_, request):
    """Half an answer, and the end."""
    request.peer.send(ldap_bytes.result(request.message.id, _RESPONSES[request.message.operation])[:7])
    raise Ended


def sending(data):
    """These bytes, whatever they are, and nothing more."""
    def deviation(_, request):
        request.peer.send(data)
        request.peer.hold()
    return deviation


def finding(count, code=ldap_bytes.SUCCESS):
    """So many entries, the first of them what is there, and this code."""
    def deviation(dc, request):
        entry = dc.tree.found(request.search)[0]
        attributes = shown(entry, request.search.attributes)
        for number in range(count):
            dn = entry.dn if number == 0 else entry.dn.replace(",", f" {number},", 1)
            request.peer.send(ldap_bytes.search_entry(request.message.id, dn, attributes))
        dc.answer(request, code)
        return True
    return deviation


class FakeDc(FakeDirectory):
    """`tree` and `accounts` are another's, when it is the catalogue of that one."""

    def __init__(self, files, ca_file, trusted=None, catalogue=False, of=None, host="127.0.0.1", port=0):
        self.ca_file = ca_file
        self.catalogue = catalogue
        self.tree = of.tree if of else Tree()
        self.accounts = of.accounts if of else Accounts(self.tree)
        self.references = () if catalogue else (
            f"ldap://DomainDnsZones.{ROOT_DOMAIN}/DC=DomainDnsZones,{BASE}", f"ldap://{ROOT_DOMAIN}/{CONFIGURATION}")
        self.demands_tls = True
        self._files, self._trusted = files, trusted
        self._operations, self._deviations, self._suffers = [], [], None
        super().__init__(self._serve_peer, *files, host=host, port=port)

    # --- how it is broken, and mended

    def deviate(self, which, how):
        self._deviations = [*self._deviations, (which, how)]

    def suffer(self, behaviour):
        """Each connection from here on is in the hands of one of fake_directory's behaviours."""
        self._suffers = behaviour
        self.cut()

    def show_trouble(self, trouble):
        """Its certificate is one of certificates.server_certificate's with this trouble."""
        self.show_certificate(*certificates.server_certificate(self._trusted, trouble))
        self.cut()

    def mend(self):
        self._deviations, suffered, self._suffers = [], self._suffers, None
        if self._listener is None or self._fillers:
            self.listen()
        if suffered:
            self.cut()
        self.show_certificate(*self._files)

    # --- what it was asked

    def mark(self):
        """The present, for `since` below."""
        with self._lock:
            return len(self._operations)

    def operations(self, kind=None, since=0):
        """Binds and searches, in order: `connection`, `kind`, `name` (of whom, or the base), `scope`, `filter`,
        `attributes`, `size_limit`, `is_empty` (the password), and `result`, None before it is known."""
        with self._lock:
            return [one for one in self._operations[since:] if kind in (None, one.kind)]

    def searches(self, since=0):
        return len(self.operations("search", since))

    def binds(self, since=0):
        return len(self.operations("bind", since))

    def user_binds(self, since=0):
        return [one for one in self.operations("bind", since) if "svc-eas451" not in one.name.lower()]

    # --- how it answers

    def answer(self, request, code=ldap_bytes.SUCCESS, text="", referrals=()):
        with self._lock:
            for one in reversed(self._operations):
                if one.of == (request.peer.number, request.message.id):
                    one.result = code
                    break
        request.peer.answer(request.message, _RESPONSES[request.message.operation], code=code, diagnostic=text,
                            referrals=referrals)

    def _serve_peer(self, peer):
        if self._suffers:
            return self._suffers(peer)
        peer.bound, peer.is_tls = None, peer.speaks_tls()
        if peer.is_tls:
            peer.start_tls()
        while True:
            request = self._record(peer, peer.read())
            if not any(how(self, request) for which, how in self._deviations if which(request)):
                self._obey(request)

    def _record(self, peer, message):
        binds, searches = (message.operation == kind for kind in (ldap_bytes.BIND_REQUEST, ldap_bytes.SEARCH_REQUEST))
        request = Request(peer, message, ldap_requests.bind_of(message.content) if binds else None,
                          ldap_requests.search_of(message.content) if searches else None)
        note = {"of": (peer.number, message.id), "connection": peer.number, "result": None}
        if request.bind:
            note.update(kind="bind", name=request.bind.dn, is_empty=not request.bind.password)
        elif request.search:
            base, scope, size_limit, condition, attributes = request.search
            note.update(kind="search", name=base, scope=scope, filter=ldap_requests.str_filter(condition),
                        attributes=attributes, size_limit=size_limit)
        if "kind" in note:
            with self._lock:
                self._operations.append(types.SimpleNamespace(**note))
        return request

    def _obey(self, request):
        operation = request.message.operation
        if operation == ldap_bytes.UNBIND_REQUEST:
            raise Ended
        unknown = [oid for oid, critical in map(ldap_bytes.control_of, request.message.controls)
                   if critical and oid != DOMAIN_SCOPE]
        if unknown and operation in _RESPONSES:
            self.answer(request, NO_CRITICAL_EXTENSION, "00000057: LdapErr: DSID-0C0907E7, comment: Error processing control")
        elif request.bind:
            self._bind(request)
        elif request.search:
            self._search(request)
        elif operation == ldap_bytes.EXTENDED_REQUEST and ldap_bytes.START_TLS in request.message.content and \
                not request.peer.is_tls:
            request.peer.answer(request.message, ldap_bytes.EXTENDED_RESPONSE, name=ldap_bytes.START_TLS)
            request.peer.is_tls = True
            request.peer.start_tls()
        elif operation in _RESPONSES:
            self.answer(request, PROTOCOL_ERROR)

    def _bind(self, request):
        request.peer.bound = None
        name, password = request.bind
        if self.demands_tls and not request.peer.is_tls:
            return self.answer(request, STRONGER_AUTH, _WITHOUT_TLS)
        if not password:
            return self.answer(request)  # of nobody, whatever the name (RFC 4513 5.1.2)
        data = self.accounts.try_password(name, password)
        if data:
            return self.answer(request, INVALID_CREDENTIALS, refusal_text(data))
        request.peer.bound = self.accounts.dn_of(name)
        return self.answer(request)

    def _search(self, request):
        base, scope, size_limit, _, wanted = request.search
        if not request.peer.bound and (base or scope != ldap_bytes.BASE):
            return self.answer(request, OPERATIONS_ERROR, _NOBODY_BOUND)
        hidden = NOT_IN_CATALOGUE if self.catalogue else ()
        found = None if self._is_elsewhere(base, scope) else self.tree.found(request.search, hidden)
        if found is None:
            return self._answer_without(request, base)
        limit = min(size_limit or MAX_PAGE_SIZE, MAX_PAGE_SIZE)
        found = [entry for entry in found if self._is_within_reach(entry, base)]
        for entry in found[:limit]:
            request.peer.send(ldap_bytes.search_entry(request.message.id, entry.dn, shown(entry, wanted, hidden)))
        asked_here = DOMAIN_SCOPE in [ldap_bytes.control_of(one)[0] for one in request.message.controls]
        if plain(base) == plain(BASE) and scope == ldap_bytes.SUBTREE and not asked_here:
            for url in self.references:
                request.peer.send(ldap_bytes.search_reference(request.message.id, url))
        return self.answer(request, SIZE_LIMIT_EXCEEDED if len(found) > limit else ldap_bytes.SUCCESS)

    def _is_elsewhere(self, base, scope):
        everywhere = not base and scope != ldap_bytes.BASE
        return (not self.catalogue and everywhere) or (self.catalogue and plain(base).endswith(plain(CONFIGURATION)))

    def _is_within_reach(self, entry, base):
        """The configuration is a partition of its own, and not in a catalogue."""
        is_configuration = plain(entry.dn).endswith(plain(CONFIGURATION))
        return not is_configuration or plain(base).endswith(plain(CONFIGURATION))

    def _answer_without(self, request, base):
        if base and not plain(base).endswith(plain(BASE)):
            domain = base.lower().replace(",dc=", ".").removeprefix("dc=")
            return self.answer(request, REFERRAL, "0000202B: RefErr: DSID-0310082F, data 0, 1 access points\0",
                               [f"ldap://{domain}/{base}"])
        return self.answer(request, NO_SUCH_OBJECT, f"0000208D: NameErr: DSID-0310028C, problem 2001 (NO_OBJECT), data 0, "
                           f"best match of:\n\t'{BASE}'\n\0")


def start(test, authority, names=None, **options):
    """One for a test case, or for a class when `test` is the class. `names` are those of its certificate."""
    host = options.get("host", "127.0.0.1")
    names = names or (*certificates.LOOPBACK, *([f"IP:{host}"] if host != "127.0.0.1" else []))
    made = FakeDc(authority.issue(names), authority.ca_file, authority, **options)
    (test.addClassCleanup if isinstance(test, type) else test.addCleanup)(made.stop)
    return made
