# SPDX-License-Identifier: BSD-3-Clause
"""The hub is restarted and the front door replaced under load: no request fails, no websocket closes."""
import contextlib
import http.client
import http.server
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import websocket

from support import processes
from support.paths import MOCK_NOTEBOOK
from support.waiting import until

PIECE = b"0123456789abcdef" * 4096


class DoorApi:
    """The front door's own API, on its Unix socket."""

    def __init__(self, hub):
        data = Path(hub.configuration["hub"]["data_dir"])
        self.path, self.token = str(data / "proxy.sock"), (data / "proxy_token").read_text().strip()

    def __call__(self, method, path, body=None):
        connection = http.client.HTTPConnection("localhost", timeout=40)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(40)
        connection.sock.connect(self.path)
        connection.request(method, path, body and json.dumps(body), {"Authorization": f"token {self.token}"})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text.startswith(b"{") else text

    def pid(self):
        try:
            return self("GET", "/api/status")[1]["pid"]
        except ConnectionError:  # accepted by a door that hands over at this moment: to be asked again, as any GET
            return self("GET", "/api/status")[1]["pid"]


@contextlib.contextmanager
def serving(handler):
    """An HTTP server of this test; its address."""
    class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
        daemon_threads = True
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class Loop(threading.Thread):
    """Short requests one after the other, a new connection each; what came of them."""

    def __init__(self, port, path):
        super().__init__(daemon=True)
        self.port, self.path, self.stopped = port, path, threading.Event()
        self.statuses, self.failures = {}, []

    def run(self):
        while not self.stopped.is_set():
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("GET", self.path)
                answer = connection.getresponse()
                answer.read()
                self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
                connection.close()
            except OSError as problem:
                self.failures.append(repr(problem))
            except http.client.HTTPException as problem:
                self.failures.append(repr(problem))

    def count(self):
        return sum(self.statuses.values())

    def more(self, by=50):
        """Waits for that many more answers."""
        goal = self.count() + by
        until(lambda: self.count() >= goal or self.failures, f"{by} more answers of {self.path}", interval=0.01)

    def end(self):
        self.stopped.set()
        self.join(timeout=60)
        assert not self.failures, self.failures[:3]
        return self.statuses


@contextlib.contextmanager
def loops(hub, *paths):
    running = [Loop(hub.port, path) for path in paths]
    for loop in running:
        loop.start()
    try:
        yield running
    finally:
        for loop in running:
            loop.stopped.set()


def open_websocket(hub, path="/user/ann/ws", session=None):
    cookie = {"cookie": f"jupyterhub-session-id={session}"} if session else {}
    return websocket.create_connection(hub.url.replace("http", "ws", 1) + path, timeout=30, http_no_proxy=["*"], **cookie)


def echoes(connection, text):
    connection.send(text)
    return connection.recv() == text


def is_closed(connection):
    try:
        return connection.recv() in ("", b"")
    except (websocket.WebSocketConnectionClosedException, OSError):
        return True


def ready_user(hub, name="ann"):
    user = hub.api().make_user(name)
    assert user.start(name).status_code in (201, 202)
    user.wait_ready(name)
    return user


# ---- the hub ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_200_websockets_and_every_request_survive_a_restart_of_the_hub(hub, how):
    ready_user(hub)
    open_ones = [open_websocket(hub) for _ in range(200)]
    with loops(hub, "/user/ann/x", "/hub/health") as (notebook, pages):
        notebook.more()
        pages.more()
        began = time.monotonic()
        hub.process.send_signal(how)
        hub.process.wait()
        hub.start()
        took = time.monotonic() - began
        notebook.more()
        pages.more()
        assert set(notebook.end()) == {200}
        # A hub that is away for less than it is waited for is not missed.
        assert set(pages.end()) == {200} or took > 4, pages.statuses
    assert all(echoes(w, "still there") for w in open_ones)


def route_changes(hub):
    log = (Path(hub.configuration["hub"]["data_dir"]) / "proxy.log").read_text(errors="replace")
    return sum(log.count(event) for event in ("proxy.route_added", "proxy.route_removed", "proxy.routes_added"))


def test_500_routes_that_are_right_are_left_alone(unstarted_hub):
    unstarted_hub.configuration["cluster"]["local"]["cmd"] = [str(MOCK_NOTEBOOK)]
    hub = unstarted_hub.start()
    api = hub.api()
    names = [f"u{i}" for i in range(500)]
    assert api.post("/hub/api/users", json={"usernames": names}).status_code == 201
    for name in names:
        assert api.start(name).status_code in (201, 202)
    until(lambda: len(DoorApi(hub)("GET", "/api/routes")[1]) > 500, "500 routes", timeout=300)
    before = route_changes(hub)
    hub.kill()
    hub.start()
    until(lambda: hub.log().count("hub.started") == 2, "the hub has started")
    assert api.post("/hub/api/proxy").status_code == 200  # compares once more, and answers when it has
    assert route_changes(hub) == before
    # And what differs is put right, alone.
    assert DoorApi(hub)("DELETE", "/api/routes/user/u7")[0] == 204
    assert api.post("/hub/api/proxy").status_code == 200
    assert route_changes(hub) == before + 2
    # A door that has died as well is told all of them in one call.
    hub.kill()
    processes.end(processes.door_pids(hub), signal.SIGKILL)
    hub.start()
    assert api.post("/hub/api/proxy").status_code == 200
    assert len(DoorApi(hub)("GET", "/api/routes")[1]) > 500 and route_changes(hub) == before + 3


# ---- the front door -----------------------------------------------------------------------------------------------
class BigFile(http.server.BaseHTTPRequestHandler):
    """100 MB, slowly enough that it takes longer than what happens meanwhile."""
    go_on = threading.Event()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(1600 * len(PIECE)))
        self.end_headers()
        for i in range(1600):
            if i == 200:
                self.go_on.wait(timeout=60)
            self.wfile.write(PIECE)

    def log_message(self, *_):
        pass


class Download(threading.Thread):
    def __init__(self, hub, path):
        super().__init__(daemon=True)
        self.hub, self.path, self.size, self.begun = hub, path, 0, threading.Event()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.hub.port, timeout=60)
        connection.request("GET", self.path)
        answer = connection.getresponse()
        while piece := answer.read(1 << 16):
            self.size += len(piece)
            self.begun.set()


def replaced_by_command(hub, door):
    done = hub.command("proxy", "--replace", "--config", str(hub.configuration_file))
    assert done.returncode == 0, done.stderr


def replaced_by_signal(hub, door):
    old = door.pid()
    os.kill(old, signal.SIGUSR2)
    until(lambda: door.pid() != old, "another door answers")


@pytest.mark.parametrize("replace", [replaced_by_command, replaced_by_signal])
def test_the_front_door_is_replaced_twice_and_nobody_notices(hub, replace):
    ready_user(hub)
    door = DoorApi(hub)
    BigFile.go_on.clear()
    with serving(BigFile) as big:
        assert door("POST", "/api/routes/big", {"target": big})[0] == 201
        download = Download(hub, "/big/file")
        download.start()
        assert download.begun.wait(timeout=30)
        pids, open_ones = [door.pid()], []
        with loops(hub, "/user/ann/x", "/hub/health", "/user/ann/y") as running:
            for _ in range(2):
                open_ones.append(open_websocket(hub))
                running[0].more()
                replace(hub, door)
                pids.append(door.pid())
                for loop in running:
                    loop.more()
            for loop in running:
                assert set(loop.end()) == {200}
        assert len(set(pids)) == 3
        assert door("GET", "/api/status")[1]["draining"] == 2
        assert all(echoes(w, "across") for w in open_ones)
        BigFile.go_on.set()
        download.join(timeout=120)
        assert download.size == 1600 * len(PIECE)
    for w in open_ones:
        w.close()
    until(lambda: not any(processes.is_alive(pid) for pid in pids[:2]), "the drained doors have ended")
    assert processes.is_alive(pids[2])


def test_a_session_that_ends_closes_its_websocket_in_a_door_that_drains(hub):
    ready_user(hub)
    door = DoorApi(hub)
    web = hub.web()
    assert web.sign_in("ann", "x").status_code == 302
    session = web.http.cookies.get("jupyterhub-session-id")
    mine, others = open_websocket(hub, session=session), open_websocket(hub, session="another")
    replaced_by_command(hub, door)
    replaced_by_command(hub, door)
    assert echoes(mine, "before") and echoes(others, "before")
    web.get("/hub/logout", allow_redirects=True)
    assert is_closed(mine)
    assert echoes(others, "after")
    assert hub.api().stop("ann").status_code in (202, 204)
    assert is_closed(others)


def test_a_successor_that_fails_leaves_the_old_door_in_charge(hub):
    ready_user(hub)
    door = DoorApi(hub)
    old = door.pid()
    w = open_websocket(hub)
    hub.write_configuration("[hub]\nlisen = 1\n")
    with loops(hub, "/user/ann/x") as (loop,):
        done = hub.command("proxy", "--replace", "--data-dir", hub.configuration["hub"]["data_dir"])
        assert done.returncode == 1 and "ended before it was ready" in done.stderr
        loop.more()
        assert set(loop.end()) == {200}
    assert door.pid() == old and echoes(w, "still there")
    assert "successor_failed" in (Path(hub.configuration["hub"]["data_dir"]) / "proxy.log").read_text()
    hub.write_configuration()
    replaced_by_command(hub, door)
    assert door.pid() != old


def test_a_hub_of_a_new_program_renews_the_front_door(unstarted_hub, berth_program):
    hub = unstarted_hub
    installed = hub.folder / "bin"
    installed.mkdir()
    for program in berth_program.parent.iterdir():
        if program.name.startswith("berth"):
            (installed / program.name).write_bytes(program.read_bytes())
            (installed / program.name).chmod(0o755)
    hub.program = installed / "berth"
    hub.start()
    ready_user(hub)
    door = DoorApi(hub)
    old, w = door.pid(), open_websocket(hub)
    hub.kill()
    hub.start()
    assert door.pid() == old  # the same program: nothing to renew
    hub.kill()
    (installed / "berth").unlink()
    (installed / "berth").write_bytes(berth_program.read_bytes())
    (installed / "berth").chmod(0o755)
    hub.start()
    until(lambda: door.pid() != old, "the front door is the new program")
    assert echoes(w, "across the upgrade")
    until(lambda: "proxy.renewed" in hub.log(), "it is said")


# ---- under systemd, played by the test ----------------------------------------------------------------------------
AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3, inheritable=True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])
"""


class Unit:
    """A supervisor's side: NOTIFY_SOCKET, and listening sockets handed over as systemd does."""

    def __init__(self, hub):
        self.hub, self.path = hub, str(hub.folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(60)
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", hub.port))
        self.listener.listen(128)

    def start(self, *arguments, sockets=False, **environment):
        """The process of `berth ARGUMENTS`, with descriptor 3 and its own pid in the environment as systemd does it."""
        environment = self.hub.environment | {"NOTIFY_SOCKET": self.path} | environment
        command, inherited = [str(self.hub.program), *arguments], []
        if sockets:
            inherited = [self.listener.fileno()]
            command = [sys.executable, "-c", AS_SYSTEMD, str(inherited[0]), *command]
        with open(self.hub.log_file, "ab") as log:
            return subprocess.Popen(command, cwd=self.hub.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    pass_fds=inherited)

    def told(self, *words):
        """Reads notifications until one holds all the words."""
        for _ in range(1000):
            text = self.socket.recv(4096).decode()
            if all(word in text.split("\n") or any(line.startswith(word) for line in text.split("\n")) for word in words):
                return dict(line.split("=", 1) for line in text.split("\n") if "=" in line)
        raise AssertionError(f"nobody has said {words}")


def test_units_with_a_socket_of_the_supervisor(unstarted_hub):
    hub = unstarted_hub
    hub.write_configuration()
    unit = Unit(hub)
    options = ["--config", str(hub.configuration_file)]
    proxy = unit.start("proxy", *options, sockets=True, WATCHDOG_USEC="900000")
    try:
        assert unit.told("READY=1")["MAINPID"] == str(proxy.pid)
        unit.told("WATCHDOG=1")
        hub.process = unit.start("serve", "--door-apart", *options, WATCHDOG_USEC="900000")
        unit.told("READY=1", "STATUS=Serving")
        ready_user(hub)
        with loops(hub, "/user/ann/x") as (loop,):
            proxy.send_signal(signal.SIGUSR2)
            successor = int(unit.told("MAINPID", "READY=1")["MAINPID"])
            assert successor != proxy.pid
            loop.more()
            proxy.wait(timeout=60)
            loop.more()
            assert set(loop.end()) == {200}
        unit.told("WATCHDOG=1")
        # The door dies: the supervisor's socket keeps those who come until there is another one; the hub starts none.
        os.kill(successor, signal.SIGKILL)
        with socket.create_connection(("127.0.0.1", hub.port), timeout=30) as early:
            early.sendall(b"GET /user/ann/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            until(lambda: not processes.is_alive(successor), "the door has died")
            unit.start("proxy", *options, sockets=True)
            assert early.recv(8) == b"HTTP/1.1"
        until(lambda: hub.api().get("/user/ann/x").status_code == 200, "its routes are back")
        assert "proxy.restarted" not in hub.log()
        hub.process.send_signal(signal.SIGHUP)
        assert int(unit.told("RELOADING=1")["MONOTONIC_USEC"]) > 0
        unit.told("READY=1")
    finally:
        unit.listener.close()
