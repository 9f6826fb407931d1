# SPDX-License-Identifier: BSD-3-Clause
"""Signing in behind a front proxy that says who somebody is."""
import pytest
import requests

from support.api import WebSession


def configure(hub, trusted):
    hub.configuration["login"] = {"method": "header", "allowed_groups": ["hpc-users"], "header": {"user_header": "X-Remote-User", "groups_header": "X-Remote-Groups"}}
    hub.configuration["proxy"] = {"trusted_proxies": trusted}
    return hub


@pytest.fixture
def hub(unstarted_hub):
    return configure(unstarted_hub, ["127.0.0.1/32"]).start()


ALICE = {"X-Remote-User": "Alice", "X-Remote-Groups": "hpc-users, proj01"}


def test_who_the_proxy_names_is_signed_in(hub):
    web = WebSession(hub.url)
    answer = web.get("/hub/login?next=/hub/token", headers=ALICE)
    assert answer.status_code == 302 and answer.headers["Location"] == "/hub/token"
    assert web.get("/hub/home").status_code == 200
    assert set(hub.api().get("/hub/api/users/alice").json()["groups"]) == {"hpc-users", "proj01"}


@pytest.mark.parametrize("headers", [{}, {"X-Remote-User": ""}, {"X-Remote-User": "a/b", "X-Remote-Groups": "hpc-users"},
                                     {"X-Remote-User": "bob", "X-Remote-Groups": "others"}])
def test_nobody_and_strangers_stay_out(hub, headers):
    web = WebSession(hub.url)
    assert web.get("/hub/login", headers=headers).status_code == 403
    assert web.get("/hub/home").status_code == 302


@pytest.mark.parametrize("more", [{}, {"X-Berth-Peer": "trusted"}, {"x-berth-peer": "trusted"}])
def test_past_the_proxy_the_header_says_nothing(unstarted_hub, more):
    hub = configure(unstarted_hub, ["192.0.2.1/32"]).start()
    web = WebSession(hub.url)
    assert web.get("/hub/login", headers=ALICE | more).status_code == 403
    assert web.get("/hub/home").status_code == 302


def test_signing_out_does_not_sign_in_again_by_itself(hub):
    web = WebSession(hub.url)
    web.get("/hub/login", headers=ALICE)
    out = web.get("/hub/logout", headers=ALICE)
    assert out.headers["Location"] == "/hub/login?signed_out=1"
    assert web.get(out.headers["Location"], headers=ALICE).status_code == 200
    assert web.get("/hub/home").status_code == 302


def test_no_password_is_good(hub):
    hub.api().make_user("alice")
    answer = requests.post(f"{hub.url}/hub/api/users/alice/tokens", json={"auth": {"username": "alice", "password": "x"}}, timeout=20)
    assert answer.status_code == 403
    assert WebSession(hub.url).post("/hub/login", {"username": "alice", "password": "x"}).status_code in (303, 403)


@pytest.mark.parametrize("proxy,word", [({"trusted_proxies": []}, "trusted_proxies"),
                                        ({"mode": "external", "api_url": "http://127.0.0.1:1"}, "own")])
def test_what_would_let_everybody_in_is_refused(unstarted_hub, proxy, word):
    configure(unstarted_hub, [])
    unstarted_hub.configuration["proxy"] = proxy
    unstarted_hub.write_configuration()
    done = unstarted_hub.command("serve", "--config", str(unstarted_hub.configuration_file))
    assert done.returncode == 2 and "header" in done.stderr and word in done.stderr, done.stderr
