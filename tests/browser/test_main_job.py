# SPDX-License-Identifier: BSD-3-Clause
"""The main job as alice does it: sign in, choose, watch the queue, JupyterLab, 42, stop, sign out."""
import re

import pytest
from playwright.sync_api import expect

from support.main_job import PROFILES, fill_nodes, from_the_start_to_42_and_back
from support.pages import control, sign_in


@pytest.fixture
def profiled(unstarted_slurm_hub):
    unstarted_slurm_hub.configuration["profile"] = PROFILES
    return unstarted_slurm_hub.start()


@pytest.mark.timeout(400)
def test_from_signing_in_to_42_to_signing_out(profiled, cluster, page):
    filler = fill_nodes(cluster)
    sign_in(page, profiled.url, "alice", "alice")
    from_the_start_to_42_and_back(page, profiled, cluster, filler)
    control(page, "Sign out").click()
    page.wait_for_url("**/hub/login**")
    page.goto(profiled.url + "/hub/home")
    expect(page.get_by_label("Password")).to_be_visible()


@pytest.mark.timeout(200)
def test_a_failed_start_tells_why_on_the_page_that_waits(unstarted_slurm_hub, cluster, page):
    unstarted_slurm_hub.configuration["cluster"]["hpc"]["cmd"] = ["/bin/sh", "-c", "echo no licence left >&2; exit 3"]
    hub = unstarted_slurm_hub.start()
    sign_in(page, hub.url, "alice", "alice", "/hub/spawn")
    page.get_by_role("button", name="Start", exact=True).click()
    main = page.locator("main")
    expect(main).to_contain_text("no licence left", timeout=60_000)
    expect(main).to_contain_text(re.compile(r"exit[^0-9]{1,12}3", re.IGNORECASE))
