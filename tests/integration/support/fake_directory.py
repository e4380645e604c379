# SPDX-License-Identifier: Apache-2.0
"""Servers that speak LDAP as badly as broken ones do: each behaviour is a function of one connection.

    fake_directory.start(test, fake_directory.silent_after_tls, authority)
"""
from support import certificates, ldap_bytes, ldap_client
from support.fake_server import PACE, Ended, FakeDirectory  # noqa: F401: tests know them by this name

# --- behaviours

def silent(peer):
    """Accepts, and never says anything: a hung server behind a living kernel."""
    peer.hold()


def silent_after_tls(peer):
    peer.start_tls()
    peer.hold()


def silent_after_bind(peer):
    """Lets anybody in and answers nothing else."""
    peer.start_tls()
    request = peer.read()
    peer.answer(request, ldap_bytes.BIND_RESPONSE)
    peer.hold()


def dripping_handshake(peer):
    """Its side of the TLS handshake comes a byte at a time."""
    peer.slow_down()
    peer.start_tls()
    peer.hold()


def dripping_answer(peer):
    """Answers a bind with success, a byte at a time: no deadline lives to see the end."""
    peer.start_tls()
    request = peer.read()
    peer.drip(ldap_bytes.result(request.id, ldap_bytes.BIND_RESPONSE, diagnostic="x" * 4096))


def starttls_then_silent(peer):
    request = peer.read()
    peer.answer(request, ldap_bytes.EXTENDED_RESPONSE, name=ldap_bytes.START_TLS)
    peer.hold()


def starttls_refused(peer):
    request = peer.read()
    peer.answer(request, ldap_bytes.EXTENDED_RESPONSE, code=ldap_bytes.UNAVAILABLE, name=ldap_bytes.START_TLS)
    peer.hold()


def starttls_with_bytes_behind(peer):
    """Grants StartTLS and pushes a bind's success behind it in clear, for a client that would take it
    for one that came inside TLS."""
    request = peer.read()
    peer.send(ldap_bytes.result(request.id, ldap_bytes.EXTENDED_RESPONSE, name=ldap_bytes.START_TLS) +
              ldap_bytes.result(request.id + 1, ldap_bytes.BIND_RESPONSE))
    peer.start_tls()
    peer.hold()


def answering(data):
    """A behaviour that answers the first request inside TLS with these bytes, whatever they are."""
    def behaviour(peer):
        peer.start_tls()
        peer.read()
        peer.send(data)
        peer.hold()
    return behaviour


def relaying(port, instead):
    """In front of a real directory, its `port` that of LDAPS: everything goes through, but a message for which
    `instead(peer, message)` gives True, which was dealt with there."""
    def behaviour(peer):
        peer.start_tls()
        with ldap_client.Connection(port) as real:
            while True:
                message = peer.read()
                if instead(peer, message):
                    continue
                real.send(ldap_bytes.message(*message))
                if message.operation in (ldap_bytes.UNBIND_REQUEST, ldap_bytes.ABANDON_REQUEST):
                    continue
                answer = None
                while answer is None or answer.operation in (ldap_bytes.SEARCH_ENTRY, ldap_bytes.SEARCH_REFERENCE):
                    answer = real.read()
                    peer.send(ldap_bytes.message(*answer))
    return behaviour


GARBAGE = {
    "no BER": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "a length of 4 GiB": b"\x30\x84\xff\xff\xff\xff\x02\x01\x01",
    "a length without end": b"\x30\x80\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00\x00\x00",
    "a length of 127 octets": b"\x30\xff" + b"\xff" * 127,
    "an inner length beyond the outer": b"\x30\x0c\x02\x01\x01\x61\x7f\x0a\x01\x00\x04\x00\x04\x00",
    "a message without anything": b"\x30\x00",
}


def ends_within_answer(peer):
    """Half an answer, then the end of the connection, without a goodbye of TLS."""
    peer.start_tls()
    request = peer.read()
    peer.send(ldap_bytes.result(request.id, ldap_bytes.BIND_RESPONSE)[:7])


def resets_within_answer(peer):
    peer.start_tls()
    request = peer.read()
    peer.send(ldap_bytes.result(request.id, ldap_bytes.BIND_RESPONSE)[:7])
    peer.reset()


def disconnects(peer):
    """Lets anybody in, then says that it closes, as a server does that is being shut down."""
    peer.start_tls()
    request = peer.read()
    peer.answer(request, ldap_bytes.BIND_RESPONSE)
    peer.read()
    peer.send(ldap_bytes.result(0, ldap_bytes.EXTENDED_RESPONSE, ldap_bytes.UNAVAILABLE, "server shutting down",
                                ldap_bytes.NOTICE_OF_DISCONNECTION))


def start(test, behaviour, authority=None, trouble=None):
    """A fake for one test case, or for a class when `test` is the class. TLS needs an authority."""
    files = certificates.server_certificate(authority, trouble) if authority else ()
    made = FakeDirectory(behaviour, *files)
    (test.addClassCleanup if isinstance(test, type) else test.addCleanup)(made.stop)
    return made
