# SPDX-License-Identifier: BSD-3-Clause
"""The hub as its clients see it: by token, and with a browser's cookies."""
import html.parser
import json
from urllib.parse import quote

import requests

from support.waiting import until

ADMIN_TOKEN = "bench-token-0123456789abcdef0123"
TIMEOUT = 40


class Api:
    """Calls of one token's owner. Redirects are answers, not followed."""

    def __init__(self, base, token=ADMIN_TOKEN):
        self.base, self.token = base, token
        self.http = requests.Session()
        self.http.trust_env = False
        if token:
            self.http.headers["Authorization"] = f"token {token}"

    def __call__(self, method, path, **kw):
        kw.setdefault("timeout", TIMEOUT)
        kw.setdefault("allow_redirects", False)
        return self.http.request(method, self.base + path, **kw)

    def get(self, path, **kw):
        return self("GET", path, **kw)

    def post(self, path, **kw):
        return self("POST", path, **kw)

    def delete(self, path, **kw):
        return self("DELETE", path, **kw)

    # ---- what tests say often ---------------------------------------------------------------------------------
    def make_user(self, name):
        """Creates the user if need be; an Api of theirs, with a token that may do what they may."""
        made = self.post(f"/hub/api/users/{name}")
        assert made.status_code in (201, 409), made.text
        token = self.post(f"/hub/api/users/{name}/tokens", json={"note": "test"})
        assert token.status_code == 201, token.text
        return Api(self.base, token.json()["token"])

    def start(self, user, options=None, name=""):
        """Asks for a server; the answer as it came."""
        return self.post(server_path(user, name), json=options if options is not None else {})

    def stop(self, user, name=""):
        return self.delete(server_path(user, name))

    def server(self, user, name="", stopped=True):
        """The server's model, or None when the hub tells of none."""
        answer = self.get(f"/hub/api/users/{quote(user)}" + ("?include_stopped_servers=1" if stopped else ""))
        assert answer.status_code == 200, answer.text
        return answer.json().get("servers", {}).get(name)

    def wait_ready(self, user, name="", timeout=90):
        def ready():
            server = self.server(user, name) or {}
            return server if server.get("ready") else None
        return until(ready, f"{user}'s server is ready", timeout)

    def wait_stopped(self, user, name="", timeout=60):
        """Until the server neither runs nor waits; its model, or {} when nothing is left of it."""
        def stopped():
            server = self.server(user, name)
            if server is None:
                return {"stopped": True}
            return server if server.get("stopped") and not server.get("pending") else None
        return until(stopped, f"{user}'s server is stopped", timeout)

    def progress(self, user, name="", timeout=TIMEOUT):
        """The progress events until the stream ends."""
        with self.get(server_path(user, name) + "/progress", stream=True, timeout=timeout,
                      headers={"Accept": "text/event-stream"}) as answer:
            assert answer.status_code == 200, answer.text
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            return list(events(answer))


def server_path(user, name=""):
    base = f"/hub/api/users/{quote(user)}/server"
    return f"{base}s/{quote(name)}" if name else base


def events(answer):
    """The JSON of each `data:` line of a text/event-stream."""
    for line in answer.iter_lines(decode_unicode=True):
        if line and line.startswith("data:"):
            yield json.loads(line.removeprefix("data:"))


class Forms(html.parser.HTMLParser):
    """The forms of a page: action, method, and the fields' names and values."""

    def __init__(self, page):
        super().__init__()
        self.forms = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.forms.append({"action": a.get("action") or "", "method": (a.get("method") or "get").lower(), "fields": {}})
        elif tag in ("input", "select", "textarea", "button") and self.forms and a.get("name"):
            self.forms[-1]["fields"].setdefault(a["name"], a.get("value") or "")

    def with_field(self, name):
        return next(form for form in self.forms if name in form["fields"])


class WebSession:
    """A browser without scripts: cookies, forms, redirects one at a time."""

    def __init__(self, base):
        self.base = base
        self.http = requests.Session()
        self.http.trust_env = False

    def get(self, path, **kw):
        kw.setdefault("allow_redirects", False)
        return self.http.get(self.base + path, timeout=TIMEOUT, **kw)

    def post(self, path, data, **kw):
        kw.setdefault("allow_redirects", False)
        return self.http.post(self.base + path, data=data, timeout=TIMEOUT, **kw)

    def sign_in(self, user, password, next_url=None):
        """Through the form; the answer to the POST."""
        path = "/hub/login" + (f"?next={quote(next_url, safe='')}" if next_url else "")
        page = self.get(path)
        assert page.status_code == 200, page.text
        xsrf = Forms(page.text).with_field("username")["fields"]["_xsrf"]
        return self.post(path, {"username": user, "password": password, "_xsrf": xsrf})

    def cookies(self):
        return {(c.name, c.path): c.value for c in self.http.cookies}
