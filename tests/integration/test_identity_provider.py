# SPDX-License-Identifier: BSD-3-Clause
"""The tests' own identity provider does what tests of the hub rely on: each test here fails when it does not."""
import base64
import json

import pytest
import requests

from support.identity_provider import code_for, tokens_for


def claims(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def refresh(provider, tokens):
    return provider.token("hub", grant_type="refresh_token", refresh_token=tokens["refresh_token"])


def test_a_sign_in_says_who_it_is_and_where_it_comes_from(identity_provider):
    said = code_for(identity_provider, "alice")
    assert said["iss"] == identity_provider.issuer and said["state"] == "s"
    tokens = tokens_for(identity_provider, "alice")
    about = claims(tokens["id_token"])
    assert about["preferred_username"] == "alice" and about["nonce"] == "n" and "hub-admins" in about["groups"]
    access = claims(tokens["access_token"])
    assert access["preferred_username"] == access["sun"] == "alice" and access["azp"] == "hub"
    assert access["exp"] - access["iat"] == identity_provider.access_token_seconds


def test_who_is_signed_in_sees_no_form(identity_provider):
    browser = requests.Session()
    code_for(identity_provider, "bob", browser)
    identity_provider.reset_counts()
    code_for(identity_provider, "nobody", browser)
    assert "/interaction" not in identity_provider.counts()["calls"]


def test_a_refresh_token_used_twice_ends_its_family_and_no_other(identity_provider):
    first, other = tokens_for(identity_provider, "alice"), tokens_for(identity_provider, "alice")
    second = refresh(identity_provider, first)
    assert second.ok
    assert refresh(identity_provider, first).json()["error"] == "invalid_grant"
    assert refresh(identity_provider, second.json()).json()["error"] == "invalid_grant"
    assert refresh(identity_provider, other).ok


def test_a_restart_keeps_sessions_and_keys(identity_provider):
    tokens = tokens_for(identity_provider, "alice")
    keys = identity_provider.counts()["keys"]
    identity_provider.restart()
    assert refresh(identity_provider, tokens).ok
    assert identity_provider.counts()["keys"] == keys


def test_administrators_end_sessions_and_disable_users(identity_provider):
    tokens = tokens_for(identity_provider, "bob")
    identity_provider.set_user("bob", enabled=False)
    try:
        assert refresh(identity_provider, tokens).json()["error"] == "invalid_grant"
    finally:
        identity_provider.set_user("bob", enabled=True)
    tokens = tokens_for(identity_provider, "bob")
    identity_provider.end_sessions("bob")
    assert refresh(identity_provider, tokens).json()["error"] == "invalid_grant"


def test_a_client_gets_tokens_of_its_own(identity_provider):
    token = claims(identity_provider.client_credentials(scope="firecrest-v2"))
    assert token["preferred_username"] == "service-account-spawn-tester" and token["azp"] == "spawn-tester"
    assert "firecrest-v2" in token["scope"].split()
    identity_provider.set_client("spawn-tester", enabled=False)
    try:
        assert identity_provider.token("spawn-tester", grant_type="client_credentials").status_code == 401
    finally:
        identity_provider.set_client("spawn-tester", enabled=True)


def test_keys_change(identity_provider):
    new = identity_provider.rotate_keys()
    keys = requests.get(identity_provider.metadata()["jwks_uri"], timeout=10).json()["keys"]
    assert [key["kid"] for key in keys][0] == new and len(keys) > 1
    head = identity_provider.client_credentials().split(".")[0]
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["kid"] == new


@pytest.mark.parametrize("kind, status", [("500", 500), ("503", 503), ("429", 429), ("401", 401), ("html", 200),
                                          ("delay", 200)])
def test_faults_that_answer(identity_provider, kind, status):
    identity_provider.fault(kind, times=1, seconds=0.1)
    assert identity_provider.token("spawn-tester", grant_type="client_credentials").status_code == status
    assert identity_provider.token("spawn-tester", grant_type="client_credentials").ok


@pytest.mark.parametrize("kind, carried_out", [("reset", 0), ("lost", 1)])
def test_faults_that_break_the_connection(identity_provider, kind, carried_out):
    identity_provider.reset_counts()
    identity_provider.fault(kind, times=1)
    with pytest.raises(requests.ConnectionError):
        identity_provider.token("spawn-tester", grant_type="client_credentials")
    assert identity_provider.counts()["grants"].get("client_credentials 200", 0) == carried_out


def test_a_hanging_provider_is_let_go(identity_provider):
    identity_provider.fault("hang", path="/jwks")
    try:
        with pytest.raises(requests.Timeout):
            requests.get(f"{identity_provider.issuer}/jwks", timeout=0.5)
    finally:
        identity_provider.well()
    assert requests.get(f"{identity_provider.issuer}/jwks", timeout=10).ok
