# SPDX-License-Identifier: BSD-3-Clause
"""Changes at full speed from several clients at once, and afterwards the question whether the hub remembers each one that
it acknowledged."""
import random
import threading
from urllib.parse import quote

import requests

from support.api import Api


class Client:
    """Makes changes to what is its own alone, one after the other; knows what must be there. What was under way when the
    hub died may have happened or not: nothing is asked about it."""

    def __init__(self, base, name, seed):
        self.base, self.name, self.random = base, name, random.Random(seed)
        self.users, self.groups, self.tokens, self.servers = {}, {}, {}, {}  # name -> what must be
        self.count = self.acknowledged = 0
        self.open, self.wrong = set(), []  # open: asked when the hub died

    def run(self, over):
        self.api = Api(self.base)
        steps = [self.add_user, self.add_user, self.drop_user, self.add_group, self.join_group, self.drop_group,
                 self.issue_token, self.issue_token, self.revoke_token, self.start_server, self.stop_server]
        while not over.is_set():
            try:
                self.random.choice(steps)()
            except requests.RequestException:
                return

    def change(self, table, key, value, method, path, good, **kw):
        """One change; `table[key]` is `value` once it is acknowledged, and open to question until then."""
        before = table.pop(key, None)
        self.open.add(key)
        answer = self.api(method, path, timeout=15, **kw)
        if answer.status_code < 500:
            self.open.discard(key)
        if answer.status_code in good:
            table[key] = value
            self.acknowledged += 1
        elif method == "DELETE" and answer.status_code == 404:
            table[key] = value  # the front door asked the next hub when the first had done it and not said so
        elif answer.status_code in (400, 409, 429) and before is not None:
            table[key] = before  # refused: as it was
        elif answer.status_code != 503:
            self.wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer

    def fresh(self, kind):
        self.count += 1
        return f"{self.name}{kind}{self.count}"

    def one_of(self, table, value=None):
        return self.random.choice([k for k, v in table.items() if value is None or v == value] or [None])

    def add_user(self):
        name = self.fresh("u")
        self.change(self.users, name, True, "POST", f"/hub/api/users/{name}", (201,))

    def drop_user(self):
        name = self.one_of(self.users, True)
        if name and name not in self.open and name not in self.servers and len(self.users) > 5:
            for key in [k for k, (owner, _) in self.tokens.items() if owner == name]:
                del self.tokens[key]
            joined = {g: self.groups.pop(g) for g, m in list(self.groups.items()) if m and name in m}
            if self.change(self.users, name, False, "DELETE", f"/hub/api/users/{name}", (204,)).status_code == 204:
                self.groups |= {g: m - {name} for g, m in joined.items()}

    def add_group(self):
        name = self.fresh("g")
        self.change(self.groups, name, set(), "POST", f"/hub/api/groups/{name}", (201,))

    def join_group(self):
        group, user = self.random.choice([g for g, m in self.groups.items() if m is not None] or [None]), self.one_of(self.users, True)
        if group and user:
            self.change(self.groups, group, self.groups[group] | {user}, "POST", f"/hub/api/groups/{group}/users", (200,),
                        json={"users": [user]})

    def drop_group(self):
        group = self.random.choice([g for g, m in self.groups.items() if m is not None] or [None])
        if group and len(self.groups) > 3:
            self.change(self.groups, group, None, "DELETE", f"/hub/api/groups/{group}", (204,))

    def issue_token(self):
        user = self.one_of(self.users, True)
        if user:
            answer = self.api.post(f"/hub/api/users/{user}/tokens", json={"note": "storm"}, timeout=15)
            if answer.status_code == 201:
                self.tokens[answer.json()["token"]] = (user, answer.json()["id"])
                self.acknowledged += 1

    def revoke_token(self):
        value = self.random.choice([t for t, (_, at) in self.tokens.items() if at] or [None])
        if value:
            owner, at = self.tokens[value]
            self.change(self.tokens, value, (owner, None), "DELETE", f"/hub/api/users/{owner}/tokens/{at}", (204,))

    def start_server(self):
        user = self.random.choice([u for u, there in self.users.items() if there and u not in self.open and not self.servers.get(u)] or [None])
        if user and sum(1 for wanted in self.servers.values() if wanted) < 3:
            answer = self.change(self.servers, user, True, "POST", f"/hub/api/users/{user}/server", (201, 202))
            if answer.status_code == 400:
                self.servers[user] = False  # it is stopping

    def stop_server(self):
        user = self.one_of(self.servers, True)
        if user:
            self.change(self.servers, user, False, "DELETE", f"/hub/api/users/{user}/server", (202, 204))


def rage(clients, strike, restart):
    """All clients until the hub is dead; what they still ask for then goes to the one after it."""
    over = threading.Event()
    threads = [threading.Thread(target=c.run, args=(over,), daemon=True) for c in clients]
    for thread in threads:
        thread.start()
    strike()
    over.set()
    restart()
    for thread in threads:
        thread.join()


def all_of(api, what):
    found = []
    while True:
        page = api.get(f"/hub/api/{what}?limit=200&offset={len(found)}").json()
        found += page
        if len(page) < 200:
            return {entry["name"]: entry for entry in found}


def missing(api, clients, newest_tokens=None):
    """What the hub does not remember, or remembers though it was taken back, in words."""
    users, groups, out = all_of(api, "users"), all_of(api, "groups"), []
    for c in clients:
        out += c.wrong
        out += [f"user {n}: wanted {there}" for n, there in c.users.items() if there != (n in users)]
        out += [f"group {n}: wanted {m}, is {(groups.get(n) or {}).get('users')}" for n, m in c.groups.items()
                if (None if m is None else set(m)) != (set(groups[n]["users"]) if n in groups else None)]
        for user, wanted in c.servers.items():
            server = users.get(user, {}).get("servers", {}).get("")
            if wanted and not (server and (server["ready"] or server["pending"] == "spawn")):
                out.append(f"server of {user}: wanted, is {server}")
            if not wanted and server and server["pending"] != "stop":
                out.append(f"server of {user}: not wanted, is {server}")
        for value, (owner, at) in list(c.tokens.items())[-newest_tokens if newest_tokens else None:]:
            status = Api(api.base, value).get("/hub/api/user").status_code
            if status != (200 if at else 403):
                out.append(f"token {quote(str(at))} of {owner}: answered {status}")
    return out
