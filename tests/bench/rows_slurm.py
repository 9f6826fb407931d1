# SPDX-License-Identifier: BSD-3-Clause
"""Watching 1,000 jobs in Slurm's queue: one listing per tick, beside one squeue per job, as batchspawner asks."""
import os
import re
import subprocess
import time

from bench import measure
from bench.context import settle
from bench.hubs import Berth
from bench.results import Line, better
from support.hub import use_slurm
from support.slurm import Cluster

JOBS, TICK, WATCHED, ASKED = 1000, 2, 20, 50


def job_listings(cluster):
    """How many times slurmctld was asked for jobs."""
    found = re.search(r"REQUEST_JOB_INFO\s.*?count:(\d+)", cluster.run("sdiag"))
    return int(found[1]) if found else 0


def squeue_cost(cluster, job):
    """Processor seconds of one squeue that asks for one job."""
    before = os.times()
    for _ in range(ASKED):
        subprocess.run(["squeue", "-h", "-j", job, "-o", "%T %B"], env=cluster.environment, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return (after.children_user + after.children_system - before.children_user - before.children_system) / ASKED


def queue_up(hub, cluster):
    """1,000 named servers of two users, none of which can run."""
    cluster.occupy()
    api = hub.api()
    for user in ("alice", "bob"):
        api.post(f"/hub/api/users/{user}")
        for i in range(JOBS // 2):
            answer = api.post(f"/hub/api/users/{user}/servers/n{i:03d}", json={})
            assert answer.status_code in (201, 202), answer.text
    settle(lambda: len(cluster.jobs()) > JOBS, "all jobs are queued", timeout=120)
    time.sleep(3 * TICK)


def controller(cluster):
    return [int((cluster.folder / "run/slurmctld.pid").read_text())]


def watch(hub, cluster, seconds):
    """What watching costs in this time: the hub's processes, slurmctld, and how often it was asked."""
    before = job_listings(cluster)
    with measure.Cpu(hub.programs()) as hubs, measure.Cpu(controller(cluster)) as slurmctld:
        time.sleep(seconds)
    return hubs.seconds, slurmctld.seconds, job_listings(cluster) - before


def poll(bench):
    bench.stop_hubs()
    cluster, hub = Cluster(), Berth(bench.own_folder("slurm-") / "berth")
    try:
        cluster.up()
        use_slurm(hub, cluster, "/nowhere", poll_interval=f"{TICK}s", poll_interval_max=f"{TICK}s")
        hub.start()
        queue_up(hub, cluster)
        one = squeue_cost(cluster, cluster.jobs(user="alice")[0].id)
        seconds = TICK * (5 if bench.quick else WATCHED)
        ours, slurmctld, asked = watch(hub, cluster, seconds)
        ticks = seconds / TICK
        cost, peers = ours / ticks * 1000, one * JOBS * 1000
        return [Line("slurm", f"watching {JOBS:,} Slurm jobs: questions per tick", asked / ticks, "", "1", asked / ticks <= 1.1,
                     "squeue per job", JOBS),
                Line("slurm", f"watching {JOBS:,} Slurm jobs: CPU per tick", cost, "ms", "", None, "squeue per job", peers,
                     better(cost, peers, False), note=f"slurmctld {slurmctld / ticks * 1000:.1f} ms per tick; one squeue "
                     f"{one * 1000:.1f} ms")]
    finally:
        hub.stop()
        cluster.cancel_all()
        cluster.down()


ROWS = {"slurm": poll}
