# SPDX-License-Identifier: BSD-3-Clause
"""The main job as alice does it: sign in, choose, watch the queue, JupyterLab, 42, stop, sign out."""
import re

import pytest
from playwright.sync_api import expect

from support.pages import control, run_cell_in_lab, sign_in
from support.waiting import until


@pytest.fixture
def profiled(unstarted_slurm_hub):
    unstarted_slurm_hub.configuration["profile"] = [
        {"name": "small", "title": "Small", "cluster": "hpc", "set": {"nprocs": 1, "memory": "768M"},
         "choose": {"runtime": {"type": "duration", "max": "02:00:00", "default": "00:30:00"}}},
        {"name": "large", "title": "Large", "cluster": "hpc", "set": {"nprocs": 4, "memory": "2G"}}]
    return unstarted_slurm_hub.start()


@pytest.mark.timeout(400)
def test_from_signing_in_to_42_to_signing_out(profiled, cluster, page):
    filler = cluster.occupy()
    until(lambda: any(j.id == filler and j.state == "RUNNING" for j in cluster.jobs()), "the nodes are full")

    sign_in(page, profiled.url, "alice", "alice")
    expect(page.get_by_text("alice").first).to_be_visible()
    control(page, "Start").click()
    page.get_by_role("radio", name=re.compile("Small")).check()
    page.get_by_role("button", name="Start", exact=True).click()

    page.wait_for_url("**/hub/spawn-pending/alice**")
    expect(page.locator("main")).to_contain_text(re.compile("Resources|Priority"), timeout=40_000)
    expect(page).to_have_title(re.compile("queue|wait", re.IGNORECASE))
    job = until(lambda: cluster.jobs("alice"), "the job waits")[0]
    expect(page.locator("main")).to_contain_text(job.id)

    cluster.cancel(filler)
    page.wait_for_url(re.compile(r"/user/alice/(lab|tree|\?|$)"), timeout=120_000)
    assert [j.node for j in cluster.jobs("alice")] != [""]
    assert run_cell_in_lab(page, "6*7") == "42"

    page.goto(profiled.url + "/hub/home")
    expect(page.locator("main")).to_contain_text(re.compile(r"node\d"))
    control(page, "Stop").click()
    until(lambda: not cluster.jobs("alice"), "the job is gone")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0, timeout=30_000)

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
