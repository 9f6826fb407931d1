# SPDX-License-Identifier: BSD-3-Clause
"""Bad input to the API: clear 4xx answers, bounded memory, and everybody else is served meanwhile."""
import json
import re
import resource
import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from support import processes
from support.api import ADMIN_TOKEN
from support.waiting import until

WITH_BODY = [("POST", "/hub/api/users"), ("POST", "/hub/api/users/{user}"), ("PATCH", "/hub/api/users/{user}"),
             ("POST", "/hub/api/users/{user}/activity"), ("POST", "/hub/api/users/{user}/tokens"),
             ("POST", "/hub/api/users/{user}/server"), ("POST", "/hub/api/users/{user}/servers/extra"),
             ("POST", "/hub/api/groups"), ("POST", "/hub/api/groups/{group}/users"), ("PUT", "/hub/api/groups/{group}/properties")]
NOT_JSON = ["{", "{not json", "[1,", '"', "\x00", "nul", '{"a":1}x', "[" * 100_000, '{"a":' * 100_000]
WRONG_TYPES = ["[]", "1", '"text"', "true", '{"usernames": "text", "name": 1, "admin": "yes", "groups": 1, "users": {}}',
               '{"usernames": [1], "last_activity": 5, "scopes": "text", "expires_in": "soon", "users": [1], "groups": [1]}',
               '{"usernames": ["a/b"], "users": ["no-such-user"], "servers": [], "expires_in": -1}']


@pytest.fixture(scope="module")
def seeded(shared_hub):
    """The hub, with a user and a group for paths to name."""
    api = shared_hub.api()
    api.post("/hub/api/users/input-user")
    api.post("/hub/api/groups/input-group")
    yield shared_hub
    api.delete("/hub/api/groups/input-group")
    for name in ("", "extra"):
        api.stop("input-user", name)
        api.wait_stopped("input-user", name)
    api.delete("/hub/api/users/input-user")


def send(hub, method, path, body):
    return hub.api()(method, path.format(user="input-user", group="input-group"), data=body.encode(),
                     headers={"Content-Type": "application/json"})


def assert_clear_refusal(answer, statuses=(400,)):
    assert answer.status_code in statuses, (answer.status_code, answer.text[:300])
    said = answer.json()
    assert said["status"] == answer.status_code and len(said["message"]) > 3


@pytest.mark.parametrize("body", NOT_JSON, ids=range(len(NOT_JSON)))
@pytest.mark.parametrize("method, path", WITH_BODY)
def test_what_is_not_json_is_refused(seeded, method, path, body):
    assert_clear_refusal(send(seeded, method, path, body), (400, 409) if path.endswith("{user}") and method == "POST" else (400,))


@pytest.mark.parametrize("body", WRONG_TYPES, ids=range(len(WRONG_TYPES)))
@pytest.mark.parametrize("method, path", WITH_BODY)
def test_wrong_types_never_break_the_hub(seeded, method, path, body):
    answer = send(seeded, method, path, body)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert_clear_refusal(answer, range(400, 500))


@pytest.mark.parametrize("method, path", [
    ("GET", "/hub/api/nowhere"), ("GET", "/hub/api/users/nobody"), ("DELETE", "/hub/api/users/nobody"),
    ("PATCH", "/hub/api/users/nobody"), ("POST", "/hub/api/users/nobody/server"), ("DELETE", "/hub/api/users/nobody/server"),
    ("GET", "/hub/api/users/nobody/server/progress"), ("GET", "/hub/api/users/nobody/tokens"),
    ("GET", "/hub/api/users/input-user/tokens/nonesuch"), ("DELETE", "/hub/api/users/input-user/servers/nonesuch"),
    ("GET", "/hub/api/groups/nonesuch"), ("POST", "/hub/api/users/nobody/activity"), ("GET", "/hub/api/services/nonesuch"),
    ("GET", "/hub/api/users/%2e%2e%2f%2e%2e"), ("GET", "/hub/api/users/" + "x" * 2000), ("GET", "/hub/api/users/%ff%fe%00")])
def test_unknown_names_are_not_found(seeded, method, path):
    assert_clear_refusal(seeded.api()(method, path, json={}), (400, 404))


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_a_wrong_verb_is_told(seeded, method):
    assert_clear_refusal(seeded.api()(method, "/hub/api/user"), (405,))


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "%s%n", "' or 1=1 --", "\xe9\xe8"])
def test_nonsense_tokens_are_strangers(seeded, token):
    answer = seeded.api(None).get("/hub/api/user", headers={"Authorization": b"token " + token.encode("latin1")})
    assert answer.status_code == 403 and answer.json()["status"] == 403


# ---- sizes and slowness: our own bounds, which a JupyterHub does not have (never play these against one) -----------
class Wire:
    """One connection, byte by byte."""

    def __init__(self, hub):
        where = urlsplit(hub.url)
        self.socket = socket.create_connection((where.hostname, where.port), timeout=60)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # closed already, with an answer perhaps
        return self

    def rest(self):
        """Everything until the other side closes."""
        data = b""
        try:
            while chunk := self.socket.recv(65536):
                data += chunk
        except ConnectionError:
            pass
        return data


def status_of(reply):
    found = re.match(rb"HTTP/1\.1 (\d{3})", reply)
    return int(found.group(1)) if found else None


def test_a_body_of_10_mb_is_refused(hub):
    text = json.dumps({"usernames": ["x" * 10_000_000]})
    try:
        answer = hub.api().post("/hub/api/users", data=text, headers={"Content-Type": "application/json"})
    except OSError:
        return  # the refusal may close the connection before all was sent
    assert answer.status_code in (400, 413)


def test_a_body_of_10_mb_in_chunks_is_refused(hub):
    head = (f"POST /hub/api/users HTTP/1.1\r\nHost: x\r\nAuthorization: token {ADMIN_TOKEN}\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
    wire = Wire(hub).send(head.encode())
    for _ in range(160):
        wire.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
    assert status_of(wire.rest()) in (400, 413, None)


@pytest.mark.parametrize("header", ["X-Long: " + "x" * 100_000, "\r\n".join(f"X-{i}: {'y' * 90}" for i in range(1000))],
                         ids=["one of 100 kB", "a thousand"])
def test_headers_of_100_kb_are_refused(seeded, header):
    reply = Wire(seeded).send(f"GET /hub/api/ HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode()).rest()
    assert status_of(reply) in (400, 431)


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"\r\n" * 1000, b"GET / HTTP/9.9\r\n\r\n",
                                     b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"GET / HTTP/1.1\r\nBad Header\r\n\r\n",
                                     b"POST /hub/api/users HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                                     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"])
def test_what_is_not_http_is_refused(seeded, garbage):
    wire = Wire(seeded).send(garbage)
    wire.socket.shutdown(socket.SHUT_WR)
    assert status_of(wire.rest()) in (None, 400, 403, 505)
    assert seeded.api().get("/hub/api/").status_code == 200


def memory_mib(hub):
    """Resident memory of everything that this hub has started."""
    total = 0
    for pid in processes.marked(hub.mark):
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        total += int(found.group(1)) if found else 0
    return total / 1024


@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_2000_idle_connections(many_files, hub):
    api = hub.api()
    api.post("/hub/api/users/before")
    before = memory_mib(hub)
    wires = [Wire(hub) for _ in range(2000)]
    for wire in wires[:1000]:
        wire.send(b"GET /hub/api/ HTTP/1.1\r\nHost: x\r\n\r\n")  # answered, then kept alive
    assert hub.api().get("/hub/api/users/before").status_code == 200
    assert memory_mib(hub) - before < 100
    for wire in wires:
        wire.socket.close()
    assert hub.process.poll() is None and api.get("/hub/api/users/before").status_code == 200


def test_slow_clients_hold_up_nobody_and_are_let_go(hub):
    slow = [Wire(hub).send(b"POST /hub/api/users HTTP/1.1\r\nHost: x\r\nX-Never:") for _ in range(50)]
    half = [Wire(hub).send(f"POST /hub/api/users HTTP/1.1\r\nHost: x\r\nAuthorization: token {ADMIN_TOKEN}\r\n"
                           "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()) for _ in range(50)]
    assert hub.api().get("/hub/api/").status_code == 200
    for wire in (slow[0], half[0]):
        wire.socket.settimeout(150)
        assert status_of(wire.rest()) in (None, 400, 408)


def test_a_reader_that_never_reads_costs_little(hub):
    """Answers pile up for somebody who asks and never reads; the hub stops taking their questions."""
    before = memory_mib(hub)
    wire = Wire(hub)
    asking = (f"GET /hub/api/users HTTP/1.1\r\nHost: x\r\nAuthorization: token {ADMIN_TOKEN}\r\n\r\n" * 200).encode()
    for i in range(50):
        hub.api().post(f"/hub/api/users/u{i}")

    def ask():
        wire.socket.settimeout(2)
        for _ in range(500):
            wire.send(asking)
    asker = threading.Thread(target=ask, daemon=True)
    asker.start()
    until(lambda: hub.api().get("/hub/api/").status_code == 200, "the hub answers others")
    assert memory_mib(hub) - before < 100
    wire.socket.close()
