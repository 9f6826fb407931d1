# SPDX-License-Identifier: BSD-3-Clause
"""A stop is taken at once in every state of a server, by the API and by the pages, and ends in stopped.

Held in their steps by a launcher that is suspended, by servers that never answer, and by a listing that cannot be read.
"""
import contextlib
import signal
import threading
from pathlib import Path

import pytest

from support import processes
from support.api import Forms
from support.crashes import helper_pids
from support.waiting import until

AT_ONCE = 5  # seconds; a hub waits half a second for the end of a server before it answers 202
LAUNCHER = "berth-local-launcher"


@pytest.fixture(scope="module")
def hub(unstarted_shared_hub, cluster):  # the cluster's users are the accounts of these servers
    hub = unstarted_shared_hub
    hub.configuration["hub"]["user"] = "nobody"
    local = hub.configuration["cluster"]["local"] | {"run_as_user": True, "home_dir": "/tmp"}
    def mock(**more):
        return local | {"environment": local["environment"] | more}
    hub.configuration["cluster"] = {"local": local, "mute": mock(MOCK_DELAY="3600"), "broken": mock(MOCK_EXIT="3")}
    hub.configuration["profile"] = [{"name": name, "title": name, "cluster": name} for name in hub.configuration["cluster"]]
    hub.start().api().make_user("alice")
    return hub


class Server:
    def __init__(self, hub, name):
        self.hub, self.name, self.api = hub, name, hub.api()

    def start(self, profile="local"):
        assert self.api.start("alice", {"profile": profile}, self.name).status_code in (201, 202)

    def model(self):
        return self.api.server("alice", self.name) or {}

    def wait(self, **members):
        until(lambda: self.model().items() >= members.items(), f"{self.name} is {members}", 30)

    def wait_unknown(self):
        until(lambda: self.model().get("unknown_since"), f"the state of {self.name} is unknown", 60)

    def pids(self):
        wanted = f"JUPYTERHUB_SERVER_NAME={self.name}".encode()
        found = []
        for pid in processes.marked(self.hub.mark):
            with contextlib.suppress(OSError):
                if wanted in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                    found.append(pid)
        return found


@contextlib.contextmanager
def suspended_launcher(hub):
    pids = until(lambda: helper_pids(hub, LAUNCHER), "the launchers run")
    processes.end(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        processes.end(pids, signal.SIGCONT)


@contextlib.contextmanager
def unreadable_jobs(hub, cluster="local"):
    """A file in the place of the directory that tells of the cluster's jobs."""
    jobs = hub.folder / f"data/cluster-{cluster}/local"
    away = jobs.rename(jobs.with_name("local.away"))
    jobs.touch(mode=0o000)
    try:
        yield
    finally:
        jobs.unlink()
        away.rename(jobs)


# ---- the states: each a context in which the server stays as it is ------------------------------------------------
@contextlib.contextmanager
def stopped(server):
    server.start()
    server.wait(ready=True)
    server.api.stop("alice", server.name)
    server.wait(stopped=True, pending=None)
    yield


@contextlib.contextmanager
def failed(server):
    server.start("broken")
    until(lambda: server.model().get("failure") and server.model()["stopped"], "the start has failed", 30)
    yield


@contextlib.contextmanager
def submitting(server):
    with suspended_launcher(server.hub):
        server.start()
        server.wait(phase="submitting", pending="spawn")
        yield


@contextlib.contextmanager
def launching(server):
    server.start("mute")
    server.wait(phase="launching", pending="spawn")
    yield


@contextlib.contextmanager
def launching_and_its_end_hangs(server):
    with launching(server), suspended_launcher(server.hub):
        yield


@contextlib.contextmanager
def ready(server):
    server.start()
    server.wait(ready=True)
    yield


@contextlib.contextmanager
def ready_and_its_end_hangs(server):
    with ready(server), suspended_launcher(server.hub):
        yield


@contextlib.contextmanager
def stopping(server):
    with ready_and_its_end_hangs(server):
        assert server.api.stop("alice", server.name).status_code == 202
        server.wait(pending="stop")
        yield


@contextlib.contextmanager
def unknown(server):
    with ready(server), unreadable_jobs(server.hub):
        server.wait_unknown()
        yield


@contextlib.contextmanager
def unknown_while_starting(server):
    with launching(server), unreadable_jobs(server.hub, "mute"):
        server.wait_unknown()
        yield


@contextlib.contextmanager
def unknown_before_the_submit(server):
    with unreadable_jobs(server.hub):
        server.start()
        server.wait_unknown()
        assert server.model()["pending"] == "spawn"
        yield


NOTHING_RUNS = [stopped, failed]
PENDING = [submitting, launching, launching_and_its_end_hangs, unknown_while_starting, unknown_before_the_submit]
ENDS_LATER = [submitting, launching_and_its_end_hangs, ready_and_its_end_hangs, stopping, unknown, unknown_while_starting]
ALL = NOTHING_RUNS + PENDING + [ready, ready_and_its_end_hangs, stopping, unknown]


@pytest.fixture
def server(hub, request):
    server = Server(hub, "s" + str(abs(hash(request.node.name)) % 10**9))
    yield server
    server.api.stop("alice", server.name)
    server.api.wait_stopped("alice", server.name)


def ends(server):
    server.api.wait_stopped("alice", server.name)
    until(lambda: not server.pids(), "no process is left")
    assert not server.model().get("unknown_since")


@pytest.mark.parametrize("state", ALL, ids=lambda s: s.__name__)
def test_by_the_api(server, state):
    with state(server):
        answer = server.api.delete(f"/hub/api/users/alice/servers/{server.name}", timeout=AT_ONCE)
        assert answer.status_code == (204 if state in NOTHING_RUNS else answer.status_code) and answer.status_code in (202, 204)
        assert (answer.status_code == 204) == (server.model()["stopped"] is True)
        if state in ENDS_LATER:
            assert answer.status_code == 202 and server.model()["pending"] == "stop"
        again = server.api.delete(f"/hub/api/users/alice/servers/{server.name}", timeout=AT_ONCE)
        assert again.status_code in (202, 204)
    ends(server)


@pytest.mark.parametrize("state", ALL, ids=lambda s: s.__name__)
def test_by_the_pages(server, state):
    web = server.hub.web()
    web.sign_in("alice", "alice")
    action = f"/hub/stop/alice/{server.name}"
    with state(server):
        pages = ["/hub/home"] + ([f"/hub/spawn-pending/alice/{server.name}"] if state in PENDING else [])
        offers = {page: [f for f in Forms(web.get(page).text).forms if f["action"] == action] for page in pages}
        shown = state not in NOTHING_RUNS + [stopping]
        assert all(bool(forms) == shown for forms in offers.values()), f"a button to stop it: {offers}"
        # Also where no page offers it any more: another window may.
        fields = {"_xsrf": Forms(web.get("/hub/home").text).with_field("_xsrf")["fields"]["_xsrf"]}
        answer = web.post(action, offers[pages[-1]][0]["fields"] if shown else fields)
        assert answer.status_code == 303 and answer.headers["Location"].endswith("/hub/home")
        after = web.get("/hub/home").text
        if state in ENDS_LATER:
            assert "Stopping" in after or "State unknown" in after
            assert not [f for f in Forms(after).forms if f["action"] == action]
            pending = web.get(f"/hub/spawn-pending/alice/{server.name}").text
            assert "Stopping" in pending
            if state in (unknown, unknown_while_starting):
                assert "as soon as the controller is back" in after and "as soon as the controller is back" in pending
    ends(server)


@pytest.mark.parametrize("state", PENDING, ids=lambda s: s.__name__)
def test_who_follows_the_start_is_told(server, state):
    told = []
    with state(server):
        following = threading.Thread(target=lambda: told.extend(server.api.progress("alice", server.name)), daemon=True)
        following.start()
        until(lambda: following.is_alive(), "the events are followed")
        server.api.stop("alice", server.name)
        following.join(30)
        assert not following.is_alive(), "the events end while the server still ends"
    assert told[-1]["failed"] and told[-1]["message"] == "Spawn cancelled", told
    ends(server)


def test_what_was_never_started(hub):
    assert hub.api().stop("alice").status_code == 204
    assert hub.api().stop("alice", "nothing").status_code == 404
    assert hub.api().stop("nobody-known").status_code == 404


def test_unknown_is_said_everywhere(server):
    web = server.hub.web()
    web.sign_in("alice", "alice")
    with unknown_while_starting(server):
        assert server.model()["pending"] == "spawn"
        home, pending = web.get("/hub/home").text, web.get(f"/hub/spawn-pending/alice/{server.name}").text
        assert "State unknown since" in home and "Your request is kept" in home and "Your notebook goes on" not in home
        assert "State unknown since" in pending
        events = []
        def follow():
            for event in server.api.progress("alice", server.name):
                events.append(event)
        threading.Thread(target=follow, daemon=True).start()
        server.api.stop("alice", server.name)
        until(lambda: events, "the events end")
        assert any(event.get("unknown_since") for event in events)
    ends(server)
    with unknown(server):
        assert server.model()["ready"] and "Your notebook goes on" in web.get("/hub/home").text
