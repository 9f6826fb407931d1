# SPDX-License-Identifier: BSD-3-Clause
"""Slurm with the users' own tokens: no root in the hub, no munge for it, and no token where somebody could read it."""
import contextlib
import os
import pwd
import re
import signal
import time
from pathlib import Path

import pytest

from support import processes
from support.crashes import AGENT, helper_pids, jobs_of, use_mocks_on_slurm
from support.oidc_hub import Browser, bearer, sign_in, token_of
from support.token_cluster import token_cluster, use_tokens
from support.waiting import until

SHORT = 6  # seconds that an access token lives
JWT = re.compile(rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}")


@pytest.fixture(scope="module")
def cluster(own_identity_provider):
    """Shows everybody their own jobs only."""
    with token_cluster(own_identity_provider, SLURM_TEST_CPUS=16, SLURM_TEST_EXTRA_CONF="PrivateData=jobs") as cluster:
        yield cluster


@pytest.fixture
def make_hub(unstarted_hub, identity_provider, cluster):
    def make(start=True, **more):
        identity_provider.set_access_token_seconds(60)
        use_mocks_on_slurm(unstarted_hub, cluster)
        use_tokens(unstarted_hub, identity_provider, cluster, **more)
        return unstarted_hub.start() if start else unstarted_hub
    yield make
    cluster.cancel_all()


@pytest.fixture(params=["owners", "poll account"])
def hub(make_hub, request):
    return make_hub(**({"poll_account": "spawn-tester"} if request.param == "poll account" else {}))


def uids(pid):
    return set(processes.status_line(pid, "Uid").split())


def job_processes():
    """Process id and environment of everything that runs in a job."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            environment = (entry / "environ").read_bytes()
            if b"SLURM_JOB_ID=" in environment:
                yield int(entry.name), environment


def assert_no_token_to_be_seen(hub, cluster):
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            assert not JWT.search(entry.read_bytes()), entry
    for pid in processes.marked(hub.mark):
        with contextlib.suppress(OSError):
            assert not JWT.search(Path(f"/proc/{pid}/environ").read_bytes()), processes.command(pid)
    for pid, environment in job_processes():
        assert b"SLURM_JWT" not in environment and not JWT.search(environment), pid
    for file in [hub.log_file, *(cluster.folder / "log").glob("*.log"), *hub.folder.glob("data/*")]:
        assert not file.is_file() or not JWT.search(file.read_bytes()), file


def start(hub, user):
    api = token_of(hub, user)
    assert api.start(user).status_code in (201, 202)
    return api


def stop(api, user):
    assert api.stop(user).status_code in (202, 204)


def test_from_the_sign_in_to_the_stop_without_root(hub, identity_provider, cluster):
    sign_in(hub, identity_provider, "alice")
    alice = start(hub, "alice")
    server = alice.wait_ready("alice")
    job, = cluster.jobs("alice")
    assert server["job"]["id"] == job.id and alice.get("/user/alice/api").status_code == 200
    servers = [pid for pid, _ in job_processes() if processes.command(pid).endswith("mock_notebook_server")]
    assert servers and all(uids(pid) == {str(os.stat("/home/alice").st_uid)} for pid in servers)
    mine = [pid for pid in processes.marked(hub.mark) if pid not in servers]
    assert len(helper_pids(hub, AGENT)) == 1 and not [p for p in mine if "0" in uids(p)], {processes.command(p): uids(p) for p in mine}
    assert JWT.search(identity_provider.client_credentials().encode()), "a token is known when it is seen"
    assert_no_token_to_be_seen(hub, cluster)
    stop(alice, "alice")
    alice.wait_stopped("alice")
    until(lambda: not jobs_of(hub, cluster), "the job is gone")


def test_a_server_outlives_many_tokens(hub, identity_provider, cluster):
    identity_provider.set_access_token_seconds(SHORT)
    sign_in(hub, identity_provider, "alice")
    alice = start(hub, "alice")
    alice.wait_ready("alice")
    end = time.monotonic() + 4 * SHORT
    while time.monotonic() < end:
        assert alice.server("alice")["ready"]
        assert_no_token_to_be_seen(hub, cluster)
        time.sleep(1)
    assert "5005" not in hub.log() and "cluster.down" not in hub.log()
    stop(alice, "alice")
    alice.wait_stopped("alice")
    assert not jobs_of(hub, cluster)


def test_an_automated_test_by_its_own_account(hub, identity_provider, cluster):
    for _ in range(2):
        assert bearer(hub, identity_provider).start("spawn-tester").status_code == 202
        bearer(hub, identity_provider).wait_ready("spawn-tester")
        assert [job.user for job in jobs_of(hub, cluster).values()] == ["spawn-tester"]
        stop(bearer(hub, identity_provider), "spawn-tester")
        hub.api().wait_stopped("spawn-tester")
        assert not jobs_of(hub, cluster)


def test_the_agent_is_started_again_as_it_was(make_hub, identity_provider, cluster):
    hub = make_hub()
    sign_in(hub, identity_provider, "alice")
    agents = helper_pids(hub, AGENT)
    processes.end(agents, signal.SIGKILL)
    alice = start(hub, "alice")
    alice.wait_ready("alice")
    again = helper_pids(hub, AGENT)
    assert len(again) == 1 and again != agents and "0" not in uids(again[0])


def check(hub):
    hub.write_configuration()
    return hub.command("check", "--config", str(hub.configuration_file))


def test_check_asks_with_the_poll_accounts_token(make_hub, cluster):
    hub = make_hub(start=False, poll_account="spawn-tester")
    good = check(hub)
    assert "slurmctld of berth at" in good.stdout and "partition debug" in good.stdout, good.stdout
    assert f"the agent runs as uid {pwd.getpwnam('nobody').pw_uid}" in good.stdout and "slurmctld" not in good.stderr
    hub.configuration["cluster"]["hpc"].pop("poll_account")
    assert "was not asked" in check(hub).stdout
    hub.configuration["cluster"]["hpc"]["poll_account"] = "nobody-here"
    assert "there is no [[service_account]]" in check(hub).stderr


def test_it_does_not_begin_as_root(make_hub):
    hub = make_hub(start=False)
    hub.configuration["hub"].pop("user")
    hub.write_configuration()
    refused = hub.command("serve", "--config", str(hub.configuration_file))
    assert refused.returncode != 0 and "set [hub] user" in refused.stderr, refused.stderr


def sessions_over(hub, provider, user):
    """Ended at the provider, and the token that the hub still has runs out."""
    provider.end_sessions(user)
    time.sleep(SHORT)


def test_whose_sign_in_is_over_keeps_the_server_and_stops_it_after_the_next(make_hub, identity_provider, cluster):
    hub = make_hub()
    identity_provider.set_access_token_seconds(SHORT)
    alice, bob = (sign_in(hub, identity_provider, user) and start(hub, user) for user in ("alice", "bob"))
    for api, user in ((alice, "alice"), (bob, "bob")):
        api.wait_ready(user)
    sessions_over(hub, identity_provider, "bob")
    until(lambda: "slurm.owner_not_asked" in hub.log(), "nobody can be asked about bob's job")
    time.sleep(5)  # many polls
    assert bob.server("bob")["ready"] and alice.server("alice")["ready"] and "cluster.down" not in hub.log()
    assert bob.start("bob", name="second").json()["reason"] == "login_required"
    stop(bob, "bob")
    time.sleep(2)
    assert "bob" in [job.user for job in jobs_of(hub, cluster).values()] and alice.server("alice")["ready"]
    assert Browser(hub, identity_provider).sign_in_at_provider("bob").status_code == 200
    bob.wait_stopped("bob")
    assert [job.user for job in jobs_of(hub, cluster).values()] == ["alice"]


def test_the_poll_account_stops_it_where_slurm_lets_it(make_hub, identity_provider, cluster):
    hub = make_hub(poll_account="spawn-tester")
    identity_provider.set_access_token_seconds(SHORT)
    sign_in(hub, identity_provider, "bob")
    bob = start(hub, "bob")
    bob.wait_ready("bob")
    sessions_over(hub, identity_provider, "bob")
    stop(bob, "bob")
    bob.wait_stopped("bob")
    assert not jobs_of(hub, cluster)


def what_was_told(api, user):
    """Of a start that came to nothing."""
    return str(api.wait_stopped(user)) + "".join(event["message"] for event in api.progress(user))


def test_a_failed_job_has_its_exit_code_without_its_log(make_hub, identity_provider):
    hub = make_hub(start=False)
    hub.configuration["cluster"]["hpc"]["cmd"] = ["/bin/sh", "-c", "echo unseen >&2; exit 3"]
    hub.start()
    sign_in(hub, identity_provider, "alice")
    told = what_was_told(start(hub, "alice"), "alice")
    assert re.search(r"exit[^0-9]{1,12}3", told) and "unseen" not in told, told


def test_a_token_that_slurmctld_does_not_accept_is_named(make_hub, identity_provider, cluster):
    hub = make_hub()
    identity_provider.rotate_keys()  # slurmctld has the old ones
    sign_in(hub, identity_provider, "alice")
    told = what_was_told(start(hub, "alice"), "alice")
    assert "does not accept the token" in told and "alice" in told, told
    assert not jobs_of(hub, cluster)
