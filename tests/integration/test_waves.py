# SPDX-License-Identifier: BSD-3-Clause
"""500 servers asked for at once, and stopped at once: each of them comes and goes, and nobody else waits meanwhile."""
import concurrent.futures
import os
import statistics
import threading
import time

import pytest

from support.api import Api
from support.hub import notebooks
from support.onlooker import Onlooker
from support.waiting import until

WAVE = int(os.environ.get("BERTH_WAVE") or 500)  # as many as fit a machine, by hand


@pytest.fixture
def wave_hub(quick_hub):
    quick_hub.configuration["hub"]["concurrent_spawn_limit"] = WAVE
    hub = quick_hub.start()
    names = [f"w{i}" for i in range(WAVE)]
    assert hub.api().post("/hub/api/users", json={"usernames": names}).status_code == 201
    return hub, names


def all_at_once(hub, names, what):
    """Eight clients share the work; the answers, and how long they took, in milliseconds."""
    local, took = threading.local(), []

    def one(name):
        if not hasattr(local, "api"):
            local.api = Api(hub.url)
        begun = time.monotonic()
        answer = what(local.api, name)
        took.append((time.monotonic() - begun) * 1000)
        return answer
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, names)), took


def servers_of(hub):
    """Every user's default server, by the user's name."""
    found, api = {}, hub.api()
    for offset in range(0, 10_000, 200):
        users = api.get(f"/hub/api/users?limit=200&offset={offset}").json()
        found |= {u["name"]: u["servers"].get("") for u in users}
        if len(users) < 200:
            return found


def test_a_wave_of_500_comes_and_goes(wave_hub):
    hub, names = wave_hub
    begun = time.monotonic()
    with Onlooker(hub.api(), "/hub/api/users/w0", "/hub/health", "/hub/login", per_second=300) as others:
        answers, took = all_at_once(hub, names, lambda api, name: api.start(name))
        assert {a.status_code for a in answers} <= {201, 202}
        print(f"\nasked for {WAVE} in {time.monotonic() - begun:.1f} s, p99 of an answer {statistics.quantiles(took, n=100)[98]:.1f} ms")
        until(lambda: all((s or {}).get("ready") for n, s in servers_of(hub).items() if n in names), "all are ready", 300, 0.5)
    print(f"all ready after {time.monotonic() - begun:.1f} s; others meanwhile: {others.told()}")
    assert not others.wrong
    answers, _ = all_at_once(hub, names, lambda api, name: api.get(f"/user/{name}/api/status"))
    assert {a.status_code for a in answers} == {200}

    begun = time.monotonic()
    with Onlooker(hub.api(), "/hub/api/users/w0", "/hub/health", "/hub/login", per_second=300) as others:
        answers, took = all_at_once(hub, names, lambda api, name: api.stop(name))
        assert {a.status_code for a in answers} <= {202, 204}
        until(lambda: not any(s for n, s in servers_of(hub).items() if n in names), "all are stopped", 300, 0.5)
    print(f"all stopped after {time.monotonic() - begun:.1f} s; others meanwhile: {others.told()}")
    assert not others.wrong
    assert not (left := notebooks(hub)), f"{len(left)} servers live on"
