# SPDX-License-Identifier: BSD-3-Clause
"""Orders of programs: waiting for a start, asking twice under one key, many servers at once."""
import concurrent.futures
import time

import pytest

from support.api import server_path
from support.hub import notebooks
from support.waiting import until


@pytest.fixture
def hub(quick_hub):
    return quick_hub.start()


@pytest.fixture
def alice(hub):
    return hub.api().make_user("alice")


def keyed(key):
    return {"Idempotency-Key": key}


def restarted(hub, **changes):
    hub.stop()
    hub.configuration["cluster"]["local"].update(changes)
    return hub.start()


@pytest.mark.parametrize("wait", ["30", "30s"])
def test_who_waits_gets_the_server(alice, wait):
    answer = alice.post(server_path("alice") + f"?wait={wait}", json={})
    assert answer.status_code == 201 and answer.json()["ready"] and answer.json()["url"] == "/user/alice/"
    assert alice.get("/user/alice/api").status_code == 200
    assert alice.delete(server_path("alice") + f"?wait={wait}").status_code == 204
    assert alice.server("alice")["stopped"]


def test_who_waits_gets_the_reason(hub, alice):
    restarted(hub, cmd=["/bin/sh", "-c", "echo no licence; exit 3"])
    answer = alice.post(server_path("alice") + "?wait=30", json={})
    assert answer.status_code == 500
    failure = answer.json()["failure"]
    assert failure["exit_code"] == 3 and failure["message"] in answer.json()["message"]


def test_the_wait_ends_with_its_time(hub, alice):
    restarted(hub, cmd=["/bin/sleep", "60"])
    answer = alice.post(server_path("alice") + "?wait=500ms", json={})
    assert answer.status_code == 202 and answer.json()["pending"] == "spawn"
    again = alice.post(server_path("alice") + "?wait=0", json={})
    assert again.status_code == 202 and again.json()["pending"] == "spawn"


def test_a_wait_that_is_none(alice):
    for wait in ("", "-1", "1h", "x", "1e3", "301", "99999999999999999999"):
        answer = alice.post(server_path("alice") + f"?wait={wait}", json={})
        assert answer.status_code == 400 and "wait must be" in answer.json()["message"], wait
    assert alice.server("alice")["stopped"]


def test_waiting_does_not_hold_up_the_end_of_the_hub(hub, alice):
    restarted(hub, cmd=["/bin/sleep", "60"])
    with concurrent.futures.ThreadPoolExecutor(5) as crowd:
        answers = [crowd.submit(alice.post, server_path("alice") + "?wait=60", json={}) for _ in range(5)]
        until(lambda: (alice.server("alice") or {}).get("pending") == "spawn", "it is starting")
        time.sleep(0.5)
        hub.process.terminate()
        hub.process.wait(timeout=20)
        for answer in answers:
            answer.exception(timeout=60)


def test_one_key_is_one_start(hub, alice):
    first = alice.post(server_path("alice"), json={}, headers=keyed("nightly-1"))
    again = alice.post(server_path("alice"), json={}, headers=keyed("nightly-1"))
    assert (first.status_code, again.status_code) == (202, 202)
    alice.wait_ready("alice")
    assert alice.post(server_path("alice"), json={}, headers=keyed("nightly-1")).status_code == 202, "the first answer, not 400"
    assert alice.post(server_path("alice") + "?wait=5", json={}, headers=keyed("nightly-1")).status_code == 201
    assert alice.post(server_path("alice"), json={}, headers=keyed("nightly-2")).status_code == 400
    alice.stop("alice")
    alice.wait_stopped("alice")
    late = alice.post(server_path("alice") + "?wait=5", json={}, headers=keyed("nightly-1"))
    assert late.status_code == 200 and late.json()["stopped"] and not notebooks(hub), "what came late starts nothing"
    assert alice.post(server_path("alice") + "?wait=30", json={}, headers=keyed("nightly-2")).status_code == 201


def test_a_key_outlives_the_hub(hub, alice):
    assert alice.post(server_path("alice"), json={"x": 1}, headers=keyed("k")).status_code == 202
    hub.kill()
    hub.start()
    assert alice.post(server_path("alice") + "?wait=30", json={"x": 1}, headers=keyed("k")).status_code == 201
    assert len(notebooks(hub)) == 1
    assert alice.post(server_path("alice"), json={"x": 2}, headers=keyed("k")).status_code == 422, "another order"


def test_a_key_is_its_senders(hub, alice):
    hub.api().post(server_path("alice") + "?wait=30", json={}, headers=keyed("k"))
    assert alice.post(server_path("alice"), json={}, headers=keyed("k")).status_code == 400, "running already, by somebody else's order"


def test_two_at_once_are_one_start(hub, alice):
    with concurrent.futures.ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: alice.post(server_path("alice") + "?wait=30", json={}, headers=keyed("k")), range(8)))
    assert {a.status_code for a in answers} == {201} and len(notebooks(hub)) == 1


def test_a_key_that_is_none(alice):
    for key in ("", "x" * 256, "\u00e9"):
        answer = alice.post(server_path("alice"), json={}, headers={"Idempotency-Key": key.encode("latin-1")})
        assert answer.status_code == 400 and "Idempotency-Key" in answer.json()["message"], key


def test_many_at_once(hub):
    names = [f"u{i:02d}" for i in range(30)]
    assert hub.api().post("/hub/api/users", json={"usernames": names}).status_code == 201
    wanted = [{"user": name} for name in names] + [{"user": "u00", "server": "n1", "user_options": {"a": 1}}, {"user": "nobody"}]
    answer = hub.api().post("/hub/api/servers/start?wait=60", json={"servers": wanted}, headers=keyed("class"), timeout=90)
    assert answer.status_code == 200
    told = answer.json()["servers"]
    assert [(t["user"], t["server"]) for t in told] == [(w["user"], w.get("server", "")) for w in wanted], "in their order"
    assert [t["status"] for t in told] == [201] * 31 + [404]
    assert told[30]["model"]["user_options"] == {"a": 1} and told[31]["message"]
    assert len(notebooks(hub)) == 31
    again = hub.api().post("/hub/api/servers/start", json={"servers": wanted}, headers=keyed("class")).json()["servers"]
    assert {t["status"] for t in again[:31]} == {202} and len(notebooks(hub)) == 31
    for item in wanted:
        item.pop("user_options", None)
    stopped = hub.api().post("/hub/api/servers/stop?wait=60", json={"servers": wanted}, timeout=90).json()["servers"]
    assert [t["status"] for t in stopped] == [204] * 31 + [404]
    until(lambda: not notebooks(hub), "none is left")


def test_many_are_each_within_the_callers_scopes(hub, alice):
    hub.api().make_user("bob")
    told = alice.post("/hub/api/servers/start?wait=30", json={"servers": [{"user": "alice"}, {"user": "bob"}, {"user": "nobody"}]}).json()["servers"]
    assert [t["status"] for t in told] == [201, 404, 404] and told[1]["message"] == told[2]["message"]
    assert hub.api(None).post("/hub/api/servers/start", json={"servers": [{"user": "alice"}]}).status_code == 403


WRONG = [{}, {"servers": []}, {"servers": {}}, {"servers": [{}]}, {"servers": ["alice"]}, {"servers": [{"user": 1}]},
         {"servers": [{"user": "alice", "server": 1}]}, {"servers": [{"user": "alice", "options": {}}]},
         {"servers": [{"user": "alice", "user_options": []}]}, {"servers": [{"user": "alice"}], "x": 1},
         {"servers": [{"user": "alice"}] * 1001}, []]


def test_many_of_a_wrong_form(alice):
    for body in WRONG:
        answer = alice.post("/hub/api/servers/start", json=body)
        assert answer.status_code == 400 and answer.json()["message"], body
    assert alice.server("alice")["stopped"]
