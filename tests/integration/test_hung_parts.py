# SPDX-License-Identifier: BSD-3-Clause
"""Parts that hang: those who do not need them notice nothing, those who do are told within a deadline, and all goes on
when the part does. (The agent and the controllers of Slurm: test_cluster_outage.py.)"""
import os
import signal
import socket
import time

from support import processes
from support.bad_disk import BadDisk
from support.hub import notebooks
from support.onlooker import Onlooker
from support.waiting import until

GENEROUS = 500  # ms; an undisturbed hub takes 1 to 5


class Others:
    """Somebody with a running notebook, and somebody on the pages, while a part hangs."""

    def __init__(self, hub, name="ann"):
        api = hub.api()
        self.owner = api.make_user(name)
        self.owner.start(name)
        self.owner.wait_ready(name)
        self.look = [Onlooker(self.owner, f"/user/{name}/api/status", f"/hub/api/users/{name}", "/hub/api/user"),
                     Onlooker(hub.api(None), "/hub/login", "/hub/health")]

    def __enter__(self):
        for look in self.look:
            look.__enter__()
        return self

    def __exit__(self, *error):
        for look in self.look:
            look.__exit__(*error)
        if error[0]:
            return
        for look in self.look:
            print("\nothers:", look.told())
            assert not look.wrong and look.p99() < GENEROUS


class Hung:
    """A helper that is stopped; it goes on after the test in any case."""

    def __init__(self, hub, program):
        self.pids = [p for p in processes.marked(hub.mark) if processes.command(p).endswith(program)]
        assert self.pids, f"no {program} runs"

    def __enter__(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)
        return self

    def go_on(self):
        processes.end(self.pids, signal.SIGCONT)

    def __exit__(self, *error):
        self.go_on()


def timed(call):
    begun = time.monotonic()
    answer = call()
    return answer, time.monotonic() - begun


def test_a_disk_that_hangs(quick_hub):
    disk = BadDisk(quick_hub)
    hub = quick_hub.start()
    with Others(hub) as others:
        bob = hub.api().make_user("bob")
        bob.start("bob")
        bob.wait_ready("bob")
        disk.now("hang")
        first, took = timed(lambda: hub.api().post("/hub/api/users/first"))
        assert first.status_code == 503 and "disk does not answer" in first.json()["message"] and first.headers["Retry-After"]
        assert took < 30
        later, took = timed(lambda: hub.api().post("/hub/api/users/later"))  # nothing more is given to the disk
        assert later.status_code == 503 and "has not answered" in later.json()["message"] and took < 5
        assert "degraded" in hub.api(None).get("/hub/health").text
        page, took = timed(lambda: hub.web().sign_in("carol", "anything"))
        assert page.status_code == 503 and "cannot save changes" in page.text and took < 5
        stop, took = timed(lambda: bob.stop("bob"))
        assert stop.status_code in (202, 204) and took < 5
        until(lambda: len(notebooks(hub)) == 1, "the server that was stopped has ended")
        disk.works()
        until(lambda: not hub.api(None).get("/hub/health").text, "the disk is well again")
        assert hub.api().post("/hub/api/users/later").status_code == 201
        assert hub.api().post("/hub/api/users/first").status_code == 409, "what had been given to the disk was done after all"
    assert len([line for line in hub.log().splitlines() if " store.disk.stuck " in line]) == 1
    hub.kill()
    hub.start()
    assert {hub.api().get(f"/hub/api/users/{name}").status_code for name in ("first", "later", "bob")} == {200}
    others.owner.wait_ready("ann")


def test_a_pam_helper_that_hangs(quick_hub):
    quick_hub.configuration["login"] = {"method": "pam", "allow_all": True}
    hub = quick_hub.start()
    with Others(hub), Hung(hub, "berth-pam-helper") as helper:
        page, took = timed(lambda: hub.web().sign_in("alice", "alice"))
        assert page.status_code == 503 and "Passwords cannot be checked" in page.text and page.headers["Retry-After"]
        assert took < 30
        helper.go_on()
        until(lambda: hub.web().sign_in("alice", "alice").status_code == 302, "sign-in works again")


def test_a_local_launcher_that_hangs(quick_hub, cluster):
    local = quick_hub.configuration["cluster"]["local"]
    local |= {"run_as_user": True, "home_dir": "/home/{user}"}
    quick_hub.configuration["hub"]["user"] = "nobody"
    hub = quick_hub.start()
    with Others(hub, "alice") as others, Hung(hub, "berth-local-launcher") as helper:
        bob = hub.api().make_user("bob")
        started, took = timed(lambda: bob.start("bob"))
        assert started.status_code in (201, 202) and took < 5
        carol = hub.api().make_user("carol")
        carol.start("carol")
        until(lambda: "spawn.locating" in hub.log(), "the hub gives up waiting for the launcher", timeout=40)
        stopped, took = timed(lambda: carol.stop("carol"))
        assert stopped.status_code in (202, 204) and took < 5
        helper.go_on()
        bob.wait_ready("bob")
        carol.wait_stopped("carol")
        until(lambda: len(notebooks(hub)) == 2, "one server for each who wants one")
        time.sleep(3)  # an order that comes late must not double it
        assert len(notebooks(hub)) == 2
    others.owner.stop("alice"), bob.stop("bob")
    until(lambda: not notebooks(hub), "all are stopped")
    others.owner.start("alice")
    others.owner.wait_ready("alice")


def test_a_control_socket_of_the_front_door_that_hangs(quick_hub):
    hub = quick_hub.start()
    path, kept = hub.folder / "data/proxy.sock", hub.folder / "data/kept.sock"
    with Others(hub):
        path.rename(kept)
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(str(path))
            silent.listen(100)  # takes every call, and answers none
            bob = hub.api().make_user("bob")
            started, took = timed(lambda: bob.start("bob"))
            assert started.status_code in (201, 202) and took < 5
            routes, took = timed(lambda: hub.api().get("/hub/api/proxy"))
            assert routes.status_code in (200, 503) and took < 35  # 200 over a connection that is there already
            until(lambda: " proxy.call_repeated " in hub.log(), "the hub gives up waiting for an answer")
            assert not bob.server("bob")["ready"], "it is ready when it can be reached"
            hub.api().make_user("carol").start("carol")
            stopped, took = timed(lambda: hub.api().stop("carol"))
            assert stopped.status_code in (202, 204) and took < 5
        path.unlink()
        kept.rename(path)
        bob.wait_ready("bob", timeout=60)
        assert bob.get("/user/bob/api/status").status_code == 200
        hub.api().wait_stopped("carol")
