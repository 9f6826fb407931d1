# SPDX-License-Identifier: BSD-3-Clause
"""JupyterHub's own answers about scopes: run by a Python that has the package `jupyterhub`. The questions are those of
tests/hubapi/model/scope_answers.cpp, a JSON line each; its tables live in SQLite in memory, and no hub runs."""
import json
import logging
import sys
import warnings

import sqlalchemy as sa
from jupyterhub import orm, roles, scopes
from tornado.log import app_log

app_log.setLevel(logging.CRITICAL)
warnings.simplefilter("ignore")
KINDS = {"user": "users", "group": "groups", "service": "services"}


class World:
    def __init__(self, users, groups, services, servers, custom):
        scopes.define_custom_scopes({name: {"description": "Something", "subscopes": its} for name, its in custom.items()})
        self.db = db = orm.new_session_factory("sqlite:///:memory:")()
        self.groups = {name: orm.Group(name=name) for name in groups}
        self.users = {name: orm.User(name=name, groups=[self.groups[g] for g in its]) for name, its in users.items()}
        self.services = {name: orm.Service(name=name, oauth_client=orm.OAuthClient(identifier=f"service-{name}")) for name in services}
        self.servers = {}
        for server in servers:
            owner, _, name = server.partition("/")
            client = orm.OAuthClient(identifier=f"jupyterhub-user-{server}")
            self.servers[server] = orm.Spawner(name=name, user=self.users[owner], oauth_client=client)
        db.add_all([*self.groups.values(), *self.users.values(), *self.services.values(), *self.servers.values()])
        db.commit()

    def find(self, kind, name):
        return {"user": self.users, "group": self.groups, "service": self.services, "server": self.servers}[kind].get(name)

    def owner(self, q):
        return self.find(*q["owner"])

    def client(self, q):
        return self.find(*q["client"]).oauth_client if q.get("client") else None

    def check(self, q):
        try:
            scopes._check_scopes_exist([q["scope"]])
        except KeyError:
            return False
        return True

    def expand(self, q):
        return sorted(scopes.expand_scopes(q["raw"], self.owner(q), self.client(q)))

    def intersect(self, q):
        return sorted(scopes._intersect_expanded_scopes(set(q["a"]), set(q["b"]), self.db))

    def has(self, q):
        parsed, kind, name = scopes.parse_scopes(q["have"]), q["kind"], q["name"]
        asked = f"{q['scope']}!{kind}={name}" if kind else q["scope"]
        out = {"all": scopes.has_scope(asked, parsed, db=self.db), "any": scopes.has_scope(q["scope"], parsed, post_filter=True)}
        there = self.find(kind, name) if kind else None
        if there is not None and q["scope"] in parsed:  # its other way to ask must not disagree
            assert scopes.check_scope_filter(parsed[q["scope"]], there, kind) == out["all"], q
        return out

    def give(self, q):
        """The roles of a question and the default one, until the rollback."""
        given = [{"name": "user", "scopes": ["self"], "users": list(self.users), "groups": [], "services": []}]
        for r in given + q["roles"]:
            role = orm.Role(name=r["name"], scopes=r["scopes"])
            self.db.add(role)
            for kind, plural in KINDS.items():
                for name in r[plural]:
                    self.find(kind, name).roles.append(role)
        self.db.flush()

    def token(self, q):
        self.give(q)
        try:
            owner = self.owner(q)
            token = orm.APIToken(scopes=q["raw"], client_id="jupyterhub", hashed="x", prefix="x",
                                 user=owner if q["owner"][0] == "user" else None, service=None if q["owner"][0] == "user" else owner)
            if q.get("client"):
                token.client_id, token.oauth_client = self.client(q).identifier, self.client(q)
            else:
                token.oauth_client = self.db.query(orm.OAuthClient).filter_by(identifier="jupyterhub").one_or_none() \
                    or orm.OAuthClient(identifier="jupyterhub")
            self.db.add(token)
            assert sa.inspect(token).session is self.db
            return {"owner": sorted(scopes.get_scopes_for(owner)), "token": sorted(scopes.get_scopes_for(token))}
        finally:
            self.db.rollback()


def main():
    world = None
    for line in sys.stdin:
        q = json.loads(line)
        op = q.pop("op")
        if op == "world":
            world = World(**q)
            continue
        if op == "definitions":
            answer = {"scopes": {name: d.get("subscopes", []) for name, d in scopes.scope_definitions.items()},
                      "roles": {r["name"]: r["scopes"] for r in roles.get_default_roles()}}
        else:
            answer = getattr(world, op)(q)
        print(json.dumps(answer))


main()
