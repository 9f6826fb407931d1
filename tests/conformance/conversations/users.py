# SPDX-License-Identifier: BSD-3-Clause
"""Users: made, listed, changed, deleted; who may see what of whom."""
from urllib.parse import quote

from conformance.player.differences import LITERAL_FILTER, NAMES, NO_AUTH_STATE, WRONG_TYPE, otherwise, refused
from conformance.player.setup import BARE_TOKEN, READER_TOKEN
from conformance.player.talk import PAGED

USERS = "/hub/api/users"


def made_one_by_one(hub):
    a = hub.name("a")
    hub.admin("POST", f"{USERS}/{a}")
    hub.admin("POST", f"{USERS}/{a}")
    hub.admin("POST", f"{USERS}/{hub.name('b')}", data={"admin": False})
    hub.admin("POST", f"{USERS}/{hub.name('c')}", data={"admin": True})
    hub.admin("POST", f"{USERS}/{hub.name('d')}", data={"admin": "yes"})
    hub.admin("POST", f"{USERS}/{hub.name('d')}", data={"nonsense": 1})
    hub.admin("POST", f"{USERS}/{hub.name('d')}", data={})
    hub.admin("POST", f"{USERS}/{hub.name('e')}", data={"name": hub.name("other")})
    hub.admin("POST", f"{USERS}/{hub.name('f')}", body="not json")
    hub.admin("GET", f"{USERS}/{hub.name('f')}")
    hub.admin("POST", f"{USERS}/{hub.name('g')}", form={"admin": "1"})


def made_together(hub):
    a, b, c = hub.name("a"), hub.name("b"), hub.name("c")
    hub.admin("POST", USERS, data={"usernames": [a, b]})
    hub.admin("POST", USERS, data={"usernames": [b, c]})
    hub.admin("POST", USERS, data={"usernames": [a, b, c]})
    hub.admin("POST", USERS, data={"usernames": []})
    hub.admin("POST", USERS, data={})
    hub.admin("POST", USERS, data=[])
    hub.admin("POST", USERS)
    hub.admin("POST", USERS, body="{")
    hub.admin("POST", USERS, data={"usernames": [hub.name("x")], "admin": True})
    hub.admin("POST", USERS, data={"usernames": [hub.name("x")], "admin": 1})
    hub.admin("POST", USERS, data={"usernames": [hub.name("x")], "nonsense": True})
    hub.admin("POST", USERS, data={"usernames": [hub.name("ok"), hub.name("no") + "/x"]})
    hub.admin("GET", f"{USERS}/{hub.name('ok')}")


def names_are_folded_and_escaped(hub):
    for name in ("Upper", "at@host", "dot.dot", "plus+plus", "sp ace", "ümlaut", "tilde~", "q?mark", "semi;colon", "quo'te"):
        path = f"{USERS}/{quote(hub.name(name), safe='')}"
        hub.admin("POST", path)
        hub.admin("GET", path)
    hub.admin("GET", f"{USERS}/{hub.name('at')}@host")
    hub.admin("GET", f"{USERS}/{hub.name('upper')}")
    hub.admin("POST", USERS, data={"usernames": [hub.name("Two-Upper")]})
    hub.admin("POST", USERS, data={"usernames": [hub.name("two-upper")]})


def names_that_are_none(hub):
    for name in (" lead", "trail ", ".", "..", "%2e%2e"):
        hub.admin("POST", USERS, data={"usernames": [name]})
    for name in ("a%2Fb", "per%cent"):
        hub.admin("POST", USERS, data={"usernames": [hub.name(name)]}, but=refused(NAMES))
    hub.admin("POST", USERS, data={"usernames": [""]})
    hub.admin("PATCH", f"{USERS}/{hub.name('u')}", data={"name": "a/b"})
    hub.make(hub.name("u"))
    hub.admin("PATCH", f"{USERS}/{hub.name('u')}", data={"name": "a/b"})
    hub.admin("PATCH", f"{USERS}/{hub.name('u')}", data={"name": ""})


def changed(hub):
    a, b = hub.name("a"), hub.name("b")
    hub.make(a, b)
    hub.admin("PATCH", f"{USERS}/{a}", data={"admin": True})
    hub.admin("PATCH", f"{USERS}/{a}", data={"admin": False})
    hub.admin("PATCH", f"{USERS}/{a}", data={"admin": None})
    hub.admin("PATCH", f"{USERS}/{a}", data={"name": b})
    hub.admin("PATCH", f"{USERS}/{a}", data={"name": 5})
    hub.admin("PATCH", f"{USERS}/{a}", data={"groups": ["x"]}, but=refused(WRONG_TYPE))
    hub.admin("PATCH", f"{USERS}/{a}", data={"auth_state": {"token": "x"}}, but=refused(NO_AUTH_STATE))
    hub.admin("PATCH", f"{USERS}/{a}", data={})
    hub.admin("PATCH", f"{USERS}/{a}", body="nonsense")
    hub.admin("PATCH", f"{USERS}/{hub.name('nobody')}", data={"admin": True})
    hub.admin("PATCH", f"{USERS}/{a}", data={"name": hub.name("Renamed")})
    hub.admin("GET", f"{USERS}/{a}")
    hub.admin("GET", f"{USERS}/{hub.name('renamed')}")
    hub.admin("PUT", f"{USERS}/{b}", data={})


def changed_by_an_administrator(hub):
    root, a = hub.token("root-admin", "admin:users"), hub.name("a")
    hub.make(a)
    hub("PATCH", f"{USERS}/{a}", token=root, data={"admin": True})
    hub("GET", f"{USERS}/{a}", token=root)
    hub.admin("PATCH", f"{USERS}/{a}", data={"name": hub.name("b")})
    hub("PATCH", f"{USERS}/{a}", token=root, data={"admin": False, "name": hub.name("b")})
    hub("POST", USERS, token=root, data={"usernames": [hub.name("boss")], "admin": True})
    hub("POST", f"{USERS}/{hub.name('boss2')}", token=root, data={"admin": True})
    hub("DELETE", f"{USERS}/root-admin", token=root)


def deleted(hub):
    a = hub.name("a")
    token = hub.make(a)
    hub("DELETE", f"{USERS}/{a}", token=token)
    hub("DELETE", f"{USERS}/{a}")
    hub("DELETE", f"{USERS}/{a}", token=READER_TOKEN)
    hub.admin("DELETE", f"{USERS}/{a}")
    hub.admin("DELETE", f"{USERS}/{a}")
    hub("GET", "/hub/api/user", token=token)
    hub.admin("DELETE", USERS)
    hub.make(hub.name("b"))
    hub.start(hub.name("b"))
    hub.admin("DELETE", f"{USERS}/{hub.name('b')}")
    hub.admin("GET", f"{USERS}/{hub.name('b')}")


def seen_by_scope(hub):
    """What of a model each scope shows."""
    a, b = hub.name("a"), hub.name("b")
    hub.make(a, b)
    hub.start(a)
    for scope in ("read:users", "read:users:name", "read:users:groups", "read:users:activity", "read:servers", "servers",
                  "access:servers", "read:tokens", "users:activity", "list:users", "self", "delete:servers", "tokens", "read:roles:users"):
        token = hub.token(a, f"{scope}!user" if scope not in ("self",) else scope) if scope not in ("list:users", "read:roles:users") else None
        if token:
            hub("GET", f"{USERS}/{a}", token=token)
            hub("GET", "/hub/api/user", token=token)
    token = hub.token(a, "read:users:name!user")
    hub("GET", f"{USERS}/{b}", token=token)
    hub("GET", f"{USERS}/{hub.name('nobody')}", token=token)
    hub("GET", USERS, token=token)
    hub("GET", f"{USERS}/{a}", token=BARE_TOKEN)
    hub("GET", USERS, token=BARE_TOKEN)
    hub("GET", f"{USERS}/{a}", token=READER_TOKEN)
    hub("GET", f"{USERS}?name_filter={hub.tag}", token=READER_TOKEN)
    hub("POST", f"{USERS}/{hub.name('c')}", token=READER_TOKEN)
    hub("PATCH", f"{USERS}/{a}", token=READER_TOKEN, data={"name": "x"})
    hub("GET", "/hub/api/user", token=READER_TOKEN)
    hub("GET", "/hub/api/user", token=BARE_TOKEN)


def listed_and_sorted(hub):
    names = [hub.name(n) for n in ("bb", "aa", "dd", "cc")]
    hub.admin("POST", USERS, data={"usernames": names}, quiet=True)
    hub.admin("POST", f"{USERS}/{names[2]}/activity", data={"last_activity": "2026-01-02T00:00:00Z"}, quiet=True)
    hub.admin("POST", f"{USERS}/{names[1]}/activity", data={"last_activity": "2026-01-01T00:00:00Z"}, quiet=True)
    mine = f"{USERS}?name_filter={hub.tag}"
    for sort in ("id", "-id", "name", "-name", "last_activity", "-last_activity", "admin", "", "-"):
        hub.admin("GET", f"{mine}&sort={sort}")
    for page in ("limit=2", "limit=2&offset=2", "limit=2&offset=4", "limit=1&offset=-1", "limit=-2", "limit=0", "limit=1000", "offset=x",
                 "limit=2&sort=-name", "limit=", "offset="):
        hub.admin("GET", f"{mine}&{page}", headers=PAGED)
    hub.admin("GET", f"{mine}&limit=1&offset=1")
    hub.admin("GET", f"{USERS}?name_filter={hub.tag.upper()}&limit=1", headers=PAGED)
    nobody = otherwise(LITERAL_FILTER, json={"items": [], "_pagination": {"total": 0}})
    hub.admin("GET", f"{USERS}?name_filter={hub.tag}-a_&limit=2", headers=PAGED, but=nobody)
    hub.admin("GET", f"{USERS}?name_filter={hub.tag}%25dd&limit=2", headers=PAGED, but=nobody)
    hub.admin("GET", f"{mine}&limit=1&limit=3", headers=PAGED)
    hub.admin("GET", f"{mine}&limit=1", headers={"Accept": "text/html, application/jupyterhub-pagination+json"})
    hub.admin("GET", f"{mine}&limit=1", headers={"Accept": "application/JupyterHub-Pagination+JSON"})
    hub.admin("GET", f"{mine}&limit=1", headers={"Accept": "application/jupyterhub-pagination+json;q=0.9"})
    hub.admin("GET", f"{mine}&limit=1", headers={"Accept": "application/json"})


def listed_by_state(hub):
    names = [hub.name(n) for n in ("on", "off", "named")]
    hub.admin("POST", USERS, data={"usernames": names}, quiet=True)
    hub.start(names[0])
    hub.start(names[2], "n")
    mine = f"{USERS}?name_filter={hub.tag}"
    for state in ("active", "ready", "inactive", "", "ACTIVE", "stopped"):
        hub.admin("GET", f"{mine}&state={state}")
        hub.admin("GET", f"{mine}&state={state}&limit=1", headers=PAGED)
    hub.stop(names[2], "n")
    for more in ("", "&include_stopped_servers", "&include_stopped_servers=0", "&include_stopped_servers=false",
                 "&include_stopped_servers=1", "&include_stopped_servers=no"):
        hub.admin("GET", f"{mine}{more}")
    hub.admin("GET", f"{USERS}/{names[2]}?include_stopped_servers=1")


def listed_by_filtered_scopes(hub):
    a, b, c = (hub.name(n) for n in "abc")
    group = hub.name("g")
    hub.make(a, b, c)
    hub.admin("POST", f"/hub/api/groups/{group}", data={"users": [a, b]}, quiet=True)
    for scopes in ([f"list:users!group={group}"], [f"list:users!user={c}"], [f"list:users!group={group}", f"list:users!user={c}"],
                   [f"list:users!group={group}", f"read:users!user={a}"], [f"read:users!group={group}"], [f"list:users!server={a}/"]):
        made = hub.admin("POST", f"{USERS}/root-admin/tokens", data={"scopes": scopes}, quiet=True)
        token = made.json.get("token")
        hub("GET", USERS, token=token)
        hub("GET", f"{USERS}?limit=1", token=token, headers=PAGED)
        hub("GET", f"{USERS}/{b}", token=token)
        hub("GET", f"{USERS}/{c}", token=token)
