# SPDX-License-Identifier: BSD-3-Clause
"""An outage is not a death: parts of Slurm hang, die and come back; no notebook ends, no job is doubled, nobody waits."""
import contextlib
import signal
import threading
import time

import pytest
import requests

from support.api import events, server_path
from support.crashes import job_ids, jobs_of, use_mocks_on_slurm
from support.hub import Hub, hub_folder
from support.kernel import Kernel
from support.onlooker import Onlooker
from support.waiting import until

LASTS = 15  # seconds: longer than libslurm's own patience, so that calls under way come back meanwhile


def hang(daemon):
    return lambda cluster: cluster.signal(daemon, signal.SIGSTOP), lambda cluster: cluster.signal(daemon, signal.SIGCONT)


def die(daemon):
    return lambda cluster: cluster.signal(daemon, signal.SIGKILL), lambda cluster: cluster.up()


# What happens, what ends it, and whether the hub can know anything meanwhile.
SILENT = {"slurmctld hangs": hang("slurmctld"), "slurmctld is killed": die("slurmctld"), "munged hangs": hang("munged"),
          "munged is killed": die("munged")}
HARMLESS = {"slurmdbd is killed": die("slurmdbd"), "slurmdbd hangs": hang("slurmdbd"), "slurmd is lost": die("slurmd-node1")}


@pytest.fixture(scope="module")
def hub(own_cluster, berth_program):
    with hub_folder() as folder, contextlib.ExitStack() as stack:
        hub = Hub(folder)
        use_mocks_on_slurm(hub, own_cluster)
        stack.callback(hub.stop)
        hub.start().api().make_user("alice")
        yield hub
        own_cluster.cancel_all()


class Scene:
    """One server that runs all the while, one that is to be stopped and one that is to be started during the outage."""

    def __init__(self, hub, cluster):
        self.hub, self.cluster = hub, cluster
        self.api = hub.api()
        self.web = hub.web()
        self.web.sign_in("alice", "alice")
        for name in ("runs", "ends"):
            assert self.api.start("alice", name=name).status_code in (201, 202)
        self.job = job_ids([self.api.wait_ready("alice", "runs")])
        self.api.wait_ready("alice", "ends")
        cluster.wait_saved(time.time())  # what slurmctld forgets at its death is another test's matter
        self.told = []

    def asked(self):
        answer = self.api.get("/user/alice/runs/x")
        assert answer.status_code == 200
        return answer.json()

    def others(self):
        """Pages and calls of people who have nothing to do with the cluster's trouble."""
        return Onlooker(self.hub.api(), "/hub/api/users/alice", "/hub/api/users", "/hub/login", "/user/alice/runs/api")

    def listen(self):
        """The progress of the start, told to somebody who has been waiting since its begin."""
        def collect():
            with contextlib.suppress(requests.RequestException):
                with self.api.get(server_path("alice", "begins") + "/progress", stream=True, timeout=180) as answer:
                    self.told += events(answer)
        threading.Thread(target=collect, daemon=True).start()

    def asks(self):
        """A start and a stop, and how long their answers took, in seconds."""
        begun = time.monotonic()
        assert self.api.start("alice", name="begins").status_code in (201, 202)
        between = time.monotonic()
        assert self.api.stop("alice", "ends").status_code in (202, 204)
        self.listen()
        return between - begun, time.monotonic() - between

    def unknown_everywhere(self):
        until(lambda: self.api.server("alice", "runs").get("unknown_since"), "the API says that the state is unknown", 60)
        assert self.api.server("alice", "runs")["ready"]
        assert "does not answer" in self.web.get("/hub/home").text
        until(lambda: "State unknown since" in self.web.get("/hub/spawn-pending/alice/begins").text, "the page says so", 60)
        until(lambda: any(event.get("unknown_since") for event in self.told), "the progress events say so", 60)

    def all_is_well(self):
        begins = self.api.wait_ready("alice", "begins", timeout=180)
        self.api.wait_stopped("alice", "ends", timeout=120)
        until(lambda: not self.api.server("alice", "runs").get("unknown_since"), "the state is known again", 120)
        assert job_ids([self.api.wait_ready("alice", "runs")]) == self.job, "the server was started anew"
        until(lambda: set(jobs_of(self.hub, self.cluster)) == self.job | job_ids([begins]), "each has one job", 60)
        assert self.asked()

    def close(self):
        for name in ("runs", "ends", "begins"):
            self.api.stop("alice", name)
            self.api.wait_stopped("alice", name, timeout=120)
        until(lambda: not jobs_of(self.hub, self.cluster), "no job is left", 60)


@pytest.fixture
def scene(hub, own_cluster):
    scene = Scene(hub, own_cluster)
    yield scene
    own_cluster.up()
    scene.close()


def play(scene, what, trouble, silent, figures):
    begin, end = trouble
    with scene.others() as others:
        begin(scene.cluster)
        begun = time.monotonic()
        try:
            start_took, stop_took = scene.asks()
            if silent:
                scene.unknown_everywhere()
            time.sleep(max(0, LASTS - (time.monotonic() - begun)))
            assert scene.asked() and scene.api.server("alice", "runs")["ready"], "declared dead without proof"
        finally:
            end(scene.cluster)
        lasted, back = time.monotonic() - begun, time.monotonic()
        scene.all_is_well()
        healed = time.monotonic() - back
    figures(f"{what} for {lasted:.0f} s: start accepted in {start_took * 1000:.0f} ms, stop in {stop_took * 1000:.0f} ms; "
            f"all well {healed:.1f} s after its end; others: {others.told()}")
    assert not others.wrong and others.p99() < 500


@pytest.mark.parametrize("what", SILENT)
def test_while_nothing_can_be_known(scene, figures, what):
    play(scene, what, SILENT[what], True, figures)


@pytest.mark.parametrize("what", HARMLESS)
def test_while_a_part_is_away(scene, figures, what):
    play(scene, what, HARMLESS[what], False, figures)


def test_slurmctld_restarted_in_order(scene, figures):
    def begin(cluster):
        cluster.signal("slurmctld", signal.SIGTERM)
    play(scene, "slurmctld is restarted", (begin, lambda cluster: cluster.up()), True, figures)


def test_a_kernel_outlives_a_hung_controller(slurm_hub, cluster):
    alice = slurm_hub.api().make_user("alice")
    alice.start("alice")
    job_id = alice.wait_ready("alice")["job"]["id"]
    kernel = Kernel(alice, "alice")
    cluster.signal("slurmctld", signal.SIGSTOP)
    try:
        until(lambda: alice.server("alice").get("unknown_since"), "the API says that the state is unknown", timeout=60)
        assert kernel.run("6*7") == "42"
    finally:
        cluster.signal("slurmctld", signal.SIGCONT)
    until(lambda: not alice.server("alice").get("unknown_since"), "the state is known again", timeout=60)
    assert alice.server("alice")["ready"] and [job.id for job in cluster.active_jobs("alice")] == [job_id]
    assert kernel.run("6*7") == "42"
