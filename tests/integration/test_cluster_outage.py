# SPDX-License-Identifier: BSD-3-Clause
"""An outage is not a death: slurmctld hangs or is gone, and no notebook ends, no job is doubled."""
import os
import signal

import pytest

from support.kernel import Kernel
from support.waiting import until


@pytest.fixture
def hung_controller(cluster):
    """hang() and go_on() for slurmctld; it goes on after the test in any case."""
    pid = int((cluster.folder / "run/slurmctld.pid").read_text())

    class Controller:
        hang = staticmethod(lambda: os.kill(pid, signal.SIGSTOP))
        go_on = staticmethod(lambda: os.kill(pid, signal.SIGCONT))
    yield Controller
    Controller.go_on()
    until(lambda: cluster.jobs() is not None, "the controller answers again")


def test_a_notebook_outlives_a_hung_controller(slurm_hub, cluster, hung_controller):
    alice = slurm_hub.api().make_user("alice")
    alice.start("alice")
    job_id = alice.wait_ready("alice")["job"]["id"]
    kernel = Kernel(alice, "alice")
    hung_controller.hang()
    until(lambda: alice.server("alice").get("unknown_since"), "the API says that the state is unknown", timeout=60)
    assert kernel.run("6*7") == "42"
    web = slurm_hub.web()
    web.sign_in("alice", "alice")
    assert "does not answer" in web.get("/hub/home").text
    hung_controller.go_on()
    until(lambda: not alice.server("alice").get("unknown_since"), "the state is known again", timeout=60)
    assert alice.server("alice")["ready"] and [job.id for job in cluster.jobs("alice")] == [job_id]
    assert kernel.run("6*7") == "42"


def test_a_start_during_an_outage_leads_to_one_job(slurm_hub, cluster, hung_controller):
    alice = slurm_hub.api().make_user("alice")
    hung_controller.hang()
    assert alice.start("alice").status_code in (201, 202)
    assert alice.server("alice")["pending"] == "spawn"
    hung_controller.go_on()
    alice.wait_ready("alice", timeout=120)
    assert len(cluster.jobs("alice")) == 1


def test_a_stop_during_an_outage_is_carried_out_after_it(slurm_hub, cluster, hung_controller):
    alice = slurm_hub.api().make_user("alice")
    alice.start("alice")
    alice.wait_ready("alice")
    hung_controller.hang()
    assert alice.stop("alice").status_code in (202, 204)
    hung_controller.go_on()
    alice.wait_stopped("alice", timeout=120)
    until(lambda: not cluster.jobs("alice"), "the job is gone")
