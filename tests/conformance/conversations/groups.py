# SPDX-License-Identifier: BSD-3-Clause
"""Groups: members, properties, who may see and change them."""
from urllib.parse import quote

from conformance.player.differences import NAMES, VISIBLE_TOTAL, WRONG_TYPE, otherwise, refused
from conformance.player.setup import BARE_TOKEN, READER_TOKEN
from conformance.player.talk import PAGED

GROUPS = "/hub/api/groups"


def made_and_deleted(hub):
    g, u = hub.name("g"), hub.name("u")
    hub.make(u)
    hub.admin("GET", f"{GROUPS}/{g}")
    hub.admin("POST", f"{GROUPS}/{g}", data={"users": [u]})
    hub.admin("POST", f"{GROUPS}/{g}", data={"users": [u]})
    hub.admin("GET", f"{GROUPS}/{g}")
    hub.admin("POST", f"{GROUPS}/{hub.name('h')}", data={"users": [hub.name("nobody")]})
    hub.admin("GET", f"{GROUPS}/{hub.name('h')}")
    hub.admin("POST", f"{GROUPS}/{hub.name('h')}", data={"properties": {"a": 1}})
    hub.admin("POST", f"{GROUPS}/{hub.name('h')}", data={"nonsense": 1})
    hub.admin("POST", f"{GROUPS}/{hub.name('i')}", body="{not json")
    hub.admin("POST", f"{GROUPS}/{hub.name('i')}", data={"users": "notalist"})
    hub.admin("POST", f"{GROUPS}/{hub.name('i')}", data={"users": [1]}, but=refused(WRONG_TYPE))
    hub.admin("DELETE", f"{GROUPS}/{g}")
    hub.admin("DELETE", f"{GROUPS}/{g}")
    hub.admin("PATCH", f"{GROUPS}/{g}", data={})
    hub.admin("DELETE", GROUPS)


def made_together(hub):
    g, h, u = hub.name("g"), hub.name("h"), hub.name("u")
    hub.make(u)
    hub.admin("POST", GROUPS, data={"groups": [g, h]})
    hub.admin("POST", GROUPS, data={"groups": [g, hub.name("i")]})
    hub.admin("GET", f"{GROUPS}/{hub.name('i')}")
    hub.admin("POST", GROUPS, data={"groups": [hub.name("j")], "users": [u]})
    hub.admin("GET", f"/hub/api/users/{u}")
    hub.admin("POST", GROUPS, data={"groups": []})
    hub.admin("POST", GROUPS, data={})
    hub.admin("POST", GROUPS)
    hub.admin("POST", GROUPS, body="[]")


def members(hub):
    g, a, b = hub.name("g"), hub.name("a"), hub.name("b")
    hub.make(a, b)
    users = f"{GROUPS}/{g}/users"
    hub.admin("POST", users, data={"users": [a]})
    hub.admin("POST", f"{GROUPS}/{g}", quiet=True)
    hub.admin("POST", users, data={"users": [a]})
    hub.admin("POST", users, data={"users": [a, b, a]})
    hub.admin("POST", users, data={"users": [a, hub.name("nobody")]})
    hub.admin("POST", users, data={"users": []})
    hub.admin("POST", users, data={"names": [a]})
    hub.admin("POST", users)
    hub.admin("POST", users, body="nonsense")
    hub.admin("GET", users)
    hub.admin("PUT", users, data={"users": [a]})
    hub.admin("DELETE", users, data={"users": [a]})
    hub.admin("DELETE", users, data={"users": [a]})
    hub.admin("DELETE", users, data={"users": [hub.name("nobody")]})
    hub.admin("DELETE", users)
    hub.admin("GET", f"{GROUPS}/{g}")
    hub.admin("GET", f"/hub/api/users/{b}")
    hub.admin("DELETE", f"/hub/api/users/{b}", quiet=True)
    hub.admin("GET", f"{GROUPS}/{g}")


def properties(hub):
    g = hub.name("g")
    path = f"{GROUPS}/{g}/properties"
    hub.admin("PUT", path, data={"a": 1})
    hub.admin("POST", f"{GROUPS}/{g}", quiet=True)
    hub.admin("PUT", path, data={"partition": "debug", "nested": {"list": [1, 2.5, None, True, "ü"]}})
    hub.admin("GET", f"{GROUPS}/{g}")
    hub.admin("PUT", path, data={"other": 1})
    hub.admin("PUT", path, data={})
    for bad in ("[]", "null", "5", '"text"', "{"):
        hub.admin("PUT", path, body=bad)
    hub.admin("PUT", path)
    hub.admin("GET", path)
    hub.admin("POST", path, data={})
    hub.admin("GET", f"{GROUPS}/{g}")


def names(hub):
    for name in ("Upper", "with space", "at@host", "dots..", "ümlaut", "per%cent"):
        hub.admin("POST", f"{GROUPS}/{quote(hub.name(name), safe='')}")
        hub.admin("GET", f"{GROUPS}/{quote(hub.name(name), safe='')}")
    hub.admin("GET", f"{GROUPS}/{hub.name('upper')}")
    hub.admin("POST", GROUPS, data={"groups": [hub.name("slash/name")]}, but=refused(NAMES))


def seen_by_scope(hub):
    g, other, u = hub.name("g"), hub.name("other"), hub.name("u")
    own = hub.make(u)
    hub.admin("POST", GROUPS, data={"groups": [g, other]}, quiet=True)
    hub.admin("POST", f"{GROUPS}/{g}/users", data={"users": [u]}, quiet=True)
    for token in (own, READER_TOKEN, BARE_TOKEN, None, "nonsense"):
        hub("GET", f"{GROUPS}/{g}", token=token)
        hub("GET", f"{GROUPS}/{hub.name('nothing')}", token=token)
        hub("POST", f"{GROUPS}/{hub.name('new')}", token=token)
        hub("DELETE", f"{GROUPS}/{g}", token=token)
    for scope in ("read:groups", "list:groups", "read:groups:name", "groups", "admin:groups", "delete:groups", "read:roles:groups"):
        token = hub.token("root-admin", f"{scope}!group={g}")
        hub("GET", GROUPS, token=token)
        hub("GET", f"{GROUPS}/{g}", token=token)
        hub("GET", f"{GROUPS}/{other}", token=token)
        hub("POST", f"{GROUPS}/{g}/users", token=token, data={"users": [u]})
        hub("PUT", f"{GROUPS}/{other}/properties", token=token, data={"a": 1})


def listed(hub):
    names = [hub.name(n) for n in ("b", "a", "c")]
    hub.admin("POST", GROUPS, data={"groups": names}, quiet=True)
    token = hub.token("root-admin", *[f"list:groups!group={n}" for n in names], *[f"read:groups!group={n}" for n in names])
    total = {"next": None, "total": 3}
    last = otherwise(VISIBLE_TOTAL, json={"_pagination": total})
    more = otherwise(VISIBLE_TOTAL, json={"_pagination": {"total": 3}})
    for query, but in (("", more), ("?limit=2", more), ("?limit=2&offset=2", last), ("?offset=1", more), ("?limit=x", None),
                       ("?offset=9", more), ("?limit=0", more)):
        hub("GET", GROUPS + query, token=token)
        hub("GET", GROUPS + query, token=token, headers=PAGED, but=but)
