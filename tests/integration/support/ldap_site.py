# SPDX-License-Identifier: Apache-2.0
"""The server over LDAP directories: its configuration, its phones, and what it is answered."""
import json
import os
import pathlib

from support import contoso, server, slapd
from support.admin import ask, metric
from support.phone import eas
from support.server import wait_until

SECRET = {"secret": slapd.SERVICE_PASSWORD + "\n"}
# What may be added to a deadline until the answer is here; a sanitizer makes everything slow.
SLACK = 4.0 if {"ASAN_OPTIONS", "TSAN_OPTIONS"} & os.environ.keys() else 0.5

REDIRECTED, NOBODY, LATER, LATER_OPTIONS = (451, None), (401, None), (200, 111), (503, None)
NO_MAILBOX = (200, 123)


def config(*directories, scheme="ldaps", ca_file=None, ldap=None, cache=None, deadline=None, lockout=None, **sections):
    """Contoso's configuration with these directories in order of preference, which share an authority, and
    with the organization relationships that they have. `ldap` is added to directory.ldap; a None
    takes a key out of it."""
    section = {"servers": [directory.url(scheme) for directory in directories],
               "ca_file": str(ca_file or directories[0].ca_file),
               "bind_name": getattr(directories[0], "service_account", slapd.SERVICE_ACCOUNT),
               "bind_password_file": "secret", **(ldap or {})}
    directory = {"type": "ldap", "ldap": {name: value for name, value in section.items() if value is not None}}
    if cache is not None:
        directory["cache"] = cache
    if lockout is not None:
        directory["lockout"] = lockout
    if deadline is not None:
        directory["deadline"] = deadline
    sections = {"organization_relationships": None, "access_log": {"format": "json"}, **sections}
    return contoso.config(directory=directory, **sections)


# In the log when a server tells of changes, and what was read before that has been read once more.
WATCHED = "organization relationships: watched on "


def start(test, *directories, ready=True, wrapper=(), **options):
    """A server over these directories; it has read from one of them unless `ready` is False, and asks
    nothing more of its own accord until something changes or it is time."""
    made = server.start(test, config(*directories, **options), files=SECRET, wrapper=wrapper)
    if ready:
        wait_until_ready(made)
        if getattr(directories[0], "tells_of_changes", False) and options.get("organization_relationships", {}).get("from_directory", True):
            made.err.wait_for(WATCHED)
    return made


def site(test, *directories, **options):
    return server.site(test, config(*directories, **options), files=SECRET)


def is_ready(of):
    return ask(of, "/readyz").status == 200


def wait_until_ready(of):
    wait_until(lambda: is_ready(of), "it is ready")


def is_up(of, directory, scheme="ldaps"):
    return is_up_named(of, directory.url(scheme))


def is_up_named(of, url):
    return metric(of, f'eas451_directory_up{{server="{url}"}}') == 1


def misses(of):
    """Questions so far that the caches could not answer."""
    return sum(metric(of, f'eas451_cache_lookups_total{{cache="{cache}",outcome="miss"}}')
               for cache in ("recipient", "login"))


def call(login="user12@contoso.com", password=None, method="POST", **more):
    """A phone's request. The password is by default that of whom the login names, in any form of it."""
    if password is None:
        password = "Passw0rd!" + login.rsplit("\\", 1)[-1].split("@")[0]
    target = "/Microsoft-Server-ActiveSync"
    if method == "POST":
        target += "?User=x&DeviceId=RSUA4U03JH48LAS6T7BD2TENV0&DeviceType=iPad&Cmd=Ping"
    return eas(login, password, method=method, target=target, **more)


def short(answer):
    """(HTTP status, Status of the document or None). A temporary failure has to say when to come back."""
    status = (answer.status, int(answer.body[9:12]) if answer.body else None)
    if status in (LATER, LATER_OPTIONS):
        if not 30 <= int(answer.one("Retry-After")) <= 90:
            raise AssertionError(answer.raw)
    elif answer.all("Retry-After"):
        raise AssertionError(answer.raw)
    return status


def access(of, count):
    """The first `count` lines of the access log, as objects."""
    return [json.loads(line) for line in of.access_lines(count)]


def cpu_seconds(of):
    """What the process has used so far, of all its threads."""
    stat = pathlib.Path("/proc", str(of.process.pid), "stat").read_text(encoding="ascii", errors="replace")
    user, system = stat.rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def threads(of):
    """How many the process has."""
    status = pathlib.Path("/proc", str(of.process.pid), "status").read_text(encoding="ascii", errors="replace")
    return int(status.split("\nThreads:")[1].split()[0])


def cost(directory, since):
    """(searches, binds) of a directory since its mark."""
    return directory.searches(since=since), directory.binds(since=since)


def searches_for(directory, login, since=0):
    """Those that look for a login."""
    return [operation for operation in directory.operations("search", since=since) if f"={login})" in operation.filter]
