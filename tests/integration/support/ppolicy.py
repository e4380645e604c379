# SPDX-License-Identifier: Apache-2.0
"""OpenLDAP's password policy overlay (slapo-ppolicy(5)) for the slapd of the tests, and what it keeps of an account."""
import collections
import dataclasses

from support import ldap_client
from tests.directory import people
from tests.directory.ldif import line, record

LONG_AGO = "20200101000000Z"
# How many times of wrong passwords it has, and since when it is locked, or None.
State = collections.namedtuple("State", "wrong locked")

_UNIT = f"OU=Policies,{people.SUFFIX}"


def policy_dn(name):
    return f"cn={name},{_UNIT}"


@dataclasses.dataclass
class Policy:
    """`policies` are attributes by the policy's name; that of all users is "default". `tells` that an account is
    locked; `hidden` from everybody but the overlay."""

    policies: dict
    tells: bool = True
    hidden: bool = False

    def module(self):
        return ["moduleload ppolicy"]

    def overlay(self):
        return ["overlay ppolicy", f'ppolicy_default "{policy_dn("default")}"', *(["ppolicy_use_lockout"] if self.tells else [])]

    def access(self):
        return [f'access to dn.subtree="{_UNIT}" by * none'] if self.hidden else []

    def records(self):
        return record(_UNIT, ("objectClass", "organizationalUnit"), ("ou", "Policies")) + "".join(
            record(policy_dn(name), ("objectClass", ["device", "pwdPolicy"]), ("cn", name), ("pwdAttribute", "userPassword"),
                   *attributes.items()) for name, attributes in self.policies.items())


def locking(most, **attributes):
    """A policy that locks after so many wrong passwords within half an hour."""
    return {"pwdLockout": True, "pwdMaxFailure": most, "pwdFailureCountInterval": 1800, "pwdLockoutDuration": 900, **attributes}


def state(directory, dn):
    read = directory.read(dn, "pwdFailureTime", "pwdAccountLockedTime")
    names = [name for name, _ in read]
    return State(names.count("pwdFailureTime"), dict(read).get("pwdAccountLockedTime"))


def set_values(directory, dn, relax=False, **attributes):
    """Replaces attributes of an entry; None takes one away."""
    changes = "".join(f"replace: {name}\n" + (line(name, value) if value is not None else "") + "-\n"
                      for name, value in attributes.items())
    directory.modify(f"dn: {dn}\nchangetype: modify\n{changes}", relax)


def lock(directory, dn, most):
    """By wrong passwords of a client of its own, whatever the policy's number."""
    with ldap_client.Connection(directory.ldaps_port) as client:
        for number in range(most):
            client.bind(dn, f"not it {number}", number + 2)
    if state(directory, dn).locked is None:
        raise AssertionError(f"{dn} is not locked")
