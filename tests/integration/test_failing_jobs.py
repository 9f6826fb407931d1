# SPDX-License-Identifier: BSD-3-Clause
"""Jobs that fail: the API, the progress events and the pages say why, in Slurm's words, with exit code and log."""
import html
import json
import re

import pytest

from support.kernel import Kernel
from support.waiting import until


def start(hub, user="alice", **defaults):
    """A started hub whose jobs ask for `defaults`, and that user's server asked for; their Api and the answer."""
    hub.configuration["cluster"]["hpc"]["defaults"] |= defaults
    hub.start()
    api = hub.api().make_user(user)
    return api, api.start(user)


def failure_of(api, user, timeout=60):
    server = api.wait_stopped(user, timeout=timeout)
    assert server.get("failure"), server
    return server["failure"]


def words_of(page):
    """A page's text, without its markup."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))


def assert_told(hub, api, user, failure, words):
    """`words`: regular expressions that the API, the last progress event and the user's pages must all hold."""
    last = api.progress(user)[-1]
    assert last["failed"] is True
    web = hub.web()
    assert web.sign_in(user, user).status_code == 302
    pages = {path: words_of(web.get(path).text) for path in ("/hub/home", f"/hub/spawn-pending/{user}")}
    for word in words:
        assert re.search(word, json.dumps(failure)), (word, failure)
        assert re.search(word, json.dumps(last)), (word, last)
        for path, page in pages.items():
            assert re.search(word, page), (word, path, page)


def test_a_partition_that_does_not_exist(unstarted_slurm_hub):
    api, _ = start(unstarted_slurm_hub, partition="nosuch")
    assert_told(unstarted_slurm_hub, api, "alice", failure_of(api, "alice"), [r"(?i)invalid partition"])


def test_a_user_without_an_account(unstarted_slurm_hub):
    api, _ = start(unstarted_slurm_hub, user="carol")
    assert_told(unstarted_slurm_hub, api, "carol", failure_of(api, "carol"), [r"(?i)invalid account"])


def test_a_home_directory_that_is_missing(unstarted_slurm_hub):
    unstarted_slurm_hub.configuration["login"]["allowed_users"].append("dave")
    api, _ = start(unstarted_slurm_hub, user="dave")
    assert_told(unstarted_slurm_hub, api, "dave", failure_of(api, "dave"), [r"JobLaunchFailure|/home/dave"])


def test_a_job_that_exits_at_once(unstarted_slurm_hub):
    unstarted_slurm_hub.configuration["cluster"]["hpc"]["cmd"] = ["/bin/sh", "-c", "echo the licence is gone >&2; exit 3"]
    api, _ = start(unstarted_slurm_hub)
    failure = failure_of(api, "alice")
    assert failure["exit_code"] == 3 and "the licence is gone" in failure["log"]
    assert_told(unstarted_slurm_hub, api, "alice", failure, [r"NonZeroExitCode|FAILED", r"[Ee]xit[^0-9]{1,12}3\b", "the licence is gone"])


def test_a_node_without_jupyterhub_singleuser(unstarted_slurm_hub):
    unstarted_slurm_hub.configuration["cluster"]["hpc"]["cmd"] = ["/opt/nothing/jupyterhub-singleuser"]
    api, _ = start(unstarted_slurm_hub)
    failure = failure_of(api, "alice")
    assert failure["exit_code"] in (126, 127) or failure["log"]
    assert_told(unstarted_slurm_hub, api, "alice", failure, [r"/opt/nothing/jupyterhub-singleuser"])


def test_a_running_job_cancelled_from_outside(unstarted_slurm_hub, cluster):
    api, _ = start(unstarted_slurm_hub)
    api.wait_ready("alice")
    cluster.cancel(cluster.jobs("alice")[0].id)
    assert_told(unstarted_slurm_hub, api, "alice", failure_of(api, "alice"), ["CANCELLED"])


def test_a_waiting_job_cancelled_from_outside(unstarted_slurm_hub, cluster):
    cluster.occupy()
    api, _ = start(unstarted_slurm_hub)
    until(lambda: cluster.jobs("alice"), "the job waits")
    cluster.cancel(cluster.jobs("alice")[0].id)
    assert_told(unstarted_slurm_hub, api, "alice", failure_of(api, "alice"), ["CANCELLED"])


@pytest.mark.parametrize("partition, reason", [("closed", "PartitionDown"), ("tiny", "PartitionTimeLimit|PartitionConfig")])
def test_a_job_that_can_never_start_says_so(unstarted_slurm_hub, partition, reason):
    """Slurm accepts it and lets it wait for ever (for PartitionConfig in the first moment); the person is told at once."""
    api, _ = start(unstarted_slurm_hub, partition=partition)

    until(lambda: re.search(reason, json.dumps(api.server("alice"))), f"the API says {reason}", timeout=30)
    web = unstarted_slurm_hub.web()
    web.sign_in("alice", "alice")
    until(lambda: re.search(reason, web.get("/hub/home").text), "the home page says so too", timeout=30)
    api.stop("alice")
    api.wait_stopped("alice")


def test_more_nodes_than_there_are(unstarted_slurm_hub, cluster):
    """Slurm refuses it, or accepts it and lets it wait for ever: told either way."""
    api, _ = start(unstarted_slurm_hub, nodes=99)
    failure = failure_of(api, "alice")
    assert_told(unstarted_slurm_hub, api, "alice", failure, [r"PartitionConfig|PartitionNodeLimit|[Nn]ode (count|configuration)|not available"])


def test_a_job_whose_time_is_over(unstarted_slurm_hub, cluster):
    """Slurm measures time limits in minutes: this takes one and a half."""
    api, _ = start(unstarted_slurm_hub, partition="tiny", runtime="00:01:00")
    server = api.wait_ready("alice")
    assert server["job"]["ends_at"] and server["job"]["cluster"] == "hpc" and server["job"]["profile"] is None
    assert Kernel(api, "alice").run("6*7") == "42"
    assert_told(unstarted_slurm_hub, api, "alice", failure_of(api, "alice", timeout=180), ["TIMEOUT"])


def test_after_a_failure_the_next_start_works(unstarted_slurm_hub, cluster):
    api, _ = start(unstarted_slurm_hub)
    api.wait_ready("alice")
    cluster.cancel(cluster.jobs("alice")[0].id)
    failure_of(api, "alice")
    assert api.start("alice").status_code in (201, 202)
    assert not api.wait_ready("alice").get("failure")
    api.stop("alice")
    api.wait_stopped("alice")
