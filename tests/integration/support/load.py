# SPDX-License-Identifier: Apache-2.0
"""Phones that call without a pause while something happens to the server."""
import collections
import threading

from support.phone import Phone, eas
from support.server import PATIENCE, wait_until

# So that no phone ever meets itself: a connection to a port that nobody listens on may get that port.
SOURCE = "127.0.0.2"


class Load:
    """`phones` callers: every other one keeps its connection, the rest make a new one for each request.

    `answered` counts statuses; `lost` counts by kind what was no answer: "refused" (nobody listened), "reset",
    "ended" and others. A caller that lost its connection makes another. As a context it stops in the end."""

    def __init__(self, server, phones=4, request=None):
        self._server, self._request = server, request or eas(body=b"b" * 100)
        self._enough, self._lock = threading.Event(), threading.Lock()
        self.answered, self.lost = collections.Counter(), collections.Counter()
        self._callers = [threading.Thread(target=self._call, args=(number % 2 == 0,), daemon=True) for number in range(phones)]

    def __enter__(self):
        for caller in self._callers:
            caller.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._enough.set()
        for caller in self._callers:
            caller.join(PATIENCE)

    @property
    def total(self):
        return sum(self.answered.values())

    def wait_for(self, more):
        """Until so many more are answered."""
        wanted = self.total + more
        wait_until(lambda: self.total >= wanted, f"{more} more requests are answered")

    def _call(self, keeps):
        phone = None
        while not self._enough.is_set():
            try:
                phone = phone or Phone(self._server, source=SOURCE)
                status = phone.ask(self._request).status
                with self._lock:
                    self.answered[status] += 1
                if not keeps:
                    phone.finish()
                    phone = None
            except (OSError, AssertionError) as error:
                with self._lock:
                    self.lost[_kind(error)] += 1
                phone = self._close(phone)
                self._enough.wait(0.005)  # nobody may be there for a while
        self._close(phone)

    @staticmethod
    def _close(phone):
        if phone is not None:
            phone.close()


def _kind(error):
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return "reset"
    return "ended" if isinstance(error, AssertionError) and "the connection ended" in str(error) else repr(error)
