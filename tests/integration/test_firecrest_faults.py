# SPDX-License-Identifier: BSD-3-Clause
"""The switches of the tests' own FirecREST show what the real one and its surroundings have been seen to do."""
import email.utils
import hashlib
import http.client
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from support.firecrest_caller import JOBS, SLEEP, Caller, message
from support.waiting import until

SUBMIT = "POST /compute/{system_name}/jobs"


@pytest.fixture
def alice(firecrest_caller):
    return firecrest_caller("alice")


@pytest.fixture
def gateway(firecrest_gateway):
    yield firecrest_gateway
    firecrest_gateway.well()


def queued(cluster, name):
    return [job for job in cluster.jobs() if job.name == name]


def test_rows_of_young_jobs_are_called_allocation(gateway, alice):
    gateway.faults(lag={"allocation_seconds": 3600})
    job_id = alice.new_job(name="young")
    until(lambda: alice.job(job_id)["tasks"], "the job has begun")
    job = alice.job(job_id)
    assert (job["name"], job["status"]["state"], job["partition"], job["workingDirectory"]) == ("allocation", "PENDING", "", "")
    assert job["nodes"] in ("node1", "node2")
    assert [(task["name"], task["status"]["state"]) for task in job["tasks"]] == [("batch", "RUNNING")]
    assert alice.names(name="young") == [] and "allocation" in alice.names()
    gateway.faults(lag=None)
    until(lambda: alice.state(job_id) == "RUNNING" and alice.names(name="young") == ["young"], "the lag ends")


def test_young_jobs_are_missing_from_lists_and_by_id(gateway, alice):
    gateway.faults(lag={"list_seconds": 3600, "get_seconds": 3600})
    job_id = alice.new_job(name="unseen")
    answer = alice("GET", f"{JOBS}/{job_id}")
    assert (answer.status_code, message(answer)) == (404, "Job not found.") and "unseen" not in alice.names()
    gateway.faults(lag={"list_seconds": 3600})
    assert alice.job(job_id)["name"] in ("unseen", "allocation") and "unseen" not in alice.names()
    gateway.faults(lag={"list_seconds": 3600, "users": ["bob"]})
    until(lambda: "unseen" in alice.names(), "the job is listed")


def test_an_unhandled_error_drops_the_connection_without_a_word(gateway, alice):
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
    headers = {"Authorization": f"Bearer {alice.token}"}

    def ask():
        connection.request("GET", "/status/systems", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer
    assert ask()[0] == ask()[0] == 200  # on one connection
    gateway.faults(unhandled_500={"times": 1})
    status, body, answer = ask()
    assert (status, body) == (500, b'{"errorType":"error","message":"()","causedBy":null,"data":null,"user":null}')
    assert answer.getheader("connection") is None and answer.getheader("x-request-id") is None
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        connection.auto_open = 0
        until(lambda: ask()[0] != 200, "the dropped connection is noticed", timeout=5)
    assert alice("GET", "/status/systems").status_code == 200


def test_an_unhandled_error_after_the_work(gateway, alice, cluster):
    gateway.faults(unhandled_500={"after": True, "message": "id", "routes": [SUBMIT]})
    answer = alice.submit(name="after")
    assert (answer.status_code, message(answer)) == (500, "('id',)") and len(queued(cluster, "after")) == 1


def test_a_slow_sbatch_queues_the_job_and_says_otherwise(gateway, alice, cluster):
    gateway.faults(slow_sbatch={"seconds": 7, "times": 1})
    answer = alice.submit(name="slow")
    assert (answer.status_code, message(answer)) == (500, "('Channel not open for sending',)")
    assert answer.json()["user"] is None and len(queued(cluster, "slow")) == 1
    gateway.faults(slow_sbatch={"seconds": 1, "times": 1})
    assert alice.submit(name="slow").status_code == 201


def test_an_answer_is_lost_after_the_work(gateway, alice, cluster):
    gateway.faults(lose_answer={"routes": [SUBMIT], "times": 1})
    with pytest.raises(requests.ConnectionError):
        alice.submit(name="lost")
    assert len(queued(cluster, "lost")) == 1
    assert until(gateway.calls, "the call is counted")[-1]["status"] is None
    assert alice.submit(name="found").status_code == 201


def test_the_health_gate_shuts_jobs_and_leaves_status_open(gateway, alice):
    gateway.faults(health_gate=True)
    for answer in (alice.submit(), alice("GET", JOBS), alice("GET", f"{JOBS}/1")):
        assert answer.status_code == 503
        assert message(answer) == "The scheduler service for the requested system (anchor) is unhealthy."
    assert alice("GET", "/status/anchor/partitions").status_code == 200
    assert alice("GET", "/filesystem/anchor/ops/head", params={"path": "/etc/hostname"}).status_code == 200
    health = alice("GET", "/status/systems").json()["systems"][0]["servicesHealth"]
    assert [service["serviceType"] for service in health if not service["healthy"]] == ["scheduler"]
    gateway.faults(health_gate={"service": "filesystem"})
    assert "filesystem service" in message(alice("GET", "/filesystem/anchor/ops/head", params={"path": "/etc/hostname"}))
    assert alice("GET", JOBS).status_code == 200


def test_a_user_has_so_many_sessions(gateway, alice, firecrest_caller):
    job_id = alice.new_job()
    gateway.faults(max_sessions={"sessions": 1})
    refused = alice("GET", f"{JOBS}/{job_id}")
    assert refused.status_code == 500 and refused.json()["causedBy"] == ["Unable to open a new SSH channel."]
    assert alice("GET", f"{JOBS}/{job_id}/metadata").status_code == 200
    gateway.faults(max_sessions={"sessions": 0})
    assert (alice.submit().status_code, message(alice.submit())) == (424, "Unable to open a new SSH channel.")
    gateway.faults(max_sessions={"sessions": 4})
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: Caller(gateway, alice.token)("GET", f"{JOBS}/{job_id}").status_code, range(12)))
    assert set(answers) == {200, 500} and gateway.at_once()["alice"] > 2


def test_tokens_are_refused_on_demand(gateway, alice):
    gateway.faults(rotate_keys=True)
    answer = alice("GET", "/status/systems")
    assert (answer.status_code, message(answer)) == (401, "Token's public key not found.")
    assert answer.headers["auth-token"] == alice.token
    gateway.faults(rotate_keys=None)
    for row, words in (("invalid", "Access token is invalid."), ("expired", "Access token expired"),
                       ("too_soon", "Access token expires too soon (less than 30s remaining)."),
                       ("not_authenticated", "Not authenticated"), ("unknown_key", "Token's public key not found."),
                       ("system_access", "Unable to verify system access authorization")):
        gateway.faults(unauthorized={"row": row, "times": 1})
        answer = alice("GET", "/status/systems")
        assert (answer.status_code, message(answer)) == (401, words)
    assert alice("GET", "/status/systems").status_code == 200


def test_too_many_requests(gateway, alice):
    ask = lambda: requests.get(f"{gateway.url}/status/systems", headers={"Authorization": f"Bearer {alice.token}"}, timeout=20)  # noqa: E731
    gateway.faults(rate_limit={"retry_after": 3, "times": 2})
    assert [ask().status_code for _ in range(3)] == [429, 429, 200]
    gateway.faults(rate_limit={"retry_after": "date:60"})
    when = email.utils.parsedate_to_datetime(ask().headers["Retry-After"]).timestamp()
    assert 30 < when - time.time() < 61
    gateway.faults(rate_limit={"retry_after": None, "reset": 5})
    assert ask().headers["RateLimit-Reset"] == "5" and "Retry-After" not in ask().headers


@pytest.mark.parametrize("then, at_once, in_the_end", [("answer", 1, 1), ("late", 0, 1), ("cut", 0, 0)])
def test_no_answer_for_a_while(gateway, alice, cluster, then, at_once, in_the_end):
    name = f"hang-{then}"
    gateway.faults(hang={"seconds": 4, "then": then, "times": 1, "routes": [SUBMIT]})
    with pytest.raises(requests.ConnectionError if then == "cut" else requests.Timeout):
        requests.post(gateway.url + JOBS, headers={"Authorization": f"Bearer {alice.token}"},
                      json={"job": {"workingDirectory": "/tmp", "name": name, "script": SLEEP}},
                      timeout=20 if then == "cut" else 2)
    assert len(queued(cluster, name)) == at_once
    until(lambda: gateway.counts()[SUBMIT] == 1, "the call ends")
    assert len(queued(cluster, name)) == in_the_end


def test_chance_is_seeded_and_switches_work_together(gateway, alice):
    def outcomes():
        gateway.faults(seed=7, unauthorized={"probability": 0.4}, health_gate={"probability": 0.5})
        return [alice("GET", "/compute/anchor/jobs/1/metadata").status_code for _ in range(12)]
    first = outcomes()
    assert {401, 503} <= set(first) and outcomes() == first and gateway.shown()["unauthorized"] == first.count(401) * 2


def test_unknown_switches_change_nothing(gateway):
    gateway.faults(hang={"seconds": 1})
    for wrong in ({"hang": {"minutes": 1}}, {"sleep": True}, {"lag": {"times": 1}}, {"hang": None, "unauthorized": {"row": "nosuch"}}):
        assert requests.post(f"{gateway.root}/_faults", json=wrong, timeout=20).status_code == 400
    assert list(gateway.faults()) == ["hang"]


def test_calls_are_counted_across_a_kill(gateway, alice, firecrest_caller):
    gateway.faults(health_gate={"service": "filesystem"})
    job_id = alice.new_job()
    alice.job(job_id)
    gateway.kill()
    assert gateway.counts()[SUBMIT] == 1
    gateway.up()
    firecrest_caller("bob").job(job_id)
    alice("GET", "/filesystem/anchor/ops/tail", params={"path": "/tmp/x"})
    template = "GET /compute/{system_name}/jobs/{job_id}"
    assert gateway.counts() == {SUBMIT: 1, template: 2, "GET /filesystem/{system_name}/ops/tail": 1}
    assert gateway.counts_by_user()["alice"][template] == gateway.counts_by_user()["bob"][template] == 1
    assert gateway.calls()[0]["token"] == hashlib.sha256(alice.token.encode()).hexdigest()
    assert gateway.calls()[-1]["status"] == 503 and alice.token not in gateway.log()
