# SPDX-License-Identifier: BSD-3-Clause
"""A wrong configuration: `serve` and `check` both end with one message of file, line, key and remedy."""
import re

import pytest

GOOD = """\
[hub]
listen = "127.0.0.1:{port}"
user = "nobody"
data_dir = "{folder}/data"
[login]
method = "dummy"
allow_all = true
[cluster.local]
backend = "local"
cmd = ["/usr/bin/python3"]
"""

# What is replaced, by what, the line that the message names, and words that it holds: the key and the remedy.
WRONG = [
    ('allow_all', 'alow_all', 7, ["alow_all", "allow_all"]),
    ('method = "dummy"', 'method = "dumy"', 6, ["method", "dumy", "dummy", "pam"]),
    ('allow_all = true', 'allow_all = "yes"', 7, ["allow_all", "true"]),
    ('[hub]', '[hub]\nnamed_server_limit_per_user = -1', 2, ["named_server_limit_per_user"]),
    ('[hub]', '[hub]\ncookie_max_age = "14 parsecs"', 2, ["cookie_max_age", "14 parsecs", "d"]),
    ('[hub]', '[hub]\ncookie_max_age = 14', 2, ["cookie_max_age", '"']),
    ('[hub]', '[hub]\nallow_named_servers = 1', 2, ["allow_named_servers", "true"]),
    ('[hub]', '[hub]\nbase_url = "no-slash"', 2, ["base_url", "/"]),
    ('"127.0.0.1:{port}"', '"127.0.0.1"', 2, ["listen", "127.0.0.1"]),
    ('"127.0.0.1:{port}"', '"127.0.0.1:99999"', 2, ["listen", "99999"]),
    ('backend = "local"', 'backend = "pbs"', 9, ["backend", "pbs", "slurm", "local"]),
    ('cmd = ["/usr/bin/python3"]', 'cmd = []', 10, ["cmd"]),
    ('cmd = ["/usr/bin/python3"]', 'cmd = [1]', 10, ["cmd"]),
    ('[login]', '[logn]', 5, ["logn", "login"]),
    ('allow_all = true', 'allow_all = true\nallow_all = false', 8, ["allow_all"]),
    ('[hub]', '[hub', 1, []),
    ('[hub]', '[hub]\nadmin_users = "root-admin"', 2, ["admin_users"]),
]


def attempt(hub, command, text):
    hub.write_configuration(text.replace("{port}", str(hub.port)).replace("{folder}", str(hub.folder)))
    return hub.command(command, "--config", str(hub.configuration_file), timeout=30)


@pytest.mark.parametrize("command", ["check", "serve"])
@pytest.mark.parametrize("old, new, line, words", WRONG, ids=[w[1][-30:] for w in WRONG])
def test_one_message_with_file_line_key_and_remedy(unstarted_hub, command, old, new, line, words):
    assert old in GOOD
    done = attempt(unstarted_hub, command, GOOD.replace(old, new, 1))
    said = done.stdout + done.stderr
    assert done.returncode not in (0, -6, -11), said
    assert re.search(rf"berth\.toml:{line}\b", said), said
    for word in words:
        assert word in said, (word, said)
    assert "terminate called" not in said and len(said.strip().splitlines()) <= 6, said


def test_the_good_one_is_good(unstarted_hub):
    done = attempt(unstarted_hub, "check", GOOD)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_missing_file_is_named(unstarted_hub):
    done = unstarted_hub.command("serve", "--config", "nowhere.toml", timeout=30)
    assert done.returncode != 0 and "nowhere.toml" in done.stderr + done.stdout


@pytest.mark.parametrize("mode, good", [(0o600, True), (0o400, True), (0o644, False), (0o640, False), (0o602, False)])
def test_a_secret_file_that_others_can_read_is_refused(unstarted_hub, mode, good):
    secret = unstarted_hub.folder / "secret"
    secret.write_text("ab" * 32 + "\n")
    secret.chmod(mode)
    done = attempt(unstarted_hub, "check", GOOD + f'[secrets]\ncookie_secret_file = "{secret}"\n')
    said = done.stdout + done.stderr
    assert (done.returncode == 0) == good, said
    if not good:
        assert str(secret) in said and "chmod" in said, said


SERVICE = '[[service]]\nname = "s"\n'


@pytest.mark.parametrize("lines, words", [
    ('api_token_env = "BERTH_TEST_UNSET"', ["BERTH_TEST_UNSET"]),
    ('api_token_file = "{folder}/nowhere"', ["nowhere"]),
    ('api_token = "short"', ["api_token"]),
    ('api_token = "0123456789abcdef"\napi_token_env = "HOME"', ["api_token"]),
    ("", ["api_token"])])
def test_a_missing_secret_is_named(unstarted_hub, lines, words):
    done = attempt(unstarted_hub, "serve", GOOD + SERVICE + lines + "\n")
    said = done.stdout + done.stderr
    assert done.returncode not in (0, -6, -11), said
    for word in ["berth.toml:1", *words]:
        assert word in said, (word, said)
    assert "0123456789abcdef" not in said


def test_a_port_in_use_is_told(hub):
    text = GOOD.replace("{folder}/data", "{folder}/other")
    done = attempt(hub, "serve", text)
    said = done.stdout + done.stderr
    assert done.returncode != 0 and str(hub.port) in said, said


def test_dummy_sign_in_beyond_loopback_is_refused(unstarted_hub):
    done = attempt(unstarted_hub, "check", GOOD.replace("127.0.0.1:{port}", "0.0.0.0:{port}"))
    said = done.stdout + done.stderr
    assert done.returncode != 0 and "dummy_anywhere" in said, said


def test_secrets_that_the_hub_makes_are_its_own(hub):
    """Mode 0700 and 0600, as for a cookie secret (JupyterHub: security settings)."""
    data = hub.folder / "data"
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "cookie_secret").stat().st_mode & 0o777 == 0o600
    assert not [f.name for f in data.iterdir() if f.is_file() and f.stat().st_mode & 0o077]
