# SPDX-License-Identifier: BSD-3-Clause
"""The main job in a browser, whatever the cluster and the way in: choose, watch the queue, JupyterLab, 42, stop."""
import re

from playwright.sync_api import expect

from support.pages import control, run_cell_in_lab
from support.waiting import until

PROFILES = [
    {"name": "small", "title": "Small", "cluster": "hpc", "set": {"nprocs": 1, "memory": "768M"},
     "choose": {"runtime": {"type": "duration", "max": "02:00:00", "default": "00:30:00"}}},
    {"name": "large", "title": "Large", "cluster": "hpc", "set": {"nprocs": 4, "memory": "2G"}}]


def fill_nodes(cluster):
    filler = cluster.occupy()
    until(lambda: any(j.id == filler and j.state == "RUNNING" for j in cluster.jobs()), "the nodes are full")
    return filler


def from_the_start_to_42_and_back(page, hub, cluster, filler):
    """Alice is on her home page and the nodes are full."""
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

    page.goto(hub.url + "/hub/home")
    expect(page.locator("main")).to_contain_text(re.compile(r"node\d"))
    control(page, "Stop").click()
    until(lambda: not cluster.jobs("alice"), "the job is gone")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0, timeout=30_000)
