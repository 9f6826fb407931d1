# SPDX-License-Identifier: BSD-3-Clause
"""What a real single-user server knows of a browser session after its end: what JupyterHub's HubOAuth remembers, for
its cache_max_age (300 s unless set), and nothing beyond."""
import time

import pytest

from support.oidc_hub import sign_in, token_of, use_provider
from support.waiting import until

REMEMBERED = 3  # seconds


@pytest.fixture
def hub(unstarted_hub, identity_provider, notebook_venv):
    use_provider(unstarted_hub, identity_provider)
    local = unstarted_hub.configuration["cluster"]["local"]
    local["cmd"] = [f"{notebook_venv}/bin/jupyterhub-singleuser", "--allow-root", f"--HubOAuth.cache_max_age={REMEMBERED}"]
    local["environment"]["PATH"] = f"{notebook_venv}/bin:/usr/bin:/bin"
    return unstarted_hub.start()


def end_by_signing_out(browser, provider):
    browser.get("/hub/logout")


def end_at_the_provider(browser, provider):
    assert provider.end_sessions("alice", tell=True), "the provider told nobody"
    until(lambda: not browser.signed_in(), "the hub was told", timeout=10)


@pytest.mark.parametrize("end", [end_by_signing_out, end_at_the_provider])
def test_nothing_of_a_session_is_left_after_the_cache_time(hub, identity_provider, end, figures):
    identity_provider.set_client("hub", backchannel_logout_uri=f"{hub.url}/hub/backchannel_logout", backchannel_logout_session_required=True)
    browser = sign_in(hub, identity_provider, "alice")
    alice = token_of(hub, "alice")
    assert alice.start("alice").status_code == 202
    alice.wait_ready("alice")
    page = browser.get("/user/alice/lab", allow_redirects=True)  # through HubOAuth: the server sets its own cookie
    assert page.status_code == 200 and page.url.startswith(f"{hub.url}/user/alice/lab"), page.url
    in_server = {"cookies": dict(browser.http.cookies.items()), "allow_redirects": False}
    assert browser.get("/user/alice/api/status", **in_server).status_code == 200
    end(browser, identity_provider)
    ended = time.monotonic()
    until(lambda: browser.get("/user/alice/api/status", **in_server).status_code in (302, 403),
          "the cookie copied before does not open the server", timeout=REMEMBERED + 10)
    took = time.monotonic() - ended
    assert took <= REMEMBERED + 2
    assert alice.get("/user/alice/api/status").status_code == 200  # the server itself goes on
    figures(f"a session that ended ({end.__name__.replace('_', ' ')}) opened its notebook for {took:.1f} s more (remembered for {REMEMBERED} s)")
