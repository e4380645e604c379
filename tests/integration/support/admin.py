# SPDX-License-Identifier: Apache-2.0
"""Asking the admin listener."""
import re

from support.phone import Wire, connect, get


def ask(server, path, host="127.0.0.1", method="GET", fields=()):
    with Wire(connect(server.admin)) as wire:
        return wire.ask(get(path, host, method, fields), head_only=method == "HEAD")


def metrics(server):
    answer = ask(server, "/metrics")
    if answer.status != 200:
        raise AssertionError(answer.raw)
    return answer.body.decode()


def metric(server, series):
    """The value of one series, `name` or `name{label="value",…}`; 0 when it is not there yet."""
    found = re.search(f"^{re.escape(series)} ([-+.0-9e]+)$", metrics(server), re.MULTILINE)
    return float(found.group(1)) if found else 0.0
