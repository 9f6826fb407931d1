# SPDX-License-Identifier: BSD-3-Clause
"""Services for tests: an echo, one that tells who asks, and what a client of the OAuth provider does."""
import contextlib
import http.server
import re
import threading

from support import processes
from support.api import Api, Forms
from support.paths import ROOT

WHOAMI = ROOT / "tests/support/example_services/whoami.py"
PORTAL_TOKEN = "portal-token-0123456789abcdef"


class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"echo {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def echoing():
    """The address of a service that answers with the path that it was asked for."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def add(hub, **service):
    if service.get("command"):  # found again at the test's end
        service["environment"] = service.get("environment", {}) | {processes.MARK: hub.mark}
    hub.configuration["service"].append(service)


def let_in(hub, service, *users):
    hub.configuration.setdefault("role", []).append(
        {"name": f"uses-{service}", "scopes": [f"access:services!service={service}"], "users": list(users)})


def whoami(hub, venv, kind, **more):
    """One of the example services, managed by the hub."""
    add(hub, name=kind, url=f"http://127.0.0.1:{processes.free_port()}", command=[f"{venv}/bin/python", str(WHOAMI), kind], **more)


def portal(hub, url, **more):
    add(hub, name="portal", api_token=PORTAL_TOKEN, url=url, scopes=["read:services", "list:services"], **more)


def model(hub, name):
    answer = hub.api().get(f"/hub/api/services/{name}")
    assert answer.status_code == 200, answer.text
    return answer.json()


# ---- as an OAuth client -------------------------------------------------------------------------------------------------
def authorize(web, **query):
    asked = {"client_id": "service-portal", "redirect_uri": "/services/portal/oauth_callback", "response_type": "code", "state": "s"} | query
    return web.get("/hub/api/oauth2/authorize", params=asked)


def signed_in(hub, user):
    web = hub.web()
    assert web.sign_in(user, "x").status_code == 302
    return web


def exchange(hub, code, **form):
    asked = {"grant_type": "authorization_code", "client_id": "service-portal", "client_secret": PORTAL_TOKEN, "code": code,
             "redirect_uri": "/services/portal/oauth_callback"} | form
    return Api(hub.url, None).post("/hub/api/oauth2/token", data=asked)


def code_in(answer):
    assert answer.status_code == 302 and "code=" in answer.headers["Location"], answer.text
    return answer.headers["Location"].split("code=")[1].split("&")[0]


def consent(web, page, without=()):
    form = Forms(page.text).with_field("_xsrf")
    scopes = [s for s in re.findall(r'name="scopes" value="([^"]*)"', page.text) if s not in without]
    return web.post(form["action"], form["fields"] | {"scopes": scopes})
