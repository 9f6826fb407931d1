# SPDX-License-Identifier: BSD-3-Clause
"""SIGKILL at each named point of a server's life, on a real Slurm: of the hub, of the Slurm agent, of both.

Three hubs share a cluster, one for each way of killing, and go through the points side by side. Afterwards each wanted
server has one job, nothing else has one, and the server that ran meanwhile has answered.
"""
import concurrent.futures
import contextlib
import os
import signal
import statistics
import threading
import time

import pytest

from support import processes
from support.crashes import KINDS, RoutePoller, StopPoints, ask, job_ids, jobs_of, kill, use_mocks_on_slurm
from support.hub import Hub, hub_folder
from support.paths import STOPPABLE_BERTH
from support.waiting import until

# In the order in which a server that is started, and then stopped, comes by (docs/server-life.md).
ON_START = ["before_commit.preparing", "committed.preparing", "token.before_commit", "token.committed",
            "before_commit.submitting", "committed.submitting", "submit.before_send", "agent.before_submit",
            "agent.submitted", "submit.answered", "before_commit.queued", "committed.queued", "seen.job_queued",
            "seen.job_running", "before_commit.launching", "committed.launching", "address.before_commit",
            "address.committed", "route.before_add", "route.added", "before_commit.ready", "committed.ready"]
ON_STOP = ["before_commit.cancelling", "committed.cancelling", "cancel.before_send", "agent.before_cancel",
           "agent.cancelled", "cancel.answered", "seen.job_over", "before_commit.finishing", "committed.finishing",
           "token.before_retire", "token.retired", "before_commit.stopped", "committed.stopped"]


class Victim:
    """A hub that is killed in one way, and one server of it that runs all the while."""
    holding = threading.Lock()

    def __init__(self, folder, cluster, kind):
        self.cluster, self.kind = cluster, kind
        self.hub = Hub(folder, program=STOPPABLE_BERTH)
        use_mocks_on_slurm(self.hub, cluster)
        self.points = StopPoints(self.hub)
        self.hub.start()
        self.api = self.hub.api()
        self.alice = self.api.make_user("alice")
        assert self.alice.start("alice", name="witness").status_code in (201, 202)
        self.witness = self.alice.wait_ready("alice", "witness")
        self.route = RoutePoller(self.hub, "alice", "witness")
        self.back, self.routes = [], []  # seconds from a restart's begin to the hub's answer, to the route's

    def close(self):
        self.route.stop()
        self.hub.stop()

    def ask_and_die_at(self, point, what):
        """True when the request was acknowledged before the end."""
        answers = []
        asking = threading.Thread(target=lambda: answers.append(ask(self.alice, what, "alice")))
        with self.queue_held(point == "seen.job_queued"):
            self.points.arm(point)
            asking.start()
            pid = self.points.reached(point)
        kill(self.hub, self.kind)
        if self.kind != "agent":
            begun = time.monotonic()
            self.hub.start()
            self.back.append(time.monotonic() - begun)
            self.routes.append(self.route.after(begun))
        # An agent's child that outlives its hub does what it was told to, at the worst moment.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        asking.join(60)
        return bool(answers) and answers[0] in (201, 202, 204)

    @contextlib.contextmanager
    def queue_held(self, wanted):
        """No job starts meanwhile: else the first look may find it running already. For one hub after the other."""
        if not wanted:
            yield
            return
        with self.holding:
            self.cluster.run("scontrol", "update", "PartitionName=debug", "State=DOWN")
            try:
                yield
            finally:
                self.cluster.run("scontrol", "update", "PartitionName=debug", "State=UP")

    def model(self):
        return self.api.server("alice") or {}

    def settled(self):
        model = self.model()
        return model if model.get("ready") or not model.get("pending") else None

    def expect_jobs(self, *models):
        wanted = job_ids([self.witness, *models])
        until(lambda: set(jobs_of(self.hub, self.cluster)) == wanted, f"the jobs are {wanted}", 60)

    def start_killed_at(self, point):
        acknowledged = self.ask_and_die_at(point, "POST")
        model = until(self.settled, "the start ends", 120)
        assert model.get("ready") or not acknowledged, f"a start that was acknowledged is forgotten: {model}"
        self.expect_jobs(*[model] if model.get("ready") else [])
        if model.get("ready"):
            assert self.alice.get("/user/alice/api").status_code == 200
            assert self.alice.stop("alice").status_code in (202, 204)
        self.alice.wait_stopped("alice")
        self.expect_jobs()

    def stop_killed_at(self, point):
        self.alice.start("alice")
        ready = self.alice.wait_ready("alice")
        acknowledged = self.ask_and_die_at(point, "DELETE")
        if not acknowledged and self.model().get("ready"):
            self.expect_jobs(ready)  # it never heard of the stop
            assert self.alice.stop("alice").status_code in (202, 204)
        self.alice.wait_stopped("alice", timeout=120)
        self.expect_jobs()

    def check_witness(self):
        witness = self.alice.wait_ready("alice", "witness")
        assert job_ids([witness]) == job_ids([self.witness])


@pytest.fixture(scope="module")
def victims(cluster, figures):
    assert STOPPABLE_BERTH.exists(), f"{STOPPABLE_BERTH} is missing: cmake --preset stop-points && cmake --build --preset stop-points"
    with contextlib.ExitStack() as stack:
        made = []
        for kind in KINDS:
            made.append(Victim(stack.enter_context(hub_folder()), cluster, kind))
            stack.callback(made[-1].close)
        yield made
        routes, back = (sum((getattr(v, what) for v in made), []) for what in ("routes", "back"))
        if routes:
            figures(f"{len(routes)} restarts after SIGKILL at named points: a running server's route answers after median "
                    f"{statistics.median(routes) * 1000:.0f} ms, max {max(routes) * 1000:.0f} ms; the hub itself after median "
                    f"{statistics.median(back) * 1000:.0f} ms, max {max(back) * 1000:.0f} ms; the route's longest silence in all: "
                    f"{max(v.route.longest_gap() for v in made) * 1000:.0f} ms")
        cluster.cancel_all()


def at_each(victims, play):
    """One thread a hub; every failure is told with its hub's log."""
    def one(victim):
        try:
            play(victim)
            victim.check_witness()
        except AssertionError as problem:
            return f"{victim.kind} killed: {problem}\n{victim.hub.log()[-3000:]}"
        finally:
            victim.points.disarm()
            victim.alice.stop("alice")  # also after a failure: the next point begins with nothing
            victim.alice.wait_stopped("alice", timeout=120)
        return None
    with concurrent.futures.ThreadPoolExecutor(len(victims)) as pool:
        problems = [p for p in pool.map(one, victims) if p]
    assert not problems, "\n\n".join(problems)
    assert max((max(v.routes, default=0) for v in victims)) < 5


@pytest.mark.parametrize("point", ON_START)
def test_killed_during_a_start(victims, point):
    at_each(victims, lambda victim: victim.start_killed_at(point))


@pytest.mark.parametrize("point", ON_STOP)
def test_killed_during_a_stop(victims, point):
    at_each(victims, lambda victim: victim.stop_killed_at(point))
