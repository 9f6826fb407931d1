# SPDX-License-Identifier: BSD-3-Clause
"""SIGKILL to the privileged helpers of a hub that has given up root: they are started again, and nothing ends with them."""
import signal

import pytest

from support import processes
from support.crashes import AGENT, KEEPER, helper_pids, job_ids, jobs_of, use_mocks_on_slurm
from support.waiting import until

TIMES = 3


def kill_helper(hub, program):
    """Of those that belong to the hub at present."""
    pids = until(lambda: helper_pids(hub, program), f"{program} runs")
    processes.end(pids, signal.SIGKILL)
    until(lambda: not set(pids) & set(helper_pids(hub, program)), f"{program} has ended")


def runs_as_nobody(hub):
    return processes.status_line(hub.process.pid, "Uid").split()[0] != "0"


@pytest.fixture
def mock_hub(unstarted_hub, cluster):
    use_mocks_on_slurm(unstarted_hub, cluster)
    yield unstarted_hub.start()
    cluster.cancel_all()


def test_the_slurm_agent(mock_hub, cluster):
    assert runs_as_nobody(mock_hub)
    alice = mock_hub.api().make_user("alice")
    alice.start("alice", name="before")
    before = alice.wait_ready("alice", "before")
    for _ in range(TIMES):
        kill_helper(mock_hub, AGENT)
        assert alice.start("alice").status_code in (201, 202)
        after = alice.wait_ready("alice")
        assert set(jobs_of(mock_hub, cluster)) == job_ids([before, after])
        kill_helper(mock_hub, AGENT)
        assert alice.stop("alice").status_code in (202, 204)
        alice.wait_stopped("alice")
        until(lambda: set(jobs_of(mock_hub, cluster)) == job_ids([before]), "one job is left")
    assert alice.get("/user/alice/before/api").status_code == 200
    assert len(helper_pids(mock_hub, KEEPER)) == 1


def test_without_its_keeper_an_agent_is_gone_until_the_hub_is_restarted(mock_hub, cluster):
    alice = mock_hub.api().make_user("alice")
    alice.start("alice")
    job = job_ids([alice.wait_ready("alice")])
    kill_helper(mock_hub, KEEPER)
    assert alice.wait_ready("alice")["job"]["node"]
    kill_helper(mock_hub, AGENT)
    until(lambda: alice.server("alice").get("unknown_since"), "the state is unknown")
    assert "restart berth" in mock_hub.log()
    assert alice.get("/user/alice/api").status_code == 200
    mock_hub.kill()
    mock_hub.start()
    assert job_ids([alice.wait_ready("alice")]) == job
    alice.stop("alice")
    alice.wait_stopped("alice")


def test_the_keeper_ends_with_the_hub(mock_hub):
    assert helper_pids(mock_hub, KEEPER) and helper_pids(mock_hub, AGENT)
    mock_hub.kill()
    until(lambda: not helper_pids(mock_hub, KEEPER) + helper_pids(mock_hub, AGENT), "nothing privileged is left", 30)


def test_the_pam_helper(slurm_hub):
    assert runs_as_nobody(slurm_hub)
    for _ in range(TIMES):
        assert slurm_hub.web().sign_in("alice", "alice").status_code == 302
        kill_helper(slurm_hub, "berth-pam-helper")
    assert slurm_hub.web().sign_in("alice", "wrong").status_code != 302
    assert slurm_hub.web().sign_in("alice", "alice").status_code == 302


def test_the_local_launcher(unstarted_hub, cluster):
    hub = unstarted_hub
    hub.configuration["hub"]["user"] = "nobody"
    hub.configuration["cluster"]["local"] |= {"run_as_user": True, "home_dir": "/tmp"}
    hub.start()
    alice = hub.api().make_user("alice")
    assert alice.start("alice", name="before").status_code in (201, 202)
    alice.wait_ready("alice", "before")
    for _ in range(TIMES):
        kill_helper(hub, "berth-local-launcher")
        assert alice.start("alice").status_code in (201, 202)
        alice.wait_ready("alice")
        kill_helper(hub, "berth-local-launcher")
        assert alice.stop("alice").status_code in (202, 204)
        alice.wait_stopped("alice")
    assert alice.get("/user/alice/before/x").status_code == 200
