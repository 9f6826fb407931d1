# SPDX-License-Identifier: BSD-3-Clause
"""SIGKILL around a refresh. The provider rotates refresh tokens and punishes reuse: between its answer and the commit the
only copy of the new one is in the hub's memory. That is the one window in which a kill costs a sign-in."""
import re
import statistics
import threading
import time

import pytest
import requests

from support.crashes import StopPoints
from support.hub import Hub, hub_folder, use_quick_servers
from support.oidc_hub import sign_in, token_of, use_provider
from support.paths import STOPPABLE_BERTH

SHORT = 8  # seconds that an access token lives


@pytest.fixture
def hub(identity_provider):
    identity_provider.set_access_token_seconds(SHORT)
    with hub_folder() as folder:
        hub = Hub(folder, program=STOPPABLE_BERTH)
        use_provider(hub, identity_provider, [("*", "require")])
        use_quick_servers(hub)
        hub.points = StopPoints(hub)
        try:
            yield hub.start()
        finally:
            hub.stop()


def start_and_die_at(hub, alice, point):
    """A start that has to refresh first; the hub is killed there and comes back."""
    hub.points.arm(point)
    def ask():
        try:
            alice.start("alice")
        except requests.RequestException:
            pass  # cut off
    asking = threading.Thread(target=ask)
    asking.start()
    hub.points.reached(point)
    hub.kill()
    asking.join()
    hub.start()


@pytest.mark.parametrize("point, signs_in_again", [("credential.answered", True), ("credential.committed", False)])
def test_only_a_kill_before_the_commit_costs_a_sign_in(hub, identity_provider, point, signs_in_again):
    sign_in(hub, identity_provider, "alice")
    alice = token_of(hub, "alice")
    time.sleep(SHORT - 2)  # until the access token is refreshed for whoever needs one
    start_and_die_at(hub, alice, point)
    time.sleep(SHORT)  # what came before the kill does not do any more
    answer = alice.start("alice")
    if signs_in_again:
        assert answer.status_code == 403 and answer.json()["reason"] == "login_required"
        sign_in(hub, identity_provider, "alice")
        answer = alice.start("alice")
    assert answer.status_code in (201, 202, 400), answer.text  # 400: it runs, the start was kept through the kill
    alice.wait_ready("alice")


def test_how_long_the_window_is(hub, identity_provider, figures):
    sign_in(hub, identity_provider, "alice")
    sign_in(hub, identity_provider, "bob")
    alice, bob = token_of(hub, "alice"), token_of(hub, "bob")
    for round_ in range(4):
        time.sleep(SHORT - 2)
        for api, user in ((alice, "alice"), (bob, "bob")):
            assert api.start(user, name=f"n{round_}").status_code == 202
            api.wait_ready(user, f"n{round_}")
    at_risk = [float(ms) for ms in re.findall(r"credential\.refreshed .*at_risk_ms=([0-9.e+-]+)", hub.log())]
    assert len(at_risk) >= 4
    figures(f"a refreshed token is in memory alone for median {statistics.median(at_risk):.2f} ms, max {max(at_risk):.2f} ms "
            f"({len(at_risk)} refreshes)")
