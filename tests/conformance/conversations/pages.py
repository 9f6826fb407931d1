# SPDX-License-Identifier: BSD-3-Clause
"""Signing in and out, and the pages: where they lead, with which status, to whom, and with which cookies."""
from urllib.parse import quote

from conformance.player.differences import (HEAD_TOO, KEPT_ESCAPES, ODD_NEXT, POST_TO_STOPPED, RUNS_ALREADY, SESSION_ENDS, STRICT_XSRF, otherwise,
                                             refused)
from conformance.player.talk import Jar


def _form(hub, jar, path, but=None, **fields):
    return hub("POST", path, jar=jar, form=fields | {"_xsrf": jar.xsrf()}, but=but, headers={"Referer": f"http://{hub.host}:{hub.port}{path}"})


def signing_in(hub):
    u = hub.name("u")
    jar = Jar()
    for path in ("/", "/hub", "/hub/", "/hub/home", "/hub/token", "/hub/admin", "/hub/spawn", f"/hub/spawn/{u}", "/hub/login", "/hub/login?next=%2Fhub%2Ftoken"):
        hub("GET", path)
    hub("GET", "/hub/login", jar=jar)
    hub.note("cookies", jar.names())
    hub("POST", "/hub/login", form={"username": u, "password": "x"})
    hub("POST", "/hub/login", jar=jar, form={"username": u, "password": "x"})
    hub("POST", "/hub/login", jar=jar, form={"username": u, "password": "x", "_xsrf": "nonsense"})
    _form(hub, jar, "/hub/login", username="", password="x")
    _form(hub, jar, "/hub/login", username=u, password="x")
    hub.note("cookies", jar.names())
    for path in ("/hub/login", "/hub/login?next=%2Fhub%2Ftoken", "/", "/hub", "/hub/"):
        hub("GET", path, jar=jar)


def where_next_leads(hub):
    u = hub.name("u")
    odd = {"/\\evil.example": otherwise(ODD_NEXT, location="/hub/spawn")}
    for target in ("/hub/token", "/hub/token?a=b&c=d", f"/user/{u}/lab", "//evil.example/", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "hub/token", "",
                   "/nonsense", "javascript:alert(1)"):
        jar = Jar()
        hub("GET", f"/hub/login?next={quote(target, safe='')}", jar=jar, quiet=True)
        _form(hub, jar, f"/hub/login?next={quote(target, safe='')}", odd.get(target), username=u, password="x")


def signing_out(hub):
    u = hub.name("u")
    jar = hub.sign_in(u)
    hub("GET", "/hub/home", jar=jar)
    old = dict(jar.kept)
    hub("GET", "/hub/logout", jar=jar)
    hub.note("cookies", jar.names())
    hub("GET", "/hub/home", jar=jar)
    jar.kept = old
    hub("GET", "/hub/api/user", jar=jar, but=refused(SESSION_ENDS, 403))
    hub("GET", "/hub/logout", jar=Jar())


def own_pages(hub):
    u, v = hub.name("u"), hub.name("v")
    hub.make(u, v)
    jar, root = hub.sign_in(u), hub.sign_in("root-admin")
    for path in ("/hub/home", "/hub/token", "/hub/admin", "/hub/home/", "/hub/nonsense", "/hub/error/404", "/hub/error/503", "/hub/spawn/" + v, "/hub/spawn/" + hub.name("nobody"),
                 "/hub/spawn-pending/" + u, "/hub/spawn-pending/" + v, "/hub/spawn-pending/" + u + "/named", "/hub/user-redirect/", "/hub/user-redirect/lab?a=b",
                 "/nonsense"):
        hub("GET", path, jar=jar)
    kept = f"/hub/spawn/{u}?next=%2Fuser%2F{u}%2Flab%2Ftree%2Fx%2520y.ipynb%3Fa%3D%2520b"
    hub("GET", "/hub/user-redirect/lab/tree/x%20y.ipynb?a=%20b", jar=jar, but=otherwise(KEPT_ESCAPES, location=kept))
    for path in ("/hub/spawn/" + hub.name("nobody"), "/hub/spawn-pending/" + v):
        hub("GET", path, jar=root)
    for path in ("/hub/user-redirect/lab", "/hub/nonsense", "/hub/error/404", "/hub/health", "/hub/logout"):
        hub("GET", path)
    for method in ("PUT", "DELETE", "OPTIONS"):
        hub(method, "/hub/home", jar=jar)
    hub("HEAD", "/hub/home", jar=jar, but=otherwise(HEAD_TOO, status=200, type="text/html"))


def a_server_that_is_not_there(hub):
    u, v = hub.name("u"), hub.name("v")
    token, _ = hub.make(u, v)
    jar = hub.sign_in(u)
    for path in (f"/user/{u}/", f"/user/{u}", f"/user/{u}/lab/tree/a%20b?c=d", f"/user/{u}/api/contents", f"/hub/user/{u}/", f"/hub/user/{u}/lab", f"/hub/user/{u}/named/lab",
                 f"/user/{v}/", f"/user/{hub.name('nobody')}/"):
        hub("GET", path, jar=jar)
        hub("GET", path)
    hub("GET", f"/user/{u}/api/contents", jar=jar, headers={"Accept": "application/json"})
    hub("GET", f"/user/{u}/api/contents", token=token)
    stopped = otherwise(POST_TO_STOPPED, status=424, type="application/json", forms=None, cookies=None, json={"message": "<text>"})
    hub("POST", f"/user/{u}/api/contents", token=token, data={}, but=stopped)
    hub("POST", f"/user/{u}/lab", jar=jar, but=stopped)
    hub("HEAD", f"/user/{u}/lab", jar=jar, but=otherwise(HEAD_TOO, status=302, location=f"/hub/user/{u}/lab", cookies=None))


def a_server_that_is_there(hub):
    u, v = hub.name("u"), hub.name("v")
    hub.make(u, v)
    jar, stranger, root = hub.sign_in(u), hub.sign_in(v), hub.sign_in("root-admin")
    hub.start(u)
    for path in ("/", "/hub/", "/hub/spawn", f"/hub/spawn/{u}", f"/hub/spawn-pending/{u}", "/hub/user-redirect/lab?a=b", f"/hub/user/{u}/lab?a=b", "/hub/login"):
        hub("GET", path, jar=jar)
    hub("GET", f"/hub/user/{u}/lab", jar=stranger)
    hub("GET", f"/hub/user/{u}/lab", jar=root)
    hub("GET", f"/hub/spawn/{u}", jar=root)
    hub.stop(u)
    for path in ("/", f"/hub/spawn-pending/{u}", f"/hub/user/{u}/lab"):
        hub("GET", path, jar=jar)


def starting_by_the_page(hub):
    u, v = hub.name("u"), hub.name("v")
    hub.make(u, v)
    jar, root = hub.sign_in(u), hub.sign_in("root-admin")
    hub("POST", "/hub/spawn", jar=jar)
    _form(hub, jar, f"/hub/spawn/{v}")
    _form(hub, jar, f"/hub/spawn/{u}?next=%2Fhub%2Ftoken")
    hub.wait(u, "", lambda s: s.get("ready"))
    hub("GET", f"/hub/spawn-pending/{u}?next=%2Fhub%2Ftoken", jar=jar)
    there = otherwise(RUNS_ALREADY, status=302, type=None, forms=None, text=False, location=f"/hub/spawn-pending/{u}")
    _form(hub, jar, f"/hub/spawn/{u}", there)
    hub.stop(u)
    hub("GET", f"/hub/spawn/{u}", jar=jar)
    hub.wait(u, "", lambda s: s.get("ready"))
    hub.stop(u)
    _form(hub, root, f"/hub/spawn/{u}/named")
    hub.wait(u, "named", lambda s: s.get("ready"))
    hub("GET", f"/hub/spawn/{u}/named", jar=jar)
    hub.stop(u, "named")


def forged_requests(hub):
    u = hub.name("u")
    hub.make(u)
    jar = hub.sign_in(u)
    api = f"/hub/api/users/{u}"
    own = {"Referer": f"http://{hub.host}:{hub.port}/hub/home"}
    hub("GET", api, jar=jar)
    hub("GET", api, jar=jar, headers=own)
    hub("POST", api + "/tokens", jar=jar, data={})
    hub("POST", api + "/tokens", jar=jar, data={}, headers=own)
    hub("POST", api + "/tokens?_xsrf=" + quote(jar.xsrf()), jar=jar, data={})
    hub("POST", api + "/tokens", jar=jar, data={}, headers={"X-XSRFToken": jar.xsrf()})
    hub("POST", api + "/tokens", jar=jar, data={}, headers={"X-XSRFToken": "nonsense"})
    hub("POST", api + "/tokens", jar=jar, data={}, headers={"X-XSRFToken": jar.xsrf(), "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"},
        but=refused(STRICT_XSRF, 403))
    hub("DELETE", api + "/server", jar=jar, headers={"Origin": "https://evil.example"})
    stranger = otherwise(STRICT_XSRF, status=403)
    for mode, site, dest, but in (("navigate", "cross-site", "document", None), ("no-cors", "cross-site", "image", stranger), ("cors", "same-origin", "empty", stranger), ("navigate", "same-origin", "iframe", None)):
        hub("GET", f"/hub/spawn/{hub.name('nobody')}", jar=jar, headers={"Sec-Fetch-Mode": mode, "Sec-Fetch-Site": site, "Sec-Fetch-Dest": dest}, but=but)
