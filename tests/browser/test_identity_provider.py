# SPDX-License-Identifier: BSD-3-Clause
"""By way of the identity provider, in a browser that holds pages to their Content-Security-Policy."""
import pytest

from support.oidc_hub import use_provider


@pytest.fixture
def hub(unstarted_hub, identity_provider):
    return use_provider(unstarted_hub, identity_provider, [("*", "require")]).start()


def sign_in(page, hub, user):
    page.goto(hub.url + "/hub/home")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", user)
    page.click("button")
    page.wait_for_url(hub.url + "/**")


def test_a_start_leads_by_way_of_the_provider_and_goes_on(page, hub, identity_provider):
    sign_in(page, hub, "alice")
    assert page.url == hub.url + "/hub/home"
    hub.kill()
    (hub.folder / "data/vault_keys").unlink()  # what was kept of the sign-in cannot be opened any more
    hub.start()
    page.goto(hub.url + "/hub/home")
    assert "by way of" in page.inner_text("main")
    page.get_by_role("link", name="Start").first.click()
    page.get_by_role("button", name="Start").first.click()
    page.wait_for_url(lambda url: "/hub/spawn-pending/" in url or "/user/alice/" in url)
    hub.api().wait_ready("alice")


def test_signing_out_leads_to_the_provider(page, hub, identity_provider):
    sign_in(page, hub, "bob")
    page.get_by_role("link", name="Sign out").click()
    page.wait_for_url(identity_provider.issuer + "/**")
