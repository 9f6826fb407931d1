# SPDX-License-Identifier: BSD-3-Clause
"""SIGKILL to the hub: notebooks go on through the front door, what was acknowledged is there after the restart."""
import pytest
import websocket

from support import processes
from support.kernel import Kernel
from support.waiting import until


def mock_pids(hub):
    return [pid for pid in processes.marked(hub.mark) if b"mock_singleuser" in open(f"/proc/{pid}/cmdline", "rb").read()]


def ready_user(hub, name="ann"):
    user = hub.api().make_user(name)
    assert user.start(name).status_code in (201, 202)
    user.wait_ready(name)
    return user


def test_a_notebook_and_its_websocket_go_on(hub):
    user = ready_user(hub)
    pid = user.get("/user/ann/x").json()["pid"]
    echo = websocket.create_connection(hub.url.replace("http", "ws", 1) + "/user/ann/ws", timeout=30, http_no_proxy=["*"])
    echo.send("before")
    assert echo.recv() == "before"

    hub.kill()
    echo.send("while away")
    assert echo.recv() == "while away"
    assert user.get("/user/ann/y").json()["pid"] == pid

    hub.start()
    assert user.wait_ready("ann")["ready"]
    assert user.get("/user/ann/z").json()["pid"] == pid
    echo.send("after")
    assert echo.recv() == "after"
    assert mock_pids(hub) == [pid]
    assert user.stop("ann").status_code in (202, 204)
    user.wait_stopped("ann")
    until(lambda: not mock_pids(hub), "the server's process has ended")


def test_what_was_acknowledged_is_there(hub):
    api = hub.api()
    assert api.post("/hub/api/groups/g").status_code == 201
    user = api.make_user("ann")
    assert api.post("/hub/api/groups/g/users", json={"users": ["ann"]}).status_code == 200
    assert api.post("/hub/api/users/last").status_code == 201
    hub.kill()
    hub.start()
    assert user.get("/hub/api/user").json()["groups"] == ["g"]
    assert api.get("/hub/api/users/last").status_code == 200


def test_a_start_that_was_acknowledged_is_carried_through(unstarted_hub):
    unstarted_hub.configuration["cluster"]["local"]["environment"]["MOCK_DELAY"] = "3"
    hub = unstarted_hub.start()
    user = hub.api().make_user("ann")
    assert user.start("ann").status_code in (201, 202)
    hub.kill()
    hub.start()
    user.wait_ready("ann")
    assert len(mock_pids(hub)) == 1
    assert user.get("/user/ann/x").status_code == 200


def test_a_stop_that_was_acknowledged_is_carried_through(hub):
    user = ready_user(hub)
    assert user.stop("ann").status_code in (202, 204)
    hub.kill()
    hub.start()
    user.wait_stopped("ann")
    until(lambda: not mock_pids(hub), "the server's process has ended")


def test_a_server_that_ended_meanwhile_is_not_shown_as_running(hub):
    user = ready_user(hub)
    hub.kill()
    processes.end(mock_pids(hub))
    hub.start()
    user.wait_stopped("ann")
    answer = user.get("/user/ann/api/x", headers={"Accept": "application/json"}, allow_redirects=True)
    assert answer.status_code == 424


def test_signed_in_browsers_stay_signed_in(hub):
    web = hub.web()
    assert web.sign_in("ann", "x").status_code == 302
    hub.kill()
    hub.start()
    home = web.get("/hub/home")
    assert home.status_code == 200 and "ann" in home.text


def test_while_the_hub_is_away_programs_get_503_and_people_a_page(hub):
    hub.kill()
    program = hub.api().get("/hub/api/users")
    assert program.status_code == 503 and int(program.headers["Retry-After"]) > 0
    page = hub.web().get("/hub/home", headers={"Accept": "text/html"})
    assert page.status_code == 503 and "<html" in page.text.lower()
    hub.start()
    assert hub.api().get("/hub/api/users").status_code == 200


def test_stop_closes_the_hub_and_the_door_but_no_server(hub):
    ready_user(hub)
    pids = mock_pids(hub)
    done = hub.command("stop", "--config", str(hub.configuration_file))
    assert done.returncode == 0, done.stderr
    hub.process.wait(timeout=10)
    until(lambda: processes.marked(hub.mark) == pids, "the server alone is left")
    hub.start()
    assert hub.api().wait_ready("ann") and mock_pids(hub) == pids


@pytest.mark.parametrize("times", [5])
def test_killed_again_and_again(hub, times):
    user = ready_user(hub)
    for i in range(times):
        assert hub.api().post(f"/hub/api/users/made-{i}").status_code == 201
        hub.kill()
        hub.start()
    user.wait_ready("ann")
    assert len(mock_pids(hub)) == 1
    assert {u["name"] for u in hub.api().get("/hub/api/users").json()} >= {f"made-{i}" for i in range(times)}


# ---- on Slurm -----------------------------------------------------------------------------------------------------
def test_a_kernel_on_a_node_goes_on(slurm_hub, cluster):
    alice = slurm_hub.api().make_user("alice")
    alice.start("alice")
    job_id = alice.wait_ready("alice")["job"]["id"]
    kernel = Kernel(alice, "alice")
    assert kernel.run("x = 6*7; x") == "42"
    slurm_hub.kill()
    assert kernel.run("x + 0") == "42"
    slurm_hub.start()
    assert alice.wait_ready("alice")["job"]["id"] == job_id
    assert kernel.run("x + 1") == "43"
    assert [job.id for job in cluster.active_jobs("alice")] == [job_id]
    alice.stop("alice")
    alice.wait_stopped("alice")
    until(lambda: not cluster.jobs("alice"), "the job is gone")


def test_a_job_that_starts_while_the_hub_is_away_is_taken_over(slurm_hub, cluster):
    filler = cluster.occupy()
    until(lambda: any(j.id == filler and j.state == "RUNNING" for j in cluster.jobs()), "the nodes are full")
    alice = slurm_hub.api().make_user("alice")
    alice.start("alice")
    until(lambda: cluster.jobs("alice"), "the job waits")
    slurm_hub.kill()
    cluster.cancel(filler)
    until(lambda: [j for j in cluster.jobs("alice") if j.state == "RUNNING"], "the job runs")
    slurm_hub.start()
    alice.wait_ready("alice")
    assert len(cluster.active_jobs("alice")) == 1
    assert Kernel(alice, "alice").run("6*7") == "42"
    alice.stop("alice")
    alice.wait_stopped("alice")
