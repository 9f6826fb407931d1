# SPDX-License-Identifier: BSD-3-Clause
"""The hub's own culler: servers that are idle, old, or long in starting are ended, and their owners read why."""
import re
import signal
import time

import pytest

from support.api import server_path
from support.paths import MOCK_SERVER
from support.waiting import until


@pytest.fixture
def start(quick_hub):
    def started(profiles=(), **limits):
        quick_hub.configuration["service"][0]["scopes"] += ["proxy", "read:metrics"]
        quick_hub.configuration["culler"] = {"interval": "200ms"} | limits
        if profiles:
            quick_hub.configuration["profile"] = [{"name": name, "cluster": "local", "cull": cull} for name, cull in profiles]
        quick_hub.start()
        return quick_hub, quick_hub.api().make_user("alice")
    return started


def ended(api, name=""):
    def told():
        model = api.server("alice", name) or {}
        return model.get("stopped") and model.get("failure")
    return until(told, f"{name or 'the server'} is culled", 30)["message"]


def run(api, name="", **options):
    assert api.post(server_path("alice", name) + "?wait=30", json=options).status_code == 201


def test_an_idle_server_is_ended_and_its_owner_told(start):
    hub, alice = start(idle="3s")
    run(alice)
    assert re.fullmatch(r"Stopped by the hub: it has been idle for 0:00:0\d, and 0:00:03 is the limit.*", ended(alice))
    assert "server.culled user=alice" in hub.log()
    assert "berth_culled_servers_total 1" in hub.api().get("/hub/metrics").text
    assert alice.post(server_path("alice") + "?wait=30", json={}).status_code == 201, "it may be started again"


def test_what_is_used_stays(quick_hub, start):
    quick_hub.configuration["cluster"]["local"]["cmd"] = ["/usr/bin/python3", str(MOCK_SERVER)]  # reports nothing by itself
    hub, alice = start(idle="5s")
    run(alice, "by-door")
    run(alice, "by-report")
    run(alice, "neither")
    until_when = time.monotonic() + 12
    while time.monotonic() < until_when:
        assert alice.get("/user/alice/by-door/api").status_code == 200
        assert hub.api().post("/hub/api/proxy").status_code == 200, "the hub looks at its routes, as it does every minute"
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        assert alice.post("/hub/api/users/alice/activity", json={"servers": {"by-report": {"last_activity": now}}}).status_code == 200
        time.sleep(0.5)
    assert alice.server("alice", "by-door")["ready"] and alice.server("alice", "by-report")["ready"]
    assert "idle" in ended(alice, "neither")
    assert "idle" in ended(alice, "by-door") and "idle" in ended(alice, "by-report")


def test_each_profile_has_limits_of_its_own(start):
    hub, alice = start(profiles=[("short", {"max_age": "2s"}), ("long", {"idle": "0s"})], idle="4s")
    run(alice, "a", profile="short")
    run(alice, "b", profile="long")
    assert "it has run for" in ended(alice, "a")
    time.sleep(5)
    assert alice.server("alice", "b")["ready"]
    hub.configuration["profile"][1]["cull"] = {"idle": "1s"}
    hub.write_configuration()
    hub.process.send_signal(signal.SIGHUP)
    assert "idle" in ended(alice, "b"), "a reload counts at once"


def test_a_start_that_takes_too_long(quick_hub, start):
    quick_hub.configuration["cluster"]["local"]["cmd"] = ["/bin/sleep", "60"]
    hub, alice = start(pending="2s")
    answer = alice.post(server_path("alice") + "?wait=30", json={})
    assert answer.status_code == 500 and "it has been starting for" in answer.json()["message"]


@pytest.mark.parametrize("table, words", [('[culler]\nidle = 5\n', "culler.idle"), ('[culler]\nidle = "-5s"\n', "culler.idle"),
                                          ('[culler]\nidel = "5s"\n', "culler.idel"), ('[culler]\ninterval = "1ms"\n', "culler.interval"),
                                          ('[[profile]]\nname = "x"\n[profile.cull]\nage = "1s"\n', "cull.age")])
def test_wrong_limits_are_named(quick_hub, table, words):
    quick_hub.write_configuration('[hub]\ndata_dir = "data"\n[cluster.local]\nbackend = "local"\n' + table)
    answer = quick_hub.command("serve", "--config", str(quick_hub.configuration_file))
    assert answer.returncode != 0 and words in answer.stderr + answer.stdout
