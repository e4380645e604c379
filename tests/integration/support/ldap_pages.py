# SPDX-License-Identifier: Apache-2.0
"""Results in pages (RFC 2696), as the fixtures that are no real servers give them."""
from support import ldap_bytes

PAGED_RESULTS = "1.2.840.113556.1.4.319"


def asked(message):
    """(size, cookie) of the page that a search asks for; None: it asks for none."""
    for control in message.controls:
        if ldap_bytes.control_of(control)[0] != PAGED_RESULTS:
            continue
        rest = ldap_bytes.split_element(control)[1]
        while rest:
            _, value, rest = ldap_bytes.split_element(rest)  # the last one is the value
        _, inner, _ = ldap_bytes.split_element(value)
        _, size, behind = ldap_bytes.split_element(inner)
        return int.from_bytes(size, "big"), ldap_bytes.split_element(behind)[1]
    return None


def control(cookie=b""):
    """Beside a result: what is to be asked with for the next page, nothing after the last."""
    value = ldap_bytes.element(0x30, ldap_bytes.integer(0) + ldap_bytes.text(cookie))
    return ldap_bytes.element(0x30, ldap_bytes.text(PAGED_RESULTS) + ldap_bytes.text(value))


def cut(message, found):
    """The part of a list that a search asks for, and the controls beside the result."""
    page = asked(message)
    if page is None:
        return found, ()
    first = int(page[1] or b"0")
    behind = first + page[0]
    return found[first:behind], (control(str(behind).encode() if behind < len(found) else b""),)


def done(message, cookie=b""):
    """A success with the control."""
    content = ldap_bytes.split_message(ldap_bytes.result(message.id, ldap_bytes.SEARCH_DONE))[0].content
    return ldap_bytes.message(message.id, ldap_bytes.SEARCH_DONE, content, (control(cookie),))
