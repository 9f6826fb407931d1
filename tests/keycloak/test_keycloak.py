# SPDX-License-Identifier: BSD-3-Clause
"""The same stories with a real Keycloak: other words, other tokens, its own way of ending sessions."""
import concurrent.futures
import time

import pytest

from support.api import Api
from support.keycloak import Keycloak
from support.oidc_hub import Browser, bearer, sign_in, token_of, use_provider
from support.waiting import until

SHORT = 8  # seconds that an access token lives
RULES = [("service_account", "client_credentials"), ("*", "require")]


@pytest.fixture(scope="module")
def keycloak():
    provider = Keycloak(access_token_seconds=SHORT).up()
    yield provider
    provider.down()


@pytest.fixture
def hub(unstarted_hub, keycloak):
    use_provider(unstarted_hub, keycloak, RULES, scopes=["openid", "profile", "email"])
    unstarted_hub.configuration["role"] = [{"name": "user", "scopes": ["self", "read:credentials!user"]}]
    return unstarted_hub.start()


def access_token(api, user="alice"):
    return api.get(f"/hub/api/users/{user}/credentials/access-token")


def test_signing_in_starting_and_signing_out(hub, keycloak):
    browser = sign_in(hub, keycloak, "alice")
    me = hub.api().get("/hub/api/users/alice").json()
    assert "hpc-users" in me["groups"]
    alice = token_of(hub, "alice")
    assert alice.start("alice").status_code == 202
    alice.wait_ready("alice")
    out = browser.get("/hub/logout")
    assert out.headers["Location"].startswith(keycloak.base)
    keycloak.sign_out(browser.http, out.headers["Location"])
    assert not browser.signed_in()
    assert alice.get("/user/alice/api").status_code == 200  # a running server does not mind


def test_tokens_rotate_and_32_operations_are_one_refresh(hub, keycloak):
    """A second refresh with the same token would end the session: that it lives on is the proof."""
    sign_in(hub, keycloak, "alice")
    alice = token_of(hub, "alice")
    seen = set()
    for _ in range(3):
        time.sleep(5.5)
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda _: access_token(Api(hub.url, alice.token)), range(32)))
        assert {a.status_code for a in answers} == {200}, answers[0].text
        tokens = {a.json()["access_token"] for a in answers}
        assert len(tokens) == 1
        seen |= tokens
    assert len(seen) == 3


def test_a_restart_of_the_hub_signs_nobody_out(hub, keycloak):
    browsers = {user: sign_in(hub, keycloak, user) for user in ("alice", "bob")}
    tokens = {user: token_of(hub, user) for user in browsers}
    hub.kill()
    time.sleep(SHORT)
    hub.start()
    for user, browser in browsers.items():
        assert browser.signed_in()
        assert access_token(tokens[user], user).status_code == 200


def test_keycloak_ends_a_session_and_tells_the_hub(hub, keycloak):
    keycloak.set_client("hub", backchannel_logout_uri=f"{hub.url}/hub/backchannel_logout")
    alice, bob = sign_in(hub, keycloak, "alice"), sign_in(hub, keycloak, "bob")
    keycloak.end_sessions("alice")
    until(lambda: not alice.signed_in(), "alice is signed out", timeout=20)
    assert bob.signed_in()


def test_a_disabled_user_keeps_what_runs_and_gets_no_new_token(hub, keycloak):
    sign_in(hub, keycloak, "bob")
    bob = token_of(hub, "bob")
    assert bob.start("bob").status_code == 202
    bob.wait_ready("bob")
    keycloak.set_user("bob", enabled=False)
    try:
        time.sleep(SHORT)
        refused = access_token(bob, "bob")
        assert refused.status_code == 403 and refused.json()["reason"] == "login_required", refused.text
        assert bob.get("/user/bob/api").status_code == 200 and bob.get("/hub/api/user").status_code == 200
        assert bob.stop("bob").status_code in (202, 204)
    finally:
        keycloak.set_user("bob", enabled=True)


def test_the_service_accounts_own_token_starts_and_stops(hub, keycloak):
    for _ in range(2):
        assert bearer(hub, keycloak).start("spawn-tester").status_code == 202
        until(lambda: (bearer(hub, keycloak).server("spawn-tester") or {}).get("ready"), "it is ready")
        time.sleep(SHORT)
        assert bearer(hub, keycloak).stop("spawn-tester").status_code in (202, 204)
        hub.api().wait_stopped("spawn-tester")
    browser = Browser(hub, keycloak)
    browser.sign_in_at_provider("alice")
    assert Api(hub.url, keycloak.client_credentials() + "x").get("/hub/api/user").status_code == 403


def test_a_wrong_secret_costs_nobody_their_tokens(hub, keycloak):
    sign_in(hub, keycloak, "alice")
    alice = token_of(hub, "alice")
    keycloak.set_client("hub", client_secret="another-one")
    time.sleep(SHORT)
    refused = access_token(alice)
    keycloak.set_client("hub", client_secret="hub-secret")
    assert refused.status_code == 403 and "reason" not in refused.json(), refused.text
    until(lambda: access_token(alice).status_code == 200, "the token is refreshed once the secret is right again", timeout=30, interval=1)


def test_keycloak_away_and_back(hub, keycloak):
    browser = sign_in(hub, keycloak, "alice")
    alice = token_of(hub, "alice")
    keycloak.stop()
    try:
        time.sleep(SHORT)
        away = alice.start("alice")
        assert away.status_code == 503 and away.headers["Retry-After"], away.text
        assert browser.signed_in() and alice.get("/hub/api/user").status_code == 200
    finally:
        keycloak.up()
    until(lambda: access_token(alice).status_code == 200, "the token is refreshed once it is back", timeout=90, interval=2)
