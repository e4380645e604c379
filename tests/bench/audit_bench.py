# SPDX-License-Identifier: Apache-2.0
"""How fast `eas451 audit` is beside a bare paged ldapsearch of the same attributes, of the same slapd, and in how much memory.
    audit_bench.py [RECIPIENTS [ROUNDS]]
The binary is $EAS451_BINARY, or that of the release build. Its status is 1 when a figure is not met."""
import os
import pathlib
import statistics
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from support import certificates, contoso, ldap_site, slapd  # noqa: E402
from support.server import BINARY  # noqa: E402

SPEED, MEMORY_MIB = 0.7, 100
FILTER = "(&(&(objectCategory=person)(objectClass=user))(mailNickname=*))"
# Those of LdapSchema::attributes().
ATTRIBUTES = ("userPrincipalName sAMAccountName mail proxyAddresses mailNickname homeMDB msExchHomeServerName targetAddress "
              "msExchRecipientTypeDetails msExchRemoteRecipientType userAccountControl msExchOmaAdminWirelessEnable msExchMailboxGuid "
              "objectGUID entryUUID pwdLastSet pwdChangedTime pwdAccountLockedTime").split()


class LargeSlapd(slapd.Slapd):
    def _write_configuration(self, *arguments):
        super()._write_configuration(*arguments)
        text = self._conf.read_text(encoding="utf-8")
        self._conf.write_text(text.replace("maxsize 268435456", "maxsize 8589934592"), encoding="utf-8")


def people(count):
    """Of ten: five who moved, three local ones, one whose UPN is another, one who is stuck."""
    for number in range(count):
        name = f"crowd{number}"
        aliases = [f"SMTP:{name}@contoso.com", f"smtp:{name}@contoso.mail.onmicrosoft.com", f"smtp:first.last.{name}@contoso.com"]
        if number % 10 < 3:
            yield contoso.local(name, proxyAddresses=aliases)
        elif number % 10 == 8:
            yield contoso.moved(name, proxyAddresses=aliases, userPrincipalName=f"{name}@corp.contoso.com")
        else:
            yield contoso.moved(name, "litware.com" if number % 10 == 9 else "contoso.mail.onmicrosoft.com", proxyAddresses=aliases)


# In a small process of its own: what the kernel counts as the largest resident set of a program begins with that of
# the process that it was made from.
_MEASURE = """
import os, subprocess, sys, time
began = time.monotonic()
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.monotonic() - began, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
"""


def measured(command, environment=None):
    """Seconds, the largest resident set in MiB, the exit status."""
    ended = subprocess.run([sys.executable, "-c", _MEASURE, *command], stdout=subprocess.PIPE, env=environment, check=True)
    seconds, resident, status = map(float, ended.stdout.split())
    return seconds, resident, int(status)


def main(recipients=100_000, rounds=5):
    fixture = unittest.TestCase()
    slapd.PATIENCE = 3600
    try:
        authority = certificates.authority(fixture)
        # What slapd writes of every operation would be measured too.
        server = LargeSlapd(*certificates.server_certificate(authority, None), authority.ca_file, people_given=list(people(recipients)), log="none")
        fixture.addCleanup(server.remove)
        site = ldap_site.site(fixture, server)
        search = ["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-E", "pr=1000/noprompt", "-H", server.url(), "-D",
                  slapd.SERVICE_ACCOUNT, "-w", slapd.SERVICE_PASSWORD, "-b", slapd.BASE, FILTER, *ATTRIBUTES]
        environment = {**os.environ, "LDAPTLS_CACERT": str(server.ca_file), "LDAPTLS_REQCERT": "demand"}
        audit = [str(BINARY), "--config", str(site.config_file), "audit"]
        ratios, memory = [], 0.0
        for number in range(rounds + 1):
            bare, _, searched = measured(search, environment)
            audited, resident, found = measured(audit)
            if (searched, found) != (0, 1):
                raise SystemExit(f"ldapsearch ended with {searched}, audit with {found}")
            if number == 0:
                continue  # slapd's caches were cold
            ratios.append(bare / audited)
            memory = max(memory, resident)
            print(f"ldapsearch {bare:.2f} s, audit {audited:.2f} s: {ratios[-1]:.2f} x its speed, "
                  f"{recipients / audited:.0f} recipients a second, {resident:.0f} MiB", flush=True)
        ratio = statistics.median(ratios)
        print(f"figure: audit of {recipients} recipients: {ratio:.2f} x the speed of ldapsearch (bar {SPEED}), {memory:.0f} MiB (bar {MEMORY_MIB})")
        is_met = ratio >= SPEED and memory < MEMORY_MIB
        print("met" if is_met else "MISSED")
        return 0 if is_met else 1
    finally:
        fixture.doCleanups()


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.exit(__doc__)
    sys.exit(main(*map(int, sys.argv[1:])))
