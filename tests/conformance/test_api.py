# SPDX-License-Identifier: BSD-3-Clause
"""The REST API: models, status codes, paging, tokens and scopes."""
import re

import pytest

PAGED = {"Accept": "application/jupyterhub-pagination+json"}
TIMESTAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


def test_the_root_tells_its_version_to_everybody(hub):
    answer = hub.api(None).get("/hub/api/")
    assert answer.status_code == 200 and set(answer.json()) == {"version"}
    assert answer.headers["X-JupyterHub-Version"] == answer.json()["version"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert hub.api(None).get("/hub/health").status_code == 200


@pytest.mark.parametrize("scheme, status", [("token", 200), ("Bearer", 200), ("TOKEN", 200), ("Basic", 403)])
def test_who_am_i(user, hub, scheme, status):
    answer = hub.api(None).get("/hub/api/user", headers={"Authorization": f"{scheme} {user.token}"})
    assert answer.status_code == status
    if status == 200:
        model = answer.json()
        assert model["name"] == user.name and model["kind"] == "user" and model["admin"] is False
        assert f"access:servers!user={user.name}" in model["scopes"] and model["session_id"] is None
        assert re.fullmatch(r"a\d+", model["token_id"])


def test_a_token_in_the_url_is_not_taken(user, hub):
    assert hub.api(None).get(f"/hub/api/user?token={user.token}").status_code == 403


def test_strangers_get_403_never_401(hub):
    for path in ("/hub/api/user", "/hub/api/users", "/hub/api/info", "/hub/api/users/somebody"):
        answer = hub.api(None).get(path)
        assert answer.status_code == 403 and answer.json()["status"] == 403


def test_a_user_model(admin, user):
    model = admin.get(f"/hub/api/users/{user.name}").json()
    assert {"kind", "name", "admin", "roles", "groups", "server", "pending", "created", "last_activity", "servers"} <= set(model)
    assert model["roles"] == ["user"] and model["servers"] == {} and model["server"] is None
    assert re.fullmatch(TIMESTAMP, model["created"])


def test_no_oracle_for_names(user):
    """Somebody else's name and a name that is not there look alike to who may see neither."""
    answers = [user.get(f"/hub/api/users/{who}") for who in ("root-admin", "no-such-user-at-all")]
    assert {a.status_code for a in answers} == {404} and len({a.text for a in answers}) == 1


def test_users_are_created_changed_and_deleted(admin, name):
    path = f"/hub/api/users/{name}"
    assert admin.get(path).status_code == 404
    assert admin.post(path).status_code == 201 and admin.post(path).status_code == 409
    assert admin("PATCH", path, json={"admin": True}).status_code == 403, "who is no admin makes none"
    assert admin("PATCH", path, json={"admin": "yes"}).status_code == 400
    assert admin("PATCH", path, json={"name": name + "-new"}).json()["name"] == name + "-new"
    assert admin.get(path).status_code == 404
    assert admin.delete(path + "-new").status_code == 204 and admin.delete(path + "-new").status_code == 404


def test_pages_of_users(admin, name):
    names = [f"{name}-{i}" for i in range(5)]
    assert admin.post("/hub/api/users", json={"usernames": names}).status_code == 201
    assert admin.post("/hub/api/users", json={"usernames": names}).status_code == 409
    page = admin.get(f"/hub/api/users?name_filter={name}-&limit=2&offset=2", headers=PAGED)
    said = page.json()
    assert [u["name"] for u in said["items"]] == names[2:4]
    assert {k: said["_pagination"][k] for k in ("offset", "limit", "total")} == {"offset": 2, "limit": 2, "total": 5}
    following = said["_pagination"]["next"]
    assert following["offset"] == 4 and following["limit"] == 2
    last = admin.get(following["url"].removeprefix(admin.base), headers=PAGED).json()
    assert [u["name"] for u in last["items"]] == names[4:] and last["_pagination"]["next"] is None
    assert len(admin.get(f"/hub/api/users?name_filter={name}-").json()) == 5
    for bad in ("limit=x", "state=zz"):
        assert admin.get(f"/hub/api/users?{bad}").status_code == 400
    for n in names:
        admin.delete(f"/hub/api/users/{n}")


def test_a_token_is_shown_once_and_can_be_revoked(user, hub):
    path = f"/hub/api/users/{user.name}/tokens"
    made = user.post(path, json={"note": "mine", "expires_in": 3600})
    assert made.status_code == 201
    model = made.json()
    assert model["note"] == "mine" and model["kind"] == "api_token" and model["expires_at"] and model["roles"] == []
    other = hub.api(model["token"])
    assert other.get("/hub/api/user").status_code == 200
    listed = {t["id"]: t for t in user.get(path).json()["api_tokens"]}
    assert model["id"] in listed and "token" not in listed[model["id"]]
    assert user.delete(f"{path}/{model['id']}").status_code == 204
    assert user.get(f"{path}/{model['id']}").status_code == 404 and other.get("/hub/api/user").status_code == 403


@pytest.mark.parametrize("asked, status", [
    ({"scopes": ["read:users:name!user"]}, 201), ({"scopes": ["admin:users"]}, 400), ({"scopes": ["nonsense"]}, 400),
    ({"roles": ["nonesuch"]}, 400), ({"roles": ["token"], "scopes": ["self"]}, 400), ({"expires_in": "soon"}, 400),
    ({"expires_in": 0}, 400)])
def test_what_a_token_may_ask_for(user, asked, status):
    assert user.post(f"/hub/api/users/{user.name}/tokens", json=asked).status_code == status


def test_a_narrow_token_is_narrow(user, hub):
    made = user.post(f"/hub/api/users/{user.name}/tokens", json={"scopes": ["read:users:name!user"]}).json()
    narrow = hub.api(made["token"])
    seen = set(narrow.get(f"/hub/api/users/{user.name}").json())
    assert seen >= {"kind", "name"} and not seen & {"created", "last_activity", "servers", "auth_state"}
    assert narrow.start(user.name).status_code in (403, 404)
    assert narrow.get(f"/hub/api/users/{user.name}/tokens").status_code in (403, 404)


def test_groups(admin, user, name):
    path = f"/hub/api/groups/{name}"
    assert admin.post(path).status_code == 201 and admin.post(path).status_code == 409
    assert admin.post(path + "/users", json={"users": [user.name]}).json()["users"] == [user.name]
    assert admin.post(path + "/users", json={"users": ["no-such-user"]}).status_code == 400
    assert user.get("/hub/api/user").json()["groups"] == [name]
    assert admin("PUT", path + "/properties", json={"quota": 3}).json()["properties"] == {"quota": 3}
    assert admin.delete(path).status_code == 204 and admin.get(path).status_code == 404
    assert user.get("/hub/api/user").json()["groups"] == []


def test_activity(admin, user):
    path = f"/hub/api/users/{user.name}/activity"
    assert user.post(path, json={"last_activity": "2020-01-01T00:00:00.000000Z"}).status_code == 200
    assert user.post(path, json={}).status_code == 400
    assert user.post(path, json={"servers": {"nonesuch": {"last_activity": "2020-01-01T00:00:00Z"}}}).status_code == 400
    assert user.post(path, json={"last_activity": "2099-01-01T00:00:00Z"}).status_code == 400
