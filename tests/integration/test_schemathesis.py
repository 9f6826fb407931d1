# SPDX-License-Identifier: BSD-3-Clause
"""Requests made up from the API's description, ours and JupyterHub's: what is answered is what is described, and never a 5xx.

Left out: POST /shutdown, which would end the hub that all others need (test_permissions and the conformance suite call it).
BERTH_SCHEMATHESIS_MINUTES=30 goes on for so long, with ever new seeds, in place of one short round."""
import copy
import json
import os
import random
import time

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from support.api import ADMIN_TOKEN
from support.hub import use_quick_servers
from support.paths import ROOT

MINUTES = float(os.environ.get("BERTH_SCHEMATHESIS_MINUTES", "0"))
EXAMPLES = 60 if MINUTES else 6
TOKENS = ["none", "user", "admin"]
DOCUMENTS = ["berth", "jupyterhub"]
LEFT_OUT = {"post-shutdown"}
OURS = [schemathesis.checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
        checks.response_schema_conformance]
# JupyterHub's names next to no errors and no content of errors: those are held against ours.
THEIRS = [schemathesis.checks.not_a_server_error, checks.response_schema_conformance]
USER = "someone"
# Names that exist, so that not every request ends at a 404.
KNOWN = {"user": [USER, "other"], "name": [USER, "other"], "with": ["other", USER], "owner": [USER], "server": ["", "extra"],
         "server_name": ["extra", ""], "group": ["team"], "service": ["bench", "added"], "token": ["a1", "a2", "a3"]}


@pytest.fixture(scope="module")
def seeded(unstarted_shared_hub):
    """A hub where nothing that is made up can start many servers; two users, a group, a share."""
    hub = unstarted_shared_hub
    use_quick_servers(hub)
    hub.configuration["hub"] |= {"active_server_limit": 6, "concurrent_spawn_limit": 4}
    hub.configuration["role"] = [
        {"name": "everything", "services": ["bench"], "scopes": ["admin-ui", "admin:users", "admin:servers", "admin:groups", "admin:server_state",
         "admin:auth_state", "tokens", "shares", "read:hub", "read:metrics", "list:services", "read:services", "admin:services", "read:roles", "proxy",
         "read:credentials", "users:shares", "groups:shares", "access:servers", "delete:users", "delete:groups", "users:activity"]}]
    hub.start()
    hub.tokens = {"none": None, "admin": ADMIN_TOKEN}
    furnish(hub)
    return hub


def alive(hub, kind):
    """Made-up requests revoke their own token, too."""
    return kind in hub.tokens and hub.api(hub.tokens[kind]).get("/hub/api/user").status_code == 200


def furnish(hub):
    """What an administrator's made-up requests have deleted is there again."""
    api = hub.api()
    api.post("/hub/api/groups/team")
    api.post("/hub/api/users/other")
    api.post("/hub/api/services/added", json={"api_token": "added-token-0123456789"})
    if api.post(f"/hub/api/users/{USER}").status_code == 201 or not alive(hub, "user"):
        hub.tokens["user"] = api.make_user(USER).token
    api.post("/hub/api/groups/team/users", json={"users": ["other"]})
    for name in ("", "extra"):
        api.start(USER, name=name)


def null_where_jupyterhub_has_it(document):
    """JupyterHub answers null for many a member that its document calls a string or an object, and services by their names."""
    def walk(node):
        if isinstance(node, dict):
            for member in (node.get("properties") or {}).values():
                if isinstance(member, dict) and isinstance(member.get("type"), str):
                    member["type"] = [member["type"], "null"]
                    if "enum" in member:
                        member["enum"] = [*member["enum"], None]
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)
    out = copy.deepcopy(document)
    walk(out["components"]["schemas"])
    services = out["paths"]["/services"]["get"]["responses"]["200"]["content"]["application/json"]
    services["schema"] = {"type": "object", "additionalProperties": services["schema"]["items"]}  # by name, as JupyterHub answers
    return out


def load(name, hub):
    if name == "berth":
        return hub.api(None).get("/hub/api/openapi.json").json(), hub.url + "/hub"
    text = (ROOT / "tests/support/jupyterhub-6.yml").read_text()
    return null_where_jupyterhub_has_it(json.loads(json.dumps(yaml.safe_load(text), default=str))), hub.url + "/hub/api"


def with_known_names(case, choice):
    for name in case.path_parameters or {}:
        if name in KNOWN and choice.random() < 0.6:
            case.path_parameters[name] = choice.choice(KNOWN[name])
    return case


def modes(operation):
    """A path alone has nothing that could be wrong, and looking for it takes Hypothesis long."""
    wrong = any(True for _ in operation.body) or any(True for _ in operation.query)
    return (GenerationMode.POSITIVE, GenerationMode.NEGATIVE) if wrong else (GenerationMode.POSITIVE,)


class Player:
    """Calls operations as one token's owner; keeps what was wrong, once a kind."""

    def __init__(self, hub, document, kind, expected):
        self.hub, self.kind, self.expected = hub, kind, expected
        raw, self.base = load(document, hub)
        self.schema = schemathesis.openapi.from_dict(raw)
        self.calls, self.statuses, self.faults = 0, {}, {}

    def operations(self):
        for found in self.schema.get_all_operations():
            operation = found.ok()
            if operation.definition.raw.get("operationId") not in LEFT_OUT:
                yield operation

    def judge(self, operation, case):
        token = self.hub.tokens[self.kind]
        headers = {"Authorization": f"token {token}"} if token else None
        response = case.call(base_url=self.base, headers=headers, allow_redirects=False, timeout=60)
        self.calls += 1
        self.statuses[response.status_code] = self.statuses.get(response.status_code, 0) + 1
        try:
            case.validate_response(response, checks=self.expected)
        except FailureGroup as group:
            for fault in group.exceptions:
                key = f"{operation.label}: {fault.title} {response.status_code}"
                self.faults.setdefault(key, f"{fault.message}\n{case.as_curl_command(headers)}\n{response.content[:400]!r}")

    def play(self, operation, mode, number):
        @seed(number)
        @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode), choice=st.integers(0, 2**32))
        def calls(case, choice):
            self.judge(operation, with_known_names(case, random.Random(choice)))
        try:
            calls()
        except Unsatisfiable:
            pass  # nothing could be made wrong

    def play_all(self, minutes):
        until = time.monotonic() + 60 * minutes
        number = 0
        while number == 0 or time.monotonic() < until:
            number += 1
            for operation in self.operations():
                if self.kind == "admin" or self.kind == "user" and not alive(self.hub, "user"):
                    furnish(self.hub)
                for mode in modes(operation):
                    if number == 1 or time.monotonic() < until:
                        self.play(operation, mode, number)


@pytest.mark.timeout(600 + 60 * MINUTES)
@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_made_up_requests_are_answered_as_described(seeded, figures, document, kind):
    player = Player(seeded, document, kind, OURS if document == "berth" else THEIRS)
    player.play_all(MINUTES / len(TOKENS) / len(DOCUMENTS))
    figures(f"schemathesis, {document}'s document, token {kind}: {player.calls} calls, {sorted(player.statuses.items())}")
    assert player.calls > 200
    assert not player.faults, "\n\n".join(f"{key}\n{what}" for key, what in player.faults.items())
    assert seeded.process.poll() is None and seeded.answers()


def test_a_wrong_document_is_found_out(seeded):
    """The same players complain when the description is not that of the hub."""
    player = Player(seeded, "berth", "admin", OURS)
    raw = player.schema.raw_schema
    raw["components"]["schemas"]["Info"]["required"].append("no_such_member")
    player.schema = schemathesis.openapi.from_dict(raw)
    operation = next(o for o in player.operations() if o.path == "/api/info")
    player.play(operation, GenerationMode.POSITIVE, 1)
    assert [key for key in player.faults if "GET /api/info" in key]
