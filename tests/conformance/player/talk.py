# SPDX-License-Identifier: BSD-3-Clause
"""One hub under comparison: every call of a conversation adds its reduced exchange to `transcript`."""
import http.client
import http.cookies
import json
import time
import traceback
from urllib.parse import quote, urlencode, urlsplit

from conformance.player import reduce
from conformance.player.setup import ADMIN_TOKEN

PAGED = {"Accept": "application/jupyterhub-pagination+json"}


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.text = status, headers, body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.text or "null")

    def header(self, name):
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)


class Jar:
    """Cookies by name and path, sent by longest path first, as browsers do."""

    def __init__(self):
        self.kept = {}

    def take(self, reply):
        for name, text in reply.headers:
            if name.lower() == "set-cookie":
                for cookie, m in http.cookies.SimpleCookie(text).items():
                    key = (cookie, m["path"] or "/")
                    if m["max-age"] == "0" or m.value == "" or reduce.ended(m["expires"]):
                        self.kept.pop(key, None)
                    else:
                        self.kept[key] = m.coded_value

    def for_path(self, path):
        hits = sorted(((p, n, v) for (n, p), v in self.kept.items() if urlsplit(path).path.startswith(p)), key=lambda c: -len(c[0]))
        return {"Cookie": "; ".join(f"{n}={v}" for _, n, v in hits)} if hits else {}

    def xsrf(self, path="/hub/"):
        hits = sorted(((p, v) for (n, p), v in self.kept.items() if n == "_xsrf" and path.startswith(p)), key=lambda c: -len(c[0]))
        return hits[0][1] if hits else ""

    def names(self):
        return sorted(f"{n} {p}" for n, p in self.kept)


class Talk:
    """`but` of a step: the Difference by which Berth departs from what JupyterHub answers there, and how."""

    def __init__(self, base, tag):
        parts = urlsplit(base)
        self.host, self.port, self.tag = parts.hostname, parts.port or 80, tag
        self.transcript, self.differences = [], {}

    def name(self, name):
        """A user's or a group's name of this conversation's own."""
        return f"{self.tag}-{name}"

    def __call__(self, method, path, *, token=None, data=None, form=None, body=None, headers=None, jar=None, quiet=False, but=None):
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"token {token}"
        if data is not None:
            body = json.dumps(data)
            sent.setdefault("Content-Type", "application/json")
        if form is not None:
            body = urlencode(form, doseq=True)
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        if jar is not None:
            sent |= jar.for_path(path)
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, path, body=body, headers=sent)
            r = connection.getresponse()
            reply = Reply(r.status, r.getheaders(), r.read())
        finally:
            connection.close()
        if jar is not None:
            jar.take(reply)
        if not quiet:
            self._add(reduce.exchange(method, path, reply.status, reply.headers, reply.text), but)
        return reply

    def _add(self, step, but=None):
        if but:
            self.differences[len(self.transcript)] = but
        self.transcript.append(json.loads(json.dumps(step)))

    def note(self, what, fact, but=None):
        """A fact that several answers give together."""
        self._add({"note": what, "fact": fact}, but)

    def admin(self, method, path, **more):
        return self(method, path, token=ADMIN_TOKEN, **more)

    # ---- what conversations say often -------------------------------------------------------------------------
    def make(self, *names):
        """Users; their tokens, or the token of the only one."""
        for name in names:
            self.admin("POST", f"/hub/api/users/{quote(name)}", quiet=True)
        tokens = [self.admin("POST", f"/hub/api/users/{quote(name)}/tokens", quiet=True).json["token"] for name in names]
        return tokens[0] if len(names) == 1 else tokens

    def token(self, user, *scopes):
        """A token of a user that may do only this."""
        made = self.admin("POST", f"/hub/api/users/{quote(user)}/tokens", data={"scopes": list(scopes)}, quiet=True)
        return made.json["token"]

    def server(self, user, name=""):
        listed = self.admin("GET", f"/hub/api/users/{quote(user)}?include_stopped_servers=1", quiet=True).json
        return (listed.get("servers") or {}).get(name) or {}

    def wait(self, user, name, done):
        end = time.monotonic() + 60
        while not done(self.server(user, name)) and time.monotonic() < end:
            time.sleep(0.05)

    def start(self, user, name="", options=None):
        """A server that is ready."""
        path = f"/hub/api/users/{quote(user)}/" + (f"servers/{quote(name)}" if name else "server")
        self.admin("POST", path, data=options or {}, quiet=True)
        self.wait(user, name, lambda s: s.get("ready"))

    def stop(self, user, name=""):
        path = f"/hub/api/users/{quote(user)}/" + (f"servers/{quote(name)}" if name else "server")
        self.admin("DELETE", path, quiet=True)
        self.wait(user, name, lambda s: not s or s.get("stopped") and not s.get("pending"))

    def sign_in(self, user, next_url=None, password="x", quiet=True):
        """Through the form, as a browser does; its cookies."""
        jar, path = Jar(), "/hub/login" + (f"?next={quote(next_url, safe='')}" if next_url else "")
        self("GET", path, jar=jar, quiet=True)
        self("POST", path, form={"username": user, "password": password, "_xsrf": jar.xsrf()}, jar=jar, quiet=quiet)
        return jar


def sweep(talk):
    """Takes away what a conversation has made."""
    listed = talk.admin("GET", f"/hub/api/users?limit=200&include_stopped_servers=1&name_filter={quote(talk.tag)}", quiet=True).json
    for user in listed:
        for name, server in (user.get("servers") or {}).items():
            if not server.get("stopped"):
                talk.stop(user["name"], name)
        talk.admin("DELETE", f"/hub/api/users/{quote(user['name'])}", quiet=True)
    for group in talk.admin("GET", "/hub/api/groups?limit=200", quiet=True).json:
        if group["name"].startswith(talk.tag):
            talk.admin("DELETE", f"/hub/api/groups/{quote(group['name'])}", quiet=True)


def play(conversation, base, tag):
    """The Talk after the conversation. What breaks it off is its last step."""
    talk = Talk(base, tag)
    sweep(talk)
    try:
        conversation(talk)
    except Exception as problem:  # noqa: BLE001: whatever it is, it is a difference
        line = traceback.extract_tb(problem.__traceback__)[1:][:1]
        talk.transcript.append({"broken off": type(problem).__name__, "line": line[0].line if line else ""})
    sweep(talk)
    return talk
