# SPDX-License-Identifier: BSD-3-Clause
"""Automated spawn tests: an account of the identity provider that never signs in with a browser."""
import os
import re
import subprocess
import sys
import time

import pytest

from support.api import Api
from support.identity_provider import SECRETS
from support.oidc_hub import bearer, sign_in, use_provider
from support.paths import ROOT
from support.waiting import until

PAGE = ROOT / "docs/automated-spawn-tests.md"


@pytest.fixture
def hub(unstarted_hub, identity_provider):
    identity_provider.set_access_token_seconds(60)
    use_provider(unstarted_hub, identity_provider, [("service_account", "client_credentials"), ("*", "require")])
    return unstarted_hub.start()


def script_of(language):
    """The page's own script, as a reader would copy it."""
    return re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL).group(1)


def run(hub, provider, *command):
    environment = {"PATH": os.environ["PATH"], "BERTH_URL": hub.url, "TOKEN_URL": provider.metadata()["token_endpoint"],
                   "CLIENT_ID": "spawn-tester", "CLIENT_SECRET": SECRETS["spawn-tester"], "NO_PROXY": "127.0.0.1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("language,interpreter", [("sh", "/bin/sh"), ("python", sys.executable)])
def test_the_documented_scripts_pass_as_they_stand(hub, identity_provider, tmp_path, language, interpreter):
    script = tmp_path / "spawn-test"
    script.write_text(script_of(language))
    done = run(hub, identity_provider, interpreter, str(script))
    assert done.returncode == 0 and "spawn test passed" in done.stdout, done.stdout + done.stderr
    hub.api().wait_stopped("spawn-tester")
    assert "403" not in done.stderr


def test_the_story_over_many_token_lives(hub, identity_provider):
    """Started, polled, used and stopped by API alone while tokens live for a few seconds: no 403 anywhere."""
    identity_provider.set_access_token_seconds(4)
    for _ in range(3):
        assert bearer(hub, identity_provider).start("spawn-tester").status_code == 202
        until(lambda: (bearer(hub, identity_provider).server("spawn-tester") or {}).get("ready"), "it is ready")
        time.sleep(5)
        assert bearer(hub, identity_provider).get("/user/spawn-tester/api").status_code == 200
        assert bearer(hub, identity_provider).stop("spawn-tester").status_code in (202, 204)
        hub.api().wait_stopped("spawn-tester")
    assert " 403 " not in hub.log()


def test_the_token_is_its_user_and_nobody_else(hub, identity_provider):
    me = bearer(hub, identity_provider).get("/hub/api/user").json()
    assert me["name"] == "spawn-tester" and me["kind"] == "user" and me["admin"] is False
    hub.api().make_user("victim")
    assert bearer(hub, identity_provider).get("/hub/api/users/victim").status_code == 404


def test_tokens_of_other_clients_forged_and_expired_ones_are_refused(hub, identity_provider):
    good = identity_provider.client_credentials()
    head, body, signature = good.split(".")
    sign_in(hub, identity_provider, "alice")
    for token in (f"{head}.{body}.{signature[:-4]}AAAA", f"{head}.{body}.", f"eyJhbGciOiJub25lIn0.{body}.", "a.b.c", good + "x"):
        assert Api(hub.url, token).get("/hub/api/user").status_code == 403, token[:20]
    identity_provider.set_access_token_seconds(2)
    short = identity_provider.client_credentials()
    assert Api(hub.url, short).get("/hub/api/user").status_code == 200
    until(lambda: Api(hub.url, short).get("/hub/api/user").status_code == 403, "it is refused once it has expired", timeout=60, interval=2)


def test_without_accept_bearer_the_token_opens_nothing(unstarted_hub, identity_provider):
    use_provider(unstarted_hub, identity_provider)
    unstarted_hub.configuration["service_account"][0]["accept_bearer"] = False
    unstarted_hub.start()
    assert bearer(unstarted_hub, identity_provider).get("/hub/api/user").status_code == 403
    assert unstarted_hub.api().make_user("spawn-tester").start("spawn-tester").status_code == 202


def test_a_wrong_secret_is_told_to_the_start_and_by_check(unstarted_hub, identity_provider):
    use_provider(unstarted_hub, identity_provider, [("service_account", "client_credentials")])
    unstarted_hub.configuration["service_account"][0]["client_secret"] = "not-the-secret"
    unstarted_hub.start()
    answer = unstarted_hub.api().make_user("spawn-tester").start("spawn-tester")
    assert answer.status_code == 403 and "invalid_client" in answer.text, answer.text
    assert "not-the-secret" not in unstarted_hub.log()
    check = unstarted_hub.command("check", "--config", str(unstarted_hub.configuration_file))
    assert check.returncode != 0 and "spawn-tester" in check.stdout and "client secret" in check.stdout, check.stdout


def test_check_walks_the_chain(unstarted_hub, identity_provider):
    use_provider(unstarted_hub, identity_provider)
    unstarted_hub.write_configuration()
    good = unstarted_hub.command("check", "--config", str(unstarted_hub.configuration_file))
    for word in ("addresses are known", "clocks differ", "secret is right", "oauth_callback is registered", "spawn-tester", "vault keys"):
        assert word in good.stdout, good.stdout
    assert good.stdout.count("FAIL") == 1 and "[hub] user" in good.stdout, good.stdout  # tests run as root
    unstarted_hub.configuration["login"]["oidc"]["client_secret"] = "wrong"
    unstarted_hub.write_configuration()
    bad = unstarted_hub.command("check", "--config", str(unstarted_hub.configuration_file))
    assert bad.returncode != 0 and "client secret" in bad.stdout, bad.stdout


