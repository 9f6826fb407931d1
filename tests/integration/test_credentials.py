# SPDX-License-Identifier: BSD-3-Clause
"""The identity provider's tokens: who gets one, when it is refreshed, and whom its troubles reach."""
import concurrent.futures
import time

import pytest

from support.api import Api
from support.oidc_hub import Browser, bearer, refreshes, sign_in, token_of, use_provider
from support.waiting import until

RULES = [("service_account", "client_credentials"), ("user:carol", "none"), ("user:bob", "try"), ("*", "require")]
SHORT = 8  # seconds that an access token lives; one that came less than five seconds ago is as fresh as can be


@pytest.fixture
def hub(unstarted_hub, identity_provider):
    identity_provider.set_access_token_seconds(60)
    use_provider(unstarted_hub, identity_provider, RULES)
    unstarted_hub.configuration["role"] = [
        {"name": "user", "scopes": ["self", "read:credentials!user"]},
        {"name": "server", "scopes": ["users:activity!user", "access:servers!server", "read:credentials!user"]}]
    unstarted_hub.configuration["service"].append(
        {"name": "state-reader", "api_token": "state-reader-token-0123456789", "scopes": ["admin:users", "admin:auth_state"]})
    return unstarted_hub.start()


def short_lived(hub, provider):
    """Tokens of a few seconds from here on."""
    provider.set_access_token_seconds(SHORT)


def access_token(api, user="alice"):
    return api.get(f"/hub/api/users/{user}/credentials/access-token")


def expire():
    """Until the hub would rather have another token; the old one is still good."""
    time.sleep(5.5)


def test_a_start_that_requires_a_token_says_what_is_missing(hub):
    alice = token_of(hub, "alice")
    answer = alice.start("alice")
    told = answer.json()
    assert answer.status_code == 403 and told["reason"] == "login_required" and told["status"] == 403
    assert told["credential"] == "127.0.0.1" and "/hub/oauth_login?next=" in told["login_url"] and "sign" in told["message"].lower()
    assert (alice.server("alice") or {"stopped": True})["stopped"]


def test_after_signing_in_once_the_api_starts_it(hub, identity_provider):
    sign_in(hub, identity_provider, "alice")
    alice = token_of(hub, "alice")
    assert alice.start("alice").status_code == 202
    alice.wait_ready("alice")


def test_a_page_goes_through_the_sign_in_and_comes_back_to_the_very_start(hub, identity_provider):
    browser = sign_in(hub, identity_provider, "alice")
    identity_provider.end_sessions("alice")
    short_lived(hub, identity_provider)
    # The kept token is thrown away by its refusal: what is refreshed next is refused.
    state = Api(hub.url, "state-reader-token-0123456789").get("/hub/api/users/alice").json()["auth_state"]
    assert state["access_token"] and state["refresh_token"]
    xsrf = browser.cookies().get(("_xsrf", "/hub/"), "")
    hub_start = browser.post("/hub/start/alice", {"_xsrf": xsrf})
    # A token that is still good is used; one that has run out leads to the provider and back.
    assert hub_start.status_code in (302, 303), hub_start.text


def test_the_way_by_the_provider_starts_the_server(hub, identity_provider):
    """Signed in by a link of old, without any tokens: the start leads to the provider, and afterwards it is under way."""
    browser = sign_in(hub, identity_provider, "alice")
    hub.kill()
    (hub.folder / "data/vault_keys").unlink()  # what was kept cannot be opened any more
    hub.start()
    assert browser.signed_in()
    assert "by way of" in browser.get("/hub/home").text
    xsrf = browser.cookies()[("_xsrf", "/hub/")]
    answer = browser.post("/hub/start/alice", {"_xsrf": xsrf})
    # A page and no redirect: browsers do not follow a form's answer to another site.
    assert answer.status_code == 200 and "/hub/oauth_login" in answer.headers["Refresh"]
    page = identity_provider.sign_in(browser.http, hub.url + answer.headers["Refresh"].removeprefix("0; url="), "alice")
    assert page.status_code == 200, page.text
    hub.api().wait_ready("alice")


def test_try_starts_without_and_says_so(hub, identity_provider):
    bob = token_of(hub, "bob")
    assert bob.start("bob").status_code == 202
    server = bob.wait_ready("bob")
    assert "without a token" in server["caveat"]
    assert any("without a token" in event["message"] for event in bob.progress("bob"))


def test_none_asks_for_nothing(hub, identity_provider):
    carol = token_of(hub, "carol")
    assert carol.start("carol").status_code == 202
    assert "caveat" not in carol.wait_ready("carol")
    assert identity_provider.counts()["calls"].get("/token", 0) == 0


def test_32_operations_across_an_expiry_are_one_refresh(hub, identity_provider):
    short_lived(hub, identity_provider)
    sign_in(hub, identity_provider, "alice")
    alice = token_of(hub, "alice")
    expire()
    before = refreshes(identity_provider)
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: access_token(Api(hub.url, alice.token)), range(32)))
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["access_token"] for a in answers}) == 1
    assert refreshes(identity_provider) - before == 1


def test_tokens_are_fresh_over_many_lives_and_a_restart(hub, identity_provider):
    short_lived(hub, identity_provider)
    sign_in(hub, identity_provider, "alice")
    alice = token_of(hub, "alice")
    seen = set()
    for round_ in range(4):
        expire()
        if round_ == 2:
            hub.kill()
            hub.start()
        answer = access_token(alice)
        assert answer.status_code == 200, answer.text
        seen.add(answer.json()["access_token"])
    assert len(seen) == 4
    assert refreshes(identity_provider, 400) == 0


def test_a_running_server_reads_a_fresh_token_with_its_own(hub, identity_provider):
    sign_in(hub, identity_provider, "alice")
    alice = token_of(hub, "alice")
    assert alice.start("alice").status_code == 202
    alice.wait_ready("alice")
    told = alice.get("/user/alice/api").json()["environment"]
    mine = Api(hub.url, told["JUPYTERHUB_API_TOKEN"])
    answer = access_token(mine)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["access_token"].startswith("eyJ") and answer.json()["expires_at"]
    assert access_token(mine, "bob").status_code == 404
    assert access_token(hub.api()).status_code == 403  # no role grants it to this service


def test_auth_state_is_for_who_may_see_it(hub, identity_provider):
    sign_in(hub, identity_provider, "alice")
    state = Api(hub.url, "state-reader-token-0123456789").get("/hub/api/users/alice").json()["auth_state"]
    assert set(state) == {"access_token", "refresh_token", "id_token", "scope", "token_response", "oauth_user"}
    assert "auth_state" not in token_of(hub, "alice").get("/hub/api/users/alice").json()


def test_a_signed_out_session_leaves_no_token(hub, identity_provider):
    browser = sign_in(hub, identity_provider, "alice")
    browser.get("/hub/logout")
    alice = token_of(hub, "alice")
    until(lambda: access_token(alice).status_code == 403, "the token is gone", timeout=10)
    assert access_token(alice).json()["reason"] == "login_required"


# What goes wrong at the provider, and what a start is told: (fault, status, word of the answer)
FAULTS = [
    ("500", 503, "unavailable"), ("503", 503, "unavailable"), ("html", 503, "unavailable"), ("reset", 503, "unavailable"),
    ("hang", 503, "unavailable"), ("429", 503, "unavailable"), ("401", 403, "refused")]


@pytest.mark.parametrize("fault,status,word", FAULTS)
def test_troubles_of_the_provider_reach_the_start_and_nobody_else(hub, identity_provider, fault, status, word, figures):
    short_lived(hub, identity_provider)
    browser = sign_in(hub, identity_provider, "alice")
    alice = token_of(hub, "alice")
    carol = token_of(hub, "carol")
    assert carol.start("carol").status_code == 202
    carol.wait_ready("carol")
    identity_provider.fault(fault)
    time.sleep(SHORT)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        start = pool.submit(alice.start, "alice")
        times = []
        while not start.done() or len(times) < 50:
            began = time.monotonic()
            assert carol.get("/hub/api/user").status_code == 200
            times.append(time.monotonic() - began)
            time.sleep(0.01)
        answer = start.result()
    figures(f"provider {fault}: start answered {answer.status_code}; others' p99 {sorted(times)[int(len(times) * 0.99)] * 1000:.0f} ms")
    assert answer.status_code == status, answer.text
    assert browser.signed_in() and alice.get("/hub/api/user").status_code == 200
    assert carol.get("/user/carol/api").status_code == 200
    identity_provider.well()
    if status == 503:
        assert answer.headers["Retry-After"]
        until(lambda: alice.start("alice").status_code == 202, "the start is accepted once the provider is back", timeout=40, interval=1)
        alice.wait_ready("alice")


def test_a_session_that_the_provider_ended_must_sign_in_again_and_is_asked_once(hub, identity_provider):
    short_lived(hub, identity_provider)
    sign_in(hub, identity_provider, "alice")
    alice = token_of(hub, "alice")
    identity_provider.end_sessions("alice")
    time.sleep(SHORT)
    for _ in range(5):
        answer = alice.start("alice")
        assert answer.status_code == 403 and answer.json()["reason"] == "login_required"
    assert refreshes(identity_provider, 400) == 1
    assert alice.get("/hub/api/user").status_code == 200


def test_a_disabled_user_keeps_running_servers_and_api_tokens(hub, identity_provider):
    short_lived(hub, identity_provider)
    sign_in(hub, identity_provider, "alice")
    alice = token_of(hub, "alice")
    assert alice.start("alice").status_code == 202
    alice.wait_ready("alice")
    identity_provider.set_user("alice", enabled=False)
    try:
        time.sleep(SHORT)
        assert alice.get("/user/alice/api").status_code == 200
        assert alice.stop("alice").status_code in (202, 204)
    finally:
        identity_provider.set_user("alice", enabled=True)


def test_rotated_keys_are_picked_up(hub, identity_provider):
    sign_in(hub, identity_provider, "alice")
    identity_provider.rotate_keys(keep=False)
    until(lambda: Browser(hub, identity_provider).sign_in_at_provider("bob").url.startswith(hub.url), "bob signs in with the new key", timeout=60,
          interval=5)
    assert bearer(hub, identity_provider).get("/hub/api/user").status_code in (200, 403)
