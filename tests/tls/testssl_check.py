# SPDX-License-Identifier: Apache-2.0
"""`./dev soak testssl`: Debian's testssl.sh against the shipped binary with a certificate of a test authority,
once with an ECDSA key and once with RSA. Fails on every finding of LOW or worse that allowed.txt does not
explain. A run takes two to three minutes for each."""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from support import contoso  # noqa: E402
from support.certificates import Authority  # noqa: E402
from support.server import Server, Site  # noqa: E402

LONGEST_RUN = 900
HARMLESS = {"OK", "INFO"}
# "WARN" is testssl saying that it could not find out.
GRAVE = {"LOW", "MEDIUM", "HIGH", "CRITICAL", "WARN", "FATAL"}


def allowed():
    """{finding: reason} of allowed.txt."""
    reasons = {}
    for line in (pathlib.Path(__file__).parent / "allowed.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        finding, reason = line.split(None, 1)
        reasons[finding] = reason
    return reasons


def findings(authority, key):
    certificate, private = authority.issue(key=key, days=90)
    listener = {"bind": "127.0.0.1:0", "tls": {"certificate": str(certificate), "key": str(private),
                                               "ocsp_response": str(authority.ocsp_response(certificate))}}
    site = Site(contoso.config(listeners=[listener]), contoso.directory())
    server = Server(site)
    try:
        server.wait_until_listening()
        report = site.folder / "report.json"
        subprocess.run(["testssl", "--jsonfile", str(report), "--quiet", "--color", "0", "--warnings", "off",
                        "--add-ca", str(authority.ca_file), f"localhost:{server.https}"],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False, timeout=LONGEST_RUN)
        return json.loads(report.read_text(encoding="utf-8"))
    finally:
        server.stop()
        site.remove()


def main():
    reasons, used, bad = allowed(), set(), 0
    authority = Authority()
    try:
        for key in ("ec", "rsa"):
            report = findings(authority, key)
            print(f"{key}: {len(report)} findings")
            # A run that was cut off finds little.
            if len(report) < 100:
                print("too few: testssl did not come to its end")
                bad += 1
            for one in report:
                if one["severity"] in HARMLESS:
                    continue
                if one["severity"] not in GRAVE:
                    print(f"a severity that is not known: {one}")
                    bad += 1
                    continue
                reason = reasons.get(one["id"])
                used.add(one["id"])
                bad += reason is None
                print(f"{one['severity']:8} {one['id']}: {one['finding']} -- {reason or 'NOT ALLOWED'}")
    finally:
        authority.remove()
    for finding in reasons.keys() - used:
        print(f"allowed.txt: {finding} was not found this time")
    print(f"testssl: {bad} findings too many" if bad else "testssl: nothing of LOW or worse beyond allowed.txt")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
