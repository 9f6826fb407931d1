# SPDX-License-Identifier: BSD-3-Clause
"""What nobody thought of: calls drawn by a seed, by callers who may and may not, with bodies right and wrong.

Nothing is drawn that is refused here for a reason that docs/compatibility.md gives: numbers among names, filters that are none,
shares with groups, flags that are no booleans; nor what JupyterHub answers by what it happens to have in memory.
"""
import random
from urllib.parse import quote

from support.api import ADMIN_TOKEN

CONVERSATIONS, CALLS = 12, 120
SCOPES = ["self", "inherit", "list:users", "read:users", "read:users:name", "read:users:groups", "read:users:activity", "admin:users", "users",
          "users:activity", "servers", "start:servers", "delete:servers", "read:servers", "admin:servers", "tokens", "read:tokens", "groups",
          "read:groups", "admin:groups", "list:groups", "delete:groups", "access:servers", "shares", "read:shares", "users:shares",
          "groups:shares", "read:roles", "read:hub", "proxy", "list:services", "read:services", "delete:users", "access:services"]


class _Draw:
    """Paths and bodies about three users, two groups, and those that are not there. The first user has a server, the second one named x."""

    def __init__(self, seed, name):
        self.by = random.Random(seed)
        self.users, self.groups = [name(f"u{i}") for i in range(3)], [name(f"g{i}") for i in range(2)]
        self.nobody, self.no_group, self.new = name("nobody"), name("none"), name("new")

    def one(self, *of):
        return self.by.choice(of)

    def user(self):
        return self.one(*self.users, self.nobody)

    def group(self):
        return self.one(*self.groups, self.no_group)

    def scope(self):
        scope = self.by.choice(SCOPES)
        if scope in ("self", "inherit") or self.by.random() < 0.5:
            return scope
        return scope + self.one(f"!user={self.user()}", f"!group={self.group()}", f"!server={self.user()}/", "!service=portal", "!user")

    def some(self, **members):
        """An object with about half of these, and now and then one that is unknown."""
        out = {key: draw() for key, draw in members.items() if self.by.random() < 0.5}
        return out | ({"nonsense": 1} if self.by.random() < 0.08 else {})

    def names(self):
        return self.one([self.users[0]], self.users[1:], [], [self.nobody], [self.users[0], self.nobody], self.users[0], None, {})

    # ---- method, path, body ---------------------------------------------------------------------------------------
    def of_users(self):
        user = self.user()
        path = f"/hub/api/users/{user}"
        return self.one(
            ("GET", path, None), ("GET", path, None), ("GET", "/hub/api/user", None),
            ("GET", f"/hub/api/users?name_filter={self.users[0][:-2]}" + self.one("", "&limit=1", "&offset=1", "&sort=name", "&sort=-id", "&state=active"), None),
            ("PATCH", path, self.some(admin=lambda: self.one(False, "x", None))),
            ("POST", "/hub/api/users", self.some(usernames=self.names, admin=lambda: self.one(False, "x", None))),
            ("POST", path, None), ("DELETE", f"/hub/api/users/{self.one(self.users[2], self.nobody)}", None),
            ("POST", f"{path}/activity", self.one({"last_activity": self.one("2030-01-01T00:00:00Z", "2019-01-01T00:00:00", "nonsense", 1, None)},
                                                  {"servers": self.one({}, {"none": {"last_activity": "2025-06-01T12:00:00Z"}}, [])}, {}, [])),
            ("OPTIONS", "/hub/api/users", None), ("PUT", path, {}))

    def of_tokens(self):
        path = f"/hub/api/users/{self.user()}/tokens"
        return self.one(
            ("GET", path, None), ("GET", f"{path}/{self.one('x', '0', 'a999999', 'o1', '%20')}", None),
            ("DELETE", f"{path}/{self.one('x', '0', 'a999999', 'o1')}", None), ("GET", f"/hub/api/authorizations/token/{self.one('x', 'none')}", None),
            *[("POST", path, self.some(note=lambda: self.one("mine", "é", ""), expires_in=lambda: self.one(None, 3600, 7200, -5, "x"),
                                       scopes=lambda: self.one([self.scope()], [self.scope(), self.scope()], None, "read:users"),
                                       roles=lambda: self.one(["user"], ["server"], ["nonsense"], [], None)))] * 3)

    def of_groups(self):
        path = f"/hub/api/groups/{self.group()}"
        return self.one(
            ("GET", path, None), ("GET", path, None), ("POST", path, self.one(None, {}, {"users": self.names()}, {"users": self.names(), "roles": []}, {"roles": None})),
            ("POST", "/hub/api/groups", self.one({"groups": [self.new]}, {"groups": []}, {"groups": self.groups}, {}, {"groups": [self.new], "users": self.names()})),
            ("POST", f"{path}/users", self.one({"users": self.names()}, {}, {"users": self.names(), "x": 1})),
            ("DELETE", f"{path}/users", self.one({"users": self.names()}, {})),
            ("PUT", f"{path}/properties", self.one({}, {"a": 1}, {"a": {"b": [1, None]}}, [], "x")),
            ("DELETE", f"/hub/api/groups/{self.one(self.no_group, self.groups[1], self.new)}", None))

    def of_servers(self):
        path = f"/hub/api/users/{self.one(self.users[2], self.nobody)}/server"
        runs = self.one(f"/hub/api/users/{self.users[0]}/server", f"/hub/api/users/{self.users[1]}/servers/x")
        return self.one(("POST", runs, None), ("POST", f"/hub/api/users/{self.nobody}-too/server", None), ("GET", f"/hub/api/users/{self.one(*self.users[:2])}", None),
                        ("DELETE", path, None), ("DELETE", f"{path}s/{self.one('x', 'y%20z')}", self.one(None, {}, {"remove": True})),
                        ("GET", f"{path}s/x/progress", None), ("GET", "/hub/api/info", None), ("GET", "/hub/api/services", None),
                        ("GET", f"/hub/api/services/{self.one('bench', 'portal', 'none')}", None))

    def of_shares(self):
        user, server = self.user(), self.one("", "x")
        mine = [f"access:servers!server={user}/{server}"]
        with_whom = self.some(user=lambda: self.one(self.users[1], self.nobody, None), scopes=lambda: self.one(None, mine, mine + [f"read:servers!server={user}/{server}"]))
        received = f"/hub/api/users/{self.user()}/shared"
        return self.one(
            ("GET", f"/hub/api/shares/{user}", None), ("GET", f"/hub/api/shares/{user}/{server}", None),
            ("POST", f"/hub/api/shares/{user}/{server}", with_whom), ("POST", f"/hub/api/shares/{user}/", with_whom),
            ("PATCH", f"/hub/api/shares/{user}/{server}", with_whom), ("DELETE", f"/hub/api/shares/{user}/{server}", None),
            ("GET", received, None), (self.one("GET", "DELETE"), f"{received}/{user}/{server}", None), ("GET", f"/hub/api/groups/{self.group()}/shared", None),
            ("GET", f"/hub/api/share-codes/{user}", None), ("DELETE", f"/hub/api/share-codes/{user}/" + self.one("", "?code=x", "?id=x"), None),
            ("POST", f"/hub/api/share-codes/{user}/", self.some(expires_in=lambda: self.one(None, 3600, -5, "x"), scopes=lambda: self.one(None, [f"access:servers!server={user}/"]))))

    def call(self):
        """And who asks: "admin", "nobody", "stranger", a user, or the token that an earlier call was given."""
        asks = self.one("admin", "admin", "admin", "admin", "stranger", "nobody", self.users[0], self.users[1], *["given"] * 6)
        drawn = self.by.choice([self.of_users, self.of_tokens, self.of_groups, self.of_servers, self.of_shares])()
        return asks, self.by.randrange(1000), self.by.random() < 0.03, drawn


def _conversation(seed):
    def mixed(hub):
        draw = _Draw(seed, hub.name)
        known = dict(zip(draw.users, hub.make(*draw.users))) | {"admin": ADMIN_TOKEN, "stranger": "none", "nobody": None}
        for group in draw.groups:
            hub.admin("POST", f"/hub/api/groups/{group}", data={"users": draw.users[:1]}, quiet=True)
        hub.start(draw.users[0])
        hub.start(draw.users[1], "x")
        given = []
        for _ in range(CALLS):
            asks, which, garbled, (method, path, body) = draw.call()
            token = (given[which % len(given)] if given else "none") if asks == "given" else known[asks]
            more = {"body": "{no"} if garbled and body is not None and asks == "admin" else {} if body is None else {"data": body}
            answer = hub(method, quote(path, safe="/?&=%:-"), token=token, **more)
            if method == "POST" and path.endswith("/tokens") and answer.status == 201:
                given.append(answer.json["token"])
    return mixed


for _seed in range(1, CONVERSATIONS + 1):
    globals()[f"mixed_{_seed}"] = _conversation(_seed)
