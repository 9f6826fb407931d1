# SPDX-License-Identifier: BSD-3-Clause
"""300 SIGKILLs at random moments under a wave of starts and stops on a real Slurm: nothing is forgotten, doubled or orphaned.

BERTH_KILLS is how many, BERTH_SEED repeats a run's choices (not the scheduler's). The seed is told with the figures.
"""
import os
import random
import statistics
import time

import pytest

from support.crashes import AGENT, KINDS, RoutePoller, helper_pids, kill, use_mocks_on_slurm
from support.owners import Owner, in_place, score
from support.waiting import until

KILLS = int(os.environ.get("BERTH_KILLS", "300"))
SEED = int(os.environ.get("BERTH_SEED") or random.randrange(10**6))
ROOM = 8  # servers that the cluster's nodes hold
SERVERS = [(user, f"n{i}") for user in ("alice", "bob") for i in range(5)]  # when all are wanted, two wait


class Killer:
    def __init__(self, hub):
        self.hub, self.choose, self.count = hub, random.Random(SEED), dict.fromkeys(KINDS, 0)
        self.routes = []

    def kill_once(self, route):
        kind = self.choose.choice(KINDS)
        time.sleep(self.choose.random() * 0.5)
        if kind != "hub" and not helper_pids(self.hub, AGENT):
            kind = "hub"  # it has not been started again yet
        kill(self.hub, kind)
        self.count[kind] += 1
        if kind == "agent":
            return
        begun = time.monotonic()
        self.hub.launch()
        if self.choose.random() < 0.2:
            time.sleep(self.choose.random() * 0.2)  # the next kill meets a hub that is still starting
        else:
            until(self.hub.answers_or_is_gone, "the hub answers", 30, 0.02)
            assert self.hub.process.poll() is None, self.hub.log()[-3000:]
            self.routes.append(route.after(begun))


def settled(owners):
    """Nothing is under way, but what finds no room."""
    models = [owner.model() or {} for owner in owners]
    ready, wanted = sum(bool(m.get("ready")) for m in models), sum(o.wanted for o in owners)
    return ready >= min(ROOM, wanted) and all(bool(in_place(m)) == o.wanted and m.get("pending") != "stop" for m, o in zip(models, owners))


@pytest.fixture
def hub(unstarted_hub, cluster):
    use_mocks_on_slurm(unstarted_hub, cluster)
    yield unstarted_hub.start()
    cluster.cancel_all()


@pytest.mark.timeout(900)
def test_nothing_is_lost(hub, cluster, figures):
    for user in ("alice", "bob"):
        hub.api().make_user(user)
    assert hub.api().start("alice", name="witness").status_code in (201, 202)
    hub.api().wait_ready("alice", "witness")
    route = RoutePoller(hub, "alice", "witness")
    begun = time.monotonic()
    owners = [Owner(hub, user, name, f"{SEED} {user} {name}") for user, name in SERVERS]
    killer = Killer(hub)
    try:
        for _ in range(KILLS):
            killer.kill_once(route)
    finally:
        for owner in owners:
            owner.over.set()
    if hub.process.poll() is not None or not hub.answers():
        until(hub.answers_or_is_gone, "the hub answers", 30, 0.02)
    took = time.monotonic() - begun
    for owner in owners:
        owner.thread.join(60)
        assert not owner.thread.is_alive(), "a request is not accepted"
    hub.api().stop("alice", "witness")
    route.stop()
    hub.api().wait_stopped("alice", "witness")
    perfect = {"orphans": 0, "doubles": 0, "forgotten": [], "unwanted": [], "without a job": []}
    last = {}

    def healed():
        last.update(score(hub, cluster, owners))
        return last == perfect
    try:
        until(lambda: settled(owners), "all servers are settled", 120, 0.5)
        until(healed, "the score is perfect", 60, 1)
    finally:
        healed()
        figures(f"{sum(killer.count.values())} SIGKILLs ({killer.count}, seed {SEED}) in {took:.0f} s under "
                f"{sum(o.acknowledged for o in owners)} acknowledged starts and stops: {last}; "
                f"{hub.log().count('orphan.cancelled')} late jobs cancelled; a running server's route after a restart: median "
                f"{statistics.median(killer.routes) * 1000:.0f} ms, max {max(killer.routes) * 1000:.0f} ms, "
                f"longest silence {route.longest_gap() * 1000:.0f} ms")
