# SPDX-License-Identifier: BSD-3-Clause
"""Servers shared with users, with groups and by code: the API of JupyterHub's shares."""
from urllib.parse import parse_qs, urlsplit

import pytest

from support.api import Forms

SHARING = [{"name": "user", "scopes": ["self", "shares!user", "read:users:name", "read:groups:name"]}]


@pytest.fixture
def hub(quick_hub):
    quick_hub.configuration["role"] = SHARING
    return quick_hub.start()


@pytest.fixture
def people(hub):
    """alice with the server n1, bob and carol; by name."""
    api = hub.api()
    users = {name: api.make_user(name) for name in ("alice", "bob", "carol")}
    assert users["alice"].start("alice", name="n1").status_code in (201, 202)
    users["alice"].wait_ready("alice", "n1")
    return users


SERVER = "/hub/api/shares/alice/n1"
SCOPE = "access:servers!server=alice/n1"


def may_use(user):
    return SCOPE in user.get("/hub/api/user").json()["scopes"]


def test_a_share_with_a_user_from_its_grant_to_its_end(people):
    alice, bob = people["alice"], people["bob"]
    assert not may_use(bob)
    made = alice.post(SERVER, json={"user": "bob"})
    assert made.status_code == 200, made.text
    share = made.json()
    assert share["user"] == {"name": "bob"} and share["group"] is None and share["kind"] == "user"
    assert share["scopes"] == [SCOPE] and share["created_at"].endswith("Z")
    assert share["server"] == {"user": {"name": "alice"}, "name": "n1", "url": "/user/alice/n1/", "full_url": None, "ready": True}
    assert may_use(bob) and not may_use(people["carol"])
    for path in (SERVER, "/hub/api/shares/alice"):
        listed = alice.get(path).json()
        assert listed["items"] == [share] and listed["_pagination"]["total"] == 1
    assert bob.get("/hub/api/users/bob/shared").json()["items"] == [share]
    assert bob.get("/hub/api/users/bob/shared/alice/n1").json() == share
    assert alice("PATCH", SERVER, json={"user": "bob"}).json() == {}
    assert not may_use(bob)
    assert bob.get("/hub/api/users/bob/shared/alice/n1").status_code == 404


def test_scopes_are_added_and_taken_one_by_one(people):
    alice = people["alice"]
    alice.post(SERVER, json={"user": "bob"})
    both = alice.post(SERVER, json={"user": "bob", "scopes": ["read:servers"]}).json()["scopes"]
    assert both == [SCOPE, "read:servers!server=alice/n1"]
    left = alice("PATCH", SERVER, json={"user": "bob", "scopes": [SCOPE]}).json()
    assert left["scopes"] == ["read:servers!server=alice/n1"]
    assert not may_use(people["bob"])


def test_a_group_has_what_its_members_of_the_moment_may(hub, people):
    api, alice, bob = hub.api(), people["alice"], people["bob"]
    assert api.post("/hub/api/groups/team", json={"users": []}).status_code == 201
    share = alice.post(SERVER, json={"group": "team"}).json()
    assert share["group"] == {"name": "team"} and share["kind"] == "group"
    assert not may_use(bob)
    api.post("/hub/api/groups/team/users", json={"users": ["bob"]})
    assert may_use(bob)
    assert bob.get("/hub/api/users/bob/shared").json()["items"] == [share]
    api.delete("/hub/api/groups/team/users", json={"users": ["bob"]})
    assert not may_use(bob)
    api.post("/hub/api/groups/team/users", json={"users": ["bob"]})
    assert api.delete("/hub/api/groups/team").status_code == 204
    assert not may_use(bob) and alice.get(SERVER).json()["items"] == []


def test_who_got_something_can_give_it_back_and_the_owner_take_everything(people):
    alice, bob, carol = (people[name] for name in ("alice", "bob", "carol"))
    for name in ("bob", "carol"):
        alice.post(SERVER, json={"user": name})
    assert carol.delete("/hub/api/users/bob/shared/alice/n1").status_code == 404  # not hers to give
    assert bob.delete("/hub/api/users/bob/shared/alice/n1").status_code == 204
    assert not may_use(bob) and may_use(carol)
    assert alice.delete(SERVER).status_code == 204
    assert not may_use(carol)


def test_a_code_is_exchanged_until_it_is_revoked(hub, people):
    alice = people["alice"]
    made = alice.post("/hub/api/share-codes/alice/n1", json={"expires_in": 3600})
    assert made.status_code == 200, made.text
    code = made.json()
    assert code["accept_url"] == f"/hub/accept-share?code={code['code']}" and code["full_accept_url"] is None
    assert code["exchange_count"] == 0 and code["last_exchanged_at"] is None and code["id"].startswith("sc_")
    web = hub.web()
    web.sign_in("bob", "x")
    page = web.get(code["accept_url"])
    assert page.status_code == 200 and "alice" in page.text and "Accept" in page.text
    form = next(f for f in Forms(page.text).forms if "accept-share" in f["action"])
    assert web.post(form["action"], {}).status_code == 403, "another site's page can accept nothing"
    accepted = web.post(form["action"], form["fields"])
    assert accepted.status_code == 303 and accepted.headers["Location"] == "/user/alice/n1/", accepted.text
    assert may_use(people["bob"])
    listed = alice.get("/hub/api/share-codes/alice/n1").json()["items"]
    assert [c["exchange_count"] for c in listed] == [1] and "code" not in listed[0]
    assert alice.delete(f"/hub/api/share-codes/alice/n1?id={code['id']}").status_code == 204
    assert web.get(code["accept_url"]).status_code == 404
    assert may_use(people["bob"]), "what was accepted stays until the share is revoked"
    assert code["code"] not in hub.log()


def test_codes_are_removed_by_their_value_or_all_at_once(people):
    alice = people["alice"]
    path = "/hub/api/share-codes/alice/n1"
    codes = [alice.post(path, json={}).json() for _ in range(3)]
    assert alice.delete(f"{path}?code={codes[0]['code']}").status_code == 204
    assert alice.delete(f"{path}?code={codes[0]['code']}").status_code == 404
    assert alice.delete(f"{path}?id=sc_999").status_code == 404
    assert alice.delete(path).status_code == 204
    assert alice.get("/hub/api/share-codes/alice").json()["items"] == []


def test_shares_outlive_the_hub_and_not_their_server(hub, people):
    alice, bob = people["alice"], people["bob"]
    alice.post(SERVER, json={"user": "bob"})
    hub.kill()
    hub.start()
    assert may_use(bob)
    assert alice.delete("/hub/api/users/alice/servers/n1", json={"remove": True}).status_code in (202, 204)
    alice.wait_stopped("alice", "n1")
    assert not may_use(bob)
    assert alice.start("alice", name="n1").status_code in (201, 202)
    assert not may_use(bob), "another server of the same name is not shared"


def test_a_deleted_user_shares_nothing_and_has_nothing(hub, people):
    api = hub.api()
    people["alice"].post(SERVER, json={"user": "bob"})
    assert api.delete("/hub/api/users/bob").status_code == 204
    assert people["alice"].get(SERVER).json()["items"] == []
    api.make_user("bob")
    people["alice"].post(SERVER, json={"user": "carol"})
    assert api.delete("/hub/api/users/alice").status_code == 204
    assert not may_use(people["carol"])


@pytest.mark.parametrize("body, status, words", [
    ({}, 400, "exactly one"),
    ({"user": "bob", "group": "g"}, 400, "exactly one"),
    ({"user": "nobody"}, 400, "No such user: nobody"),
    ({"group": "nothing"}, 400, "No such group: nothing"),
    ({"user": "bob", "until": 1}, 400, "until"),
    ({"user": ["bob"]}, 400, "user must be a string"),
    ({"user": "bob", "scopes": "access:servers"}, 400, "list of strings"),
    ({"user": "bob", "scopes": ["no:such"]}, 400, "no:such"),
    ({"user": "bob", "scopes": ["access:servers!server=bob/"]}, 400, "not allowed on sharing"),
    ({"user": "bob", "scopes": ["admin:users"]}, 403, "admin:users")])
def test_what_cannot_be_shared_is_refused_in_words(people, body, status, words):
    answer = people["alice"].post(SERVER, json=body)
    assert answer.status_code == status and words in answer.json()["message"], answer.text
    assert people["alice"].get(SERVER).json()["items"] == []


@pytest.mark.parametrize("body", [{"expires_in": 59}, {"expires_in": 31536001}, {"expires_in": "1"}, {"expires_in": None}, {"for": "bob"}])
def test_a_code_that_cannot_be_is_refused(people, body):
    assert people["alice"].post("/hub/api/share-codes/alice/n1", json=body).status_code == 400


def test_nobody_shares_what_is_not_theirs(people):
    bob = people["bob"]
    for method, path in (("POST", SERVER), ("PATCH", SERVER), ("DELETE", SERVER), ("POST", "/hub/api/share-codes/alice/n1"),
                         ("DELETE", "/hub/api/share-codes/alice/n1"), ("GET", SERVER), ("GET", "/hub/api/shares/alice"),
                         ("GET", "/hub/api/users/alice/shared")):
        answer = bob(method, path, json={"user": "bob"} if method in ("POST", "PATCH") else None)
        assert answer.status_code == 404, (method, path, answer.text)
    assert people["alice"].get("/hub/api/shares/alice/none").status_code == 404
    web = bob.get("/hub/accept-share?code=x")
    assert web.status_code == 302 and "/hub/login" in web.headers["Location"]


def test_the_default_server_and_pages_of_shares(people):
    alice = people["alice"]
    default = "/hub/api/shares/alice/"
    assert alice.post(default, json={"user": "bob"}).json()["scopes"] == ["access:servers!server=alice/"]
    alice.post(SERVER, json={"user": "bob"})
    page = alice.get("/hub/api/shares/alice?limit=1").json()
    assert len(page["items"]) == 1 and page["_pagination"]["total"] == 2
    assert parse_qs(urlsplit(page["_pagination"]["next"]["url"]).query)["offset"] == ["1"]


def test_without_the_scope_nothing_is_shared(quick_hub):
    quick_hub.start()
    alice = quick_hub.api().make_user("alice")
    assert alice.post("/hub/api/shares/alice/", json={"user": "alice"}).status_code == 403
