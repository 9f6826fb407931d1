# SPDX-License-Identifier: BSD-3-Clause
"""Services of the configuration: external and managed ones, their routes, their tokens, their lives."""
import os
import signal

import pytest

from support import processes
from support.services import PORTAL_TOKEN, add, model, portal
from support.waiting import until

SLEEPER = ["/bin/sh", "-c", "sleep 1000 & wait"]


@pytest.fixture
def hub(quick_hub):
    return quick_hub


# ---- external ones ------------------------------------------------------------------------------------------------------
def test_an_external_service_is_shown_routed_and_knows_itself(hub, echo):
    portal(hub, echo + "/ignored/path", admin=True, info={"contact": "it@example.org"}, display=False)
    hub.start()
    shown = model(hub, "portal")
    assert shown["url"] == echo + "/ignored/path" and shown["prefix"] == "/services/portal/"
    assert (shown["command"], shown["pid"], shown["info"], shown["display"], shown["admin"]) == ([], 0, {"contact": "it@example.org"}, False, True)
    assert hub.api().get("/hub/api/services").json()["portal"] == shown
    me = hub.api(PORTAL_TOKEN).get("/hub/api/user").json()
    assert (me["kind"], me["name"], me["admin"]) == ("service", "portal", True) and "admin:users" in me["scopes"]
    until(lambda: hub.web().get("/services/portal/some/page?x=1").text == "echo /services/portal/some/page?x=1", "its route leads there")


def test_a_service_that_goes_with_a_reload_loses_token_and_route(hub, echo):
    portal(hub, echo)
    hub.start()
    until(lambda: hub.web().get("/services/portal/").text.startswith("echo"), "its route leads there")
    hub.configuration["service"].pop()
    hub.write_configuration()
    hub.process.send_signal(signal.SIGHUP)
    until(lambda: not hub.web().get("/services/portal/").text.startswith("echo"), "its route is gone")
    assert hub.api(PORTAL_TOKEN).get("/hub/api/user").status_code == 403


@pytest.mark.parametrize("wrong, key", [
    ({"name": "a/b", "api_token": "0123456789"}, "name"),
    ({"name": "a"}, "api_token"),
    ({"name": "a", "api_token": "0123456789", "url": "ftp://x"}, "url"),
    ({"name": "a", "api_token": "0123456789", "oauth_client_id": "jupyterhub-user-al"}, "oauth_client_id"),
    ({"name": "a", "api_token": "0123456789", "oauth_redirect_uri": "//evil.example"}, "oauth_redirect_uri"),
    ({"name": "a", "api_token": "0123456789", "oauth_client_allowed_scopes": ["nonsense"]}, "oauth_client_allowed_scopes"),
    ({"name": "a", "api_token": "0123456789", "environment": {"A": "1"}}, "environment"),
    ({"name": "a", "command": []}, "command")])
def test_what_is_wrong_with_a_service_is_named(hub, wrong, key):
    add(hub, **wrong)
    hub.write_configuration()
    done = hub.command("check", "--config", str(hub.configuration_file))
    assert done.returncode != 0 and f".{key}" in done.stdout + done.stderr


# ---- managed ones -------------------------------------------------------------------------------------------------------
def of_service(hub, name):
    """Processes of this managed service, its children too."""
    return [p for p in processes.marked(hub.mark) if service_of(p) == name]


def service_of(pid):
    try:
        entries = open(f"/proc/{pid}/environ", "rb").read().split(b"\0")
    except OSError:
        return None
    return next((e.decode().rpartition("/")[2] for e in entries if e.startswith(b"BERTH_SERVICE=")), None)


def running(hub, name, other_than=()):
    def found():
        now = of_service(hub, name)
        return now if now and not set(now) & set(other_than) and model(hub, name)["pid"] in now else None
    return until(found, f"{name} runs")


def token_of(pid):
    entries = open(f"/proc/{pid}/environ", "rb").read().decode().split("\0")
    return next(e.partition("=")[2] for e in entries if e.startswith("JUPYTERHUB_API_TOKEN="))


def test_a_managed_service_is_started_again_with_a_new_token(hub):
    add(hub, name="sleeper", command=SLEEPER, scopes=["list:users"])
    hub.start()
    first = running(hub, "sleeper")
    until(lambda: len(of_service(hub, "sleeper")) == 2, "it has its child")
    first, old = of_service(hub, "sleeper"), token_of(model(hub, "sleeper")["pid"])
    assert hub.api(old).get("/hub/api/user").json()["name"] == "sleeper"
    assert hub.api(old).get("/hub/api/users").status_code == 200
    os.kill(model(hub, "sleeper")["pid"], signal.SIGKILL)
    running(hub, "sleeper", other_than=first)
    assert not any(processes.is_alive(p) for p in first)  # its child did not stay behind
    new = token_of(model(hub, "sleeper")["pid"])
    assert new != old and hub.api(old).get("/hub/api/user").status_code == 403 and hub.api(new).get("/hub/api/user").status_code == 200
    assert not any(new in line for line in processes.command_lines()) and new not in hub.log()


def test_it_ends_with_the_hub_and_a_killed_hub_leaves_no_double(hub):
    add(hub, name="sleeper", command=SLEEPER)
    hub.start()
    running(hub, "sleeper")
    until(lambda: len(of_service(hub, "sleeper")) == 2, "it has its child")
    before = of_service(hub, "sleeper")
    hub.kill()
    assert all(processes.is_alive(p) for p in before)
    hub.start()
    running(hub, "sleeper", other_than=before)
    assert not any(processes.is_alive(p) for p in before)
    hub.command("stop", "--config", str(hub.configuration_file))
    hub.process.wait(timeout=20)
    assert of_service(hub, "sleeper") == []


def test_one_that_does_not_heed_sigterm_is_ended_too(hub):
    add(hub, name="deaf", command=["/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done"])
    hub.start()
    running(hub, "deaf")
    hub.command("stop", "--config", str(hub.configuration_file))
    hub.process.wait(timeout=20)
    assert of_service(hub, "deaf") == []


def test_a_reload_starts_changes_and_ends_them(hub):
    add(hub, name="stays", command=SLEEPER)
    add(hub, name="changes", command=SLEEPER)
    hub.start()
    stays, changes = running(hub, "stays"), running(hub, "changes")
    token = token_of(model(hub, "stays")["pid"])
    hub.configuration["service"][-1]["environment"]["NEW"] = "1"
    add(hub, name="comes", command=SLEEPER)
    hub.write_configuration()
    hub.process.send_signal(signal.SIGHUP)
    running(hub, "comes")
    running(hub, "changes", other_than=changes)
    assert set(stays) <= set(of_service(hub, "stays"))
    assert hub.api(token).get("/hub/api/user").json()["name"] == "stays"


def test_one_that_cannot_be_started_is_told_and_disturbs_nobody(hub):
    add(hub, name="missing", command=["/nonexistent/program"])
    hub.start()
    until(lambda: "service.not_started" in hub.log(), "the log tells it")
    assert model(hub, "missing")["pid"] == 0 and hub.api().get("/hub/api/users").status_code == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_it_runs_as_the_user_that_the_configuration_names(hub):
    add(hub, name="sleeper", command=SLEEPER, user="nobody")
    hub.start()
    running(hub, "sleeper")
    assert {os.stat(f"/proc/{p}").st_uid for p in of_service(hub, "sleeper")} == {65534}


def culler(hub, venv, *words, scopes=()):
    """The unmodified jupyterhub-idle-culler, with the scopes that its README asks for."""
    add(hub, name="culler", command=[f"{venv}/bin/python", "-m", "jupyterhub_idle_culler", "--cull-every=1", *words],
        scopes=["list:users", "read:users:activity", "read:servers", "delete:servers", *scopes])


@pytest.mark.parametrize("words", [["--timeout=3"], ["--timeout=3600", "--max-age=3"]], ids=["idle", "old"])
def test_the_idle_culler_ends_a_server(hub, notebook_venv, words):
    culler(hub, notebook_venv, *words)
    hub.start()
    hub.api().make_user("alice")
    assert hub.api().start("alice").status_code in (201, 202)
    hub.api().wait_ready("alice")
    hub.api().wait_stopped("alice")


def test_the_idle_culler_removes_named_servers_and_idle_users(hub, notebook_venv):
    culler(hub, notebook_venv, "--timeout=3", "--cull-users=true", "--remove-named-servers=true", "--cull-admin-users=false", scopes=["admin:users"])
    hub.configuration["hub"]["admin_users"] = ["carol"]
    hub.start()
    api = hub.api()
    for user in ("alice", "bob"):
        api.make_user(user)
    assert api.start("alice", name="exp").status_code in (201, 202)
    until(lambda: api.get("/hub/api/users/bob").status_code == 404, "who has no server and does nothing is deleted")
    until(lambda: api.get("/hub/api/users/alice").status_code == 404, "who had one is deleted after it")
    assert api.get("/hub/api/users/carol").status_code == 200, "administrators stay"
