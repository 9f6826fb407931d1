# SPDX-License-Identifier: BSD-3-Clause
"""A front door that dies is brought back by the hub, with its routes; servers go on."""
import os
import signal

import requests

from support.processes import door_pids
from support.waiting import until


def answers(url):
    try:
        return requests.get(url, timeout=5).status_code
    except requests.ConnectionError:
        return 0


def test_a_front_door_that_dies_comes_back_with_its_routes(hub):
    admin = hub.api()
    admin.post("/hub/api/users/ann")
    assert admin.post("/hub/api/users/ann/server").status_code in (201, 202)
    admin.wait_ready("ann")
    first = door_pids(hub)
    assert len(first) == 1
    os.kill(first[0], signal.SIGKILL)
    until(lambda: answers(hub.url + "/user/ann/x") == 200, "the server is reached through a new front door")
    assert door_pids(hub) != first
    assert "proxy.restarted" in hub.log()
