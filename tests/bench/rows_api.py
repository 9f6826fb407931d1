# SPDX-License-Identifier: BSD-3-Clause
"""The hub's API, through each hub's own front door."""
import time

from bench import load, measure
from bench.context import PAUSE, create_users
from bench.results import Line, better
from support.api import ADMIN_TOKEN


def requests_of(hub, path, connections, seconds, script=None):
    """Rate, percentiles and CPU of one turn."""
    with measure.Cpu(hub.programs()) as cpu:
        found = load.wrk(hub.url + path, connections, seconds, ADMIN_TOKEN, script)
    time.sleep(PAUSE)
    if found["bad"] or not found["count"]:
        raise RuntimeError(f"{hub.name}: {path}: {found}")
    return found | {"cpu_us": cpu.seconds / found["count"] * 1e6}


def cpu_of(peer, berth):
    one, other = measure.middle(peer, "cpu_us"), measure.middle(berth, "cpu_us")
    return f"{one:,.0f} · {other:.0f} µs, {one / other if other else 0:,.0f}×"


def compare(bench, pair, row, what, path, connections, at_least, p99_below=None, script=None):
    for hub in pair.hubs:  # caches are filled, connections made
        requests_of(hub, path, connections, 1, script)
    turns = measure.take_turns(pair.hubs, lambda hub: requests_of(hub, path, connections, bench.seconds, script), bench.rounds)
    peer, berth = turns["jupyterhub"], turns["berth"]
    times = measure.ratio(berth, peer, "rate")
    lines = [Line(row, what, measure.middle(berth, "rate"), "/s", f"≥ {at_least}×", times >= at_least, "JupyterHub",
                  measure.middle(peer, "rate"), times, cpu_of(peer, berth), f"{connections} connections")]
    if p99_below:
        p99, peers = measure.middle(berth, "p99_ms"), measure.middle(peer, "p99_ms")
        lines.append(Line(row, f"{what}: p99", p99, "ms", f"< {p99_below} ms", p99 < p99_below, "JupyterHub", peers,
                          better(p99, peers, False)))
    return lines


def user(bench):
    return compare(bench, bench.pair(), "user", "GET …/user", "/hub/api/user", 16, 50, p99_below=2)


def named_user(bench):
    return compare(bench, bench.pair(), "named-user", "GET …/users/{name}", "/hub/api/users/someone", 16, 100)


def activity(bench):
    return compare(bench, bench.pair(), "activity", "POST …/activity", "/hub/api/users/someone/activity", 16, 50, 5,
                   "activity.lua")


def user_list(bench):
    pair, many = bench.pair(), bench.many_users()
    path = "/hub/api/users?limit=50"
    pair.grow(100)
    lines = compare(bench, pair, "user-list", "GET …/users?limit=50, of 100 users", path, 4, 50)
    pair.grow(many)
    lines += compare(bench, pair, "user-list", f"GET …/users?limit=50, of {many:,} users", path, 4, 50)
    of_many = lines[-1].berth
    # Tenfold on Berth alone: the peer would need minutes to make them.
    more = many * 10
    for first in range(many, more, 5000):
        create_users(pair.berth, [f"user{i:05d}" for i in range(first, min(first + 5000, more))])
    rates = [requests_of(pair.berth, path, 4, bench.seconds) for _ in range(bench.rounds)]
    rate = measure.middle(rates, "rate")
    lines.append(Line("user-list", f"GET …/users?limit=50, of {more:,} users", rate, "/s", "the same", rate >= 0.9 * of_many,
                      note=f"{rate / of_many:.2f} of the rate with {many:,}"))
    return lines


def new_users(bench):
    pair = bench.pair()
    pair.grow(bench.many_users())
    count, took = pair.created
    limit = count / 5000
    return [Line("new-users", f"creating {count:,} users by API", took["berth"], "s", f"< {limit:.2g} s", took["berth"] < limit,
                 "JupyterHub", took["jupyterhub"], better(took["berth"], took["jupyterhub"], False))]


ROWS = {"user": user, "named-user": named_user, "activity": activity, "user-list": user_list, "new-users": new_users}
