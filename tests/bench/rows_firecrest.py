# SPDX-License-Identifier: BSD-3-Clause
"""500 running jobs on a cluster behind FirecREST: calls per tick for all of them, and per start and stop."""
import concurrent.futures
import time

from bench import measure
from bench.context import settle
from bench.hubs import Berth
from bench.results import Line
from support.firecrest_gateway import FirecrestGateway
from support.firecrest_hub import hubs_jobs, mocks_behind_firecrest, signed_in
from support.identity_provider import IdentityProvider
from support.slurm import Cluster

JOBS, TICK, WATCHED, AT_ONCE = 500, 2, 20, 20


def run_jobs(hub, cluster, api, count):
    """Named servers of one user, all ready."""
    names = [f"n{i:03d}" for i in range(count)]
    for begin in range(0, count, AT_ONCE):
        wave = names[begin:begin + AT_ONCE]
        for name in wave:
            assert api.start("alice", name=name).status_code == 202
        for name in wave:
            api.wait_ready("alice", name, timeout=180)
    settle(lambda: len(hubs_jobs(hub, cluster)) == count, "all jobs run")
    return names


def watch(hub, gateway, seconds):
    """(calls, the hub's processor seconds) meanwhile."""
    gateway.reset_counts()
    with measure.Cpu(hub.programs()) as spent:
        time.sleep(seconds)
    return sum(gateway.counts().values()), spent.seconds


def stop_jobs(api, names):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as crowd:
        assert {answer.status_code for answer in crowd.map(lambda name: api.stop("alice", name), names)} <= {202, 204}
    for name in names:
        api.wait_stopped("alice", name, timeout=180)


def measured(hub, cluster, gateway, provider, count, seconds):
    mocks_behind_firecrest(hub, gateway, provider, cluster, poll_interval=f"{TICK}s", poll_interval_max=f"{TICK}s")
    hub.configuration["cluster"]["hpc"]["defaults"]["memory"] = "16M"
    api = signed_in(hub.start(), provider)
    gateway.reset_counts()
    names = run_jobs(hub, cluster, api, count)
    per_start = sum(gateway.counts_by_user()["alice"].values()) / count
    calls, spent = watch(hub, gateway, seconds)
    gateway.reset_counts()
    stop_jobs(api, names)
    per_stop = sum(gateway.counts_by_user()["alice"].values()) / count
    ticks = seconds / TICK
    listed = f"FirecREST, {count} running jobs"
    return [Line("firecrest", f"{listed}: calls per tick", calls / ticks, "", "1", calls / ticks <= 1.1, "a call per job", count),
            Line("firecrest", f"{listed}: CPU per tick", spent / ticks * 1000, "ms", "", None),
            Line("firecrest", "FirecREST: calls per start, shared polling left out", per_start, "", "3 at most", per_start <= 3,
                 "firecrestspawner", 8, note="firecrestspawner's figures were measured beside the real FirecREST, not in this run"),
            Line("firecrest", "FirecREST: calls per stop", per_stop, "", "1", per_stop <= 1, "firecrestspawner", 4)]


def firecrest(bench):
    bench.stop_hubs()
    count = 50 if bench.quick else JOBS
    cluster, provider = Cluster(SLURM_TEST_CPUS=JOBS, SLURM_TEST_MEMORY=16 * JOBS), IdentityProvider(access_token_seconds=3600)
    hub, gateway = Berth(bench.own_folder("firecrest-") / "berth"), None
    try:
        cluster.up()
        provider.up()
        gateway = FirecrestGateway(cluster, provider.metadata()["jwks_uri"]).up()
        return measured(hub, cluster, gateway, provider, count, TICK * (5 if bench.quick else WATCHED))
    finally:
        hub.stop()
        cluster.cancel_all()
        for part in (gateway, provider, cluster):
            if part:
                part.down()


ROWS = {"firecrest": firecrest}
