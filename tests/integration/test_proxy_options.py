# SPDX-License-Identifier: BSD-3-Clause
"""configurable-http-proxy's command line: `berth proxy` takes it, and does the same or says what it does not do."""
import json
import re
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from support import processes
from support.chp import CHP, BerthAsChp, Chp, install
from support.hub import hub_folder
from support.jupyterhub import JupyterHub
from support.paths import BERTH, MOCK_SERVER

NOBODY = "http://127.0.0.1:9"


class Origin:
    """A server that says its name and what it was asked; `asked` keeps that."""

    def __init__(self, name):
        origin = self
        self.name, self.asked = name, []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = urlsplit(self.path)
                origin.asked.append((self.command, parts.path, sorted(parse_qs(parts.query).items())))
                forwarded = {k: self.headers.get(k) for k in ("Host", "X-Forwarded-Proto", "X-Forwarded-Port")}
                body = json.dumps({"name": origin.name, "path": self.path} | forwarded).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/x-" + origin.name)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Own", "1")
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_PUT = do_GET

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def folder(berth_program):
    with hub_folder() as folder:
        yield folder


@pytest.fixture
def origins():
    made = {}

    def get(name):
        return made.setdefault(name, Origin(name))
    yield get
    for one in made.values():
        one.stop()


def on_each(folder, question, *options):
    """What question(proxy) gives of the real one and of ours, each started with these options."""
    out = []
    for kind in (Chp, BerthAsChp):
        proxy = kind(folder, *options)
        try:
            out.append(question(proxy.start()))
        finally:
            proxy.stop()
    return out


def add(proxy, path, target):
    assert proxy.call("POST", "/api/routes" + path, json.dumps({"target": target}))[0] == 201


def ask(proxy, path, method="GET", **how):
    answer = requests.request(method, proxy.url + path, timeout=30, allow_redirects=False, **how)
    body = answer.text.replace(str(proxy.port), "PORT").replace(str(proxy.api_port), "API")
    return answer.status_code, answer.headers.get("Content-Type"), answer.headers.get("X-Own"), body


def raw_status(proxy, request):
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as wire:
        wire.sendall(request.encode())
        return int(wire.recv(4096).split()[1])


UPGRADE = "GET {} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n"


@pytest.mark.parametrize("path", ["", "/", "/hub/error", "/hub/error/"])
def test_errors_are_worded_by_the_error_target(folder, origins, path):
    words = origins("words")

    def question(proxy):
        words.asked.clear()
        add(proxy, "/dead", NOBODY)
        said = [ask(proxy, p, method, data=data, headers=headers)[:3] for p, method, data, headers in [
            ("/dead/x?a=1&b=%20c", "GET", None, {"Accept": "text/html"}), ("/dead/api/x", "GET", None, {"Accept": "application/json"}),
            ("/dead/y", "POST", b"body", {}), ("/nowhere/%C3%A9?q=1", "GET", None, {}), ("/nowhere", "PUT", b"body", {})]]
        return said, [raw_status(proxy, UPGRADE.format(p)) for p in ("/dead/ws", "/nowhere/ws")], list(words.asked)
    real, ours = on_each(folder, question, "--error-target", words.url + path)
    assert len(real[2]) == 5 and real[2][0][1] == path.rstrip("/") + "/503", real
    assert ours == real


def test_without_an_error_target_or_with_a_dead_one_the_status_is_the_same(folder):
    def question(proxy):
        add(proxy, "/dead", NOBODY)
        return [ask(proxy, path)[0] for path in ("/dead/x", "/nowhere")]
    assert on_each(folder, question) == [[503, 404]] * 2
    assert on_each(folder, question, "--error-target", NOBODY + "/hub/error") == [[503, 404]] * 2


def test_a_target_that_is_silent_is_given_up(folder, origins):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        def question(proxy):
            add(proxy, "/silent", f"http://127.0.0.1:{silent.getsockname()[1]}")
            return [ask(proxy, "/silent/x", method)[:3] for method in ("GET", "POST")]
        real, ours = on_each(folder, question, "--proxy-timeout", 400, "--error-target", origins("words").url)
        assert real == [(503, "text/x-words", None)] * 2
        assert ours == real


def test_default_target(folder, origins):
    def question(proxy):
        routes = proxy.call("GET", "/api/routes")[1]
        out = [sorted(set(routes["/"]) - {"last_activity"}), routes["/"]["target"], ask(proxy, "/a/b?c=d")]
        add(proxy, "/", NOBODY)
        return [*out, ask(proxy, "/a")[0]]
    real, ours = on_each(folder, question, "--default-target", origins("home").url)
    assert real[2][0] == 200 and real[3] == 503
    assert ours == real


def test_host_routing(folder, origins):
    def question(proxy):
        for path, name in [("/", "home"), ("/hub.example", "hub"), ("/al.example/user/al", "al"), ("/al.example/user/al/deep/er", "deep"),
                           ("/no-data.example/", "hub")]:
            add(proxy, path, origins(name).url)
        routes = {path: {k: v for k, v in route.items() if k != "last_activity"} for path, route in proxy.call("GET", "/api/routes")[1].items()}
        one = proxy.call("GET", "/api/routes/al.example/user/al")[1]["host"]
        said = [ask(proxy, path, headers={"Host": host}) for host, path in [
            ("hub.example", "/hub/home"), ("hub.example:8000", "/"), ("al.example", "/user/al/lab"), ("al.example", "/user/al/deep/er/x"),
            ("al.example", "/user/al/deep/erx"), ("al.example", "/user/alice"), ("other.example", "/hub.example/x"), ("hub.example", "/user/al")]]
        names = [json.loads(answer[3])["name"] for answer in said]
        assert proxy.call("DELETE", "/api/routes/al.example/user/al")[0] == 204
        return routes, one, said, names, ask(proxy, "/user/al/x", headers={"Host": "al.example"})
    real, ours = on_each(folder, question, "--host-routing")
    assert real[3] == ["hub", "hub", "al", "deep", "al", "home", "home", "hub"]
    assert ours == real


def test_tls(folder, origins):
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)

    def question(proxy):
        proxy.url = proxy.url.replace("http:", "https:")
        add(proxy, "/al", origins("al").url)
        sent = [requests.request(method, f"http://127.0.0.1:{plain}{path}", data=data, headers={"Host": host}, allow_redirects=False, timeout=30)
                for method, path, host, data in [("GET", "/al/x?a=%20", "hub.example", None), ("POST", "/", f"hub.example:{plain}", b"body" * 999),
                                                 ("GET", "/_chp_healthz", "a", None), ("HEAD", "/x", "a", None)]]
        moved = [(a.status_code, a.headers["Location"]) for a in sent]
        return [ask(proxy, path, verify=str(certificate)) for path in ("/al/x", "/_chp_healthz")], moved
    plain = processes.free_port()
    real, ours = on_each(folder, question, "--ssl-key", key, "--ssl-cert", certificate, "--redirect-port", plain, "--redirect-to", "8443")
    assert json.loads(real[0][0][3])["X-Forwarded-Proto"] == "https"
    assert real[1][0] == (301, "https://hub.example:8443/al/x?a=%20")
    assert ours == real


def options_of(*program):
    text = subprocess.run([*program, "--help"], check=True, capture_output=True, text=True, timeout=30).stdout
    return set(re.findall(r"^  (?:-\w, ?)?(--[\w-]+)", text, re.M))


def refused(*words):
    done = subprocess.run([BERTH, "proxy", *words], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_every_option_of_the_real_one_is_taken_or_refused_with_a_reason(berth_program):
    install()
    real, ours = options_of(*CHP) - {"--version", "--help"}, options_of(BERTH, "proxy")
    assert {"--port", "--error-target", "--host-routing"} <= real & ours
    absent = real - ours
    assert len(absent) > 20
    for option in sorted(absent):
        assert re.match(rf"berth: berth proxy has no {option}: \w.+\n$", refused("--port", "1", option)), option
        assert "has no " + option in refused(option + "=x"), option


@pytest.mark.parametrize("words, sentence", [
    (["--port", "0"], "--port"), (["--port", "x"], "--port"), (["--log-level", "loud"], "--log-level"), (["--ssl-key", "/k"], "--ssl-cert"),
    (["--error-target", "127.0.0.1:80"], "--error-target"), (["--port", "1", "--data-dir", "/nowhere"], "--data-dir"),
    (["--redirect-port", "1"], "--ssl-cert"), (["--redirect-to", "1"], "--redirect-port"),
    (["--socket", "/s", "--port", "1"], "--socket"), (["--api-socket", "/s", "--api-port", "1"], "--api-socket"),
    (["--api-port", "1", "--default-target", "https://a"], "not a target"), (["--api-port", "1", "--error-target", "ftp://a/"], "not a target"),
])
def test_wrong_options_are_told(berth_program, words, sentence):
    assert sentence in refused(*words)


def test_sockets_and_a_pid_file(folder):
    public, api, pid = folder / "public.sock", folder / "api.sock", folder / "pid"
    program = subprocess.Popen([BERTH, "proxy", "--socket", public, "--api-socket", api, "--pid-file", pid, "--log-level", "DEBUG"],
                               stderr=subprocess.PIPE, text=True)
    try:
        assert any("proxy.started" in line for line in program.stderr)
        assert pid.read_text() == str(program.pid)
        for path, request, status in [(public, "/_chp_healthz", b"200"), (api, "/api/routes", b"200")]:
            with socket.socket(socket.AF_UNIX) as wire:
                wire.connect(str(path))
                wire.sendall(f"GET {request} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                assert wire.recv(4096).split()[1] == status
    finally:
        program.terminate()
        program.communicate(timeout=30)
    assert program.returncode == 0 and not pid.exists()


JUPYTERHUB = f"""
c.ConfigurableHTTPProxy.command = ['{BERTH}', 'proxy']
c.DummyAuthenticator.allow_all = True
c.Spawner.cmd = ['/usr/bin/python3', '{MOCK_SERVER}']
c.JupyterHub.services = [{{'name': 'bench', 'api_token': 'bench-token-0123456789abcdef0123'}}]
c.JupyterHub.load_roles = [{{'name': 'bench', 'services': ['bench'], 'scopes': ['admin:users', 'admin:servers', 'proxy']}}]
"""


def test_a_jupyterhub_starts_it_as_its_own_proxy(folder, notebook_venv):
    hub = JupyterHub(folder / "jupyterhub", JUPYTERHUB)
    try:
        hub.start()
        web, api = hub.web(), hub.api()
        assert any(line.startswith(f"{BERTH} proxy --ip") for line in processes.command_lines())
        assert web.sign_in("alice", "x").status_code == 302
        assert api.start("alice").status_code in (201, 202)
        api.wait_ready("alice")
        assert web.get("/user/alice/x?a=1").json()["path"] == "/user/alice/x?a=1"
        assert "/user/alice/" in api.get("/hub/api/proxy").json()
    except AssertionError as problem:
        raise AssertionError(f"{problem}\n{hub.log()[-3000:]}") from None
    finally:
        hub.stop()
