# SPDX-License-Identifier: Apache-2.0
"""Every case of tests/http/corpus in front of Exchange: what must be refused never gets there, and what gets there is
one request with one framing, in our words."""
import pathlib
import ssl
import sys
import unittest

from support import contoso, fake_exchange
from support.fake_exchange import field
from support.server import start

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))
import corpus  # noqa: E402
import exchange  # noqa: E402

PASSED = 209  # nobody else answers so
# Where somebody wants the body, more can be answered than where nobody does.
OTHERWISE = {"expect-continue": ([PASSED], False), "expect-continue-chunked": ([PASSED, 404], False),
             "cl-nineteen-digits": ([413], True)}
REFUSED = exchange.REFUSALS | {413}
NEVER = ("X-Forwarded-Host", "Forwarded", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "Expect", "Proxy-Connection",
         "X-CommonAccessToken")


def passes(peer, _):
    peer.answer(PASSED, phrase="Passed")


class Smuggling(unittest.TestCase):
    def test_every_case(self):
        upstream = fake_exchange.start(self, behaviour=passes)
        server = start(self, upstream.config(authentication={"basic": "off"}), contoso.directory(contoso.local("u")))
        tls = exchange.tls_context(ssl.TLSVersion.TLSv1_2)
        wrong, cases = [], corpus.read_cases()
        for case in cases:
            before = len(upstream.requests)
            answers, closed = exchange.Talker(server.https, tls).talk([case.data])
            seen = upstream.requests[before:]
            passed = answers.count(PASSED)
            if case.verdict == "reject" and seen:
                wrong.append((case.name, "was passed on", [each.raw for each in seen]))
            if len(seen) != passed or len(seen) > len(case.answers or answers):
                wrong.append((case.name, f"{len(seen)} requests for {passed} answers", answers))
            if case.verdict in ("accept", "drop-trailers", "reject", "policy"):
                usual = ([PASSED if status == 451 else status for status in case.answers], case.closes)
                expected = OTHERWISE.get(case.name, usual)
                if (list(answers), closed) != expected:
                    wrong.append((case.name, f"expected {expected}", (answers, closed)))
            wrong += [(case.name, what) for each in seen for what in self.faults_of(each)]
        self.assertEqual([], wrong, "\n" + "\n".join(map(str, wrong)))
        self.assertEqual([], upstream.violations)
        self.assertGreater(len(upstream.requests), 50)
        print(f"figure: http corpus in front of Exchange: {len(cases)} cases, {len(upstream.requests)} requests passed on, "
              f"{sum(case.verdict == 'reject' for case in cases)} must-reject of which 0 were", flush=True)

    @staticmethod
    def faults_of(request):
        framings = field(request, "Content-Length") + field(request, "Transfer-Encoding")
        if len(framings) != (1 if request.method == "POST" else 0):
            yield f"framings {framings}"
        for name in NEVER:
            if field(request, name):
                yield f"{name} was passed on"
        for name, value in (("X-Forwarded-For", ["127.0.0.1"]), ("X-Forwarded-Proto", ["https"])):
            if field(request, name) != value:
                yield f"{name}: {field(request, name)}"
        if len(field(request, "Host")) != 1 or not request.target.startswith("/Microsoft-Server-ActiveSync"):
            yield f"not our words: {request.raw!r}"


if __name__ == "__main__":
    unittest.main()
