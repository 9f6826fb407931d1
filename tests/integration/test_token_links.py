# SPDX-License-Identifier: BSD-3-Clause
"""Links that carry a token, and tokens of sessions that have ended."""
import pytest

from support.api import WebSession


@pytest.fixture
def hub(unstarted_hub):
    unstarted_hub.configuration["hub"]["allow_token_in_url"] = True
    return unstarted_hub.start()


def token_with(hub, user, **how):
    hub.api().make_user(user)
    return hub.api().post(f"/hub/api/users/{user}/tokens", json=how).json()["token"]


def test_a_link_signs_in_and_the_token_is_gone_from_the_address(hub):
    web = WebSession(hub.url)
    answer = web.get(f"/hub/login?token={token_with(hub, 'alice')}&next=/hub/user-redirect/lab")
    assert answer.status_code == 302 and answer.headers["Location"] == "/hub/user-redirect/lab"
    assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"
    assert web.get("/hub/home").status_code == 200
    assert token_with(hub, "alice") not in hub.log()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_it_leads_nowhere_else(hub, target):
    answer = WebSession(hub.url).get("/hub/login", params={"token": token_with(hub, "alice"), "next": target})
    assert answer.status_code == 302 and "evil" not in answer.headers["Location"]


@pytest.mark.parametrize("how", [{"scopes": ["read:users!user"]}, {"scopes": ["servers!user", "tokens!user"]}])
def test_a_limited_token_does_not_grow(hub, how):
    web = WebSession(hub.url)
    assert web.get(f"/hub/login?token={token_with(hub, 'alice', **how)}").status_code == 403
    assert web.get("/hub/home").status_code == 302


def test_no_good_tokens_and_services_tokens_sign_nobody_in(hub):
    for token in ("nonsense", "bench-token-0123456789abcdef0123"):
        web = WebSession(hub.url)
        assert web.get(f"/hub/login?token={token}").status_code == 403
        assert web.get("/hub/home").status_code == 302


def test_nobody_is_put_into_another_account(hub):
    web = WebSession(hub.url)
    assert web.sign_in("bob", "x").status_code == 302
    assert web.get(f"/hub/login?token={token_with(hub, 'alice')}").status_code == 403
    assert "bob" in web.get("/hub/home").text


def test_where_it_is_off_the_token_only_leaves_the_address(unstarted_hub):
    hub = unstarted_hub.start()
    web = WebSession(hub.url)
    answer = web.get(f"/hub/login?token={token_with(hub, 'alice')}&next=/hub/token")
    assert answer.status_code == 302 and answer.headers["Location"] == "/hub/login?next=%2Fhub%2Ftoken"
    assert web.get("/hub/home").status_code == 302
