# SPDX-License-Identifier: BSD-3-Clause
"""What JupyterLab itself has of its hub: the menu's entries, and the word that the server is gone."""
import re

import pytest
from playwright.sync_api import expect

from support.pages import sign_in


@pytest.fixture
def hub(unstarted_hub, notebook_venv):
    local = unstarted_hub.configuration["cluster"]["local"]
    local["cmd"] = [f"{notebook_venv}/bin/jupyterhub-singleuser", "--allow-root"]
    local["environment"]["PATH"] = f"{notebook_venv}/bin:/usr/bin:/bin"
    return unstarted_hub.start()


@pytest.fixture
def lab(hub, page):
    hub.api().make_user("ann").start("ann")
    hub.api().wait_ready("ann")
    sign_in(page, hub.url, "ann", "x", "/hub/login?next=/user/ann/lab")
    page.wait_for_url("**/user/ann/lab**")
    page.locator(".jp-LauncherCard").first.wait_for(timeout=90_000)
    return page


def choose(lab, entry):
    lab.get_by_role("menuitem", name="File", exact=True).click()
    lab.get_by_role("menuitem", name=entry, exact=True).click()


@pytest.mark.timeout(200)
def test_the_hub_control_panel_is_the_home_page(hub, lab):
    with lab.context.expect_page() as opened:
        choose(lab, "Hub Control Panel")
    home = opened.value
    home.wait_for_url(f"{hub.url}/hub/home")
    expect(home.get_by_role("button", name="Stop", exact=True)).to_be_visible()


@pytest.mark.timeout(200)
def test_logging_out_in_lab_signs_out_of_the_hub(hub, lab):
    choose(lab, "Log Out")
    lab.wait_for_url(re.compile("/hub/log(in|out)"))
    lab.goto(hub.url + "/hub/home")
    expect(lab.get_by_label("Password")).to_be_visible()


@pytest.mark.timeout(200)
def test_lab_tells_that_the_server_is_gone_and_restarts_it(hub, lab):
    hub.api().stop("ann")
    hub.api().wait_stopped("ann")
    dialog = lab.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile("Server unavailable|unreachable", re.IGNORECASE), timeout=60_000)
    with lab.context.expect_page() as opened:
        dialog.get_by_role("button", name=re.compile("Restart", re.IGNORECASE)).click()
    expect(opened.value).to_have_url(re.compile("/hub/spawn"))
