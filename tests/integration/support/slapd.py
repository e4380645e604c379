# SPDX-License-Identifier: Apache-2.0
"""A real OpenLDAP server with the directory of Contoso (tests/directory), for the tests: in a folder of
its own, on loopback, under a certificate of the test's own authority."""
import os
import pathlib
import random
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from support import certificates, ldap_bytes, ldap_client, slapd_log
from support.daemon import Daemon
from support.server import PATIENCE, ROOT, wait_until

sys.path.insert(0, str(ROOT))
from tests.directory import make_directory, people  # noqa: E402

SERVICE_ACCOUNT = make_directory.SERVICE_ACCOUNT
SERVICE_PASSWORD = make_directory.SERVICE_PASSWORD
BASE = people.SUFFIX
CONFIGURATION = people.CONFIGURATION

# The fixture's own account: what it does is not in the log's operations.
_ADMIN = f"cn=fixture,{BASE}"
_SHARED = ROOT / "tests" / "directory"


def free_port():
    """A port of 127.0.0.1 that nobody has, outside the range the kernel takes from by itself: so it is
    still free when a server that stopped wants it again."""
    for _ in range(200):
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port")


class Slapd(Daemon):
    """`certificate` and `key` are files; `ca_file` is for clients. `configuration` is lines for the top
    of slapd.conf ("idletimeout 3"), `people` and `relationships` go into the directory beside what is
    there, as a directory file has them. `policy` is a ppolicy.Policy: the password policy overlay."""

    name = "slapd"

    def __init__(self, certificate, key, ca_file, configuration=(), people_given=(), relationships=(), log="stats",
                 policy=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="eas451-test-slapd-"))
        self.ca_file = ca_file
        self._log_level = log
        self._log_file = self.folder / "slapd.log"
        self._runs = 0
        self._admin_password = secrets.token_hex(16)
        self._policy = policy
        try:
            self._write_configuration(certificate, key, configuration)
            self._load(people_given, relationships)
            self._start_on_free_ports()
        except BaseException:
            self.remove()
            raise

    # --- its life, beside what Daemon has

    def start(self):
        """Starts it again on the same ports and returns when it answers a bind."""
        self._spawn()
        if not self._is_up():
            raise AssertionError(f"slapd ended:\n{self.log_text()[-2000:]}")
        return self

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what it is told

    def url(self, scheme="ldaps", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.ldaps_port if scheme == 'ldaps' else self.ldap_port}"

    def modify(self, ldif, relax=False):
        """Changes the directory while it runs: records of ldapmodify, which may add and delete entries; with
        `relax` also what the server keeps for itself."""
        ended = subprocess.run(["ldapmodify", "-x", "-H", self.url(), "-D", _ADMIN, "-w", self._admin_password,
                                *(("-e", "!relax") if relax else ())],
                               input=ldif, capture_output=True, text=True, check=False, timeout=PATIENCE,
                               env={**os.environ, "LDAPTLS_REQCERT": "never"})
        if ended.returncode:
            raise AssertionError(ended.stderr)

    def read(self, dn, *attributes):
        """The values of one entry as (attribute, value), whoever may see them."""
        ended = ldap_client.ldapsearch(self.url(), self.ca_file, "-s", "base", "(objectClass=*)", *attributes,
                                       dn=_ADMIN, password=self._admin_password, base=dn)
        if ended.returncode:
            raise AssertionError(ended.stderr)
        return [(name, value) for name, value in ldap_client.values(ended) if name != "dn"]

    # --- what it did

    def mark(self):
        """The present, for `since` below."""
        return len(self._clients_operations())

    def operations(self, kind=None, connection=None, since=0):
        """What clients asked since it was made, in order; without what the fixture itself did. Those that
        have no answer, unbind and abandon, are only there by their kind: when they come nobody can say."""
        return [operation for operation in self._clients_operations()[since:]
                if (operation.kind == kind if kind else operation.kind not in slapd_log.UNANSWERED) and
                connection in (None, operation.connection)]

    def _clients_operations(self):
        found = slapd_log.parse(self.log_text())
        own = {operation.connection for operation in found
               if operation.kind == "bind" and operation.name.lower() == _ADMIN.lower()}
        return [operation for operation in found if operation.connection not in own]

    def searches(self, connection=None, since=0):
        return len(self.operations("search", connection, since))

    def binds(self, connection=None, since=0):
        return len(self.operations("bind", connection, since))

    def connections(self, since=0):
        """The connections on which anything was asked, in the order they first were."""
        return list(dict.fromkeys(operation.connection for operation in self.operations(since=since)))

    def finished(self, count, since=0):
        """The operations, once so many are there and each has its result."""
        def all_of_them():
            found = self.operations(since=since)
            done = len(found) >= count and all(operation.result is not None for operation in found)
            return found if done else None
        return wait_until(all_of_them, f"{count} operations with their results")

    def log_text(self):
        return self._log_file.read_text(encoding="utf-8", errors="replace") if self._log_file.exists() else ""

    # --- how

    def _write_configuration(self, certificate, key, lines):
        def database(name, access=()):
            """The first access rule that fits is the one that counts, so these are put before the others."""
            (self.folder / name).mkdir()
            shared = (_SHARED / "slapd" / f"{name}.conf").read_text(encoding="utf-8")
            first = shared.index("access to ")
            return [shared[:first], *access, shared[first:], f"directory {self.folder / name}", f'rootdn "{_ADMIN}"']
        policy = self._policy
        text = [f'include "{_SHARED}/slapd/global.conf"', f'include "{_SHARED}/exchange.schema"',
                f"pidfile {self.folder / 'slapd.pid'}", f"rootDSE {self.folder / 'rootdse.ldif'}",
                f"TLSCACertificateFile {self.ca_file}", f"TLSCertificateFile {certificate}",
                f"TLSCertificateKeyFile {key}", *lines, *(policy.module() if policy else ()),
                *database("configuration"), *database("domain", policy.access() if policy else ()),
                f"rootpw {self._admin_password}", *(policy.overlay() if policy else ())]
        self._conf = self.folder / "slapd.conf"
        self._conf.write_text("\n".join(text) + "\n", encoding="utf-8")

    def _load(self, people_given, relationships):
        make_directory.write(self.folder, people_given, relationships)
        if self._policy:
            with open(self.folder / "domain.ldif", "a", encoding="utf-8") as domain:
                domain.write(self._policy.records())
        for suffix, name in ((CONFIGURATION, "configuration"), (BASE, "domain")):
            ended = subprocess.run(["/usr/sbin/slapadd", "-q", "-f", str(self._conf), "-b", suffix, "-l",
                                    str(self.folder / f"{name}.ldif")],
                                   capture_output=True, text=True, check=False, timeout=PATIENCE)
            if ended.returncode:
                raise AssertionError(f"slapadd {name}.ldif: {ended.stderr}")

    def _start_on_free_ports(self):
        for _ in range(5):
            self.ldap_port, self.ldaps_port = free_port(), free_port()
            self._spawn()
            if self._is_up():
                return
        raise AssertionError(f"slapd does not start:\n{self.log_text()[-2000:]}")

    def _spawn(self):
        self._runs += 1
        with open(self._log_file, "a", encoding="utf-8") as log:
            log.write(slapd_log.run_line(self._runs))
            log.flush()
            self.process = subprocess.Popen(
                ["/usr/sbin/slapd", "-f", str(self._conf), "-d", self._log_level, "-h",
                 f"{self.url('ldap')}/ {self.url()}/"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, cwd=self.folder,
                start_new_session=True)

    def _is_up(self):
        """Waits until it answers a bind; False when it ended instead."""
        limit = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            if self._answers_a_bind():
                return True
            if time.monotonic() > limit:
                self.kill()
                raise AssertionError(f"slapd does not answer:\n{self.log_text()[-2000:]}")
            time.sleep(0.005)
        self.reap()
        return False

    def _answers_a_bind(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            with socket.create_connection(("127.0.0.1", self.ldaps_port), timeout=5) as plain, \
                    context.wrap_socket(plain) as connection:
                connection.sendall(ldap_bytes.bind_request(1, _ADMIN, self._admin_password))
                received = connection.recv(4096)
                connection.sendall(ldap_bytes.message(2, ldap_bytes.UNBIND_REQUEST, b""))
        except OSError:
            return False
        whole = ldap_bytes.split_message(received)
        return whole is not None and ldap_bytes.result_code(whole[0]) == ldap_bytes.SUCCESS


def start(test, trouble=None, authority=None, **options):
    """A slapd for one test case, or for a class when `test` is the class. `trouble` is one of
    certificates.server_certificate's."""
    trusted = authority or certificates.authority(test)
    made = Slapd(*certificates.server_certificate(trusted, trouble), trusted.ca_file, **options)
    (test.addClassCleanup if isinstance(test, type) else test.addCleanup)(made.remove)
    return made
