# SPDX-License-Identifier: BSD-3-Clause
"""Servers: started, asked through the front door, stopped; named ones; what a stopped one answers."""
import json


def test_a_server_s_life(admin, user):
    assert user.start(user.name).status_code in (201, 202)
    server = admin.wait_ready(user.name)
    assert server["url"] == f"/user/{user.name}/" and server["full_name"] == f"{user.name}/" and server["stopped"] is False
    assert user.get(f"/hub/api/users/{user.name}").json()["server"] == server["url"]
    assert user.start(user.name).status_code == 400
    assert [e for e in user.progress(user.name)][-1]["ready"] is True

    said = user.get(f"/user/{user.name}/some/path?a=1%202&b=%2F").json()
    assert said["path"] == f"/user/{user.name}/some/path?a=1%202&b=%2F"
    assert "x-forwarded-for" in said["headers"] and said["headers"]["host"]

    assert user.stop(user.name).status_code in (202, 204)
    user.wait_stopped(user.name)
    assert user.stop(user.name).status_code == 204


def test_what_a_server_finds_in_its_environment(admin, user, hub):
    user.start(user.name)
    admin.wait_ready(user.name)
    said = user.get(f"/user/{user.name}/").json()
    names = set(said.get("environment") or said["env"])
    assert {"JUPYTERHUB_API_TOKEN", "JUPYTERHUB_API_URL", "JUPYTERHUB_ACTIVITY_URL", "JUPYTERHUB_BASE_URL", "JUPYTERHUB_CLIENT_ID",
            "JUPYTERHUB_HOST", "JUPYTERHUB_OAUTH_ACCESS_SCOPES", "JUPYTERHUB_OAUTH_CALLBACK_URL", "JUPYTERHUB_SERVER_NAME",
            "JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_SERVICE_URL", "JUPYTERHUB_USER"} <= names
    if isinstance(said.get("environment"), dict):
        env = said["environment"]
        assert json.loads(env["JUPYTERHUB_OAUTH_ACCESS_SCOPES"]) == [f"access:servers!server={user.name}/",
                                                                   f"access:servers!user={user.name}"]
        own = hub.api(env["JUPYTERHUB_API_TOKEN"]).get("/hub/api/user").json()
        assert own["name"] == user.name and f"access:servers!server={user.name}/" in own["scopes"]
        assert hub.api(env["JUPYTERHUB_API_TOKEN"]).start(user.name, name="other").status_code in (403, 404)


def test_named_servers(admin, user):
    options = {"colour": "red"}
    for name in ("one", "two"):
        assert user.start(user.name, options, name).status_code in (201, 202)
    for name in ("one", "two"):
        server = admin.wait_ready(user.name, name)
        assert server["url"] == f"/user/{user.name}/{name}/" and server["user_options"] == options
    assert user.get(f"/user/{user.name}/one/x").json()["path"] == f"/user/{user.name}/one/x"
    user.stop(user.name, "one")
    user.wait_stopped(user.name, "one")
    shown = user.get(f"/hub/api/users/{user.name}").json()["servers"]
    assert set(shown) == {"two"}
    assert "one" in user.get(f"/hub/api/users/{user.name}?include_stopped_servers").json()["servers"]
    assert user.delete(f"/hub/api/users/{user.name}/servers/one", json={"remove": True}).status_code == 204
    assert "one" not in user.get(f"/hub/api/users/{user.name}?include_stopped_servers").json()["servers"]
    assert user.delete(f"/hub/api/users/{user.name}/servers/nonesuch").status_code == 404


def test_a_stopped_server_says_424_to_programs(user, hub):
    answer = user.get(f"/user/{user.name}/api/contents", headers={"Accept": "application/json"}, allow_redirects=True)
    assert answer.status_code in (403, 424)
    web = hub.web()
    web.sign_in(user.name, "x")
    answer = web.get(f"/user/{user.name}/api/contents", headers={"Accept": "application/json"}, allow_redirects=True)
    assert answer.status_code == 424 and "message" in answer.json()
    page = web.get(f"/user/{user.name}/lab", headers={"Accept": "text/html"}, allow_redirects=True)
    assert page.status_code == 424 and "<form" in page.text or "/hub/spawn/" in page.text
