# SPDX-License-Identifier: Apache-2.0
"""The files of a domain controller: made once below build/, and copied for each instance.

Making them takes some ten seconds, a copy a tenth of one. They are made again when what goes into them
changes: the LDIF, the settings, this file, Samba's version.
"""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

from support.server import PATIENCE, ROOT

sys.path.insert(0, str(ROOT))
from tests.directory import active_directory, active_directory_schema  # noqa: E402

CACHE = ROOT / "build" / "samba"
# Files of another hash are old, and go when nobody has used them for so many days.
_KEEP_DAYS = 7

ADMINISTRATOR_PASSWORD = "Passw0rd!Administrator"
# Debian's own Python has Samba's modules; beside the program are others of their names.
_PROVISION = pathlib.Path(__file__).with_name("samba_provision.py")

_PATHS = {"private dir": "private", "lock directory": "", "state directory": "state", "cache directory": "cache",
          "binddns dir": "bind-dns", "pid directory": "run", "ncalrpc dir": "run/ncalrpc",
          "winbindd socket directory": "run/winbindd"}

# What ldbmodify sends to write a pwdLastSet that nobody may choose (DSDB_CONTROL_BYPASS_PASSWORD_HASH_OID).
_BYPASS_PASSWORD_HASH = "local_oid:1.3.6.1.4.1.7165.4.3.12:0"


def run(*command, text=""):
    """A command's output. It fails by its status, and by what it says: ldbadd is not to be trusted in that."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LDB_", "SAMBA_", "PYTHON"))}
    # The commands in Python are for the distribution's own.
    kept["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    ended = subprocess.run(list(map(str, command)), input=text, capture_output=True, text=True, check=False,
                           timeout=2 * PATIENCE, env=kept)
    if ended.returncode or re.search(r"^ERR", ended.stdout + ended.stderr, re.MULTILINE):
        raise AssertionError(f"{command[0]} {command[1]}: {ended.returncode}\n{ended.stdout}{ended.stderr}"[-4000:])
    return ended.stdout + ended.stderr


class Files:
    """A domain controller's folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.configuration = self.folder / "smb.conf"
        self.sam = self.folder / "private" / "sam.ldb"

    def configure(self, *lines):
        """smb.conf of a server that does LDAP and nothing else. It is the only file that has paths."""
        text = ["[global]", "netbios name = DC1", f"realm = {active_directory.REALM.upper()}",
                f"workgroup = {active_directory.NETBIOS}", "server role = active directory domain controller",
                "server services = ldap", "dcerpc endpoint servers =", "bind interfaces only = yes",
                "dsdb:schema update allowed = yes", f"log file = {self.folder / 'samba.log'}",
                *(f"{name} = {self.folder / path}" for name, path in _PATHS.items()), *lines]
        for path in _PATHS.values():
            (self.folder / path).mkdir(parents=True, exist_ok=True)
        self.configuration.write_text("\n".join(text) + "\n", encoding="utf-8")
        return self

    def add(self, ldif):
        """Adds entries while no server runs."""
        said = self._ldb("ldbadd", ldif)
        count = len(re.findall(r"^dn:", ldif, re.MULTILINE))
        if f"Added {count} records successfully" not in said:
            raise AssertionError(f"ldbadd of {count}: {said[-4000:]}")

    def modify(self, ldif, *options):
        said = self._ldb("ldbmodify", ldif, *options)
        count = len(re.findall(r"^dn:", ldif, re.MULTILINE))
        if not re.search(rf"Modified {count} records|{count} records? modified", said):
            raise AssertionError(f"ldbmodify of {count}: {said[-4000:]}")

    def search(self, base, filter_text, *attributes, scope="sub"):
        return run("ldbsearch", "-H", self.sam, f"--configfile={self.configuration}", "-b", base, "-s", scope,
                   filter_text, *attributes)

    def _ldb(self, tool, ldif, *options):
        file = self.folder / "given.ldif"
        file.write_text(ldif, encoding="utf-8")
        try:
            return run(tool, "-H", self.sam, f"--configfile={self.configuration}", *options, file)
        finally:
            file.unlink()


def _provision(folder):
    run("/usr/bin/python3", "-I", _PROVISION, active_directory.REALM, active_directory.NETBIOS, ADMINISTRATOR_PASSWORD,
        folder)
    files = Files(folder).configure("interfaces = lo")
    found = files.search(active_directory.SCHEMA, "(lDAPDisplayName=*)", "lDAPDisplayName")
    attributes, classes, changes = active_directory_schema.make(
        active_directory.SCHEMA, set(re.findall(r"^lDAPDisplayName: (\S+)$", found, re.MULTILINE)))
    files.add(attributes)
    files.add(classes)
    files.modify(changes)
    files.modify(active_directory.settings())


def _fill(folder, ldif):
    files = Files(folder).configure("interfaces = lo")
    files.add(ldif)
    files.modify(active_directory.old_passwords(), f"--controls={_BYPASS_PASSWORD_HASH}")
    sid = re.search(r"^objectSid: (\S+)$", files.search(active_directory.SUFFIX, "(sAMAccountName=svc-blind)", "objectSid"),
                    re.MULTILINE).group(1)
    run("samba-tool", "dsacl", "set", "-H", files.sam, f"--configfile={files.configuration}",
        f"--objectdn={active_directory.FEDERATION}", f"--sddl=(D;CI;GR;;;{sid})")


def _hash(*parts):
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


@contextlib.contextmanager
def _locked():
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _made(name, make):
    """The cached folder with that name; `make` fills a new one. The caller has the lock."""
    folder = CACHE / name
    if not folder.exists():
        new = CACHE / f"{name}.new"
        shutil.rmtree(new, ignore_errors=True)
        try:
            make(new)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        new.rename(folder)
    os.utime(folder)
    return folder


def _remove_old():
    for folder in CACHE.iterdir():
        if folder.is_dir() and folder.stat().st_mtime < time.time() - _KEEP_DAYS * 86400:
            shutil.rmtree(folder)


def copy(source, target):
    run("cp", "-a", "--sparse=always", f"{source}/.", target)


def provisioned(ldif):
    """The folder of a domain with these entries, for copy()."""
    sources = [pathlib.Path(source).read_text(encoding="utf-8") for source in (__file__, _PROVISION)]
    domain = _hash(run("samba", "--version"), *sources, active_directory_schema.make("CN=Schema", set()),
                   active_directory.settings())

    def fill(folder):
        copy(_made(f"domain-{domain}", _provision), folder)
        _fill(folder, ldif)

    with _locked():
        _remove_old()
        return _made(f"contents-{_hash(domain, ldif, active_directory.old_passwords())}", fill)
