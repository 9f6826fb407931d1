# SPDX-License-Identifier: BSD-3-Clause
"""A submit whose answer never came, though slurmctld took the job later; a controller that has forgotten its jobs."""
import contextlib
import os
import shutil
import signal
import tempfile
import time

import pytest

from support import processes
from support.crashes import StopPoints, job_ids, jobs_of, kill, use_mocks_on_slurm
from support.hub import Hub, hub_folder
from support.paths import STOPPABLE_BERTH
from support.waiting import until


@pytest.fixture
def hub(own_cluster):
    with hub_folder() as folder, contextlib.ExitStack() as stack:
        hub = Hub(folder, program=STOPPABLE_BERTH)
        use_mocks_on_slurm(hub, own_cluster)
        hub.points = StopPoints(hub)
        stack.callback(hub.stop)
        yield hub.start()
        own_cluster.signal("slurmctld", signal.SIGCONT)
        own_cluster.cancel_all()


def submit_into_a_hung_controller(hub, cluster):
    """The agent has rehearsed and is about to send when slurmctld hangs: the request lies in its socket, unread."""
    hub.points.arm("agent.before_submit")
    assert hub.api().start("alice").status_code in (201, 202)
    pid = hub.points.reached("agent.before_submit")
    cluster.signal("slurmctld", signal.SIGSTOP)
    os.kill(pid, signal.SIGCONT)
    return pid


def expect_one_job(hub, cluster):
    server = hub.api().wait_ready("alice", timeout=120)
    until(lambda: set(jobs_of(hub, cluster)) == job_ids([server]), "there is one job", 60)
    assert hub.api().get("/user/alice/api").status_code == 200


def test_a_submit_that_timed_out_and_was_processed_later_is_one_job(hub, own_cluster):
    hub.api().make_user("alice")
    submit_into_a_hung_controller(hub, own_cluster)
    until(lambda: "spawn.locating" in hub.log(), "the hub does not know whether there is a job", 60)
    own_cluster.signal("slurmctld", signal.SIGCONT)
    expect_one_job(hub, own_cluster)


@pytest.mark.parametrize("kind", ["hub", "agent", "both"])
def test_and_what_had_sent_it_is_killed_meanwhile(hub, own_cluster, kind):
    hub.api().make_user("alice")
    child = submit_into_a_hung_controller(hub, own_cluster)
    until(lambda: has_sent(child, own_cluster.port), "the request is on its way", 30)
    time.sleep(0.3)
    kill(hub, kind)
    if kind != "agent":
        hub.start()
    own_cluster.signal("slurmctld", signal.SIGCONT)
    expect_one_job(hub, own_cluster)


def test_a_submit_that_comes_after_it_was_given_up_is_no_second_job(hub, own_cluster):
    hub.api().make_user("alice")
    hub.points.arm("agent.before_submit")
    assert hub.api().start("alice").status_code in (201, 202)
    child = hub.points.reached("agent.before_submit")
    kill(hub, "hub")
    hub.start()
    until(lambda: "spawn.renewed" in hub.log(), "there is no such job, and a new attempt is made", 18, 0.02)
    os.kill(child, signal.SIGCONT)  # what the dead hub's agent still had in hand
    until(lambda: "orphan.cancelled" in hub.log(), "the late job is cancelled", 60)
    expect_one_job(hub, own_cluster)


def test_a_stop_of_such_a_start_leaves_no_job(hub, own_cluster):
    hub.api().make_user("alice")
    submit_into_a_hung_controller(hub, own_cluster)
    until(lambda: "spawn.locating" in hub.log(), "the hub does not know whether there is a job", 60)
    assert hub.api().stop("alice").status_code in (202, 204)
    own_cluster.signal("slurmctld", signal.SIGCONT)
    hub.api().wait_stopped("alice", timeout=120)
    until(lambda: not jobs_of(hub, own_cluster), "no job is left", 60)


def has_sent(pid, port):
    """A TCP connection of this process to slurmctld's port stands; what it sends then lies in its socket."""
    sockets = set()
    with contextlib.suppress(OSError):
        sockets = {os.readlink(entry.path)[len("socket:["):-1] for entry in os.scandir(f"/proc/{pid}/fd")
                   if os.readlink(entry.path).startswith("socket:[")}
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table][1:]
    return any(row[9] in sockets and int(row[2].split(":")[1], 16) == port for row in rows)


# ---- lost state ---------------------------------------------------------------------------------------------------
def running_mocks(hub):
    program = str(hub.folder / "mock_notebook_server")
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and processes.command(name) == program]


def killed_and_forgetful(cluster, saved):
    """slurmctld killed and started with what it had saved at an earlier moment, or with nothing."""
    cluster.signal("slurmctld", signal.SIGKILL)
    until(lambda: not processes.is_alive(cluster.pid("slurmctld")), "slurmctld has gone")
    cluster.forget()
    if saved:
        shutil.copytree(saved, cluster.folder / "state", dirs_exist_ok=True)
        cluster.give_state_to_slurm()
    cluster.up()


def start_and_forget(api, hub, cluster, without_state):
    """The id of a job that runs and that slurmctld has forgotten: it was killed before it saved the job, or its state is lost."""
    with tempfile.TemporaryDirectory() as folder:
        saved = None if without_state else shutil.copytree(cluster.folder / "state", f"{folder}/state")
        assert api.start("alice", name="runs").status_code in (201, 202)
        job_id = api.wait_ready("alice", "runs")["job"]["id"]
        assert len(running_mocks(hub)) == 1
        killed_and_forgetful(cluster, saved)
    assert job_id not in {job.id for job in cluster.jobs("alice")}
    return job_id


def give_away(cluster, job_id):
    """Other people's jobs until one has this id; all of theirs."""
    theirs = []
    while job_id not in theirs:
        out = cluster.run("sbatch", "--parsable", "--time=30", "--mem=16", "--output=/dev/null", "--chdir=/tmp", "--wrap=sleep 1800",
                          user="bob")
        theirs.append(out.strip().split(";")[0])
        assert int(theirs[-1]) <= int(job_id), f"id {job_id} was not given again"
    return theirs


@pytest.mark.parametrize("without_state", [True, False], ids=["all state lost", "killed before it saved"])
def test_a_job_is_forgotten_and_its_id_given_to_another(hub, own_cluster, figures, without_state):
    api = hub.api()
    api.make_user("alice")
    own_id = start_and_forget(api, hub, own_cluster, without_state)
    begun, logged = time.monotonic(), own_cluster.log_size()
    theirs = give_away(own_cluster, own_id)

    server = until(lambda: (s := api.server("alice", "runs")) and s.get("stopped") and s, "what is lost is said to be", 60, 0.02)
    said = time.monotonic() - begun
    assert server["failure"] and not running_mocks(hub), "declared dead while its process lives"
    assert api.start("alice", name="runs").status_code in (201, 202)
    again = api.wait_ready("alice", "runs")
    assert again["job"]["id"] != own_id and api.get("/user/alice/runs/api").status_code == 200
    assert api.stop("alice", "runs").status_code in (202, 204)
    api.wait_stopped("alice", "runs")
    # Slurm itself may end their job of the same id: slurmd still runs the forgotten one under it. Asked for by nobody, though.
    ended = own_cluster.kill_requests(since=logged)
    assert again["job"]["id"] in ended, "a stop is such a request"
    assert not ended & set(theirs), "the hub asked for the end of another user's job"
    figures(f"slurmctld {'without its state' if without_state else 'killed before it saved a job'}: said {said:.1f} s after it was back: "
            f"{server['failure']['message']}")
