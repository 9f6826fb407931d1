# SPDX-License-Identifier: BSD-3-Clause
"""API tokens: made, listed, narrowed, revoked; how a request carries one."""
from conformance.player.differences import WRONG_TYPE, refused
from conformance.player.setup import BARE_TOKEN, READER_TOKEN


def _path(user):
    return f"/hub/api/users/{user}/tokens"


def how_a_request_carries_one(hub):
    u = hub.name("u")
    token = hub.make(u)
    for value in (f"token {token}", f"Token {token}", f"TOKEN {token}", f"bearer {token}", f"Bearer   {token}", f" token {token} ",
                  f"Basic {token}", token, "token", "token ", f"token {token} x", f"token {token[:-1]}", f"tokens {token}"):
        hub("GET", "/hub/api/user", headers={"Authorization": value})
    hub("GET", f"/hub/api/user?token={token}")
    hub("POST", "/hub/api/user", token=token)
    hub("HEAD", "/hub/api/user", token=token)


def a_life(hub):
    u = hub.name("u")
    own = hub.make(u)
    made = hub("POST", _path(u), token=own, data={"note": "mine", "expires_in": 3600})
    name = f"{_path(u)}/{made.json['id']}"
    hub("GET", name, token=own)
    hub("GET", "/hub/api/user", token=made.json["token"])
    hub("GET", _path(u), token=made.json["token"])
    hub("GET", _path(u))
    hub("GET", name)
    hub("DELETE", name, token=READER_TOKEN)
    hub("DELETE", name, token=own)
    hub("DELETE", name, token=own)
    hub("GET", "/hub/api/user", token=made.json["token"])
    hub("GET", _path(u), token=made.json["token"])
    for bad in ("x", "a", "b1", "a99999999999", "1", "a-1", "a1.5"):
        hub("GET", f"{_path(u)}/{bad}", token=own)
        hub("DELETE", f"{_path(u)}/{bad}", token=own)
    hub("PATCH", name, token=own, data={"note": "x"})
    hub("DELETE", _path(u), token=own)


def what_may_be_asked_for(hub):
    u = hub.name("u")
    own = hub.make(u)
    for data in ({}, {"note": ""}, {"note": "ü" * 20}, {"note": None}, {"expires_in": None}, {"expires_in": 60},
                 {"expires_in": "60"}, {"expires_in": 1.5}, {"scopes": []}, {"scopes": None}, {"scopes": "self"}, {"scopes": [1]},
                 {"scopes": ["self"]}, {"scopes": ["inherit"]}, {"scopes": ["read:users!user"]}, {"scopes": ["read:users"]},
                 {"scopes": [f"read:users!user={u}"]}, {"scopes": ["read:users!user=root-admin"]}, {"scopes": ["servers!server"]},
                 {"scopes": [f"servers!server={u}/x"]}, {"scopes": ["nonsense"]}, {"scopes": ["admin:users"]},
                 {"scopes": ["read:users!planet=mars"]}, {"scopes": ["shares!user"]}, {"scopes": ["read:shares!user"]},
                 {"roles": []}, {"roles": ["token"]}, {"roles": ["user"]}, {"roles": ["server"]}, {"roles": ["admin"]}, {"roles": ["nonsense"]},
                 {"roles": "token"}, {"roles": ["token"], "scopes": ["self"]}, {"nonsense": 1}):
        hub("POST", _path(u), token=own, data=data)
    hub("POST", _path(u), token=own, data={"expires_in": True}, but=refused(WRONG_TYPE))
    hub("POST", _path(u), token=own, body="[]", but=refused(WRONG_TYPE))
    hub("POST", _path(u), token=own, body="[1]")
    hub("POST", _path(u), token=own, body="{")


def for_others(hub):
    a, b = hub.name("a"), hub.name("b")
    of_a, of_b = hub.make(a, b)
    hub("POST", _path(b), token=of_a)
    hub("GET", _path(b), token=of_a)
    hub("POST", _path(hub.name("nobody")), token=of_a)
    hub.admin("POST", _path(hub.name("nobody")))
    hub.admin("GET", _path(hub.name("nobody")))
    hub.admin("POST", _path(a), data={"note": "by the service"})
    hub.admin("POST", _path(a))
    hub.admin("POST", _path(a), data={"scopes": ["admin:users"]})
    hub("POST", _path(a), token=BARE_TOKEN)
    hub("GET", _path(a), token=READER_TOKEN)
    made = hub.admin("POST", _path(a), quiet=True).json
    hub("GET", f"{_path(b)}/{made['id']}", token=of_b)
    hub("DELETE", f"{_path(b)}/{made['id']}", token=of_b)
    hub("GET", f"{_path(a)}/{made['id']}", token=of_b)
    hub.admin("DELETE", f"{_path(a)}/{made['id']}")


def asked_for_with_a_password(hub):
    u = hub.name("u")
    hub.make(u)
    hub("POST", _path(u), data={"auth": {"username": u, "password": "x"}})
    hub("POST", _path(u), data={"auth": {"username": u, "password": "x"}, "note": "n", "scopes": ["read:users!user"]})
    hub("POST", _path(hub.name("v")), data={"auth": {"username": u, "password": "x"}})
    hub("POST", _path(u), data={"auth": {}})
    hub("POST", _path(u), data={"auth": None})
    hub("POST", _path(u), data={})
    hub("POST", _path(u))


def never_more_than_its_owner(hub):
    u, g = hub.name("u"), hub.name("g")
    hub.make(u)
    root = hub.admin("PATCH", f"/hub/api/users/{u}", data={"admin": True}, quiet=True)
    hub.note("who is no administrator makes none", root.status)
    boss = hub.token("root-admin", "inherit")
    hub("PATCH", f"/hub/api/users/{u}", token=boss, data={"admin": True})
    wide = hub.token(u, "admin:users")
    hub("GET", "/hub/api/user", token=wide)
    hub("POST", f"/hub/api/groups/{g}", token=wide)
    hub("PATCH", f"/hub/api/users/{u}", token=boss, data={"admin": False})
    hub("GET", "/hub/api/user", token=wide)
    hub("GET", "/hub/api/users", token=wide)
    narrow = hub.token(u, "read:users:name!user")
    hub("POST", _path(u), token=narrow, data={})
    hub("GET", _path(u), token=narrow)
    both = hub.token(u, "tokens!user", "read:users:name!user")
    hub("POST", _path(u), token=both, data={"scopes": ["read:servers!user"]})
    hub("POST", _path(u), token=both, data={})


def of_the_old_interface(hub):
    u = hub.name("u")
    token = hub.make(u)
    for carrier in (token, READER_TOKEN, None):
        hub("GET", f"/hub/api/authorizations/token/{token}", token=carrier)
        hub("GET", "/hub/api/authorizations/token/nonsense", token=carrier)
        hub("GET", f"/hub/api/authorizations/token/{READER_TOKEN}", token=carrier)
    hub("POST", "/hub/api/authorizations/token", token=token)
    hub("POST", "/hub/api/authorizations/token", data={"username": u, "password": "x"})
    hub("GET", "/hub/api/authorizations/cookie/jupyterhub-hub-login/nonsense", token=token)
    hub("GET", "/hub/api/authorizations/cookie/jupyterhub-hub-login", token=token)
    hub("GET", "/hub/api/authorizations/cookie/jupyterhub-hub-login/nonsense")
