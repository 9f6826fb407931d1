# SPDX-License-Identifier: BSD-3-Clause
"""The tests' own FirecREST answers as the real one does: each test here fails when it does not."""
import base64
import json
import subprocess
import time
import uuid

import pytest
import requests

from support.firecrest_caller import JOBS, SLEEP, Caller, message
from support.firecrest_gateway import PYTHON, FirecrestGateway
from support.identity_provider import tokens_for
from support.paths import ROOT
from support.slurm import Cluster
from support.waiting import until

@pytest.fixture
def alice(firecrest_caller):
    return firecrest_caller("alice")


def unlike(token, **changes):
    """A token of somebody else's making: same header, other claims, and a signature that does not fit."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "==")) | changes
    return ".".join([head, base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("="), signature])


# ---- as it should be ------------------------------------------------------------------------------------------------
def test_the_system_is_described(alice):
    assert [system["name"] for system in alice("GET", "/STATUS/Systems").json()["systems"]] == ["anchor"]
    assert Caller(alice.gateway, None)("GET", "/status/liveness/").status_code == 200
    assert alice("GET", "/status/liveness").status_code == 307
    partitions = {p["name"]: p["partition"] for p in alice("GET", "/status/anchor/partitions").json()["partitions"]}
    assert partitions["debug"] == "UP" and partitions["closed"] == "DOWN"
    nodes = alice("GET", "/status/anchor/nodes").json()["nodes"]
    assert [node["name"] for node in nodes] == ["node1", "node2"] and nodes[0]["cpus"] == 4
    about = alice("GET", "/status/anchor/userinfo").json()
    assert about["user"]["name"] == "alice" and about["accounts"] == [{"name": "proj", "default": True}]


def test_reservations_are_told(alice, cluster):
    assert alice("GET", "/status/anchor/reservations").json() == {"reservations": []}
    cluster.run("scontrol", "create", "reservation", "ReservationName=course", "StartTime=now+1hour", "Duration=10",
                "Users=alice", "Nodes=node2")
    try:
        told, = alice("GET", "/status/anchor/reservations").json()["reservations"]
        assert told["name"] == "course" and told["state"] == "inactive" and told["endTime"] - told["startTime"] == 600
    finally:
        cluster.run("scontrol", "delete", "ReservationName=course")


def test_a_job_lives_and_is_cancelled(alice):
    script = "#!/bin/sh\n#SBATCH --job-name=inner\necho $A; seq 20; sleep 300\n"
    job_id = alice.new_job(name="outer", script=script, workingDirectory="/home/alice", standardOutput="life_%j.log",
                           env={"A": "a b;$c", "B": "x"})
    # Its step may reach slurmdbd before the job itself: until then a running row is without name, partition and folder.
    job = until(lambda: alice.named(job_id, "RUNNING"), "the job runs, and the accounting has its name")
    assert (job["name"], job["user"], job["account"], job["workingDirectory"]) == ("outer", "alice", "proj", "/home/alice")
    assert job["nodes"] in ("node1", "node2") and job["tasks"][0]["name"] == "batch" and job["time"]["limit"] == 1800
    about, = alice("GET", f"{JOBS}/{job_id}/metadata").json()["jobs"]
    log = f"/home/alice/life_{job_id}.log"
    assert about["script"] == script and about["standardOutput"] == log
    look = lambda how, **query: alice("GET", f"/filesystem/anchor/ops/{how}", params={"path": log} | query).json()["output"]  # noqa: E731
    until(lambda: look("view").endswith("\n20\n"), "the log is written")
    assert look("head", lines=2)["content"] == "a b;$c\n1\n"
    assert look("tail") == {"content": "".join(f"{n}\n" for n in range(11, 21)), "contentType": "lines",
                            "startPosition": -10, "endPosition": -1}
    assert look("tail", bytes=3)["content"] == "20\n" and look("view", size=3, offset=2) == "b;$"
    assert alice("DELETE", f"{JOBS}/{job_id}").status_code == 204
    assert alice.state(job_id) == "CANCELLED"
    again = message(alice("DELETE", f"{JOBS}/{job_id}"))
    assert "exit_status:0" in again and "Job/step already completing or completed" in again


def test_lists_have_finished_jobs_and_filters(alice, firecrest_caller):
    name = f"quick{time.time_ns()}"
    job_id = alice.new_job(name=name, script="#!/bin/sh\nexit 3\n", standardOutput="/dev/null")
    until(lambda: name in alice.names(name=name, time_window="1h"), "the job is listed", timeout=90)
    until(lambda: alice.state(job_id) == "FAILED", "the job has failed")
    assert alice.job(job_id)["status"]["exitCode"] == 3
    assert until(lambda: alice.names(name=name), "it is listed with its name") == [name]
    assert alice.names(name=name[:-1]) == [] and alice.names(name=name, account="proj") == [name]
    assert alice.names(name=name, account="nosuch") == []
    assert firecrest_caller("bob").names(name=name) == [] and firecrest_caller("bob").names(name=name, allusers="true") == [name]


def test_each_runs_as_who_the_token_names(alice, firecrest_caller):
    job_id = alice.new_job()
    bob = firecrest_caller("bob")
    assert bob.job(job_id)["user"] == "alice"
    assert message(bob("DELETE", f"{JOBS}/{job_id}")).endswith(f"Kill job error on job id {job_id}: Access/permission denied\n")
    assert bob("GET", f"{JOBS}/{job_id}/metadata").json()["jobs"][0]["script"] == ""
    shadow = alice("GET", "/filesystem/anchor/ops/tail", params={"path": "/etc/shadow"})
    assert shadow.status_code == 403 and "Permission denied" in message(shadow)
    assert "Invalid account" in message(firecrest_caller("carol").submit())


def test_pyfirecrest_works(alice):
    done = subprocess.run([PYTHON, ROOT / "tests/support/firecrest_walk.py", alice.gateway.url, "anchor", "/home/alice"],
                          input=alice.token, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["running"][0]["jobId"] == said["submit"] and said["metadata"][0]["script"].startswith("#!/bin/sh")
    assert said["tail"]["content"] == "two words\n" and said["userinfo"]["user"]["name"] == "alice"
    assert said["submit"] in [job["jobId"] for job in said["listed"]]
    assert said["cancelled"][0]["status"]["state"].startswith("CANCELLED")


def test_service_accounts_are_mapped(cluster, identity_provider):
    """A client's own token: by another claim, and by a table; and addresses may begin with a site's own prefix."""
    identity_provider.set_access_token_seconds(600)
    token = identity_provider.client_credentials()
    keys = identity_provider.metadata()["jwks_uri"]
    gateway = FirecrestGateway(cluster, keys, claims=("client", "azp", "sub"), accounts={"spawn-tester": "carol"},
                               prefix="/hpc/firecrest/v2").up()
    try:
        assert requests.get(f"{gateway.root}/status/liveness/", timeout=20).status_code == 404
        assert Caller(gateway, token)("GET", "/status/anchor/userinfo").json()["user"]["name"] == "carol"
        assert Caller(gateway, token).names(allusers="true") is not None
    finally:
        gateway.down()


def test_without_slurmdbd_slurmctld_remembers(identity_provider):
    cluster = Cluster(SLURM_TEST_ACCOUNTING="no").up()
    try:
        identity_provider.set_access_token_seconds(600)
        gateway = FirecrestGateway(cluster, identity_provider.metadata()["jwks_uri"]).up()
        try:
            alice = Caller(gateway, tokens_for(identity_provider, "alice")["access_token"])
            job_id = alice.new_job(name="short", script="#!/bin/sh\nexit 3\n", standardOutput="/dev/null")
            until(lambda: alice.state(job_id) == "FAILED", "the job has failed")
            assert alice.job(job_id)["status"]["exitCode"] == 3 and alice.names(name="short") == ["short"]
            assert alice("GET", f"{JOBS}/999999").status_code == 404
            assert alice("GET", "/status/anchor/userinfo").json()["accounts"] is None
        finally:
            gateway.down()
    finally:
        cluster.down()


# ---- errors of the real one -----------------------------------------------------------------------------------------
def refusal(gateway, token, **headers):
    answer = Caller(gateway, token)("GET", "/status/systems", headers=headers)
    return answer.status_code, message(answer), answer.headers.get("auth-token"), answer.headers.get("www-authenticate")


def test_the_table_of_401(firecrest_gateway, identity_provider, alice):
    asked = lambda token, **headers: refusal(firecrest_gateway, token, **headers)  # noqa: E731
    assert asked(None) == (401, "Not authenticated", None, "Bearer")
    assert asked(None, Authorization="Basic abc") == (401, "Not authenticated", None, "Bearer")
    assert asked("abc") == (401, "Access token is invalid.", "abc", None)
    forged = unlike(alice.token, preferred_username="bob")
    assert asked(forged) == (401, "Access token is invalid.", forged, None)
    identity_provider.set_access_token_seconds(20)
    short = tokens_for(identity_provider, "alice")["access_token"]
    assert asked(short)[:3] == (401, "Access token expires too soon (less than 30s remaining).", short)
    identity_provider.set_access_token_seconds(1)
    dead = tokens_for(identity_provider, "alice")["access_token"]
    until(lambda: asked(dead)[:2] == (401, "Access token expired"), "the token expires")


def test_new_keys_are_known_after_a_restart_only(firecrest_gateway, identity_provider, alice):
    identity_provider.rotate_keys(keep=False)
    token = tokens_for(identity_provider, "alice")["access_token"]
    assert refusal(firecrest_gateway, token)[:3] == (401, "Token's public key not found.", token)
    firecrest_gateway.kill()
    with pytest.raises(requests.ConnectionError):
        alice("GET", "/status/systems")
    firecrest_gateway.up()
    assert Caller(firecrest_gateway, token)("GET", "/status/systems").status_code == 200
    assert refusal(firecrest_gateway, alice.token)[1] == "Token's public key not found."


def test_claims_that_the_real_one_stumbles_over(firecrest_gateway, identity_provider, firecrest_caller):
    identity_provider.name_client_account("spawn-tester", None)
    nobody = Caller(firecrest_gateway, identity_provider.client_credentials())("GET", "/status/systems")
    assert (nobody.status_code, message(nobody)) == (400, "Authentication token 'preferred_username' claim is missing")
    for unknown in ("mallory", "root"):
        identity_provider.name_client_account("spawn-tester", unknown)
        answer = Caller(firecrest_gateway, identity_provider.client_credentials()).submit()
        assert (answer.status_code, message(answer)) == (500, f"('No SSH credentials found for user:{unknown}',)")
    identity_provider.set_user("carol", given_name="")
    try:
        half = firecrest_caller("carol")("GET", "/status/systems")
        assert (half.status_code, message(half)) == (500, "()")
    finally:
        identity_provider.set_user("carol", given_name="Carol")


def test_the_order_of_checks(alice, firecrest_gateway):
    nobody, valid = Caller(firecrest_gateway, None), {"job": {"workingDirectory": "/tmp", "script": SLEEP}}
    odd = nobody("GET", "/status/systems", headers={"X-Request-ID": "spawn-1"})
    assert (odd.status_code, odd.content) == (400, b"")
    broken = nobody("POST", JOBS, data="{x", headers={"Content-Type": "application/json"})
    assert broken.status_code == 400 and broken.json()["data"]["fields"][0]["message"] == "JSON decode error"
    assert nobody("POST", JOBS, json={}).status_code == 401
    assert message(alice("POST", "/compute/zeus/jobs", json={})) == "System not found"
    missing = alice("POST", JOBS, json={"job": {"script": "#!/bin/sh\nSECRET=1\n"}})
    assert missing.status_code == 400 and "secret=1" in message(missing)
    assert missing.json()["data"] == {"fields": [{"location": "body", "name": "job", "message": "Field required"}]}
    assert alice("POST", JOBS, data=json.dumps(valid)).status_code == 400
    mine = str(uuid.uuid4())
    answer = alice("GET", "/nope", headers={"X-Request-ID": mine})
    assert answer.headers["x-request-id"] == mine and message(answer) == "Not Found"
    assert answer.headers["f7t-appversion"] == "2.x.x" and message(alice("DELETE", "/status/systems")) == "Method Not Allowed"


@pytest.mark.parametrize("job, status, words", [
    ({"partition": "gpu9"}, 500, "Invalid partition name specified"),
    ({"account": "nosuch"}, 500, "Invalid account or account/partition combination specified"),
    ({"reservation": "nosuch"}, 500, "Requested reservation is invalid"),
    ({"script": "sleep 1\n"}, 500, "This does not look like a batch script"),
    ({"script": "#!/bin/sh\r\nsleep 1\r\n"}, 500, "Batch script contains DOS line breaks"),
    ({"script": "#!/bin/sh\n#SBATCH --nosuch=1\n"}, 500, "unrecognized option '--nosuch=1'"),
    ({"script": ""}, 408, "Command execution timeout limit exceeded."),
    ({"env": ["A=1"]}, 500, "'list' object has no attribute 'items'"),
    ({"env": {"A": 1}}, 400, "input should be a valid string"),
    ({"env": {"A": "x" * 140_000}}, 500, "Argument list too long"),
])
def test_submissions_that_fail(alice, job, status, words):
    answer = alice.submit(**job)
    assert answer.status_code == status and words in message(answer), answer.text


def test_jobs_that_are_not_there(alice):
    for method, path in (("GET", ""), ("GET", "/metadata")):
        answer = alice(method, f"{JOBS}/99999999{path}")
        assert (answer.status_code, message(answer)) == (404, "Job not found.")
    assert "exit_status:0" in (gone := message(alice("DELETE", f"{JOBS}/99999999"))) and "Invalid job id specified" in gone
    letters = alice("GET", f"{JOBS}/abc").json()
    assert letters["message"] == "Error executing Slurm command." and "Bad job/step specified" in letters["causedBy"][0]
    assert alice("GET", f"{JOBS}/12_3").status_code == 400
    log = alice("GET", "/filesystem/anchor/ops/tail", params={"path": "/home/alice/nope"})
    assert log.status_code == 404 and "No such file or directory" in message(log)
