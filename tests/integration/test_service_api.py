# SPDX-License-Identifier: BSD-3-Clause
"""Services that are added and removed through the API while the hub runs."""
import os
import signal

import pytest

from support import processes
from support.services import PORTAL_TOKEN, authorize, code_in, consent, exchange, let_in, portal, signed_in
from support.waiting import until

PATH = "/hub/api/services/portal"
MANAGE = ["admin:services", "read:hub"]


@pytest.fixture
def hub(quick_hub):
    quick_hub.configuration["service"][0]["scopes"] += MANAGE + ["admin:groups", "proxy"]
    return quick_hub


def add(hub, url, **more):
    answer = hub.api().post(PATH, json={"url": url, "api_token": PORTAL_TOKEN} | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def remove(hub):
    answer = hub.api()("DELETE", PATH)
    assert (answer.status_code, answer.text) == (200, "")


def whoami(hub, token=PORTAL_TOKEN):
    return hub.api(token).get("/hub/api/user")


def led(hub, path="/services/portal/x?y=z"):
    return hub.web().get(path).text == f"echo {path}"


def without_trace(hub, text):
    return not any(text.encode() in file.read_bytes() for file in (hub.folder / "data").glob("berth.sqlite*")) and text not in hub.log()


def test_one_is_there_when_the_answer_is_and_gone_when_it_is_removed(hub, echo):
    hub.start()
    made = add(hub, echo + "/ignored", info={"contact": {"mail": ["it@example.org"]}}, display=False)
    assert made == {"kind": "service", "name": "portal", "admin": False, "roles": [], "url": echo + "/ignored", "prefix": "/services/portal/", "command": [],
                    "pid": 0, "info": {"contact": {"mail": ["it@example.org"]}}, "display": False}
    assert hub.api().get(PATH).json() == hub.api().get("/hub/api/services").json()["portal"] == made
    assert led(hub), "its route is there at once"
    me = whoami(hub).json()
    assert (me["kind"], me["name"], me["scopes"]) == ("service", "portal", []) and me["token_id"].startswith("a")
    assert hub.api().post(PATH, json={"url": echo}).status_code == 409
    assert without_trace(hub, PORTAL_TOKEN)
    remove(hub)
    assert not led(hub) and whoami(hub).status_code == 403 and hub.api().get(PATH).status_code == 404
    assert hub.api()("DELETE", PATH).json() == {"status": 404, "message": "Service portal does not exist"}
    assert "service.added service=portal by=bench" in hub.log() and "service.removed service=portal by=bench" in hub.log()


def test_it_outlives_a_killed_hub_and_so_does_its_end(hub, echo):
    hub.start()
    made = add(hub, echo)
    hub.kill()
    hub.start()
    assert hub.api().get(PATH).json() == made and whoami(hub).status_code == 200
    until(lambda: led(hub), "its route is there")
    remove(hub)
    hub.kill()
    hub.start()
    assert hub.api().get(PATH).status_code == 404 and whoami(hub).status_code == 403
    until(lambda: not led(hub), "its route is gone")


def test_a_route_that_the_door_has_lost_comes_again(hub, echo):
    hub.start()
    add(hub, echo)
    first = processes.door_pids(hub)
    os.kill(first[0], signal.SIGKILL)
    until(lambda: not processes.is_alive(first[0]) and hub.answers() and led(hub), "the new door knows it")


def test_it_signs_users_in_and_their_tokens_end_with_it(hub, echo):
    let_in(hub, "portal", "alice")
    hub.configuration["service"][0]["scopes"] += ["read:servers"]
    hub.start()
    hub.api().make_user("alice")
    add(hub, echo, oauth_client_allowed_scopes=["read:servers!user=alice"])
    hub.kill()
    hub.start()
    web = signed_in(hub, "alice")
    page = authorize(web)
    assert page.status_code == 200 and "read:servers" in page.text  # the user is asked
    code = code_in(consent(web, page))
    assert exchange(hub, code, client_secret="wrong-secret-0123").status_code == 401
    token = exchange(hub, code).json()["access_token"]
    me = whoami(hub, token).json()
    assert me["name"] == "alice" and "access:services!service=portal" in me["scopes"] and "read:servers!user=alice" in me["scopes"]
    remove(hub)
    assert whoami(hub, token).status_code == 403 and authorize(web).status_code == 400
    add(hub, echo, oauth_redirect_uri="https://portal.example.org/callback", oauth_no_confirm=True)
    assert whoami(hub, token).status_code == 403
    assert authorize(web, redirect_uri="https://portal.example.org/callback").headers["Location"].startswith("https://portal.example.org/callback?code=")


def test_what_is_no_service_is_refused_with_the_reason(hub, echo):
    hub.start()
    for body, words in [
            ({}, "Invalid service data"), ([], "Invalid service data"), ("x", "Invalid service data"), (None, "Invalid service data"),
            ({"nonsense": 1}, "Invalid JSON keys: nonsense"), ({"timeout": 5}, "Invalid JSON keys: timeout"),
            ({"url": 5}, "service.url must be <class 'str'>, not: <class 'int'>"), ({"admin": "yes"}, "service.admin must be <class 'bool'>, not: <class 'str'>"),
            ({"command": ["/bin/true"]}, "Can not create managed service portal at runtime"),
            ({"url": "ftp://x"}, "service.url"), ({"url": "http://"}, "service.url"), ({"url": "http://h:99999"}, "service.url"),
            ({"api_token": "short"}, "8 to 512"), ({"api_token": "bench-token-0123456789abcdef0123"}, "is used by another one"),
            ({"oauth_client_id": "jupyterhub-user-alice", "url": echo}, "service.oauth_client_id"), ({"oauth_client_id": "service-bench", "url": echo}, "another service's"),
            ({"oauth_redirect_uri": "//evil.example"}, "service.oauth_redirect_uri"), ({"oauth_no_confirm": True}, "service.oauth_redirect_uri is missing"),
            ({"oauth_client_allowed_scopes": ["nonsense"]}, "nonsense"), ({"oauth_client_allowed_scopes": [5]}, "list of strings"),
            ({"info": {"x": "y" * 70_000}}, "64 KiB")]:
        answer = hub.api().post(PATH, json=body)
        assert answer.status_code == 400 and words in answer.json()["message"], (body, answer.text)
    for name in ("a%2Fb", "..%2f", "%01", "%ff", "x" * 256):
        assert hub.api().post(f"/hub/api/services/{name}", json={"url": echo}).status_code in (400, 404), name
    assert hub.api().post("/hub/api/services/bench", json={"url": echo}).status_code == 409
    assert hub.api()("DELETE", "/hub/api/services/bench").json() == {"status": 405, "message": "Service bench is not modifiable at runtime"}
    assert set(hub.api().get("/hub/api/services").json()) == {"bench"}
    assert hub.api().post(PATH, json={"name": "other", "environment": {"A": "b"}, "cwd": "/"}).json()["name"] == "portal"


def test_nobody_gives_what_they_do_not_have(hub, echo):
    hub.configuration.setdefault("role", []).append({"name": "waiting", "scopes": ["list:users"], "services": ["promised"]})
    hub.configuration["service"] += [{"name": "manager", "api_token": "manager-token-0123456789", "scopes": ["admin:services", "read:users:name"]},
                                     {"name": "one", "api_token": "one-token-0123456789", "scopes": ["admin:services!service=portal"]}]
    hub.start()
    manager, one = hub.api("manager-token-0123456789"), hub.api("one-token-0123456789")
    for path, body in ((PATH, {"admin": True}), (PATH, {"oauth_client_allowed_scopes": ["read:users:name", "list:users"]}), ("/hub/api/services/promised", {"url": echo})):
        answer = manager.post(path, json=body)
        assert answer.status_code == 400 and "not held by Service manager" in answer.json()["message"], answer.text
    assert manager.post(PATH, json={"url": echo, "oauth_client_allowed_scopes": ["read:users:name", "inherit"]}).status_code == 201
    assert one("DELETE", PATH).status_code == 200 and one("DELETE", "/hub/api/services/bench").status_code == 404
    assert one.post("/hub/api/services/another", json={"url": echo}).status_code == 404
    assert hub.api().make_user("alice").post(PATH, json={"url": echo}).status_code == 403
    root = hub.web()
    hub.configuration["hub"]["admin_users"] = ["root-admin"]
    hub.write_configuration()
    hub.process.send_signal(signal.SIGHUP)
    until(lambda: "config.applied" in hub.log(), "root-admin is one")
    assert root.sign_in("root-admin", "x").status_code == 302
    token = hub.api().post("/hub/api/users/root-admin/tokens", json={}).json()["token"]
    made = hub.api(token).post(PATH, json={"admin": True, "api_token": PORTAL_TOKEN})
    assert made.status_code == 201 and made.json()["roles"] == ["admin"] and "admin:users" in whoami(hub).json()["scopes"]


def test_the_configuration_takes_a_name_with_another_token_or_the_same(hub, echo):
    hub.start()
    for token in ("portal-of-the-file-0123456789", PORTAL_TOKEN):
        add(hub, echo)
        portal(hub, echo, admin=True)
        hub.configuration["service"][-1]["api_token"] = token
        hub.write_configuration()
        hub.process.send_signal(signal.SIGHUP)
        until(lambda: hub.api(token).get("/hub/api/user").json().get("admin"), "the file's has it")
        assert (whoami(hub).status_code == 200) == (token == PORTAL_TOKEN), "no token of the other speaks for it"
        assert hub.api()("DELETE", PATH).status_code == 405
        hub.configuration["service"].pop()
        hub.write_configuration()
        hub.process.send_signal(signal.SIGHUP)
        until(lambda: hub.api().get(PATH).status_code == 404, "the added one does not come back")
    assert hub.log().count("service.replaced service=portal") == 2
