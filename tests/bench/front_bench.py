#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The front door beside nginx and HAProxy: the same certificate, the same requests, one worker each on core 0,
the client on core 1. nginx and HAProxy say 451 to everybody; eas451 checks who asks and looks the user up.

    load       keep-alive connections, TLS: CPU of the server per request
    handshake  a full ECDSA handshake and one request on each connection: CPU of the server per connection
    idle       memory of a connection that waits, at 5,000 and 15,000 of them
    rate       10,000 requests in a second, whatever the answers: latency and CPU (no bar)
    proxy      the same requests passed on to an nginx behind each of them: CPU of the server per request
    bodies     answers and requests of 1 MiB passed on: how many in a second
    pings      5,000 Pings held by what is behind: memory of each, and what a probe waits while there is load, too
    all        all of these

Ends with 1 when a bar is missed, and with 3 when the machine was too busy to tell."""
import argparse
import contextlib
import os
import platform
import signal
import sys
import time

from front import measure
from front.client import Client, VoidRun
from front.proxies import Eas451Proxy, HaProxyProxy, NginxProxy
from front.servers import Eas451, HaProxy, Nginx, Variant
from front.site import MIB, Site
from front.upstreams import Holding, LargeAnswers, LargeRequests, Upstream
from front.verdict import (HANDSHAKE, IDLE, LARGE_ANSWERS, LARGE_REQUESTS, LOAD, PINGS, PROBE, PROXY, judge, worst)

HELD = (5000, 15000)
HELD_PINGS = 5000
PROXIES = {"nginx": NginxProxy, "HAProxy": HaProxyProxy, "eas451": Eas451Proxy}
PARTS = ("idle", "load", "handshake", "rate", "proxy", "bodies", "pings")


def print_surroundings(site):
    print(f"machine: {os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}; "
          f"servers on core 0, client on core 1, loopback")
    for kind in (Eas451, Nginx, HaProxy):
        print(f"{kind.name}: {kind.version()}")
    print(f"directory: a file of {site.users:,} users; authentication on\n", flush=True)


def print_runs(title, runs, peer, columns):
    """`columns`: (heading, field, format)."""
    print(title)
    heads = "".join(f"{head:>12}" for head, _, _ in columns)
    print(f"  {'':<22}{heads}{'x nginx':>10}{'least - most':>16}{'quiet':>9}{'foreign':>9}")
    for label, its in runs.items():
        figures = "".join(f"{format(measure.median(its, field), form):>12}" for _, field, form in columns)
        ratio = measure.ratio(its, runs[peer])
        quiet = sum(map(measure.is_quiet, its))
        print(f"  {label:<22}{figures}{ratio.value:>10.3f}{f'{ratio.least:.2f} - {ratio.most:.2f}':>16}"
              f"{f'{quiet}/{len(its)}':>9}{measure.median(its, 'foreign'):>9.2f}", flush=True)


CPU, RATE = ("CPU us", "cpu_us", ".1f"), ("per second", "rate", ",.0f")
P50, P99 = ("p50 us", "p50_us", ",.0f"), ("p99 us", "p99_us", ",.0f")
SHARE, TICKETS = ("cores used", "share", ".2f"), ("tickets", "tickets", ".1f")


class Bench:
    def __init__(self, site, arguments):
        self.site, self.rounds, self.milliseconds = site, arguments.rounds, arguments.milliseconds
        self.held = arguments.held

    @contextlib.contextmanager
    def up(self, **wanted):
        """{label: running server}; ended by their ids, whatever happens."""
        servers = {}
        try:
            for label, (kind, variant) in wanted.items():
                servers[label.replace("_", " ")] = kind(self.site, variant)
            yield servers
        finally:
            for server in servers.values():
                server.stop()

    def tickets_of_ours(self):
        with self.up(eas451=(Eas451, Variant())) as servers:
            return round(measure.run_once(servers["eas451"], "hs", connections=1, requests=4).tickets)

    def load(self):
        off, on = Variant(), Variant(log=True)
        with self.up(nginx=(Nginx, off), HAProxy=(HaProxy, off), eas451=(Eas451, off), nginx_with_log=(Nginx, on),
                     eas451_with_json_log=(Eas451, on)) as servers:
            runs = measure.run_rounds(servers, self.rounds, "load", milliseconds=self.milliseconds)
        print_runs("451, keep-alive, TLS 1.3, 64 connections", runs, "nginx", (CPU, RATE, P50, P99, SHARE))
        ratio = measure.ratio(runs["eas451"], runs["nginx"])
        return judge(LOAD, ratio.value, ratio.conclusive)

    def handshake(self):
        variant = Variant(tickets=self.tickets_of_ours())
        with self.up(nginx=(Nginx, variant), HAProxy=(HaProxy, variant), eas451=(Eas451, variant)) as servers:
            full = measure.run_rounds(servers, self.rounds, "hs", connections=16, milliseconds=self.milliseconds)
            resumed = measure.run_rounds(servers, self.rounds, "hs-resumed", connections=16,
                                         milliseconds=self.milliseconds)
        columns = (CPU, RATE, P50, P99, SHARE, TICKETS)
        print_runs("full ECDSA P-256 handshake, one request, close", full, "nginx", columns)
        print_runs("the same, resumed (no bar)", resumed, "nginx", columns)
        ratio = measure.ratio(full["eas451"], full["nginx"])
        return judge(HANDSHAKE, ratio.value, ratio.conclusive)

    def idle(self):
        return worst(self.idle_at(count) for count in self.held)

    def idle_at(self, count):
        print(f"{count:,} idle TLS connections, one request done on each, 1 s later")
        per_connection = self.memory_of({"nginx": Nginx, "HAProxy": HaProxy, "eas451": Eas451}, count, "hold")
        return judge(IDLE, per_connection["eas451"] / per_connection["nginx"], note=f" ({count:,} connections)")

    def memory_of(self, kinds, count, mode, **options):
        """{name: resident bytes per connection}, of a server that has answered once before."""
        per_connection = {}
        for name, kind in kinds.items():
            with self.up(server=(kind, Variant())) as servers, self.held_by(servers["server"], count, mode, **options) as grown:
                before, after = grown
            per_connection[name] = (after - before) / count
            print(f"  {name:<10}{before / MIB:>8.1f} MiB before{after / MIB:>8.1f} MiB after"
                  f"{per_connection[name] / 1024:>8.2f} KiB per connection"
                  f"{per_connection[name] / per_connection['nginx']:>8.3f} x nginx", flush=True)
        return per_connection

    @contextlib.contextmanager
    def held_by(self, server, count, mode, then=lambda: None, **options):
        """So many connections of the client while the block runs; gives resident bytes before and after.
        `then` is called once the client says that they are held."""
        # One answer: nginx listens before its worker is there, and makes its table of connections.
        measure.run_once(server, "load", connections=1, requests=1)
        before = server.resident()
        client = Client(server, mode, connections=count, **options)
        client.expect("held")
        then()
        time.sleep(1)  # what is measured is the state one second later
        try:
            yield before, server.resident()
        finally:
            client.process.stdin.close()
            client.report(0)
            client.process.wait()

    @contextlib.contextmanager
    def behind(self, kind):
        """One upstream for all: its own CPU is foreign to none of them more than to another."""
        upstream = kind(self.site)
        try:
            for proxy in PROXIES.values():
                proxy.upstream = upstream
            yield upstream
        finally:
            upstream.stop()

    def passed_on(self, title, upstream_kind, **options):
        """{label: runs} of load through each of the proxies."""
        with self.behind(upstream_kind) as upstream, \
                self.up(**{name: (kind, Variant()) for name, kind in PROXIES.items()}) as servers:
            runs = measure.run_rounds(servers, self.rounds, "load", spare=upstream.pids(),
                                      **{"milliseconds": self.milliseconds, **options})
        print_runs(title, runs, "nginx", (CPU, RATE, P50, P99, SHARE))
        return runs

    def proxy(self):
        runs = self.passed_on("small requests passed on, TLS on both sides, 64 connections", Upstream)
        better = min(("nginx", "HAProxy"), key=lambda name: measure.median(runs[name], "cpu_us"))
        print(f"  the better peer is {better}")
        ratio = measure.ratio(runs["eas451"], runs[better])
        return judge(PROXY, ratio.value, ratio.conclusive)

    def bodies(self):
        LargeAnswers.size = MIB
        answers = self.passed_on("answers of 1 MiB, 8 connections", LargeAnswers, connections=8, status=200, location="")
        ratio = measure.ratio(answers["eas451"], answers["nginx"], "rate")
        verdict = judge(LARGE_ANSWERS, ratio.value, ratio.conclusive)
        requests = self.passed_on("requests of 1 MiB, 8 connections", LargeRequests, connections=8,
                                  requests_from=self.site.large_requests)
        ratio = measure.ratio(requests["eas451"], requests["nginx"], "rate")
        return worst([verdict, judge(LARGE_REQUESTS, ratio.value, ratio.conclusive)])

    def pings(self):
        print(f"{HELD_PINGS:,} held Pings, TLS on both sides, 1 s later")
        with self.behind(Holding) as upstream:
            # Of each proxy the Pings end with it, before the next begins.
            per_ping = self.memory_of(PROXIES, HELD_PINGS, "pings", requests_from=self.site.pings,
                                      then=lambda: upstream.wait_until_held(HELD_PINGS))
            verdict = judge(PINGS, per_ping["eas451"] / per_ping["nginx"])
            print(f"{HELD_PINGS:,} held Pings, 64 connections with small requests one after another, a probe 50 times a second")
            waited = {name: self.probe_beside(kind, upstream) for name, kind in PROXIES.items()}
        return worst([verdict, judge(PROBE, waited["eas451"])])

    def probe_beside(self, kind, upstream):
        """Milliseconds at the 99th percentile."""
        with self.up(server=(kind, Variant())) as servers:
            server = servers["server"]
            with self.held_by(server, HELD_PINGS, "pings", requests_from=self.site.pings,
                              then=lambda: upstream.wait_until_held(HELD_PINGS)):
                load = Client(server, "load", milliseconds=15000)
                load.expect("ready")
                probe = Client(server, "rate", connections=1, rate=50, milliseconds=10000)
                probe.expect("ready")
                load.go()
                probe.go()
                probed, loaded = probe.report(), load.report()
                probe.end()
                load.end()
                still_held = upstream.silence.held
        print(f"  {server.name:<10}{loaded['rate']:>10,.0f} requests a second, probe p50 {probed['p50_us'] / 1000:.1f} ms, "
              f"p99 {probed['p99_us'] / 1000:.1f} ms of {probed['answers']}, {still_held:,} Pings still held", flush=True)
        return probed["p99_us"] / 1000

    def rate(self):
        with self.up(nginx=(Nginx, Variant()), HAProxy=(HaProxy, Variant()), eas451=(Eas451, Variant())) as servers:
            runs = measure.run_rounds(servers, self.rounds, "rate", rate=10000, milliseconds=self.milliseconds)
        print_runs("10,000 requests in a second, latency from when each was due (no bar)", runs, "nginx",
                   (CPU, RATE, P50, P99, SHARE))
        print()
        return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=(*PARTS, "all"))
    parser.add_argument("--eas451", default="build/release/eas451", help="the binary that is measured")
    parser.add_argument("--client", default="build/bench/tests/bench/load_client", help="the load generator")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--milliseconds", type=int, default=600, help="of one run")
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--held", type=int, nargs="+", default=HELD, help="idle connections")
    arguments = parser.parse_args()
    Eas451.binary, Client.binary = os.path.abspath(arguments.eas451), os.path.abspath(arguments.client)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end too
    site = Site(arguments.users)
    try:
        print_surroundings(site)
        bench = Bench(site, arguments)
        names = PARTS if arguments.what == "all" else (arguments.what,)
        return worst([getattr(bench, name)() for name in names])
    except VoidRun as error:
        print(f"void: {error}", file=sys.stderr)
        return 1
    finally:
        site.remove()


if __name__ == "__main__":
    sys.exit(main())
