# SPDX-License-Identifier: BSD-3-Clause
"""The main job on a cluster behind FirecREST: no privileged process, sign-in at the provider; and that cluster away."""
import re

import pytest
from playwright.sync_api import expect

from support.firecrest_hub import behind_firecrest
from support.hub import use_slurm
from support.main_job import PROFILES, fill_nodes, from_the_start_to_42_and_back
from support.pages import control


@pytest.fixture
def hub(unstarted_hub, firecrest_gateway, identity_provider, cluster, notebook_venv, page):
    """Alice has signed in at the provider and is on her home page."""
    identity_provider.set_access_token_seconds(600)
    use_slurm(unstarted_hub, cluster, notebook_venv)
    behind_firecrest(unstarted_hub, firecrest_gateway, identity_provider).configuration["profile"] = PROFILES
    hub = unstarted_hub.start()
    page.goto(hub.url + "/hub/home")
    page.fill("input[name=username]", "alice")
    page.fill("input[name=password]", "alice")
    page.click("button")
    page.wait_for_url(hub.url + "/hub/home")
    yield hub
    cluster.cancel_all()


@pytest.mark.timeout(400)
def test_from_signing_in_to_42(hub, cluster, page):
    from_the_start_to_42_and_back(page, hub, cluster, fill_nodes(cluster))


def test_a_cluster_that_is_down_is_shown_as_down_until_it_is_back(hub, firecrest_gateway, page):
    firecrest_gateway.kill()
    try:
        control(page, "Start").click()
        page.get_by_role("radio", name=re.compile("Small")).check()
        page.get_by_role("button", name="Start", exact=True).click()
        page.wait_for_url("**/hub/spawn-pending/alice**")
        expect(page.locator("main")).to_contain_text("Nothing is lost: your request is kept")
        page.goto(hub.url + "/hub/home")
        expect(page.locator("main")).to_contain_text("The cluster hpc does not answer")
    finally:
        firecrest_gateway.up()
    hub.api().wait_ready("alice", timeout=90)
    page.reload()
    expect(page.locator("main")).not_to_contain_text("does not answer")
