# SPDX-License-Identifier: BSD-3-Clause
"""Sharing a server with users, with groups and by code."""
from conformance.player.differences import GROUP_SHARES, OWN_PAGES, WRONG_TYPE, otherwise, refused
from conformance.player.setup import BARE_TOKEN, READER_TOKEN
from conformance.player.talk import PAGED

API = "/hub/api"
SHARERS = "/hub/api/groups/sharing-people/users"


def _people(hub, *names):
    """Users, the first one with the server n1 and the right to share; their tokens."""
    users = [hub.name(n) for n in names]
    tokens = hub.make(*users)
    hub.admin("POST", SHARERS.removesuffix("/users"), quiet=True)  # Berth has no group before somebody makes it
    hub.admin("POST", SHARERS, data={"users": users[:1]}, quiet=True)
    hub.admin("PUT", f"{API}/users/{users[0]}/servers/n1", quiet=True)
    return users, tokens


def with_a_user(hub):
    (a, b, c), (of_a, of_b, of_c) = _people(hub, "a", "b", "c")
    path = f"{API}/shares/{a}/n1"
    hub("GET", path, token=of_a)
    hub("POST", path, token=of_a, data={"user": b})
    hub("POST", path, token=of_a, data={"user": b})
    hub("GET", path, token=of_a)
    hub("GET", f"{API}/shares/{a}", token=of_a)
    hub("GET", "/hub/api/user", token=of_b)
    hub("GET", f"{API}/users/{b}/shared", token=of_b)
    hub("GET", f"{API}/users/{b}/shared/{a}/n1", token=of_b)
    hub("GET", f"{API}/users/{c}/shared", token=of_c)
    hub("GET", f"{API}/users/{c}/shared/{a}/n1", token=of_c)
    hub("GET", f"{API}/users/{b}/shared", token=of_c)
    hub("GET", f"{API}/users/{a}", token=of_b)
    hub("GET", f"{API}/users/{a}/servers/n1", token=of_b)
    hub("POST", path, token=of_b, data={"user": c})
    hub("GET", path, token=of_b)
    hub("PATCH", path, token=of_a, data={"user": b})
    hub("PATCH", path, token=of_a, data={"user": b})
    hub("GET", f"{API}/users/{b}/shared/{a}/n1", token=of_b)
    hub("POST", path, token=of_a, data={"user": b}, quiet=True)
    hub("DELETE", f"{API}/users/{b}/shared/{a}/n1", token=of_c)
    hub("DELETE", f"{API}/users/{b}/shared/{a}/n1", token=of_b)
    hub("DELETE", f"{API}/users/{b}/shared/{a}/n1", token=of_b)
    hub("POST", path, token=of_a, data={"user": b}, quiet=True)
    hub("DELETE", path, token=of_a)
    hub("DELETE", path, token=of_a)
    hub("GET", path, token=of_a)


def scopes_of_a_share(hub):
    (a, b), (of_a, of_b) = _people(hub, "a", "b")
    path = f"{API}/shares/{a}/n1"
    hub("POST", path, token=of_a, data={"user": b, "scopes": ["read:servers"]})
    hub("POST", path, token=of_a, data={"user": b, "scopes": [f"access:servers!server={a}/n1"]})
    hub("GET", "/hub/api/user", token=of_b)
    hub("GET", f"{API}/users/{a}/servers/n1", token=of_b)
    hub("PATCH", path, token=of_a, data={"user": b, "scopes": [f"read:servers!server={a}/n1"]})
    hub("GET", f"{API}/users/{a}/servers/n1", token=of_b)
    hub("POST", path, token=of_a, data={"user": b, "scopes": ["nonsense"]}, but=refused(WRONG_TYPE))
    for scopes in (["servers"], ["delete:servers"], ["admin:users"], ["read:users"], [f"access:servers!server={a}/other"],
                   [f"access:servers!user={a}"], ["access:servers!user"], ["access:servers!server"], [], None, "access:servers", [1], ["self"]):
        hub("POST", path, token=of_a, data={"user": b, "scopes": scopes})
    hub("GET", path, token=of_a)


def what_is_refused(hub):
    (a, b), (of_a, of_b) = _people(hub, "a", "b")
    path = f"{API}/shares/{a}/n1"
    for data in ({}, {"user": hub.name("nobody")}, {"group": hub.name("nothing")}, {"user": b, "group": "sharing-people"}, {"user": 5},
                 {"user": b, "nonsense": 1}, {"user": None}):
        hub("POST", path, token=of_a, data=data)
        hub("PATCH", path, token=of_a, data=data)
    for data in ({"user": ""}, {"group": ""}):
        hub("POST", path, token=of_a, data=data, but=refused(WRONG_TYPE))
        hub("PATCH", path, token=of_a, data=data, but=refused(WRONG_TYPE))
    hub("POST", path, token=of_a)
    hub("POST", path, token=of_a, body="{")
    hub("POST", f"{API}/shares/{a}/nonesuch", token=of_a, data={"user": b})
    hub("GET", f"{API}/shares/{a}/nonesuch", token=of_a)
    hub("DELETE", f"{API}/shares/{a}/nonesuch", token=of_a)
    for method in ("POST", "PATCH", "DELETE"):
        hub(method, f"{API}/shares/{a}", token=of_a, data={"user": b})
    hub("PUT", path, token=of_a)
    for token in (of_b, READER_TOKEN, BARE_TOKEN, None):
        hub("GET", path, token=token)
        hub("POST", path, token=token, data={"user": b})
        hub("DELETE", path, token=token)
    hub.admin("GET", f"{API}/shares/{hub.name('nobody')}")
    hub.admin("GET", f"{API}/shares/{hub.name('nobody')}/x")
    hub.admin("GET", path)
    hub.admin("POST", path, data={"user": b})
    hub("POST", f"{API}/shares/{b}/", token=of_b, data={"user": a})


def with_a_group(hub):
    (a, b), (of_a, of_b) = _people(hub, "a", "b")
    g = hub.name("g")
    path = f"{API}/shares/{a}/n1"
    hub.admin("POST", f"{API}/groups/{g}", data={"users": []}, quiet=True)
    hub("POST", path, token=of_a, data={"group": g})
    hub("GET", f"{API}/users/{b}/shared", token=of_b)
    hub.admin("POST", f"{API}/groups/{g}/users", data={"users": [b]}, quiet=True)
    hub("GET", f"{API}/users/{b}/shared", token=of_b)
    hub("GET", f"{API}/users/{b}/shared/{a}/n1", token=of_b)
    mine = ("access:servers", "delete:servers", "read:servers", "read:shares", "read:tokens", "read:users", "read:users:activity", "read:users:groups",
            "read:users:name", "read:users:shares", "servers", "start:servers", "tokens", "users:activity", "users:shares")
    scopes = [f"access:servers!server={a}/n1", *(f"{scope}!user={b}" for scope in mine)]
    hub("GET", "/hub/api/user", token=of_b, but=otherwise(GROUP_SHARES, json={"scopes": scopes}))
    hub.admin("GET", f"{API}/groups/{g}/shared")
    hub("GET", f"{API}/groups/{g}/shared", token=of_b)
    hub.admin("GET", f"{API}/groups/{g}/shared/{a}/n1")
    hub.admin("GET", f"{API}/groups/{g}/shared/{a}/other")
    hub.admin("GET", f"{API}/groups/{hub.name('nothing')}/shared")
    hub("DELETE", f"{API}/groups/{g}/shared/{a}/n1", token=of_b)
    hub.admin("DELETE", f"{API}/groups/{g}/shared/{a}/n1")
    hub.admin("DELETE", f"{API}/groups/{g}/shared/{a}/n1")
    hub("POST", path, token=of_a, data={"group": g}, quiet=True)
    hub("PATCH", path, token=of_a, data={"group": g})
    hub("POST", path, token=of_a, data={"group": g}, quiet=True)
    hub.admin("DELETE", f"{API}/groups/{g}")
    hub("GET", path, token=of_a)


def pages_of_shares(hub):
    (a, *others), (of_a, *_) = _people(hub, "a", "b", "c", "d")
    path = f"{API}/shares/{a}/n1"
    for other in others:
        hub("POST", path, token=of_a, data={"user": other}, quiet=True)
    for query in ("", "?limit=2", "?limit=2&offset=2", "?limit=x", "?offset=9"):
        hub("GET", path + query, token=of_a)
        hub("GET", f"{API}/shares/{a}{query}", token=of_a, headers=PAGED)


def by_code(hub):
    (a, b), (of_a, of_b) = _people(hub, "a", "b")
    path = f"{API}/share-codes/{a}/n1"
    hub("GET", path, token=of_a)
    made = hub("POST", path, token=of_a)
    hub("POST", path, token=of_a, data={"expires_in": 60, "scopes": ["read:servers"]})
    for data in ({"expires_in": 59}, {"expires_in": 31536001}, {"expires_in": "soon"}, {"expires_in": None}, {"user": b},
                 {"scopes": ["admin:users"]}, {"scopes": []}):
        hub("POST", path, token=of_a, data=data)
    hub("POST", path, token=of_a, data={"scopes": ["nonsense"]}, but=refused(WRONG_TYPE))
    hub("POST", path, token=of_a, body="{")
    hub("GET", path, token=of_a)
    hub("GET", f"{API}/share-codes/{a}", token=of_a)
    for token in (of_b, READER_TOKEN, None):
        hub("GET", path, token=token)
        hub("POST", path, token=token)
        hub("DELETE", path, token=token)
    hub("POST", f"{API}/share-codes/{a}/nonesuch", token=of_a)
    hub("POST", f"{API}/share-codes/{a}", token=of_a)
    hub("DELETE", f"{path}?code=nonsense", token=of_a)
    hub("DELETE", f"{path}?id=nonsense", token=of_a)
    hub("DELETE", f"{path}?id=sc_999999", token=of_a)
    hub("DELETE", f"{path}?code={made.json['code']}", token=of_a)
    second = hub("POST", path, token=of_a, quiet=True).json
    hub("DELETE", f"{path}?id={second['id']}", token=of_a)
    hub("DELETE", path, token=of_a)
    hub("GET", path, token=of_a)


def a_code_is_accepted(hub):
    (a, b), (of_a, of_b) = _people(hub, "a", "b")
    code = hub("POST", f"{API}/share-codes/{a}/n1", token=of_a, quiet=True).json["code"]
    hub("GET", f"/hub/accept-share?code={code}")
    jar = hub.sign_in(b)
    hub("GET", "/hub/accept-share", jar=jar)
    hub("GET", "/hub/accept-share?code=nonsense", jar=jar)
    form = {"action": "/hub/accept-share?code=<random>", "method": "post", "fields": ["_xsrf"]}
    hub("GET", f"/hub/accept-share?code={code}", jar=jar, but=otherwise(OWN_PAGES, forms=[form]))
    hub("POST", "/hub/accept-share", jar=jar, form={"code": code})
    hub("POST", "/hub/accept-share", jar=jar, form={"code": code, "_xsrf": jar.xsrf()}, but=otherwise(OWN_PAGES, status=303))
    hub("GET", f"{API}/users/{b}/shared", token=of_b)
    hub("GET", f"{API}/share-codes/{a}/n1", token=of_a)
    hub("GET", f"/hub/accept-share?code={code}", jar=hub.sign_in(a))


def follow_their_server(hub):
    (a, b), (of_a, of_b) = _people(hub, "a", "b")
    hub("POST", f"{API}/shares/{a}/n1", token=of_a, data={"user": b}, quiet=True)
    hub("POST", f"{API}/share-codes/{a}/n1", token=of_a, quiet=True)
    hub("PATCH", f"{API}/users/{a}/servers/n1", token=of_a, data={"name": "n2"})
    hub("GET", f"{API}/shares/{a}/n1", token=of_a)
    hub("GET", f"{API}/shares/{a}/n2", token=of_a)
    hub("GET", f"{API}/share-codes/{a}/n2", token=of_a)
    hub("GET", f"{API}/users/{b}/shared", token=of_b)
    hub("GET", "/hub/api/user", token=of_b)
    hub("DELETE", f"{API}/users/{a}/servers/n2", token=of_a, data={"remove": True})
    hub("GET", f"{API}/shares/{a}", token=of_a)
    hub("GET", f"{API}/users/{b}/shared", token=of_b)
    hub("GET", "/hub/api/user", token=of_b)
