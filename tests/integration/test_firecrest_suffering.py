# SPDX-License-Identifier: BSD-3-Clause
"""What users of hubs on FirecREST suffer elsewhere, story by story; here with nothing lost, nothing doubled and the reason told."""
import concurrent.futures
import time

import pytest

from support.firecrest_hub import POLLER, hubs_jobs, mocks_behind_firecrest, signed_in
from support.oidc_hub import refreshes
from support.waiting import until

LISTING = "GET /compute/{system_name}/jobs"
BAD_SECONDS = 8
TROUBLES = {  # of every call
    "hangs": {"hang": {"seconds": 5.0, "then": "cut"}}, "503": {"health_gate": True}, "connections dropped": {"unhandled_500": True},
    "401": {"unauthorized": {"row": "unknown_key"}}, "424": {"max_sessions": {"sessions": 0}}}


@pytest.fixture
def make_hub(unstarted_hub, firecrest_gateway, identity_provider, cluster):
    identity_provider.set_access_token_seconds(600)

    def made(defaults=(), **more):
        mocks_behind_firecrest(unstarted_hub, firecrest_gateway, identity_provider, cluster, **more)
        unstarted_hub.configuration["cluster"]["hpc"]["defaults"].update(defaults)
        return unstarted_hub.start()
    yield made
    cluster.cancel_all()


def running(api, *names):
    for name in names:
        assert api.start("alice", name=name).status_code == 202
    return {name: api.wait_ready("alice", name)["job"]["id"] for name in names}


def commands(gateway):
    """alice's calls so far, the shared polling left out."""
    return sum(gateway.counts_by_user()["alice"].values())


def test_a_start_and_a_stop_cost_few_calls(make_hub, firecrest_gateway, identity_provider, figures):
    alice = signed_in(make_hub(), identity_provider)
    identity_provider.reset_counts()
    running(alice, "")
    for_start = commands(firecrest_gateway)
    alice.stop("alice")
    alice.wait_stopped("alice")
    for_stop, asked = commands(firecrest_gateway) - for_start, refreshes(identity_provider)
    figures(f"by FirecREST: {for_start} calls for a start, {for_stop} for a stop, {asked} refreshes at the provider")
    assert for_start <= 3 and for_stop <= 1 and asked <= 1


def test_refresh_tokens_that_are_good_once(make_hub, firecrest_gateway, identity_provider, cluster):
    identity_provider.set_access_token_seconds(66)  # of which a start wants 60: each but the first has to refresh
    hub = make_hub()
    alice = signed_in(hub, identity_provider)
    for _ in range(3):
        running(alice, "")
        time.sleep(7)
        alice.stop("alice")
        alice.wait_stopped("alice")
        until(lambda: not hubs_jobs(hub, cluster), "its job has ended")
    assert refreshes(identity_provider) >= 2 and refreshes(identity_provider, 400) == 0


@pytest.mark.parametrize("trouble", TROUBLES)
def test_three_servers_outlive(make_hub, firecrest_gateway, identity_provider, cluster, figures, trouble):
    hub = make_hub()
    alice = signed_in(hub, identity_provider)
    before = running(alice, "a", "b", "c")
    firecrest_gateway.faults(**TROUBLES[trouble])
    firecrest_gateway.reset_counts()
    time.sleep(1)
    assert alice.start("alice", name="d").status_code == 202, "accepted, and carried out later"
    assert alice.stop("alice", "c").status_code == 202
    time.sleep(BAD_SECONDS)
    assert all(alice.server("alice", name)["ready"] for name in "ab")
    made, by = sum(firecrest_gateway.counts().values()), BAD_SECONDS + 1
    firecrest_gateway.well()
    alice.wait_stopped("alice", "c")
    server = alice.server("alice", "d")
    if server.get("stopped"):
        assert "FirecREST" in server["failure"]["message"], "what has failed says why"
        assert alice.start("alice", name="d").status_code == 202
    alice.wait_ready("alice", "d")
    assert {name: alice.server("alice", name)["job"]["id"] for name in "ab"} == {name: before[name] for name in "ab"}
    until(lambda: len(hubs_jobs(hub, cluster)) == 3, "one job for each server")
    figures(f"FirecREST, {trouble}: {made} calls in {by} s for 4 servers")


@pytest.mark.parametrize("moment", ["at the submit", "a second after"])
def test_a_hub_that_is_killed(make_hub, firecrest_gateway, identity_provider, cluster, moment):
    hub = make_hub()
    alice = signed_in(hub, identity_provider)
    if moment == "at the submit":
        firecrest_gateway.faults(hang={"seconds": 2.0, "then": "late", "routes": ["POST /compute/*"], "times": 1})
    assert alice.start("alice").status_code == 202
    time.sleep(1)
    hub.kill()
    time.sleep(2)
    hub.start()
    server = alice.wait_ready("alice")
    until(lambda: [job.id for job in hubs_jobs(hub, cluster)] == [server["job"]["id"]], "there is its job and no other")


def test_idle_servers_cost_one_listing_a_tick(make_hub, firecrest_gateway, identity_provider, figures):
    alice = signed_in(make_hub(poll_interval="2s", poll_interval_max="2s", defaults={"memory": "16M"}), identity_provider)
    names = [f"n{i}" for i in range(4)]
    running(alice, *names)
    firecrest_gateway.reset_counts()
    identity_provider.reset_counts()
    time.sleep(12)
    counts = firecrest_gateway.counts()
    asked = identity_provider.counts()["grants"]
    figures(f"4 idle servers by FirecREST, a poll each 2 s: {dict(counts)} and {asked} at the provider in 12 s")
    assert set(counts) == {LISTING} and counts[LISTING] <= 7 and sum(asked.values()) <= 1
    assert set(firecrest_gateway.counts_by_user()) == {POLLER}


def test_twelve_starts_at_once_by_one_user(make_hub, firecrest_gateway, identity_provider, cluster):
    hub = make_hub(defaults={"memory": "16M"})
    alice = signed_in(hub, identity_provider)
    firecrest_gateway.faults(max_sessions={"sessions": 4})
    names = [f"n{i}" for i in range(12)]
    with concurrent.futures.ThreadPoolExecutor(12) as crowd:
        assert {answer.status_code for answer in crowd.map(lambda name: alice.start("alice", name=name), names)} == {202}

    def all_in_place():
        servers = [alice.server("alice", name) for name in names]
        assert not [s["failure"] for s in servers if s.get("failure")]
        return all(s["ready"] or (s.get("job") or {}).get("state") == "PENDING" for s in servers)
    until(all_in_place, "all run or wait for a node", 60)
    assert len(hubs_jobs(hub, cluster)) == 12 and firecrest_gateway.at_once()["alice"] <= 4


@pytest.mark.parametrize("who, keys, words", [
    ("carol", {}, "account"), ("alice", {"work_dir": "/nowhere/{user}"}, "folder or its log"),
    ("alice", {"defaults": {"partition": "tiny", "runtime": "10:00:00"}}, "Partition"),
    ("alice", {"defaults": {"partition": "nosuch"}}, "nvalid partition")], ids=["no account", "work directory", "time limit", "partition"])
def test_what_is_wrong_is_told(make_hub, identity_provider, cluster, who, keys, words):
    hub = make_hub(**keys)
    api = signed_in(hub, identity_provider, who)
    assert api.start(who).status_code == 202
    failure = until(lambda: (api.server(who) or {}).get("failure"), "the start has failed", 60)
    assert words in failure["message"], failure
    until(lambda: not hubs_jobs(hub, cluster), "no job is left")
