# SPDX-License-Identifier: BSD-3-Clause
"""Signing in and out, cookies, XSRF, redirects; the hub as an OAuth provider for its servers."""
import base64
import hashlib
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from support.api import Forms

SIGNED_IN = {("jupyterhub-hub-login", "/hub/"), ("jupyterhub-session-id", "/"), ("_xsrf", "/hub/")}


@pytest.fixture
def web(hub, user):
    web = hub.web()
    assert web.sign_in(user.name, "x").status_code == 302
    return web


def location(answer):
    assert answer.status_code in (301, 302, 303), (answer.status_code, answer.text[:300])
    where = urlsplit(answer.headers["Location"])
    return where.path, parse_qs(where.query)


def test_signing_in_sets_three_cookies(web):
    assert set(web.cookies()) == SIGNED_IN
    flags = {c.name: c.has_nonstandard_attr("HttpOnly") for c in web.http.cookies}
    assert flags == {"jupyterhub-hub-login": True, "jupyterhub-session-id": True, "_xsrf": False}


def test_strangers_are_sent_to_sign_in_and_back(hub):
    web = hub.web()
    assert location(web.get("/")) [0] == "/hub/"
    path, query = location(web.get("/hub/home"))
    assert path == "/hub/login" and query["next"] == ["/hub/home"]


@pytest.mark.parametrize("target, lands", [("/hub/token", "/hub/token"), ("https://evil.example/", None), ("//evil.example/", None),
                                           ("\\\\evil.example", None), ("/\\evil.example", None), ("javascript:alert(1)", None)])
def test_next_never_leaves_the_hub(hub, user, target, lands):
    where = hub.web().sign_in(user.name, "x", next_url=target).headers["Location"]
    assert not urlsplit(where).netloc and where.startswith("/") and not where.startswith(("//", "/\\"))
    assert lands is None or where == lands


def test_a_form_without_its_xsrf_token_is_refused(hub, user):
    web = hub.web()
    web.get("/hub/login")
    assert web.post("/hub/login", {"username": user.name, "password": "x"}).status_code == 403
    assert web.post("/hub/login", {"username": user.name, "password": "x", "_xsrf": "made-up"}).status_code == 403
    assert ("jupyterhub-hub-login", "/hub/") not in web.cookies()


def test_cookies_alone_change_nothing_through_the_api(web, user):
    path = f"/hub/api/users/{user.name}/tokens"

    def ask(url, site):
        return web.post(url, "{}", headers={"Content-Type": "application/json", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": site})
    assert ask(path, "cross-site").status_code == 403 and ask(path, "same-origin").status_code == 403
    xsrf = web.cookies()[("_xsrf", "/hub/")]
    assert ask(f"{path}?_xsrf={quote(xsrf)}", "same-origin").status_code == 201


def test_signing_out_ends_the_session(hub, web, user):
    before = web.cookies()
    path, _ = location(web.get("/hub/logout"))
    assert path == "/hub/login"
    assert not {("jupyterhub-hub-login", "/hub/"), ("jupyterhub-session-id", "/")} & set(web.cookies())
    assert location(web.get("/hub/home"))[0] == "/hub/login"
    assert user.get("/hub/api/user").status_code == 200, "API tokens outlive a browser's session"
    assert before


@pytest.mark.parametrize("path", ["/hub/home", "/hub/token", "/hub/spawn", "/hub/login"])
def test_pages_have_titles_and_only_own_forms(web, path):
    page = web.get(path, allow_redirects=True)
    assert page.status_code == 200 and "<title>" in page.text
    assert all(not urlsplit(form["action"]).netloc for form in Forms(page.text).forms)


# ---- OAuth --------------------------------------------------------------------------------------------------------
@pytest.fixture
def client(admin, user, web):
    """The user's server as an OAuth client: (id, secret, callback); the mock tells its environment."""
    user.start(user.name)
    admin.wait_ready(user.name)
    said = user.get(f"/user/{user.name}/").json()
    if "environment" not in said:
        pytest.fail("this hub's servers do not tell their environment: use tests/support/mock_singleuser.py")
    env = said["environment"]
    return env["JUPYTERHUB_CLIENT_ID"], env["JUPYTERHUB_API_TOKEN"], env["JUPYTERHUB_OAUTH_CALLBACK_URL"]


def authorize(web, client, **more):
    return web.get("/hub/api/oauth2/authorize?" + urlencode(
        {"client_id": client[0], "redirect_uri": client[2], "response_type": "code", "state": "s t&=", **more}))


def exchange(web, client, code, **more):
    return web.post("/hub/api/oauth2/token", {
        "grant_type": "authorization_code", "client_id": client[0], "client_secret": client[1], "code": code,
        "redirect_uri": client[2]} | more)


def code_of(web, client, **more):
    path, query = location(authorize(web, client, **more))
    assert path == client[2] and query["state"] == ["s t&="]
    return query["code"][0]


def test_a_server_s_sign_in_without_pkce(hub, web, user, client):
    code = code_of(web, client)
    granted = exchange(web, client, code)
    assert granted.status_code == 200 and granted.headers["Cache-Control"] == "no-store"
    token = granted.json()
    assert token["token_type"] == "Bearer" and token["expires_in"] > 0
    model = hub.api(token["access_token"]).get("/hub/api/user").json()
    assert model["name"] == user.name and f"access:servers!server={user.name}/" in model["scopes"]
    assert model["session_id"] == web.cookies()[("jupyterhub-session-id", "/")]
    assert exchange(web, client, code).json() == {"error": "invalid_grant"}, "a code is good once"


@pytest.mark.parametrize("verifier, status", [("v" * 64, 200), ("w" * 64, 400)])
def test_a_server_s_sign_in_with_pkce(web, client, verifier, status):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 64).digest()).rstrip(b"=").decode()
    code = code_of(web, client, code_challenge=challenge, code_challenge_method="S256")
    assert exchange(web, client, code, code_verifier=verifier).status_code == status


def test_what_oauth_refuses(hub, web, client):
    assert location(authorize(hub.web(), client))[0] == "/hub/login"
    assert authorize(web, ("jupyterhub-user-nonesuch", "", client[2])).status_code == 400
    assert authorize(web, (client[0], "", "https://evil.example/")).status_code == 400
    assert exchange(web, (client[0], "bad", client[2]), "bad").status_code == 401
    assert exchange(web, client, "bad").json()["error"] == "invalid_grant"


def test_signing_out_revokes_the_session_s_oauth_tokens_and_only_those(hub, web, user, client):
    mine = exchange(web, client, code_of(web, client)).json()["access_token"]
    other_browser = hub.web()
    other_browser.sign_in(user.name, "x")
    other = exchange(other_browser, client, code_of(other_browser, client)).json()["access_token"]
    web.get("/hub/logout")
    assert hub.api(mine).get("/hub/api/user").status_code == 403
    assert hub.api(other).get("/hub/api/user").status_code == 200


def test_somebody_else_s_server_is_closed(hub, client, name):
    stranger = hub.web()
    stranger.sign_in(name + "-stranger", "x")
    assert authorize(stranger, client).status_code == 403
