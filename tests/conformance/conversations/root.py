# SPDX-License-Identifier: BSD-3-Clause
"""What is not about one user: the API's root, services, the proxy, health, metrics; methods, headers, what is not there."""
from conformance.player.differences import NO_OTHER_PROXY, OWN_RIGHTS, WRONG_TYPE, refused
from conformance.player.setup import BARE_TOKEN, READER_TOKEN
from conformance.player.talk import PAGED


def the_root(hub):
    for path in ("/hub/api", "/hub/api/", "/hub/health", "/hub/api/health", "/hub/api/nowhere", "/hub/api//", "/hub/api/users/", "/hub/API", "/hub/apix"):
        hub("GET", path)
        hub.admin("GET", path)
    for path in ("/hub/health", "/hub/api/nowhere", "/hub/api/users/"):
        for method in ("HEAD", "OPTIONS", "POST"):
            hub(method, path)
    hub("GET", "/hub/api", headers={"Origin": "https://elsewhere.example"})
    hub("GET", "/hub/api/?x=y")


def information(hub):
    hub.admin("GET", "/hub/api/info")
    hub("GET", "/hub/api/info")
    hub.make(hub.name("u"))
    hub.start(hub.name("u"))  # what was never measured may be missing
    hub("GET", "/hub/api/info", token=READER_TOKEN)
    hub.admin("POST", "/hub/api/info")
    token = hub.token("root-admin", "read:metrics")
    for path in ("/hub/metrics", "/hub/api/metrics"):
        answer = hub("GET", path, token=token)
        names = {line.split(" ")[2] for line in answer.text.splitlines() if line.startswith("# TYPE jupyterhub_")}
        for name in ("running_servers", "total_users", "active_users", "request_duration_seconds", "server_spawn_duration_seconds"):
            hub.note(name, f"jupyterhub_{name}" in names)


def services(hub):
    hub.admin("GET", "/hub/api/services")
    hub("GET", "/hub/api/services")
    hub("GET", "/hub/api/services", token=READER_TOKEN)
    u = hub.name("u")
    token = hub.make(u)
    for name in ("portal", "bench", "bare", "nonesuch"):
        hub.admin("GET", f"/hub/api/services/{name}")
        hub("GET", f"/hub/api/services/{name}", token=token)
        hub("GET", f"/hub/api/services/{name}", token=BARE_TOKEN)
        hub("GET", f"/hub/api/services/{name}")
    for scope in ("read:services!service=portal", "list:services!service=portal", "read:services:name!service=portal", "read:roles:services"):
        token = hub.token("root-admin", scope)
        hub("GET", "/hub/api/services", token=token)
        hub("GET", "/hub/api/services/portal", token=token)
        hub("GET", "/hub/api/services/bench", token=token)
    hub.admin("PUT", "/hub/api/services/portal")


def adding_services(hub):
    s, secret = hub.name("s"), hub.name("a-token-of-a-service")
    path = f"/hub/api/services/{s}"
    root = hub.token("root-admin", "admin:services")
    for body in ({}, [], "x", {"nonsense": 1}, {"timeout": 5}, {"url": 5}, {"url": None}, {"admin": 1}, {"display": "x"}, {"info": []}, {"command": ["x"]}, {"url": "ftp://x"},
                 {"url": "nonsense"}, {"url": "http://"}, {"oauth_client_id": "x"}, {"oauth_client_id": ""}, {"oauth_no_confirm": True}):
        hub("POST", path, token=root, data=body)
    hub("POST", path, token=root, body="{")
    hub.admin("POST", path, data={"url": "http://127.0.0.1:9"})
    hub.admin("DELETE", path)
    hub("POST", path, data={"url": "http://127.0.0.1:9"})
    hub("POST", path, token=hub.make(hub.name("u")), data={"url": "http://127.0.0.1:9"})
    hub("POST", path, token=root, data={"url": "http://127.0.0.1:9/x?y", "api_token": secret, "info": {"a": {"b": [1]}}, "display": False, "name": "another"})
    hub("POST", path, token=root, data={"url": "http://127.0.0.1:9"})
    hub.admin("GET", path)
    hub("GET", "/hub/api/user", token=secret)
    hub("GET", "/hub/api/users", token=secret)
    hub("DELETE", path, token=hub.token("root-admin", "admin:services!service=none"))
    hub("DELETE", path, token=root)
    hub("GET", "/hub/api/user", token=secret)
    hub("DELETE", path, token=root)
    hub("DELETE", "/hub/api/services/portal", token=root)
    hub("POST", "/hub/api/services/portal", token=root, data={"url": "http://127.0.0.1:9"})
    hub("POST", path, token=root, data={"admin": True}, but=refused(OWN_RIGHTS))
    hub("DELETE", path, token=root, quiet=True)
    for body in ({"command": []}, {"environment": {"A": "1"}, "cwd": "/", "user": "x"}, {"oauth_redirect_uri": "/x"}, {"url": ""}, {"api_token": ""}):
        hub("POST", path, token=root, data=body)
        hub("DELETE", path, token=root, quiet=True)
    hub("POST", path, token=root, data={"api_token": "short"}, but=refused(WRONG_TYPE))


def the_proxy(hub):
    u = hub.name("u")
    token = hub.make(u)
    hub.start(u, "n")
    table = hub.admin("GET", "/hub/api/proxy", quiet=True).json
    hub.note("names of routes", sorted(route for route in table if "/user/" not in route or hub.tag in route))
    hub.note("the server's", {k: v for k, v in table[f"/user/{u}/n/"].items() if k in ("routespec",)})
    hub.note("and its data", {k: v for k, v in table[f"/user/{u}/n/"]["data"].items() if k in ("user", "server_name")})
    hub.note("members of a route", sorted(table["/"]))
    hub.admin("POST", "/hub/api/proxy")
    hub.admin("PATCH", "/hub/api/proxy", body="nonsense", but=refused(NO_OTHER_PROXY, 405))
    hub.admin("DELETE", "/hub/api/proxy")
    for method in ("GET", "POST"):
        hub(method, "/hub/api/proxy")
        hub(method, "/hub/api/proxy", token=token)
    paged = hub.admin("GET", "/hub/api/proxy?limit=1", headers=PAGED, quiet=True).json
    hub.note("a page", [sorted(paged), len(paged["items"]), paged["_pagination"]["limit"], sorted(paged["_pagination"])])
    hub.admin("GET", "/hub/api/proxy?limit=x")
    hub.stop(u, "n")
    hub.note("after the stop", f"/user/{u}/n/" in hub.admin("GET", "/hub/api/proxy", quiet=True).json)


def ending_the_hub_is_refused(hub):
    u = hub.name("u")
    token = hub.make(u)
    hub("POST", "/hub/api/shutdown")
    hub("POST", "/hub/api/shutdown", token=token)
    hub("POST", "/hub/api/shutdown", token=READER_TOKEN, data={"servers": False})
    hub.admin("POST", "/hub/api/shutdown", data={"proxy": "yes"})
    hub.admin("POST", "/hub/api/shutdown", data={"servers": "no"})
    hub.admin("POST", "/hub/api/shutdown", body="{")
    hub.admin("GET", "/hub/api/shutdown")


def methods(hub):
    """What each path does not know: 405, or 404 where the path is none."""
    u = hub.name("u")
    token = hub.make(u)
    for path in ("/hub/api/user", "/hub/api/users", f"/hub/api/users/{u}", f"/hub/api/users/{u}/tokens", f"/hub/api/users/{u}/activity",
                 "/hub/api/groups", "/hub/api/services", "/hub/api/info", "/hub/api/shutdown"):
        for method in ("HEAD", "OPTIONS", "PUT", "DELETE" if "users/" not in path or "/tokens" in path else "PUT", "PATCH" if path != f"/hub/api/users/{u}" else "PUT"):
            hub(method, path, token=token)
        hub("PUT", path)
        hub("OPTIONS", path)
    for path in ("/hub/api/nowhere", f"/hub/api/users/{u}/nowhere", f"/hub/api/users/{u}/tokens/a1/x", "/hub/api/groups/a/b/c"):
        for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
            hub(method, path, token=token)
        hub("GET", path)


def bodies_and_types(hub):
    u = hub.name("u")
    path = f"/hub/api/users/{u}"
    hub.admin("POST", path, body='{"admin": false}', headers={"Content-Type": "text/plain"})
    hub.admin("DELETE", path, quiet=True)
    hub.admin("POST", path, body='{"admin": false}', headers={"Content-Type": "application/json; charset=utf-8"})
    hub.admin("DELETE", path, quiet=True)
    hub.admin("POST", path, body=b"  \n {} ")
    hub.admin("DELETE", path, quiet=True)
    hub.admin("POST", path, body=b'{"admin": fals\xff}')
    hub.admin("POST", path, body=b'{"admin": false, "admin": false}')
    hub.admin("DELETE", path, quiet=True)
    hub.admin("POST", path, body="NaN")
    hub.admin("POST", path, body="null")
    hub.admin("GET", path, body="nonsense")
    hub.admin("GET", path, headers={"Accept": "text/html"})
    hub.admin("GET", path, headers={"Accept": "image/png"})
    hub.admin("GET", path, headers={"If-None-Match": '"x"'})
