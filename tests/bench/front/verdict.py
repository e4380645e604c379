# SPDX-License-Identifier: Apache-2.0
"""The bars, and what is said of each: met, MISSED, or inconclusive when the machine was too busy to tell."""
import collections
import enum

Bar = collections.namedtuple("Bar", "what most least", defaults=(None, None))

LOAD = Bar("451 over TLS keep-alive, log off, CPU per request, x nginx static", 0.83)
HANDSHAKE = Bar("CPU per full ECDSA handshake with as many tickets, x nginx", 1.05)
PROXY = Bar("small requests passed on, TLS on both sides, CPU per request, x the better of nginx and HAProxy", 1.18)
LARGE_ANSWERS = Bar("answers of 1 MiB passed on, TLS on both sides, per second, x nginx", least=0.9)
LARGE_REQUESTS = Bar("requests of 1 MiB passed on, TLS on both sides, per second, x nginx", least=0.9)
PINGS = Bar("memory per held Ping, TLS on both sides, x nginx", 1.15)
PROBE = Bar("ms at the 99th percentile of a probe beside held Pings and load", 50)
IDLE = Bar("memory per idle TLS connection, x nginx", 1.05)


class Verdict(enum.IntEnum):
    """As exit statuses."""
    MET = 0
    MISSED = 1
    INCONCLUSIVE = 3


def judge(bar, value, conclusive=True, note=""):
    is_met = value <= bar.most if bar.least is None else value >= bar.least
    verdict = Verdict.MET if is_met else Verdict.MISSED
    if not conclusive:
        verdict = Verdict.INCONCLUSIVE
    word = {Verdict.MET: "met", Verdict.MISSED: "MISSED"}.get(verdict, "inconclusive: too few quiet rounds")
    limit = f"at most {bar.most:.2f}" if bar.least is None else f"at least {bar.least:.2f}"
    print(f"bar: {bar.what}: {value:.3f}, {limit}: {word}{note}\n", flush=True)
    return verdict


def worst(verdicts):
    """A bar that is missed outweighs one that nobody can tell."""
    verdicts = list(verdicts)
    if Verdict.MISSED in verdicts:
        return Verdict.MISSED
    return Verdict.INCONCLUSIVE if Verdict.INCONCLUSIVE in verdicts else Verdict.MET
