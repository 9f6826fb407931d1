# SPDX-License-Identifier: BSD-3-Clause
"""What callers with few rights must not get at. Stricter than JupyterHub where JupyterHub lets filtered scopes create things."""
from urllib.parse import urlencode

import pytest

from support.api import Api, Forms

CALLERS = {
    "one-user": ["admin:users!user=al", "read:groups:name"],
    "one-group": ["admin:groups!group=g"],
    "lister": ["list:groups"],
    "user-admin": ["admin:users"],
}


@pytest.fixture(scope="module")
def hub(unstarted_shared_hub):
    hub = unstarted_shared_hub
    hub.configuration["service"] += [{"name": name, "api_token": f"{name}-0123456789", "scopes": scopes} for name, scopes in CALLERS.items()]
    hub.start()
    admin = hub.api()
    admin.make_user("al")
    assert admin.post("/hub/api/groups/g", json={"users": ["al"]}).status_code == 201
    return hub


@pytest.fixture
def caller(hub):
    return lambda name: Api(hub.url, f"{name}-0123456789")


def test_a_filtered_scope_creates_nobody_else(hub, caller):
    assert caller("one-user").post("/hub/api/users", json={"usernames": ["evil"]}).status_code in (403, 404)
    assert hub.api().get("/hub/api/users/evil").status_code == 404


def test_a_filtered_scope_creates_no_other_group(hub, caller):
    for body in ({"groups": ["h"]}, {"groups": ["g", "h"], "users": ["al"]}):
        assert caller("one-group").post("/hub/api/groups", json=body).status_code in (403, 404)
    assert hub.api().get("/hub/api/groups/h").status_code == 404


def test_who_may_list_groups_sees_their_names(caller):
    for who in ("lister", "one-user"):
        answer = caller(who).get("/hub/api/groups/g")
        assert answer.json() == {"kind": "group", "name": "g"}
    assert caller("lister").get("/hub/api/groups").json() == [{"kind": "group", "name": "g"}]
    assert caller("one-group").get("/hub/api/groups/g").json()["users"] == ["al"]


def test_who_is_no_admin_does_not_rename_one(hub, caller):
    answer = caller("user-admin")("PATCH", "/hub/api/users/root-admin", json={"name": "nobody-at-all"})
    assert answer.status_code == 403
    assert hub.api().get("/hub/api/users/root-admin").status_code == 200


@pytest.mark.parametrize("name", ["%ff", "%2e%2e", "."])
def test_groups_have_names_that_stand_in_addresses(hub, name):
    assert hub.api().post("/hub/api/groups", json={"groups": [".."]}).status_code == 400
    assert hub.api().post(f"/hub/api/groups/{name}").status_code in (400, 404, 405)


def test_names_have_no_blanks_around_them(hub):
    for name in ("%20blank", "blank%20", "%20"):
        assert hub.api().post(f"/hub/api/users/{name}").status_code == 400


# ---- OAuth ------------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def clash(hub):
    """The server "b" of "a" and the one of "a-b": both are the client jupyterhub-user-a-b."""
    admin = hub.api()
    for user, server in (("a", "b"), ("a-b", "")):
        admin.make_user(user)
        assert admin.start(user, name=server).status_code in (201, 202)
        admin.wait_ready(user, server)
    yield "jupyterhub-user-a-b"
    admin.stop("a", "b"), admin.stop("a-b")


def ask_code(web, client, path, **more):
    query = {"client_id": client, "redirect_uri": path + "oauth_callback", "response_type": "code", "state": "s"}
    return web.get("/hub/api/oauth2/authorize?" + urlencode(query), **more)


def signed_in(hub, user):
    web = hub.web()
    assert web.sign_in(user, "x").status_code == 302
    return web


def test_servers_with_the_same_client_id_do_not_lock_each_other_out(hub, clash):
    for user, path in (("a", "/user/a/b/"), ("a-b", "/user/a-b/")):
        answer = ask_code(signed_in(hub, user), clash, path)
        assert answer.status_code == 302, answer.text
        assert answer.headers["Location"].startswith(path + "oauth_callback?code=")
    assert ask_code(signed_in(hub, "a"), clash, "/user/a-b/").status_code == 403


def test_scripts_get_neither_code_nor_consent_page(hub, clash):
    web = signed_in(hub, "root-admin")
    for mode, dest in (("cors", "empty"), ("same-origin", "empty"), ("no-cors", "empty")):
        answer = ask_code(web, clash, "/user/a-b/", headers={"Sec-Fetch-Mode": mode, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": dest})
        assert answer.status_code == 403
        assert web.cookies()[("_xsrf", "/hub/")] not in answer.text
    page = ask_code(web, clash, "/user/a-b/", headers={"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "document"})
    assert page.status_code == 200 and Forms(page.text).with_field("_xsrf")


def test_a_code_does_not_outlive_its_session(hub, clash):
    web = signed_in(hub, "a")
    environment = web.get("/user/a/b/").json()["environment"]
    code = ask_code(web, clash, "/user/a/b/").headers["Location"].split("code=")[1].split("&")[0]
    web.get("/hub/logout")
    answer = web.post("/hub/api/oauth2/token", {
        "grant_type": "authorization_code", "client_id": clash, "client_secret": environment["JUPYTERHUB_API_TOKEN"], "code": code,
        "redirect_uri": "/user/a/b/oauth_callback"})
    assert answer.status_code == 400 and answer.json() == {"error": "invalid_grant"}


# ---- bodies -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["users", "groups", "users/al/tokens", "users/al/server", "users/al/activity"])
@pytest.mark.parametrize("body", ['{"expires_in": 1e999}', "[" * 50_000, '{"a":' * 50_000, "\xff{"], ids=["number", "list", "object", "bytes"])
def test_bodies_that_are_no_json(hub, path, body):
    answer = hub.api().post(f"/hub/api/{path}", data=body.encode("latin1"))
    assert answer.status_code == 400, answer.text


def test_many_users_at_once_do_not_hold_up_the_hub(hub):
    names = [f"many-{i}" for i in range(20_000)]
    answer = hub.api().post("/hub/api/users", json={"usernames": names})
    assert answer.status_code == 201 and len(answer.json()) == len(names)


def test_options_are_no_store_for_files(hub):
    assert hub.api().start("al", options={"x": "y" * 100_000}).status_code == 400
