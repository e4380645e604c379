# SPDX-License-Identifier: Apache-2.0
"""Two clients of a directory: ldap-utils' ldapsearch, and a socket that sends messages by hand."""
import os
import re
import socket
import ssl
import subprocess

from support import ldap_bytes
from support.server import PATIENCE

_LINE = re.compile(r"^(.+?)(::?) (.*)$", re.MULTILINE)


def ldapsearch(url, ca_file, *arguments, dn=None, password=None, base=""):
    """The ended process. An ldap:// URL means StartTLS, and no less."""
    started = ["-ZZ"] if url.startswith("ldap://") else []
    named = ["-D", dn, "-w", password] if dn is not None else []
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LDAP")}
    return subprocess.run(
        ["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", url, *started, *named, "-b", base, *arguments],
        capture_output=True, text=True, check=False, timeout=PATIENCE,
        env={**kept, "LDAPTLS_CACERT": str(ca_file), "LDAPTLS_REQCERT": "demand"})


def names(ended):
    """The DNs that an ldapsearch found, one a line, base64 where they are not ASCII."""
    return [value for name, _, value in _LINE.findall(ended.stdout) if name == "dn"]


def values(ended):
    """(attribute, value) of all that an ldapsearch found, in its order."""
    return [(name, value) for name, _, value in _LINE.findall(ended.stdout)]


class Connection:
    """To a directory on loopback: LDAPS, StartTLS, or in clear. The certificate is checked when `ca_file`
    is given."""

    def __init__(self, port, ca_file=None, tls=True, start_tls=False, timeout=PATIENCE, host="127.0.0.1"):
        context = ssl.create_default_context(cafile=ca_file) if ca_file else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not ca_file:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self._rest = b""
        try:
            if start_tls:
                granted = self.send(ldap_bytes.start_tls_request(1)).read()
                if ldap_bytes.result_code(granted) != ldap_bytes.SUCCESS:
                    raise ConnectionRefusedError("no StartTLS")
            if tls:
                self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def read(self):
        while True:
            whole = ldap_bytes.split_message(self._rest)
            if whole:
                message, self._rest = whole
                return message
            data = self.socket.recv(65536)
            if not data:
                raise EOFError(self._rest)
            self._rest += data

    def bind(self, dn, password, number=2):
        """The result code of a simple bind."""
        return ldap_bytes.result_code(self.bind_answer(dn, password, number))

    def bind_answer(self, dn, password, number=2):
        return self.send(ldap_bytes.bind_request(number, dn, password)).read()
