# SPDX-License-Identifier: Apache-2.0
"""A certificate authority of a test's own, with openssl's commands."""
import datetime
import pathlib
import secrets
import shutil
import subprocess
import tempfile
import threading

from support.server import PATIENCE

# Enough of a configuration for `openssl ca`, which alone can give a certificate any two dates.
_CONFIGURATION = """
[ca]
default_ca = test
[test]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = {names}
"""
LOOPBACK = ("DNS:localhost", "IP:127.0.0.1")
_EC_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_RSA_KEY = ("-newkey", "rsa:2048", "-nodes")


class Authority:
    """Issues certificates of servers. `ca_file` is what a client trusts to trust them."""

    def __init__(self, name="Test CA"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="eas451-test-ca-"))
        self.ca_file = self.folder / "ca.pem"
        self._issued = 0
        self._lock = threading.Lock()  # `openssl ca` keeps its books in files
        (self.folder / "index.txt").touch()
        (self.folder / "serial").write_text(f"1{secrets.token_hex(7)}0\n", encoding="ascii")
        self._openssl("req", "-x509", *_EC_KEY, "-days", "100", "-subj", f"/CN={name}", "-addext",
                      "keyUsage=critical,keyCertSign,cRLSign", "-keyout", "ca.key", "-out", self.ca_file)

    def issue(self, names=LOOPBACK, expired=False, key="ec", days=2):
        """The files (certificate, key) of a new server certificate for these names. Any thread."""
        with self._lock:
            return self._issue(names, expired, _EC_KEY if key == "ec" else _RSA_KEY, days)

    def _issue(self, names, expired, new_key, days):
        self._issued += 1
        certificate, key, request, configuration = (
            self.folder / f"server{self._issued}{suffix}" for suffix in (".pem", ".key", ".csr", ".cnf"))
        configuration.write_text(_CONFIGURATION.format(names=",".join(names)), encoding="ascii")
        first, last = (-48, -24) if expired else (-24, 24 * days)
        self._openssl("req", "-new", *new_key, "-subj", "/CN=test server", "-keyout", key, "-out", request)
        self._openssl("ca", "-batch", "-notext", "-config", configuration, "-extensions", "server", "-cert", "ca.pem",
                      "-keyfile", "ca.key", "-startdate", _hours_from_now(first), "-enddate", _hours_from_now(last),
                      "-in", request, "-out", certificate)
        return certificate, key

    def ocsp_response(self, certificate):
        """The file of a response that says the certificate is good, for a day."""
        response = certificate.with_suffix(".ocsp")
        with self._lock:
            self._openssl("ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ca.pem", "-rkey", "ca.key",
                          "-issuer", "ca.pem", "-cert", certificate, "-ndays", "1", "-respout", response)
        return response

    def _openssl(self, *arguments):
        ended = subprocess.run(["openssl", *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                               check=False, timeout=PATIENCE)
        if ended.returncode:
            raise AssertionError(f"openssl {arguments[0]}: {ended.stderr}")

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def _hours_from_now(hours):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    return moment.strftime("%Y%m%d%H%M%SZ")


def authority(test):
    """An authority for one test case, or for a class when `test` is the class."""
    made = Authority()
    (test.addClassCleanup if isinstance(test, type) else test.addCleanup)(made.remove)
    return made


def server_certificate(trusted, trouble=None, names=LOOPBACK):
    """(certificate, key) of a server with these names, of an authority that its clients trust; or with one
    `trouble`: "other-name", "expired", or "unknown-ca"."""
    if trouble is None:
        return trusted.issue(names)
    if trouble == "other-name":
        return trusted.issue(("DNS:dc9.contoso.com",))
    if trouble == "expired":
        return trusted.issue(names, expired=True)
    if trouble != "unknown-ca":
        raise ValueError(trouble)
    stranger = Authority("Another CA")
    try:
        # The files outlive the authority: they move to the trusted one's folder.
        return tuple(pathlib.Path(shutil.move(file, trusted.folder / f"stranger-{file.name}"))
                     for file in stranger.issue(names))
    finally:
        stranger.remove()
