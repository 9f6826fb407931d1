# SPDX-License-Identifier: BSD-3-Clause
"""Berth's front door beside configurable-http-proxy and haproxy: one thread each, on a processor of its own."""
import contextlib
import time

from bench import doors, load, measure
from bench.context import PAUSE
from bench.doors import LOAD_CPU, PATH
from bench.results import Line, better

MEGABYTES_100 = 100_000_000


@contextlib.contextmanager
def all_doors(bench):
    bench.stop_hubs()
    started = []
    with load.Origin(pinned=LOAD_CPU) as origin:
        try:
            for door in doors.all_doors():
                started.append(door.start(bench.own_folder("doors-"), origin.port))
            yield started
        finally:
            for door in started:
                door.stop()


def turn(door, work):
    """One turn's figures and what the proxy's processor time was per request, message or megabyte."""
    with measure.Cpu(door.programs()) as cpu:
        found = work(door)
    time.sleep(PAUSE)
    # The generators warm up: processor time is per second of the whole turn, as the rate is.
    return found | {"cpu_us": cpu.seconds / cpu.wall / found["rate"] * 1e6}


def compare(bench, row, what, unit, work, each, chp_target, haproxy_target, judge, note):
    """Lines against both peers; judge(ratio to haproxy, CPU of Berth in µs) -> met."""
    with all_doors(bench) as started:
        turns = measure.take_turns(started, lambda door: turn(door, work), bench.rounds + 1)
    turns = {name: found[1:] for name, found in turns.items()}  # the first warms up
    berth = turns["berth"]
    lines = []
    for door, target in ((doors.ConfigurableHttpProxy, chp_target), (doors.Haproxy, haproxy_target)):
        peer = turns[door.name]
        times, cpu = measure.ratio(berth, peer, "rate"), measure.middle(berth, "cpu_us")
        lines.append(Line(row, what, measure.middle(berth, "rate"), unit, target, judge(times, cpu) if target else None,
                          door.label, measure.middle(peer, "rate"), times,
                          f"{measure.middle(peer, 'cpu_us'):.1f} · {cpu:.1f} µs {each}", note))
    return lines


def small_answers(bench):
    return compare(bench, "proxy", "proxied 1 KiB answers", "/s",
                   lambda d: load.wrk(f"http://127.0.0.1:{d.port}{PATH}", 32, bench.seconds, pinned=LOAD_CPU), "each",
                   "", "≥ 0.8× haproxy, < 20 µs", lambda times, cpu: times >= 0.8 and cpu < 20, "32 connections")


def echoes(bench):
    return compare(bench, "echo", "websocket echo", "/s",
                   lambda d: load.bench_load("echo", d.port, PATH + "ws", 200, bench.seconds, pinned=LOAD_CPU), "each",
                   "", "≥ 0.8× haproxy", lambda times, _: times >= 0.8, "200 connections, 64 bytes")


def downloads(bench):
    return compare(bench, "transfer", "100 MB down", "MB/s",
                   lambda d: load.bench_load("down", d.port, PATH, MEGABYTES_100, bench.seconds, pinned=LOAD_CPU), "per MB",
                   "", "≥ haproxy", lambda times, _: times >= 1, "one connection")


def uploads(bench):
    return compare(bench, "transfer", "100 MB up", "MB/s",
                   lambda d: load.bench_load("up", d.port, PATH, MEGABYTES_100, bench.seconds, pinned=LOAD_CPU), "per MB",
                   "", "≥ haproxy", lambda times, _: times >= 1, "one connection")


def transfers(bench):
    return downloads(bench) + uploads(bench)


def idle_websockets(bench):
    grown = {}
    with all_doors(bench) as started:
        for door in started:
            load.bench_load("echo", door.port, PATH + "ws", 10, 1)  # what is made once is there
            before = measure.memory_mb(door.programs())
            held = load.hold(door.port, PATH + "ws", 2000)
            time.sleep(1)
            after = measure.memory_mb(door.programs())
            found = held.result()
            assert found["answering"] == 2000, f"{door.name}: {found}"
            grown[door.name] = max(after["rss"] - before["rss"], 0.01)
    berth = grown["berth"]
    return [Line("idle-websockets", "2,000 idle websockets: memory", berth, "MB", target, berth < 12 if target else None,
                 door.label, grown[door.name], better(berth, grown[door.name], False))
            for door, target in ((doors.ConfigurableHttpProxy, ""), (doors.Haproxy, "< 12 MB"))]


ROWS = {"proxy": small_answers, "echo": echoes, "idle-websockets": idle_websockets, "transfer": transfers}
