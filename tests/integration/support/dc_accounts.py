# SPDX-License-Identifier: Apache-2.0
"""The passwords of a domain controller, and how it counts those that are wrong."""
import threading
import time

from support.dc_tree import BASE, plain

DISABLED, LOCKED, PASSWORD_EXPIRED = 2, 0x10, 0x800000
TICKS = 10**7  # of 100 ns, in a second
NEVER = (0, 2**63 - 1)
THRESHOLD, MINUTES = 5, 30
# With one of the two passwords before the present one nobody is locked.
_REMEMBERED = 2


def filetime(seconds):
    """Of a time as time.time() gives it."""
    return int((seconds + 11644473600) * TICKS)


class Accounts:
    """The account policy is in the head of the domain, as in the directory: durations are negative ticks. All of
    it may be used by any thread."""

    def __init__(self, tree, clock=time.time):
        self._tree = tree
        self._clock = clock
        self._advanced = 0.0
        self._lock = threading.Lock()
        self._passwords = {dn: [password] for dn, password in tree.passwords.items()}
        self.set_policy(THRESHOLD, MINUTES * 60, MINUTES * 60)
        for dn in self._passwords:
            tree[dn].set("badPwdCount", 0)
            self._compute(tree[dn])

    def set_policy(self, threshold, window, duration):
        """Seconds; a duration of 0 is until an administrator unlocks."""
        head = self._tree[BASE]
        head.set("lockoutThreshold", threshold)
        head.set("lockOutObservationWindow", int(-window * TICKS))
        head.set("lockoutDuration", int(-duration * TICKS))

    def advance(self, seconds):
        """Its clock goes on by so much."""
        with self._lock:
            self._advanced += seconds

    def set_password(self, dn, password):
        with self._lock:
            self._passwords[plain(dn)].insert(0, password.encode())
            entry = self._tree[dn]
            entry.set("pwdLastSet", self._now())
            self._unlock(entry)

    def unlock(self, dn):
        with self._lock:
            self._unlock(self._tree[dn])

    def is_locked(self, dn):
        with self._lock:
            return self._is_locked(self._tree[dn])

    def bad_password_count(self, dn):
        return int(self._tree[dn].value("badPwdCount"))

    def has(self, dn):
        return plain(dn) in self._passwords

    def dn_of(self, name):
        """Whom a bind names: by DN, UPN or NetBIOS name; None when nobody or several."""
        if self.has(name):
            return self._tree[name].dn
        domain, _, account = name.rpartition("\\")
        attribute = "sAMAccountName" if domain.lower() == "contoso" else "userPrincipalName"
        wanted = account if domain else name
        found = [dn for dn in self._passwords if (self._tree[dn].value(attribute) or "").lower() == wanted.lower()]
        return self._tree[found[0]].dn if len(found) == 1 else None

    def try_password(self, name, password):
        """None when it is right, else the `data` of the refusal."""
        with self._lock:
            dn = self.dn_of(name)
            if dn is None:
                return "52e"
            entry, known = self._tree[dn], self._passwords[plain(dn)]
            if self._is_locked(entry):
                return "775"
            if password != known[0]:
                if password not in known[1:1 + _REMEMBERED]:
                    self._count(entry)
                return "52e"
            refused = self._refusal(entry)
            if refused is None:
                self._unlock(entry)
            return refused

    # --- how, with the lock held

    def _now(self):
        return filetime(self._clock() + self._advanced)

    def _policy(self, name):
        return abs(int(self._tree[BASE].value(name)))

    def _refusal(self, entry):
        if int(entry.value("userAccountControl") or 512) & DISABLED:
            return "533"
        expires = int(entry.value("accountExpires") or 0)
        if expires not in NEVER and expires < self._now():
            return "701"
        return "773" if entry.value("pwdLastSet") == "0" else None

    def _count(self, entry):
        last = int(entry.value("badPasswordTime") or 0)
        count = int(entry.value("badPwdCount")) if self._now() - last < self._policy("lockOutObservationWindow") else 0
        entry.set("badPwdCount", count + 1)
        entry.set("badPasswordTime", self._now())
        threshold = self._policy("lockoutThreshold")
        if threshold and count + 1 >= threshold:
            entry.set("lockoutTime", self._now())
        self._compute(entry)

    def _is_locked(self, entry):
        since, duration = int(entry.value("lockoutTime") or 0), self._policy("lockoutDuration")
        locked = since != 0 and (duration == 0 or self._now() - since < duration)
        if since and not locked:
            self._unlock(entry)
        return locked

    def _unlock(self, entry):
        entry.set("badPwdCount", 0)
        entry.set("lockoutTime", 0 if entry.value("lockoutTime") else None)
        self._compute(entry)

    def _compute(self, entry):
        locked = LOCKED if int(entry.value("lockoutTime") or 0) else 0
        expired = PASSWORD_EXPIRED if entry.value("pwdLastSet") == "0" else 0
        entry.set("msDS-User-Account-Control-Computed", locked | expired)
