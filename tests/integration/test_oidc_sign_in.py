# SPDX-License-Identifier: BSD-3-Clause
"""Signing in and out at a real identity provider."""
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests

from support.oidc_hub import Browser, sign_in, token_of, use_provider
from support.waiting import until


@pytest.fixture
def hub(unstarted_hub, identity_provider):
    use_provider(unstarted_hub, identity_provider)
    unstarted_hub.configuration["login"]["admin_groups"] = ["hub-admins"]
    unstarted_hub.configuration["login"]["blocked_users"] = ["carol"]
    return unstarted_hub.start()


def callback_of(browser, user, next_path="/hub/home"):
    """The address with the code that the provider sends the browser back to, not visited yet."""
    stopped = browser.sign_in_at_provider(user, next_path, stop_at=f"{browser.base}/hub/oauth_callback")
    return stopped.headers["Location"]


def test_a_browser_signs_in_and_keeps_its_way(hub, identity_provider):
    browser = Browser(hub, identity_provider)
    page = browser.sign_in_at_provider("alice", quote("/hub/token", safe=""))
    assert page.status_code == 200 and urlsplit(page.url).path == "/hub/token"
    me = hub.api().get("/hub/api/users/alice").json()
    assert me["admin"] is True  # a member of hub-admins
    assert {"hpc-users", "hub-admins", "proj01"} == set(me["groups"])
    assert not any(name.startswith("berth-sign-in") and value for (name, _), value in browser.cookies().items())


def test_no_token_of_the_provider_is_shown_or_logged(hub, identity_provider):
    browser = sign_in(hub, identity_provider, "alice")
    page = browser.get("/hub/token").text
    database = (hub.folder / "data/berth.sqlite").read_bytes() + (hub.folder / "data/berth.sqlite-wal").read_bytes()
    assert "eyJ" not in page and "eyJ" not in hub.log() and b"eyJ" not in database


def test_who_may_not_come_in_is_told(hub, identity_provider):
    page = Browser(hub, identity_provider).sign_in_at_provider("carol")
    assert page.status_code == 403 and "carol" not in {u["name"] for u in hub.api().get("/hub/api/users").json()}


@pytest.mark.parametrize("spoil", [
    lambda url: url.replace("state=", "state=x"),
    lambda url: url.replace("code=", "code=x"),
    lambda url: url.replace("iss=http", "iss=https") if "iss=" in url else url + "&iss=https://evil.example",
    lambda url: url.split("&iss=")[0].split("?iss=")[0] + "&iss=" + quote("https://evil.example", safe=""),
])
def test_a_forged_callback_signs_nobody_in(hub, identity_provider, spoil):
    browser = Browser(hub, identity_provider)
    answer = browser.http.get(spoil(callback_of(browser, "alice")), allow_redirects=False)
    assert answer.status_code in (400, 403), answer.text
    assert not browser.signed_in()


def test_a_callback_is_good_once_and_the_provider_is_not_asked_again(hub, identity_provider):
    """A provider ends the whole session when it sees a code twice."""
    browser = Browser(hub, identity_provider)
    address = callback_of(browser, "alice")
    held = {c.name: c.value for c in browser.http.cookies if c.name.startswith("berth-sign-in")}
    assert browser.http.get(address, allow_redirects=False).status_code == 302
    assert browser.signed_in()
    asked = identity_provider.counts()["calls"].get("/token", 0)
    replay = requests.get(address, cookies=held, allow_redirects=False)
    assert replay.status_code == 400 and "jupyterhub-hub-login" not in replay.cookies
    assert identity_provider.counts()["calls"].get("/token", 0) == asked
    assert browser.signed_in()


def test_another_browsers_callback_is_no_good_here(hub, identity_provider):
    """A victim who follows an attacker's link must not end up in the attacker's account."""
    address = callback_of(Browser(hub, identity_provider), "bob")
    victim = Browser(hub, identity_provider)
    answer = victim.http.get(address, allow_redirects=False)
    assert answer.status_code == 400 and "Sign in" in answer.text
    assert not victim.signed_in()


def test_two_tabs_at_once_both_end_signed_in(hub, identity_provider):
    browser = Browser(hub, identity_provider)
    first = browser.sign_in_at_provider("alice", stop_at=f"{hub.url}/hub/oauth_callback").headers["Location"]
    second = browser.provider.sign_in(browser.http, f"{hub.url}/hub/login?next=/hub/token", "alice",
                                      stop_at=f"{hub.url}/hub/oauth_callback").headers["Location"]
    for address in (second, first):
        assert browser.http.get(address, allow_redirects=False).status_code == 302
        assert browser.signed_in()


def test_a_preset_session_id_is_not_kept(hub, identity_provider):
    browser = Browser(hub, identity_provider)
    browser.http.cookies.set("jupyterhub-session-id", "chosen-by-somebody", domain="127.0.0.1", path="/")
    browser.sign_in_at_provider("alice")
    assert browser.signed_in()
    assert "chosen-by-somebody" not in [c.value for c in browser.http.cookies if c.name == "jupyterhub-session-id" and c.path == "/"][-1:]


@pytest.mark.parametrize("target", [
    "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "https:evil.example", "/%09/evil.example",
    "javascript:alert(1)", "http://127.0.0.1@evil.example/", "/\t/evil.example", "%2F%2Fevil.example", "/hub/../..//evil.example"])
def test_the_way_back_stays_on_the_hub(hub, identity_provider, target):
    browser = Browser(hub, identity_provider)
    stopped = browser.sign_in_at_provider("alice", quote(target, safe=""), stop_at=f"{hub.url}/hub/oauth_callback")
    answer = browser.http.get(stopped.headers["Location"], allow_redirects=False)
    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert location.startswith("/") and not location.startswith(("//", "/\\")) and "\t" not in location


def test_signing_out_ends_the_providers_session_too(hub, identity_provider):
    browser = sign_in(hub, identity_provider, "alice")
    out = browser.get("/hub/logout")
    assert out.status_code == 302 and out.headers["Location"].startswith(identity_provider.issuer)
    query = parse_qs(urlsplit(out.headers["Location"]).query)
    assert query["id_token_hint"] and query["post_logout_redirect_uri"] == [f"{hub.url}/hub/oauth_callback"]
    identity_provider.sign_out(browser.http, out.headers["Location"])
    assert not browser.signed_in()
    again = identity_provider.sign_in(browser.http, f"{hub.url}/hub/login", "alice", stop_at="nowhere")
    assert again.status_code == 200  # the form had to be filled in again: sign_in() asserts that it was there
    until(lambda: hub.log().count("logout") > 0, "the log tells of it")


def test_signing_out_in_one_browser_leaves_the_other(hub, identity_provider):
    one, other = sign_in(hub, identity_provider, "alice"), sign_in(hub, identity_provider, "alice")
    page = one.get("/hub/token").text
    assert page.count("data-label=\"Browser\"") == 2 and "Signed in at" in page
    one.get("/hub/logout")
    assert not one.signed_in() and other.signed_in()


def test_the_provider_ends_exactly_its_session(hub, identity_provider):
    identity_provider.set_client("hub", backchannel_logout_uri=f"{hub.url}/hub/backchannel_logout", backchannel_logout_session_required=True)
    alice, bob = sign_in(hub, identity_provider, "alice"), sign_in(hub, identity_provider, "bob")
    told = identity_provider.end_sessions("alice", tell=True)
    assert told, "the provider told nobody"
    until(lambda: not alice.signed_in(), "alice is signed out", timeout=10)
    assert bob.signed_in()


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_forged_logout_token_ends_nothing(hub, identity_provider, token):
    browser = sign_in(hub, identity_provider, "alice")
    answer = requests.post(f"{hub.url}/hub/backchannel_logout", data={"logout_token": token}, timeout=20)
    assert answer.status_code == 400 and answer.json()["error"] == "invalid_request"
    assert browser.signed_in()


def test_a_provider_that_is_away_is_told_and_signs_nobody_out(hub, identity_provider):
    browser = sign_in(hub, identity_provider, "alice")
    api = token_of(hub, "alice")
    identity_provider.stop()
    try:
        new = Browser(hub, identity_provider)
        assert new.get("/hub/login").status_code in (302, 503)
        assert browser.signed_in() and api.get("/hub/api/user").status_code == 200
    finally:
        identity_provider.up()


def test_a_password_form_is_not_there(hub, identity_provider):
    assert requests.post(f"{hub.url}/hub/login", data={"username": "alice", "password": "alice"}, allow_redirects=False,
                         timeout=20).status_code in (302, 303, 403)
    assert not Browser(hub, identity_provider).signed_in()


def test_no_password_is_good_at_the_api_either(hub):
    hub.api().make_user("alice")
    answer = requests.post(f"{hub.url}/hub/api/users/alice/tokens", json={"auth": {"username": "alice", "password": "alice"}}, timeout=20)
    assert answer.status_code == 403


def test_roles_are_those_that_the_provider_tells_at_the_last_sign_in(hub, identity_provider):
    hub.configuration["login"]["oidc"]["roles_claim"] = "realm_access.roles"
    hub.configuration.setdefault("role", []).append({"name": "front-desk", "scopes": ["list:users"]})
    hub.kill()
    hub.start()
    identity_provider.set_user("bob", roles=["front-desk", "admin", "offline_access"])
    sign_in(hub, identity_provider, "bob")
    token = hub.api().post("/hub/api/users/bob/tokens", json={}).json()["token"]
    hub.kill()
    hub.start()
    assert hub.api().get("/hub/api/users/bob").json()["roles"] == ["front-desk", "user"], "the hub's own role admin is not given by its name"
    assert {u["name"] for u in hub.api(token).get("/hub/api/users").json()} >= {"bob"}
    identity_provider.set_user("bob", roles=[])
    sign_in(hub, identity_provider, "bob")
    assert hub.api().get("/hub/api/users/bob").json()["roles"] == ["user"]
    assert hub.api(token).get("/hub/api/users").status_code == 403, "a token that was made before loses it too"
