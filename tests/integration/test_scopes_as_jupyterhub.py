# SPDX-License-Identifier: BSD-3-Clause
"""Random scopes, roles and tokens mean the same here as in JupyterHub, whose own code answers beside ours
(support/scope_oracle.py). Where we differ on purpose a rule below says so, and must have been needed."""
import collections
import json
import os
import random
import subprocess

import pytest

from support.paths import BERTH, ROOT

SEED = int(os.environ.get("BERTH_SEED") or random.SystemRandom().randrange(1_000_000))
CASES = int(os.environ.get("BERTH_CASES") or 2000)  # of each kind

USERS = {"al": ["physics"], "bo": ["physics", "ops"], "cy": ["ops"], "dora": []}
GROUPS, SERVICES, SERVERS = ["physics", "ops", "empty"], ["portal", "cull"], ["al/", "al/n1", "bo/", "cy/x", "dora/"]
CUSTOM = {"custom:lab:all": ["custom:lab:write", "custom:lab:list"], "custom:lab:write": ["custom:lab:read"], "custom:lab:list": ["custom:lab:read"],
          "custom:lab:read": [], "custom:other*": []}
OURS_ALONE = {"read:credentials"}
META = ("(no_scope)", "self", "inherit")


class Asked:
    """Both programs, asked the same in one go."""

    def __init__(self, python):
        self.programs = {"jupyterhub": [str(python), "-I", str(ROOT / "tests/support/scope_oracle.py")],
                         "berth": [str(BERTH.parent / "scope_answers")]}
        self.world = {"op": "world", "users": USERS, "groups": GROUPS, "services": SERVICES, "custom": CUSTOM}

    def one(self, whose, questions):
        world = self.world | ({"servers": SERVERS} if whose == "jupyterhub" else {})
        lines = "".join(json.dumps(q) + "\n" for q in [world, *questions])
        done = subprocess.run(self.programs[whose], input=lines, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, f"seed {SEED}: {whose}: {done.stderr[-3000:]}"
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(questions)
        return answers

    def both(self, questions):
        return list(zip(questions, self.one("jupyterhub", questions), self.one("berth", questions), strict=True))


@pytest.fixture(scope="module")
def asked(notebook_venv):
    return Asked(notebook_venv / "bin/python")


@pytest.fixture(scope="module")
def definitions(asked):
    return asked.one("jupyterhub", [{"op": "definitions"}])[0]


@pytest.fixture
def choose(definitions, figures, request):
    figures(f"{request.node.name}: BERTH_SEED={SEED}")
    return Chooser(f"{SEED} {request.node.name}", definitions)


class Chooser(random.Random):
    def __init__(self, seed, definitions):
        super().__init__(seed)
        self.names = sorted(definitions["scopes"])

    def name(self, kind):
        strange = ["nobody", "a=b", "x!y@z", "al bo"]
        return self.choice({"user": [*USERS, *strange], "group": [*GROUPS, *strange], "service": [*SERVICES, *strange],
                            "server": [*SERVERS, *SERVERS, "al/other", "nobody/", "a=b/c", "al/n1/deeper"]}[kind])

    def filter(self):
        kind = self.choice(["user", "group", "server", "service"])
        return self.choice(["", "!user", "!server", "!service"] + 4 * [f"!{kind}={self.name(kind)}"])

    def raw_scope(self):
        name = self.choice([*self.names, "self", "inherit"]) if self.random() < 0.7 else self.choice(["servers", "read:users", "users", "tokens"])
        return name if name in META else name + self.filter()

    def raw(self, most=6):
        return [self.raw_scope() for _ in range(self.randrange(most))]

    def owner(self):
        return self.choice([["user", n] for n in USERS] + [["service", n] for n in SERVICES])

    def client(self):
        return self.choice([None, ["server", self.choice(SERVERS)], ["service", self.choice(SERVICES)]])

    def roles(self, owner):
        """Some roles for the owner, directly and by groups, and for others."""
        kind, name = owner
        out = []
        for i in range(self.randrange(4)):
            scopes = [s for s in self.raw() if s != "(no_scope)"]
            role = {"name": f"role-{i}", "scopes": scopes, "users": [], "groups": [], "services": []}
            if kind == "user" and USERS[name] and self.random() < 0.4:
                role["groups"].append(self.choice(USERS[name]))
            elif self.random() < 0.8:
                role[f"{kind}s"].append(name)
            else:
                role["users"].append(self.choice(list(USERS)))
            out.append(role)
        return out


def reduced(scopes):
    """Without what an unfiltered scope holds already."""
    return sorted(s for s in set(scopes) if "!" not in s or s.partition("!")[0] not in scopes)


class Rules:
    """Deliberate differences; each must have mattered once."""

    def __init__(self):
        self.used = collections.Counter()

    def check(self, scope):
        """JupyterHub accepts what we refuse."""
        name, bang, given = scope.partition("!")
        kind, equals, value = given.partition("=")
        if name == "(no_scope)":
            why = "(no_scope) is not written"
        elif bang and (not given or equals and not value):
            why = "an empty filter is refused"
        elif bang and name in META:
            why = "self and inherit take no filter"
        elif kind == "server" and (value.startswith("/") or "/" not in value):
            why = "a server is USER/SERVER"
        else:
            return False
        self.used[why] += 1
        return True

    def expanded(self, scopes):
        """Metascopes say nothing once scopes are expanded."""
        kept = [s for s in scopes if s.partition("!")[0] not in META]
        self.used["metascopes are gone"] += len(kept) != len(scopes)
        return sorted(kept)

    def token(self, scopes, q):
        """Every token may tell whose it is; JupyterHub says so, but a service needs the scope for it."""
        kind, name = q["owner"]
        identify = {"user": [f"read:users:name!user={name}", f"read:users:groups!user={name}"],
                    "service": [f"read:services:name!service={name}"]}[kind]
        kept = self.expanded(scopes)
        if "inherit" in q["raw"]:
            return kept
        told = reduced(kept + identify)
        self.used["a token tells whose it is"] += told != kept
        return told

    def all_used(self, *names):
        assert {n: self.used[n] for n in names if not self.used[n]} == {}, f"seed {SEED}: rules that nothing needs"


def same(theirs, ours, q):
    assert theirs == ours, f"seed {SEED}: {json.dumps(q)}\nJupyterHub: {theirs}\nBerth:      {ours}"


def test_the_scopes_and_roles_are_jupyterhubs(asked, definitions):
    own = [{"op": "check", "scope": name} for name in sorted(OURS_ALONE)]
    assert asked.one("berth", own) == [True] * len(own) and asked.one("jupyterhub", own) == [False] * len(own)
    rules = Rules()
    every = [{"op": "expand", "raw": [name], "owner": ["user", "al"]} for name in definitions["scopes"]]
    roles = [{"op": "token", "roles": [], "owner": ["user", "al"], "raw": scopes} for scopes in definitions["roles"].values()]
    for q, theirs, ours in asked.both(every):
        same(rules.expanded(theirs), ours, q)
    for q, theirs, ours in asked.both(roles):
        same(rules.token(theirs["token"], q), ours["token"], q)


def test_what_may_be_written(asked, choose):
    def written():
        if choose.random() < 0.5:
            return choose.raw_scope()
        name = choose.choice([*choose.names, "nonsense", "all", "", "users ", "Users", "custom:nobody:has"])
        return name + choose.choice(["!", "!user=", "!group", "!group=", "!server=", "!server=al", "!server=/x", "!users=al", "!host=x", "!User", "!user ",
                                     "!=", "!=al", "!user=al!group=ops", "!!user", choose.filter(), choose.filter()])
    rules = Rules()
    for q, theirs, ours in asked.both([{"op": "check", "scope": written()} for _ in range(CASES)]):
        if theirs and not ours and rules.check(q["scope"]):
            continue
        same(theirs, ours, q)
    rules.all_used("(no_scope) is not written", "an empty filter is refused", "self and inherit take no filter", "a server is USER/SERVER")


def test_expansion(asked, choose):
    rules = Rules()
    for q, theirs, ours in asked.both([{"op": "expand", "raw": choose.raw(), "owner": choose.owner(), "client": choose.client()} for _ in range(CASES)]):
        same(rules.expanded(theirs), ours, q)
    rules.all_used("metascopes are gone")


@pytest.fixture(scope="module")
def expanded_sets(asked, definitions):
    """Sets as JupyterHub expands them, the material of what follows."""
    choose = Chooser(f"{SEED} sets", definitions)
    questions = [{"op": "expand", "raw": choose.raw(), "owner": choose.owner(), "client": choose.client()} for _ in range(CASES)]
    return [Rules().expanded(scopes) for scopes in asked.one("jupyterhub", questions)]


def test_intersection(asked, choose, expanded_sets):
    met = 0
    for q, theirs, ours in asked.both([{"op": "intersect", "a": choose.choice(expanded_sets), "b": choose.choice(expanded_sets)} for _ in range(CASES)]):
        same(theirs, ours, q)
        met += bool(theirs)
    assert met > CASES / 20


def test_who_may_what(asked, choose, expanded_sets):
    def question():
        have = choose.choice(expanded_sets)
        scope = choose.choice(have).partition("!")[0] if have and choose.random() < 0.9 else choose.choice(choose.names)
        kind = choose.choice(["", "user", "server", "group", "service"])
        return {"op": "has", "have": have, "scope": scope, "kind": kind, "name": choose.name(kind) if kind else ""}
    outcomes = collections.Counter()
    for q, theirs, ours in asked.both([question() for _ in range(2 * CASES)]):
        same(theirs, ours, q)
        outcomes[tuple(sorted(theirs.items()))] += 1
    assert len(outcomes) == 3 and min(outcomes.values()) > CASES / 20


def test_tokens_beside_their_owners(asked, choose):
    def question():
        owner = choose.owner()
        client = ["server", choose.choice(SERVERS)] if owner[0] == "user" and choose.random() < 0.3 else None
        return {"op": "token", "owner": owner, "roles": choose.roles(owner), "client": client, "raw": choose.raw()}
    rules = Rules()
    for q, theirs, ours in asked.both([question() for _ in range(CASES // 2)]):
        same(rules.expanded(theirs["owner"]), ours["owner"], q)
        same(rules.token(theirs["token"], q), ours["token"], q)
    rules.all_used("metascopes are gone", "a token tells whose it is")
