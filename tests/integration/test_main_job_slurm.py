# SPDX-License-Identifier: BSD-3-Clause
"""The main job through the API: alice's token, the queue and its reason, JupyterLab's kernel on the node, 42, stop."""
import threading
from pathlib import Path

import pytest

from support.api import events, server_path
from support.kernel import Kernel
from support.waiting import until

WAITING_REASONS = {"Resources", "Priority"}


@pytest.fixture
def profiles(unstarted_slurm_hub):
    unstarted_slurm_hub.configuration["profile"] = [
        {"name": "small", "title": "1 core, 512 MB", "cluster": "hpc", "set": {"nprocs": 1, "memory": "512M"},
         "choose": {"runtime": {"type": "duration", "max": "02:00:00", "default": "00:30:00"}}},
        {"name": "large", "title": "4 cores", "cluster": "hpc", "set": {"nprocs": 4, "memory": "2G"}}]
    return unstarted_slurm_hub.start()


def command_lines():
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield entry.read_bytes()
        except OSError:
            continue


def collect(alice, seen):
    with alice.get(server_path("alice") + "/progress", stream=True, timeout=180) as answer:
        seen += events(answer)


def test_from_the_queue_to_42_and_back(profiles, cluster):
    alice = profiles.api().make_user("alice")
    filler = cluster.occupy()
    until(lambda: any(j.id == filler and j.state == "RUNNING" for j in cluster.jobs()), "the nodes are full")

    assert alice.start("alice", {"profile": "small", "runtime": "00:20:00"}).status_code in (201, 202)
    seen = []
    listener = threading.Thread(target=collect, args=(alice, seen), daemon=True)
    listener.start()
    until(lambda: WAITING_REASONS & set(((alice.server("alice") or {}).get("job") or {}).values()),
          "the API tells why it waits", timeout=40)
    job, = cluster.jobs("alice")
    assert job.state == "PENDING" and alice.server("alice")["pending"] == "spawn"

    cluster.cancel(filler)
    server = alice.wait_ready("alice")
    assert server["job"]["node"].startswith("node") and server["job"]["id"] == job.id
    listener.join(30)
    assert any(reason in event["message"] for event in seen for reason in WAITING_REASONS), seen
    assert seen[-1]["ready"] is True and seen[-1]["url"] == "/user/alice/"

    assert alice.get("/user/alice/api").json()["version"]
    kernel = Kernel(alice, "alice")
    assert kernel.run("6*7") == "42"
    assert kernel.run("import os; os.popen('id -un').read().strip()") == "'alice'"
    secret = kernel.run("os.environ['JUPYTERHUB_API_TOKEN']").strip("'").encode()
    assert len(secret) >= 32 and not [line for line in command_lines() if secret in line]
    kernel.close()

    assert alice.stop("alice").status_code in (202, 204)
    alice.wait_stopped("alice")
    until(lambda: not cluster.jobs("alice"), "the job is gone")
    assert alice.get("/user/alice/api/kernels", headers={"Accept": "application/json"}, allow_redirects=True).status_code == 424


def test_the_job_is_what_the_profile_says(profiles, cluster):
    alice = profiles.api().make_user("alice")
    alice.start("alice", {"profile": "large"})
    job = until(lambda: cluster.jobs("alice"), "the job is there")[0]
    shown = cluster.run("scontrol", "show", "job", job.id)
    for words in ("UserId=alice(", "Account=proj", "Partition=debug", "NumTasks=4", "MinMemoryNode=2G", "TimeLimit=00:30:00"):
        assert words in shown, shown
    assert "GroupId=root" not in shown
    alice.stop("alice")
    alice.wait_stopped("alice")


def test_two_servers_of_one_user_at_once(profiles, cluster):
    alice = profiles.api().make_user("alice")
    for name in ("", "second"):
        assert alice.start("alice", {"profile": "small"}, name).status_code in (201, 202)
    for name in ("", "second"):
        alice.wait_ready("alice", name)
    assert len(cluster.active_jobs("alice")) == 2
    assert Kernel(alice, "alice", "second").run("6*7") == "42"
    alice.stop("alice", "second")
    alice.wait_stopped("alice", "second")
    assert alice.server("alice")["ready"] and len(cluster.active_jobs("alice")) == 1


def test_a_waiting_server_can_be_cancelled(profiles, cluster):
    alice = profiles.api().make_user("alice")
    cluster.occupy()
    alice.start("alice", {"profile": "small"})
    until(lambda: cluster.jobs("alice"), "the job waits")
    assert alice.stop("alice").status_code in (202, 204)
    alice.wait_stopped("alice")
    assert cluster.active_jobs("alice") == []


@pytest.mark.parametrize("user, password, status", [("alice", "alice", 302), ("alice", "wrong", 403), ("alice", "", 403),
                                                    ("dave", "dave", 403), ("nobody-here", "x", 403)])
def test_unix_users_sign_in_with_their_passwords(slurm_hub, user, password, status):
    web = slurm_hub.web()
    assert web.sign_in(user, password).status_code == status
    assert (("jupyterhub-hub-login", "/hub/") in web.cookies()) == (status == 302)
