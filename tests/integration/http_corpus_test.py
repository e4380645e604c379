# SPDX-License-Identifier: Apache-2.0
"""Every case of tests/http/corpus over TLS: whole, in two records split at every byte, and a record for each byte.

What comes back must be what the case says, however its bytes were split. A case of more than 600 bytes is split
at its first 150 bytes, its last 300, around each multiple of 4 KiB, and more closely where the server's buffer for
reading ends, after 16 KiB. A sanitized server, many times slower, gets every eighth of the splits; the release gets
all of them.
"""
import collections
import concurrent.futures
import multiprocessing
import os
import pathlib
import ssl
import sys
import time
import unittest

from support import contoso
from support.server import start

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))
import corpus  # noqa: E402
import exchange  # noqa: E402

PROCESSES = 3
SHORT = 600
STEP = 4096
READ = 16384  # of the server at once, and the longest record
EVERY = 8 if "EAS451_SANITIZER" in os.environ else 1
ENDED_EARLY = "ended early"


def splits(length):
    if length <= SHORT:
        return list(range(1, length, EVERY))
    around = {offset + delta for offset in range(STEP, length, STEP) for delta in (-2, -1, 0, 1, 2)}
    around |= {offset + delta for offset in range(READ, length + READ, READ) for delta in range(-32, 33)}
    return sorted(offset for offset in {*range(1, 150), *range(length - 300, length), *around} if 0 < offset < length)[::EVERY]


def seen_of(port, case):
    """{what came back: [how it was split]}"""
    seen = collections.defaultdict(list)
    at_once = exchange.Talker(port, exchange.tls_context())
    seen[at_once.talk([case.data])].append("whole")
    seen[at_once.talk([case.data[i:i + 1] for i in range(len(case.data))])].append("byte by byte")
    talker = exchange.Talker(port, exchange.tls_context(ssl.TLSVersion.TLSv1_2))
    offsets = splits(len(case.data))
    parts = [[case.data[:offset], case.data[offset:]] for offset in offsets]
    if case.closes:
        for offset, two in zip(offsets, parts):
            seen[talker.talk(two)].append(offset)
        return dict(seen)
    # Nothing of it may close the connection: that is one, and much cheaper.
    answers = talker.talk_on(parts, len(case.answers))
    for offset, answer in zip(offsets, answers):
        seen[answer].append(offset)
    if len(answers) < len(parts):
        seen[ENDED_EARLY].append(offsets[len(answers)])
    return dict(seen)


def judge(port, case):
    try:
        return case, seen_of(port, case), ""
    except (OSError, AssertionError) as error:
        return case, {}, f"{type(error).__name__}: {error}"


def is_served(answers):
    """Something of it was taken for a request."""
    return any(status not in exchange.REFUSALS for status in answers)


class HttpCorpus(unittest.TestCase):
    def test_every_case_at_every_split(self):
        cases = corpus.read_cases()
        self.assertGreaterEqual(len(cases), 150)
        server = start(self, contoso.config(authentication={"basic": "off"}),
                       contoso.directory(contoso.moved("u")))
        began = time.monotonic()
        with concurrent.futures.ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
            longest_first = sorted(cases, key=lambda case: -len(case.data) * (10 if case.closes else 1))
            results = list(pool.map(judge, [server.https] * len(cases), longest_first))
        mistakes, served, uneven, connections = [], [], [], 0
        for case, seen, error in results:
            if error or list(seen) != [(tuple(case.answers), case.closes)]:
                shown = {str(answer): how[:5] for answer, how in seen.items()}
                mistakes.append(f"{case.name}: expected {case.answers} {'close' if case.closes else ''}: {shown} {error}")
            connections += sum(map(len, seen.values()))
            if len(seen) != 1:
                uneven.append(case.name)
            if case.verdict == "reject" and (not seen or any(is_served(answer[0]) for answer in seen if answer != ENDED_EARLY)):
                served.append(case.name)
        kinds = collections.Counter(case.verdict for case in cases)
        long = [case for case in cases if len(case.data) > SHORT]
        print(f"figure: http corpus: {len(cases)} cases, {kinds['reject']} must-reject of which {len(served)} processed, "
              f"{connections} exchanges, same verdict at every{f' {EVERY}th' if EVERY > 1 else ''} split for {len(cases) - len(uneven)} of {len(cases)}, "
              f"of which {len(long)} are long and were split at {sum(len(splits(len(case.data))) for case in long)} of their "
              f"{sum(len(case.data) - 1 for case in long)} bytes, {time.monotonic() - began:.0f} s", flush=True)
        self.assertEqual([], mistakes, "\n" + "\n".join(mistakes))
        self.assertEqual(([], []), (served, uneven))


if __name__ == "__main__":
    unittest.main()
