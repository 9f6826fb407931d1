# SPDX-License-Identifier: BSD-3-Clause
"""Single-user servers: asked for, listed, changed, renamed, removed; progress; activity."""
import json
from urllib.parse import quote

from conformance.player.differences import WHOLE_PROGRESS, otherwise
from conformance.player.setup import BARE_TOKEN, READER_TOKEN

USERS = "/hub/api/users"


def _progress(url):
    """All of it in place of the last event."""
    return otherwise(WHOLE_PROGRESS, events=[{"progress": 0, "message": "<text>"},
                                             {"progress": 100, "ready": True, "message": "<text>", "html_message": "<text>", "url": url}])


def _ready(hub, user, name=""):
    hub.wait(user, name, lambda s: s.get("ready"))


def _stopped(hub, user, name=""):
    hub.wait(user, name, lambda s: not s or s.get("stopped") and not s.get("pending"))


def the_default_one(hub):
    u = hub.name("u")
    token, path = hub.make(u), f"{USERS}/{u}"
    hub("GET", f"{path}/server", token=token)
    hub("GET", f"{path}/server/progress", token=token)
    hub("DELETE", f"{path}/server", token=token)
    hub("GET", path + "?include_stopped_servers", token=token)
    hub("PUT", f"{path}/server", token=token, data={})
    hub("PATCH", f"{path}/server", token=token, data={})
    begun = hub("POST", f"{path}/server", token=token, quiet=True)
    hub.note("begun", begun.status in (201, 202))
    _ready(hub, u)
    hub("GET", f"{path}/server", token=token)
    hub("GET", f"{path}/servers/", token=token)
    hub("GET", path, token=token)
    hub.admin("GET", path)
    hub("POST", f"{path}/server", token=token)
    hub("POST", f"{path}/servers/", token=token)
    hub("PATCH", f"{path}/server", token=token, data={"user_options": {"a": 1}})
    hub("GET", f"{path}/server/progress", token=token, but=_progress(f"/user/{u}/"))
    hub("DELETE", f"{path}/server", token=token, data={"remove": True})
    hub("DELETE", f"{path}/server", token=token, body="nonsense")
    hub("HEAD", f"{path}/server", token=token)
    hub.stop(u)
    hub("DELETE", f"{path}/server", token=token)
    hub("GET", f"{path}/server", token=token)
    hub("GET", f"{path}/server/progress", token=token)
    hub("GET", path + "?include_stopped_servers", token=token)
    hub("GET", path, token=token)


def options(hub):
    u = hub.name("u")
    token, path = hub.make(u), f"{USERS}/{u}"
    for body in ('"text"', "[1]", "5", "{", '{"user_options": 5}', '{"user_options": [1]}', '{"display_name": 5}'):
        hub("POST", f"{path}/server", token=token, body=body)
    for i, data in enumerate(({"colour": "red", "n": {"deep": [1, None]}}, {}, {"user_options": {"colour": "blue"}}, None,
                              {"user_options": {}}, {"user_options": None})):
        hub("POST", f"{path}/server", token=token, quiet=True, **({} if data is None else {"data": data}))
        _ready(hub, u)
        hub("GET", f"{path}/server", token=token)
        hub.stop(u)
        hub("GET", f"{path}/server", token=token)


def named_ones(hub):
    u = hub.name("u")
    token, path = hub.make(u), f"{USERS}/{u}"
    hub("GET", f"{path}/servers/one", token=token)
    hub("DELETE", f"{path}/servers/one", token=token)
    hub("GET", f"{path}/servers/one/progress", token=token)
    for name in ("one", "two"):
        hub("POST", f"{path}/servers/{name}", token=token, data={"which": name}, quiet=True)
        _ready(hub, u, name)
    hub("GET", f"{path}/servers/one", token=token)
    hub("GET", path, token=token)
    hub("POST", f"{path}/servers/one", token=token)
    hub("GET", f"{path}/servers/two/progress", token=token, but=_progress(f"/user/{u}/two/"))
    hub("GET", f"{path}/servers", token=token)
    hub("GET", f"/user/{u}/one/api?a=b", headers={"Accept": "application/json"}, quiet=True)
    hub.stop(u, "one")
    hub("GET", path, token=token)
    hub("GET", f"{path}?include_stopped_servers=1", token=token)
    hub("GET", f"{path}/servers/one", token=token)
    hub("DELETE", f"{path}/servers/one", token=token)
    hub("DELETE", f"{path}/servers/one", token=token, data={"remove": True})
    hub("GET", f"{path}/servers/one", token=token)
    hub("DELETE", f"{path}/servers/one", token=token, data={"remove": True})
    hub("DELETE", f"{path}/servers/two", token=token, data={"remove": True}, quiet=True)
    hub.wait(u, "two", lambda s: not s)
    hub("GET", f"{path}?include_stopped_servers=1", token=token)


def names_of_servers(hub):
    u = hub.name("u")
    token, path = hub.make(u), f"{USERS}/{u}"
    for name in ("with space", "ümlaut", "UPPER", "at@host", "plus+", "a.b", "per%cent", "a/b", "x" * 255, "x" * 256, "tilde~", "q?m"):
        hub("PUT", f"{path}/servers/{quote(name, safe='')}", token=token, data={})
        hub("GET", f"{path}/servers/{quote(name, safe='')}", token=token)


def made_without_a_start(hub):
    u = hub.name("u")
    token, path = hub.make(u), f"{USERS}/{u}"
    hub("PUT", f"{path}/servers/n", token=token)
    hub("PUT", f"{path}/servers/n", token=token)
    hub("GET", f"{path}/servers/n", token=token)
    hub("GET", path, token=token)
    hub("GET", f"{path}?include_stopped_servers", token=token)
    hub("PUT", f"{path}/servers/m", token=token, data={"display_name": "My lab", "user_options": {"a": 1}})
    hub("PUT", f"{path}/servers/o", token=token, data={"colour": "red"})
    hub("PUT", f"{path}/servers/p", token=token, data={"display_name": 5})
    hub("PUT", f"{path}/servers/q", token=token, data={"user_options": "x"})
    hub("PUT", f"{path}/servers/r", token=token, body="[1]")
    hub("GET", f"{path}/servers/m/progress", token=token)
    hub("POST", f"{path}/servers/m", token=token, quiet=True)
    _ready(hub, u, "m")
    hub("GET", f"{path}/servers/m", token=token)
    hub("PUT", f"{path}/servers/m", token=token)
    hub("DELETE", f"{path}/servers/n", token=token, data={"remove": True})
    hub("GET", f"{path}/servers/n", token=token)
    hub("PUT", f"{path}/servers/z", token=READER_TOKEN)
    hub("PUT", f"{USERS}/{hub.name('nobody')}/servers/z", token=token)


def changed(hub):
    u = hub.name("u")
    token, path = hub.make(u), f"{USERS}/{u}"
    hub("PATCH", f"{path}/servers/n", token=token, data={"user_options": {}})
    hub("PUT", f"{path}/servers/n", token=token, data={"user_options": {"a": 1}}, quiet=True)
    hub("PUT", f"{path}/servers/taken", token=token, quiet=True)
    hub("PATCH", f"{path}/servers/n", token=token, data={})
    hub("PATCH", f"{path}/servers/n", token=token, data={"user_options": {"b": 2}})
    hub("PATCH", f"{path}/servers/n", token=token, data={"user_options": 5})
    hub("PATCH", f"{path}/servers/n", token=token, data={"display_name": "Shown"})
    hub("PATCH", f"{path}/servers/n", token=token, data={"name": "taken"})
    hub("PATCH", f"{path}/servers/n", token=token, data={"name": "new"})
    hub("GET", f"{path}/servers/n", token=token)
    hub("GET", f"{path}/servers/new", token=token)
    hub("PATCH", f"{path}/servers/new", token=token, data={"name": "newer", "display_name": "Newer"})
    hub("PATCH", f"{path}/servers/newer", token=token, data={"name": "a/b"})
    hub("PATCH", f"{path}/servers/newer", token=READER_TOKEN, data={"name": "x"})
    hub("PATCH", f"{path}/servers/newer", token=token, body="{")
    hub("GET", f"{path}?include_stopped_servers=1", token=token)
    hub.start(u, "newer")
    hub("PATCH", f"{path}/servers/newer", token=token, data={"name": "late"})
    hub("PATCH", f"{path}/servers/newer", token=token, data={"display_name": "Late"})
    hub("GET", f"{path}/servers/newer", token=token)


def who_may(hub):
    a, b = hub.name("a"), hub.name("b")
    of_a, of_b = hub.make(a, b)
    path = f"{USERS}/{a}"
    for token in (of_b, READER_TOKEN, BARE_TOKEN, None):
        hub("POST", f"{path}/server", token=token)
        hub("GET", f"{path}/server", token=token)
        hub("DELETE", f"{path}/server", token=token)
        hub("GET", f"{path}/server/progress", token=token)
    hub.admin("POST", f"{USERS}/{hub.name('nobody')}/server")
    hub.admin("GET", f"{USERS}/{hub.name('nobody')}/server")
    hub.admin("DELETE", f"{USERS}/{hub.name('nobody')}/servers/x")
    hub.admin("GET", f"{USERS}/{hub.name('nobody')}/server/progress")
    hub.start(a)
    hub.start(a, "n")
    for scope in (f"read:servers!server={a}/n", f"read:servers!server={a}/", f"servers!server={a}/n", "read:servers!user", "delete:servers!user",
                  "start:servers!user", f"access:servers!server={a}/"):
        token = hub.token(a, scope)
        hub("GET", path, token=token)
        hub("GET", f"{path}/servers/n", token=token)
        hub("GET", f"{path}/server", token=token)
        hub("POST", f"{path}/servers/n", token=token)
        hub("POST", f"{path}/server", token=token)
        seen = scope.startswith(("read:servers!server=" + a + "/n", "servers!", "read:servers!user"))
        hub("GET", f"{path}/servers/n/progress", token=token, but=_progress(f"/user/{a}/n/") if seen else None)
    token = hub.token(a, f"delete:servers!server={a}/n")
    hub("DELETE", f"{path}/server", token=token)
    hub("GET", path, token=of_a)
    hub.admin("POST", f"{path}/admin-access")
    hub("POST", f"{path}/admin-access", token=of_b)


def activity(hub):
    u = hub.name("u")
    token, path = hub.make(u), f"{USERS}/{u}/activity"
    hub.start(u, "n")
    for data in ({"last_activity": "2026-01-01T00:00:00Z"}, {"last_activity": "2026-01-01T00:00:00.123456Z"}, {"last_activity": "2026-01-01"},
                 {"last_activity": "2026-01-01T00:00:00+02:00"}, {"last_activity": "2026-01-01T00:00:00"}, {"last_activity": "soon"},
                 {"last_activity": "2999-01-01T00:00:00Z"}, {"last_activity": ""}, {}, {"servers": {}},
                 {"servers": {"n": {"last_activity": "2026-01-01T00:00:00Z"}}}, {"servers": {"n": {}}}, {"servers": {"n": 5}}, {"servers": [1]},
                 {"servers": {"nonesuch": {"last_activity": "2026-01-01T00:00:00Z"}}},
                 {"servers": {"n": {"last_activity": "soon"}}, "last_activity": "2026-01-01T00:00:00Z"}):
        hub("POST", path, token=token, data=data)
    hub("POST", path, token=token)
    hub("POST", path, token=token, body="[]")
    hub("POST", path, token=token, body="{")
    hub("GET", path, token=token)
    hub("POST", path, token=READER_TOKEN, data={"last_activity": "2026-01-01T00:00:00Z"})
    hub("POST", path, data={"last_activity": "2026-01-01T00:00:00Z"})
    hub("POST", path, token=hub.token(u, "users:activity!user"), data={"last_activity": "2026-01-01T00:00:00Z"})
    hub("POST", path, token=hub.token(u, "read:users:activity!user"), data={"last_activity": "2026-01-01T00:00:00Z"})
    hub.admin("POST", f"{USERS}/{hub.name('nobody')}/activity", data={"last_activity": "2026-01-01T00:00:00Z"})


def a_token_of_a_server(hub):
    """What a single-user server does with the token in its environment."""
    u = hub.name("u")
    hub.make(u)
    hub.start(u)
    environment = hub("GET", f"/user/{u}/", quiet=True).json["environment"]
    token = environment["JUPYTERHUB_API_TOKEN"]
    for name in ("JUPYTERHUB_BASE_URL", "JUPYTERHUB_CLIENT_ID", "JUPYTERHUB_HOST", "JUPYTERHUB_OAUTH_ACCESS_SCOPES", "JUPYTERHUB_OAUTH_CALLBACK_URL",
                 "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", "JUPYTERHUB_OAUTH_SCOPES", "JUPYTERHUB_SERVER_NAME", "JUPYTERHUB_SERVICE_PREFIX",
                 "JUPYTERHUB_USER", "JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED", "JUPYTERHUB_PUBLIC_URL", "JUPYTERHUB_PUBLIC_HUB_URL"):
        fact = environment.get(name)
        hub.note(name, json.loads(fact) if fact and fact.startswith("[") else fact)
    hub("GET", "/hub/api/user", token=token)
    hub("POST", f"{USERS}/{u}/activity", token=token, data={"servers": {"": {"last_activity": "2026-01-01T00:00:00Z"}}, "last_activity": "2026-01-01T00:00:00Z"})
    hub("GET", f"{USERS}/{u}", token=token)
    hub("GET", f"{USERS}/{u}/server", token=token)
    hub("DELETE", f"{USERS}/{u}/server", token=token)
    hub("GET", f"{USERS}/{u}/tokens", token=token)
    hub("POST", f"{USERS}/{u}/tokens", token=token)
    hub("GET", "/hub/api/users", token=token)
    hub.admin("GET", f"{USERS}/{u}/tokens")
    hub.stop(u)
    hub("GET", "/hub/api/user", token=token)
