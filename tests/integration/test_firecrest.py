# SPDX-License-Identifier: BSD-3-Clause
"""A cluster behind FirecREST: jobs with each user's own token, on a real Slurm."""
import time

import pytest

from support import processes
from support.firecrest_hub import POLLER, hubs_jobs, mocks_behind_firecrest, signed_in
from support.oidc_hub import bearer, token_of
from support.waiting import until


@pytest.fixture
def hub(unstarted_hub, firecrest_gateway, identity_provider, cluster):
    identity_provider.set_access_token_seconds(600)
    mocks_behind_firecrest(unstarted_hub, firecrest_gateway, identity_provider, cluster)
    yield unstarted_hub.start()
    cluster.cancel_all()


def test_a_notebook_starts_runs_as_its_user_and_stops(hub, identity_provider, firecrest_gateway, cluster, figures):
    alice = signed_in(hub, identity_provider)
    firecrest_gateway.reset_counts()
    begun = time.monotonic()
    assert alice.start("alice").status_code == 202
    server = alice.wait_ready("alice")
    took = time.monotonic() - begun
    assert alice.get("/user/alice/api").status_code == 200
    job, = hubs_jobs(hub, cluster)
    assert (job.id, job.user) == (server["job"]["id"], "alice")
    mine = {route: n for route, n in firecrest_gateway.counts_by_user()["alice"].items()}
    assert sum(mine.values()) <= 3, mine
    figures(f"a start by FirecREST: ready after {took:.1f} s, {sum(mine.values())} calls besides the shared polling")
    assert alice.stop("alice").status_code in (202, 204)
    alice.wait_stopped("alice")
    until(lambda: not hubs_jobs(hub, cluster), "no job is left")


def test_without_a_sign_in_a_start_says_what_is_missing(hub, identity_provider):
    bob = token_of(hub, "bob")
    answer = bob.start("bob")
    assert answer.status_code == 403 and answer.json()["reason"] == "login_required"


def test_a_service_account_starts_watches_and_stops(hub, identity_provider, cluster):
    tester = bearer(hub, identity_provider)
    assert tester.start(POLLER).status_code == 202
    tester.wait_ready(POLLER)
    assert [job.user for job in hubs_jobs(hub, cluster)] == [POLLER]
    assert tester.stop(POLLER).status_code in (202, 204)
    tester.wait_stopped(POLLER)


def test_a_refused_submit_is_told_in_the_schedulers_words(hub, identity_provider):
    hub.stop()
    hub.configuration["cluster"]["hpc"]["defaults"]["partition"] = "nosuch"
    hub.start()
    alice = signed_in(hub, identity_provider)
    assert alice.start("alice").status_code == 202
    failure = until(lambda: (alice.server("alice") or {}).get("failure"), "the start has failed", 30)
    assert "nvalid partition" in failure["message"] and "/" not in failure["message"]


def test_a_reason_that_waiting_does_not_cure_ends_the_start(hub, identity_provider, cluster):
    hub.stop()
    hub.configuration["cluster"]["hpc"]["defaults"] |= {"partition": "tiny", "runtime": "10:00:00"}
    hub.start()
    alice = signed_in(hub, identity_provider)
    assert alice.start("alice").status_code == 202
    failure = until(lambda: (alice.server("alice") or {}).get("failure"), "the start has failed", 60)
    assert "Partition" in failure["message"]
    until(lambda: not hubs_jobs(hub, cluster), "no job is left", 30)


@pytest.mark.parametrize("fault", [
    {"lose_answer": {"routes": ["POST /compute/*"], "times": 1}}, {"slow_sbatch": {"seconds": 7, "times": 1}}], ids=lambda f: next(iter(f)))
def test_a_submit_whose_answer_is_lost_is_one_job(hub, identity_provider, firecrest_gateway, cluster, fault):
    alice = signed_in(hub, identity_provider)
    firecrest_gateway.faults(**fault)
    assert alice.start("alice").status_code == 202
    alice.wait_ready("alice", timeout=60)
    assert len(hubs_jobs(hub, cluster)) == 1
    assert sum(firecrest_gateway.shown().values()) >= 1


def test_a_gateway_that_is_away_ends_nothing(hub, identity_provider, firecrest_gateway, cluster):
    alice = signed_in(hub, identity_provider)
    for name in ("a", "b", "c"):
        assert alice.start("alice", name=name).status_code == 202
    for name in ("a", "b", "c"):
        alice.wait_ready("alice", name)
    ids = {job.id for job in hubs_jobs(hub, cluster)}
    firecrest_gateway.kill()
    until(lambda: alice.server("alice", "a").get("unknown_since"), "the state is unknown", 30)
    assert alice.get("/user/alice/a/api").status_code == 200
    assert alice.start("alice", name="d").status_code == 202
    assert alice.stop("alice", "c").status_code == 202
    time.sleep(15)
    assert all(alice.server("alice", name)["ready"] for name in ("a", "b"))
    firecrest_gateway.up()
    alice.wait_ready("alice", "d", timeout=60)
    alice.wait_stopped("alice", "c", timeout=60)
    assert ids - {job.id for job in hubs_jobs(hub, cluster)} and len(hubs_jobs(hub, cluster)) == 3


def test_a_user_whose_sign_in_has_ended_loses_no_server_and_may_stop(hub, identity_provider, firecrest_gateway, cluster):
    alice = signed_in(hub, identity_provider)
    assert alice.start("alice").status_code == 202
    alice.wait_ready("alice")
    identity_provider.end_sessions("alice")
    time.sleep(3)
    assert alice.server("alice")["ready"]
    assert alice.stop("alice").status_code in (202, 204)
    alice.wait_stopped("alice", timeout=60)


def test_nothing_secret_is_seen(hub, identity_provider, firecrest_gateway, cluster):
    alice = signed_in(hub, identity_provider)
    assert alice.start("alice").status_code == 202
    seen = set()
    def look():
        seen.update(processes.command_lines())
        return (alice.server("alice") or {}).get("ready")
    until(look, "it is ready", 30, 0.02)
    job, = hubs_jobs(hub, cluster)
    environment = next(e for e in processes.environments() if e.get("BERTH_JOB") == job.name and "JUPYTERHUB_API_TOKEN" in e)
    token = environment["JUPYTERHUB_API_TOKEN"]
    assert not any(token in line or "eyJ" in line for line in seen), "a token is on a command line"
    assert token not in hub.log() and "eyJ" not in hub.log() and token not in firecrest_gateway.log()
    assert not [name for name in environment if name.startswith(("F7T", "SLURM_JWT"))]


def test_check_walks_to_the_cluster(hub, firecrest_gateway):
    good = hub.command("check", "--config", str(hub.configuration_file))
    assert good.returncode == 0, good.stdout
    assert f"FirecREST knows the system {firecrest_gateway.system}" in good.stdout and "partition debug is UP" in good.stdout
    firecrest_gateway.faults(rotate_keys=True)
    bad = hub.command("check", "--config", str(hub.configuration_file))
    assert bad.returncode == 1 and "public key not found" in bad.stdout
