# SPDX-License-Identifier: BSD-3-Clause
"""A server shared by code, in two browsers: bob accepts and opens it, alice takes it back, bob is out."""
import re

import pytest
from playwright.sync_api import expect

from support.pages import control, sign_in, violations
from support.waiting import until

REMEMBERED = 3  # seconds; for how long the server believes what the hub has said of a cookie


@pytest.fixture
def hub(unstarted_hub, notebook_venv):
    unstarted_hub.configuration["role"] = [{"name": "user", "scopes": ["self", "shares!user"]}]
    local = unstarted_hub.configuration["cluster"]["local"]
    local["cmd"] = [f"{notebook_venv}/bin/jupyterhub-singleuser", "--allow-root", f"--HubOAuth.cache_max_age={REMEMBERED}"]
    local["environment"]["PATH"] = f"{notebook_venv}/bin:/usr/bin:/bin"
    return unstarted_hub.start()


@pytest.fixture
def bobs_page(chromium):
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def test_alice_shares_bob_opens_alice_revokes_bob_is_out(hub, page, bobs_page):
    api = hub.api().make_user("alice")
    sign_in(page, hub.url, "alice", "x")
    assert api.start("alice").status_code in (201, 202)
    api.wait_ready("alice")
    page.goto(hub.url + "/user/alice/lab")
    expect(page.locator(".jp-LabShell")).to_be_visible(timeout=60_000)
    link = api.post("/hub/api/share-codes/alice/", json={}).json()["accept_url"]

    sign_in(bobs_page, hub.url, "bob", "x")
    bobs_page.goto(hub.url + "/user/alice/lab")
    expect(bobs_page.locator("main")).to_contain_text(re.compile("permission|not for you|Not allowed|does not run", re.IGNORECASE))
    bobs_page.goto(hub.url + link)
    expect(bobs_page.get_by_role("heading", name="Use alice’s server?")).to_be_visible()
    assert violations(bobs_page) == []
    control(bobs_page, "Accept").click()
    allow = bobs_page.get_by_role("button", name="Allow", exact=True)  # somebody else's server is an application to bob
    allow.or_(bobs_page.locator("#jupyterlab-splash, .jp-LabShell")).first.wait_for(timeout=60_000)
    if allow.count():
        allow.click()
    bobs_page.wait_for_url(re.compile(r"/user/alice/(lab|tree)"), timeout=60_000)
    expect(bobs_page.locator(".jp-LabShell")).to_be_visible(timeout=60_000)

    bobs_page.goto(hub.url + "/hub/home")
    shared = bobs_page.get_by_role("article", name="alice’s server")
    expect(shared.get_by_role("link", name="Open")).to_have_attribute("href", "/user/alice/")
    assert violations(bobs_page) == []

    assert api.delete("/hub/api/shares/alice/").status_code == 204
    until(lambda: not bobs_page.request.get(hub.url + "/user/alice/api/status", max_redirects=0).ok, "bob is out", REMEMBERED + 10)
    bobs_page.goto(hub.url + "/user/alice/lab")
    expect(bobs_page.locator("body")).to_contain_text("is not allowed")
    bobs_page.goto(hub.url + "/hub/home")
    expect(shared).to_have_count(0)
    expect(page.locator(".jp-LabShell")).to_be_visible()  # alice's goes on


def test_an_invitation_that_is_not_good_says_so(hub, page):
    api = hub.api().make_user("alice")
    sign_in(page, hub.url, "alice", "x")
    page.goto(hub.url + "/hub/accept-share?code=no-such-code")
    expect(page.locator("main")).to_contain_text("This invitation is not good")
    page.goto(hub.url + api.post("/hub/api/share-codes/alice/", json={}).json()["accept_url"])
    expect(page.locator("main")).to_contain_text("your own server")


def test_what_was_shared_is_given_back_by_a_button(hub, page):
    api = hub.api().make_user("alice")
    hub.api().make_user("bob")
    sign_in(page, hub.url, "bob", "x")
    code = api.post("/hub/api/share-codes/alice/", json={}).json()
    page.goto(hub.url + code["accept_url"])
    control(page, "Accept").click()
    page.wait_for_url(lambda url: "accept-share" not in url)
    page.goto(hub.url + "/hub/home")
    shared = page.get_by_role("article", name="alice’s server")
    expect(shared).to_contain_text("ask alice to start it")
    shared.get_by_role("button", name="Give back").click()
    expect(shared).to_have_count(0)
    assert api.get("/hub/api/shares/alice/").json()["items"] == []
