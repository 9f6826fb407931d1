# SPDX-License-Identifier: BSD-3-Clause
"""configurable-http-proxy, both ways: `berth proxy` answers as the real one does, a real JupyterHub works behind it, and Berth's hub
drives the real one."""
import json
import re

import pytest
import requests

from support.chp import BerthProxy, Chp
from support.hub import hub_folder
from support.jupyterhub import JupyterHub
from support.paths import MOCK_SERVER
from support.waiting import until

ORIGIN = "http://127.0.0.1:9"  # nobody listens there
# In this order, on each of the two.
CALLS = [
    ("POST", "/api/routes/", {"target": ORIGIN}),  # Berth's own begins with its hub there
    ("GET", "/api/routes", None), ("GET", "/api/routes/", None), ("GET", "/api/routes/user/al", None),
    ("POST", "/api/routes/user/al", {"target": ORIGIN, "user": "al", "server_name": ""}), ("GET", "/api/routes/user/al", None),
    ("POST", "/api/routes/user/al/", {"target": ORIGIN + "/x", "jupyterhub": True}), ("GET", "/api/routes/user/al/", None),
    ("POST", "/api/routes/user/b%40c/", {"target": ORIGIN}), ("GET", "/api/routes/user/b@c", None), ("GET", "/api/routes", None),
    ("GET", "/api/routes/user", None), ("POST", "/api/routes/x", {}), ("POST", "/api/routes/x", []), ("POST", "/api/routes/x", {"target": 5}),
    ("POST", "/api/routes/x", None), ("POST", "/api/routes/x", "{not json"), ("GET", "/api/routes?inactive_since=nonsense", None),
    ("GET", "/api/routes?inactive_since=2020-01-01T00:00:00.000Z", None), ("GET", "/api/routes?inactive_since=2999-01-01T00:00:00.000Z", None),
    ("GET", "/api/nothing", None), ("GET", "/", None), ("DELETE", "/api/routes/user/b%40c", None), ("DELETE", "/api/routes/user/b%40c", None),
    ("DELETE", "/api/routes/user/al", None), ("GET", "/api/routes", None),
]


@pytest.fixture
def folder():
    with hub_folder() as folder:
        yield folder


@pytest.fixture
def chp(folder):
    proxy = Chp(folder)
    yield proxy.start()
    proxy.stop()


@pytest.fixture
def berth_proxy(berth_program, folder):
    proxy = BerthProxy(folder)
    yield proxy.start()
    proxy.stop()


def reduced(body):
    """Without times, whose form is checked."""
    text = json.dumps(body, sort_keys=True)
    return re.sub(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"', '"<time>"', text)


def said(proxy):
    out = []
    for method, path, body in CALLS:
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        status, answer = proxy.call(method, path, text)
        out.append((method, path, text, status, reduced(answer) if method == "GET" and status == 200 else None))
    for token in ("", "wrong"):
        out += [(token, method, proxy.call(method, "/api/routes/x", "{}", token)[0]) for method in ("GET", "POST", "DELETE")]
    for path in ("/_chp_healthz", "/user/nobody/", "/"):
        answer = requests.get(proxy.url + path, timeout=20, proxies={"http": ""})
        out.append((path, answer.status_code, answer.json() if answer.ok else None))
    proxy.call("POST", "/api/routes/dead", json.dumps({"target": ORIGIN}))
    out.append(("dead", requests.get(proxy.url + "/dead/x", timeout=20, proxies={"http": ""}).status_code))
    return out


def test_berth_proxy_says_what_the_real_one_says(chp, berth_proxy):
    assert said(berth_proxy) == said(chp)


JUPYTERHUB = """
c.DummyAuthenticator.allow_all = True
c.Spawner.cmd = ['/usr/bin/python3', '{mock}']
c.JupyterHub.services = [{{'name': 'bench', 'api_token': 'bench-token-0123456789abcdef0123'}}]
c.JupyterHub.load_roles = [{{'name': 'bench', 'services': ['bench'], 'scopes': ['admin:users', 'admin:servers', 'proxy']}}]
"""


def test_a_real_jupyterhub_works_behind_berth_proxy(berth_proxy, folder, notebook_venv):
    hub = JupyterHub(folder / "jupyterhub", JUPYTERHUB.format(mock=MOCK_SERVER))
    hub.use_proxy(berth_proxy.api_url, berth_proxy.token, berth_proxy.url)
    try:
        hub.start()
        web, api = hub.web(), hub.api()
        assert web.sign_in("alice", "x").status_code == 302
        assert web.get("/hub/home").status_code == 200
        begun = api.start("alice")
        assert begun.status_code in (201, 202), begun.text
        api.wait_ready("alice")
        assert web.get("/user/alice/x?a=1").json()["path"] == "/user/alice/x?a=1"
        assert "/user/alice/" in api.get("/hub/api/proxy").json()
        api.stop("alice")
        api.wait_stopped("alice")
        assert until(lambda: web.get("/user/alice/x").status_code == 302, "the route has gone")
    except AssertionError as problem:
        raise AssertionError(f"{problem}\n{hub.log()[-3000:]}") from None
    finally:
        hub.stop()


def set_up_behind(hub, chp):
    """Berth's hub with the real proxy in front; clients come in by that."""
    token = hub.folder / "chp_token"
    token.write_text(chp.token)
    token.chmod(0o600)
    hub.configuration["proxy"] = {"mode": "external", "api_url": chp.api_url, "api_token_file": str(token)}
    hub.configuration["hub"]["listen"] = f"127.0.0.1:{chp.port}"
    hub.url = chp.url + hub.configuration["hub"].get("base_url", "/").rstrip("/")
    return hub.start()


@pytest.fixture
def behind_chp(quick_hub, chp):
    return set_up_behind(quick_hub, chp)


def test_the_hub_drives_a_real_one_and_gives_it_its_routes_again(behind_chp, chp):
    api = behind_chp.api()
    alice = api.make_user("alice")
    alice.start("alice")
    api.wait_ready("alice")
    routes = chp.call("GET", "/api/routes")[1]
    assert {"/", "/user/alice"} <= set(routes), routes
    assert alice.get("/user/alice/x").status_code == 200
    web = behind_chp.web()
    assert web.sign_in("alice", "x").status_code == 302
    chp.stop()
    chp.start()
    assert set(until(lambda: chp.call("GET", "/api/routes")[1], "its routes are back, long before the next round of all", timeout=30)) >= {"/"}
    until(lambda: "/user/alice" in chp.call("GET", "/api/routes")[1], "the server's route is back", timeout=30)
    assert alice.get("/user/alice/x").status_code == 200
    alice.stop("alice")
    api.wait_stopped("alice")
    until(lambda: "/user/alice" not in chp.call("GET", "/api/routes")[1], "the route goes with the server")


@pytest.mark.parametrize("base_url", ["/", "/jhub/"])
def test_an_emptied_proxy_without_servers_has_the_hub_again(quick_hub, folder, base_url):
    chp = Chp(folder, "--default-target", ORIGIN).start()
    try:
        quick_hub.configuration["hub"]["base_url"] = base_url
        hub = set_up_behind(quick_hub, chp)
        chp.stop()
        chp.start()
        until(hub.answers, "the hub is behind it again, long before the next round of all", timeout=30)
    finally:
        chp.stop()
