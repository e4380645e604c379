# SPDX-License-Identifier: Apache-2.0
"""A real domain controller, Samba's, with Contoso in its directory, for the tests: in a folder of its own,
on a loopback address of its own, under a certificate of the test's own authority.

Samba listens on 389, 636, 3268 and 3269 and can be told nothing else: hence the address, and low_ports.
"""
import base64
import pathlib
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time

from support import certificates, low_ports, samba_files, samba_log
from support.daemon import Daemon
from support.ldap_client import Connection
from support.server import PATIENCE
from tests.directory import active_directory

SERVICE_ACCOUNT = active_directory.SERVICE_ACCOUNT
SERVICE_PASSWORD = active_directory.SERVICE_PASSWORD
BASE = active_directory.SUFFIX
CONFIGURATION = active_directory.CONFIGURATION
LDAP, LDAPS, GLOBAL_CATALOG, GLOBAL_CATALOG_TLS = 389, 636, 3268, 3269
_PORTS = {"ldap": LDAP, "ldaps": LDAPS}
INVALID_CREDENTIALS = 49

# The fixture's own account: what it does is not in the log's operations.
_ADMINISTRATOR = f"administrator@{active_directory.REALM}"


def _is_free(address):
    for port in (LDAP, LDAPS, GLOBAL_CATALOG, GLOBAL_CATALOG_TLS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def _own_address():
    """(address, what holds it for us): a name among the abstract Unix sockets, which the kernel gives to one
    of all test runs on this machine and takes back from a process that ended."""
    for number in random.sample(range(2, 255), 253):
        address = f"127.0.0.{number}"
        holder = socket.socket(socket.AF_UNIX)
        try:
            holder.bind(f"\0eas451-test-samba-{address}")
        except OSError:
            holder.close()
            continue
        if _is_free(address):
            return address, holder
        holder.close()
    raise AssertionError("no free loopback address")


class Samba(Daemon):
    """`people_given` and `relationships` go into the directory beside what is there, as a directory file has
    them. `limits` are LDAP policies ("MaxConnIdleTime": 4), `lockout_threshold` 0 means never, and
    `configuration` is lines for smb.conf ("old password allowed period = 0")."""

    name = "samba"
    tells_of_changes = True
    service_account = SERVICE_ACCOUNT

    def __init__(self, authority, trouble=None, people_given=(), relationships=(), limits=None, configuration=(),
                 lockout_threshold=active_directory.LOCKOUT_THRESHOLD, lockout_minutes=active_directory.LOCKOUT_MINUTES):
        low_ports.require()
        self.ca_file = authority.ca_file
        self.address, self._holder = _own_address()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="eas451-test-samba-"))
        self._log_file = self.folder / "log"
        self._runs = 0
        try:
            source = samba_files.provisioned("".join(active_directory.contents(people_given, relationships)))
            samba_files.copy(source, self.folder)
            self._files = samba_files.Files(self.folder)
            self._configure(*certificates.server_certificate(
                authority, trouble, ("DNS:dc1.contoso.lab", "DNS:localhost", f"IP:{self.address}")), configuration)
            self._set_policies(limits, lockout_threshold, lockout_minutes)
            self._lockout_threshold = lockout_threshold
            self.start()
        except BaseException:
            self.remove()
            raise

    # --- its life, beside what Daemon has

    def start(self):
        """Starts it, again on the same address, and returns when it answers a bind."""
        self._runs += 1
        with open(self._log_file, "a", encoding="utf-8") as log:
            log.write(samba_log.run_line(self._runs))
            log.flush()
            # It ends when its stdin does: with us, whatever becomes of us.
            self.process = subprocess.Popen(
                ["/usr/sbin/samba", "-i", "-M", "single", "-s", str(self._files.configuration), "--debug-stdout"],
                stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self.folder, start_new_session=True)
        limit = time.monotonic() + PATIENCE
        while not self._answers_a_bind():
            if self.process.poll() is not None or time.monotonic() > limit:
                self.kill()
                raise AssertionError(f"samba does not answer:\n{self.log_text()[-2000:]}")
            time.sleep(0.01)
        return self

    def reap(self):
        super().reap()
        if self.process is not None:
            self.process.stdin.close()

    def remove(self):
        self.kill()
        self._holder.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what it is told

    def url(self, scheme="ldaps", host=None, port=None):
        return f"{scheme}://{host or self.address}:{port or _PORTS[scheme]}"

    def connection(self, port=LDAPS, **options):
        """A connection to send messages by hand."""
        return Connection(port, host=self.address, **options)

    def modify(self, ldif):
        """Changes the directory while it runs: records of ldapmodify, which may add and delete entries."""
        self._as_administrator("ldapmodify", text=ldif)

    def modify_files(self, ldif):
        """The same while it does not run."""
        self._files.modify(ldif)

    def change(self, name, *attributes):
        """Sets attributes of an account: ("userAccountControl", 514)."""
        self.modify(active_directory.replaced(self.distinguished_name(name), *attributes))

    def set_password(self, name, password):
        self.change(name, ("unicodePwd", active_directory.unicode_password(password)))

    def lock_out(self, name):
        """By as many wrong passwords as that takes."""
        dn = self.distinguished_name(name)
        for _ in range(self._lockout_threshold):
            self._ldap_utility("ldapwhoami", dn, "wrong", status=INVALID_CREDENTIALS)
        if not self.lockout_state(name)[1]:
            raise AssertionError(f"{name} is not locked")

    def unlock(self, name):
        self.change(name, ("lockoutTime", 0))

    # --- what it knows

    def attributes(self, name, *attributes):
        """{attribute: first value} of the account with that sAMAccountName; base64 stays."""
        found = self._as_administrator("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", BASE, f"(sAMAccountName={name})",
                                       *attributes)
        pairs = re.findall(r"^([^:#\n]+)::? (.*)$", found, re.MULTILINE)
        if not pairs:
            raise AssertionError(f"no account {name}")
        return dict(reversed(pairs))

    def distinguished_name(self, name):
        dn = re.search(r"^dn(::?) (.*)$", self._as_administrator(
            "ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", BASE, f"(sAMAccountName={name})", "1.1"), re.MULTILINE)
        return base64.b64decode(dn.group(2)).decode() if dn.group(1) == "::" else dn.group(2)

    def lockout_state(self, name):
        """(badPwdCount, lockoutTime) of the account with that sAMAccountName; 0 where there is none."""
        found = self.attributes(name, "badPwdCount", "lockoutTime")
        return int(found.get("badPwdCount", 0)), int(found.get("lockoutTime", 0))

    # --- what it did

    def mark(self):
        """The present, for `since` below."""
        return len(self._clients_operations())

    def operations(self, kind=None, connection=None, since=0):
        """What clients asked since it was made, in order; without what the fixture itself did."""
        return [operation for operation in self._clients_operations()[since:]
                if kind in (None, operation.kind) and connection in (None, operation.connection)]

    def searches(self, connection=None, since=0):
        return len(self.operations("search", connection, since))

    def binds(self, connection=None, since=0):
        return len(self.operations("bind", connection, since))

    def connections(self, since=0):
        """The connections on which anything was asked, in the order they first were."""
        return list(dict.fromkeys(operation.connection for operation in self.operations(since=since)))

    def log_text(self):
        return self._log_file.read_text(encoding="utf-8", errors="replace") if self._log_file.exists() else ""

    def _clients_operations(self):
        found = samba_log.parse(self.log_text())
        own = {operation.connection for operation in found
               if "unix:" in operation.connection or operation.name == _ADMINISTRATOR}
        return [operation for operation in found if operation.connection not in own]

    # --- how

    def _set_policies(self, limits, *lockout):
        changes = active_directory.ldap_policy(limits) if limits else ""
        if lockout != (active_directory.LOCKOUT_THRESHOLD, active_directory.LOCKOUT_MINUTES):
            changes += active_directory.lockout(*lockout)
        if changes:
            self._files.modify(changes)

    def _configure(self, certificate, key, lines):
        # Samba refuses a key that others may read.
        own_key = self.folder / "tls.key"
        own_key.touch(mode=0o600)
        own_key.write_bytes(key.read_bytes())
        self._files.configure(f"interfaces = {self.address}/8", "tls enabled = yes", f"tls certfile = {certificate}",
                              f"tls keyfile = {own_key}", f"tls cafile = {self.ca_file}", f"log level = {samba_log.LEVEL}", *lines)

    def _as_administrator(self, program, *arguments, text=""):
        return self._ldap_utility(program, _ADMINISTRATOR, samba_files.ADMINISTRATOR_PASSWORD, *arguments, text=text)

    def _ldap_utility(self, program, name, password, *arguments, text="", status=0):
        """By its Unix socket, so that it is told from what clients do."""
        socket_url = "ldapi://" + str(self.folder / "private" / "ldap_priv" / "ldapi").replace("/", "%2F")
        ended = subprocess.run([program, "-x", "-H", socket_url, "-D", name, "-w", password, *arguments], input=text,
                               capture_output=True, text=True, check=False, timeout=PATIENCE)
        if ended.returncode != status:
            raise AssertionError(f"{program}: {ended.returncode}: {ended.stderr}")
        return ended.stdout

    def _answers_a_bind(self):
        try:
            with self.connection(timeout=5) as connection:
                return connection.bind(_ADMINISTRATOR, samba_files.ADMINISTRATOR_PASSWORD) == 0
        except (OSError, EOFError):
            return False


def start(test, trouble=None, authority=None, **options):
    """A domain controller for one test case, or for a class when `test` is the class. `trouble` is one of
    certificates.server_certificate's."""
    made = Samba(authority or certificates.authority(test), trouble, **options)
    (test.addClassCleanup if isinstance(test, type) else test.addCleanup)(made.remove)
    return made
