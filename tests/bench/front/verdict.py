# SPDX-License-Identifier: Apache-2.0
"""The bars, and what is said of each: met, MISSED, or inconclusive when the machine was too busy to tell."""
import collections
import enum

Bar = collections.namedtuple("Bar", "what most")

LOAD = Bar("451 over TLS keep-alive, log off, CPU per request, x nginx static", 0.83)
HANDSHAKE = Bar("CPU per full ECDSA handshake with as many tickets, x nginx", 1.05)
PROXY = Bar("small requests passed on, TLS on both sides, CPU per request, x the better of nginx and HAProxy", 1.18)
IDLE = Bar("memory per idle TLS connection, x nginx", 1.05)


class Verdict(enum.IntEnum):
    """As exit statuses."""
    MET = 0
    MISSED = 1
    INCONCLUSIVE = 3


def judge(bar, value, conclusive=True, note=""):
    verdict = Verdict.MET if value <= bar.most else Verdict.MISSED
    if not conclusive:
        verdict = Verdict.INCONCLUSIVE
    word = {Verdict.MET: "met", Verdict.MISSED: "MISSED"}.get(verdict, "inconclusive: too few quiet rounds")
    print(f"bar: {bar.what}: {value:.3f}, at most {bar.most:.2f}: {word}{note}\n")
    return verdict


def worst(verdicts):
    """A bar that is missed outweighs one that nobody can tell."""
    verdicts = list(verdicts)
    if Verdict.MISSED in verdicts:
        return Verdict.MISSED
    return Verdict.INCONCLUSIVE if Verdict.INCONCLUSIVE in verdicts else Verdict.MET
