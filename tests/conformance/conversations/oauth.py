# SPDX-License-Identifier: BSD-3-Clause
"""The hub as OAuth provider for services and single-user servers: authorize, consent, token, and what is refused."""
import base64
import hashlib
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from conformance.player.differences import NOT_ASKED_IN_VAIN, OTHER_METHODS, OWN_PAGES, otherwise
from conformance.player.reduce import url as masked
from conformance.player.setup import PORTAL_CALLBACK, PORTAL_TOKEN

AUTHORIZE, TOKEN = "/hub/api/oauth2/authorize", "/hub/api/oauth2/token"


def _ask(**more):
    query = {"client_id": "service-portal", "redirect_uri": PORTAL_CALLBACK, "response_type": "code", "state": "s-1"} | more
    return f"{AUTHORIZE}?{urlencode({k: v for k, v in query.items() if v is not None})}"


def _page(url, scopes=4):
    """Berth's page of consent."""
    return otherwise(OWN_PAGES, forms=[{"action": masked(url), "method": "post", "fields": ["_xsrf"] + ["scopes"] * scopes}])


def _portal_user(hub, name="u"):
    u = hub.name(name)
    hub.make(u)
    hub.admin("POST", "/hub/api/groups/portal-people", quiet=True)  # Berth has no group until somebody is in it
    hub.admin("POST", "/hub/api/groups/portal-people/users", data={"users": [u]}, quiet=True)
    return u, hub.sign_in(u)


def _code(answer):
    return parse_qs(urlsplit(answer.header("Location") or "").query).get("code", [""])[0]


def _consent(hub, jar, url, scopes=("access:services!service=portal",), quiet=True):
    return hub("POST", url, jar=jar, form={"scopes": list(scopes), "_xsrf": jar.xsrf()}, quiet=quiet,
               headers={"Referer": f"http://{hub.host}:{hub.port}{url}"})


def _exchange(hub, code, **more):
    form = {"grant_type": "authorization_code", "client_id": "service-portal", "client_secret": PORTAL_TOKEN, "code": code,
            "redirect_uri": PORTAL_CALLBACK} | more
    return hub("POST", TOKEN, form={k: v for k, v in form.items() if v is not None})


def authorize_is_refused(hub):
    u, jar = _portal_user(hub)
    hub("GET", _ask())
    for more in ({"client_id": "service-nonesuch"}, {"client_id": None}, {"redirect_uri": "https://evil.example/"}, {"redirect_uri": PORTAL_CALLBACK + "/"},
                 {"response_type": "token"}, {"response_type": None}, {"response_type": "nonsense"}, {"scope": "nonsense"}, {"scope": "admin:users"},
                 {"state": None, "response_type": "token"}):
        hub("GET", _ask(**more), jar=jar)
    stranger = hub.sign_in(hub.name("stranger"))
    hub("GET", _ask(), jar=stranger)
    hub("PUT", _ask(), jar=jar, but=otherwise(OTHER_METHODS, status=405, type="application/json", forms=None, json={"status": 405, "message": "<text>"}))
    hub("POST", _ask(), jar=jar, form={"scopes": "access:services!service=portal"})
    hub("GET", AUTHORIZE, jar=jar)


def consent_and_code(hub):
    u, jar = _portal_user(hub)
    hub("GET", _ask(), jar=jar, but=_page(_ask()))
    given = _consent(hub, jar, _ask(), quiet=False)
    granted = _exchange(hub, _code(given))
    token = granted.json.get("access_token")
    hub("GET", "/hub/api/user", token=token)
    _exchange(hub, _code(given))
    hub("GET", "/hub/api/users", token=token)
    hub("GET", f"/hub/api/users/{u}", token=token)
    hub("GET", f"/hub/api/users/{u}/server", token=token)
    for more in ({}, {"state": None}, {"redirect_uri": None}, {"scope": "read:users!user"}):
        hub("GET", _ask(**more), jar=jar, but=_page(_ask(**more)))
    hub("GET", "/hub/logout", jar=jar, quiet=True)
    hub("GET", "/hub/api/user", token=token)


def scopes_of_a_grant(hub):
    u, jar = _portal_user(hub)
    in_vain = {"status": 302, "type": None, "forms": None, "location": "<hub>/portal/callback?code=<random>&state=s-1", "text": False}
    for asked, ticked in ((None, ["access:services!service=portal", "read:users!user"]), ("read:users!user", ["read:users!user"]),
                          ("identify", ["access:services!service=portal"]), ("list:users", [])):
        url = _ask(scope=asked)
        hub("GET", url, jar=jar, but=_page(url) if not asked else otherwise(NOT_ASKED_IN_VAIN, **in_vain) if asked == "list:users" else None)
        given = _consent(hub, jar, url, ticked)
        granted = _exchange(hub, _code(given))
        hub("GET", "/hub/api/user", token=granted.json.get("access_token"))
    for ticked in (["admin:users"], ["nonsense"], ["access:services!service=portal", "read:users"], ["read:users!user", "tokens"]):
        _consent(hub, jar, _ask(), ticked, quiet=False)


def token_is_refused(hub):
    u, jar = _portal_user(hub)
    def code():
        return _code(_consent(hub, jar, _ask()))
    _exchange(hub, "nonsense")
    _exchange(hub, code(), client_secret="wrong")
    _exchange(hub, code(), client_secret=None)
    _exchange(hub, code(), client_id="service-nonesuch")
    _exchange(hub, code(), client_id=None)
    _exchange(hub, code(), redirect_uri="https://evil.example/")
    _exchange(hub, code(), redirect_uri=None)
    _exchange(hub, None)
    _exchange(hub, "")
    for grant in ("password", "client_credentials", "refresh_token", "", None):
        _exchange(hub, code(), grant_type=grant)
    hub("GET", TOKEN)
    hub("POST", TOKEN)
    hub("POST", TOKEN, data={"grant_type": "authorization_code"})
    basic = base64.b64encode(f"service-portal:{PORTAL_TOKEN}".encode()).decode()
    hub("POST", TOKEN, headers={"Authorization": f"Basic {basic}"},
        form={"grant_type": "authorization_code", "code": code(), "redirect_uri": PORTAL_CALLBACK})
    hub("POST", TOKEN, headers={"Authorization": f"token {PORTAL_TOKEN}"},
        form={"grant_type": "authorization_code", "code": code(), "redirect_uri": PORTAL_CALLBACK, "client_id": "service-portal", "client_secret": PORTAL_TOKEN})


def proof_keys(hub):
    u, jar = _portal_user(hub)
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    for method, sent, given in (("S256", challenge, verifier), ("S256", challenge, "w" * 64), ("S256", challenge, None), ("plain", verifier, verifier),
                                (None, verifier, verifier), ("nonsense", challenge, verifier)):
        url = _ask(code_challenge=sent, code_challenge_method=method)
        answer = _consent(hub, jar, url, quiet=method != "nonsense")
        _exchange(hub, _code(answer), code_verifier=given)
    _exchange(hub, _code(_consent(hub, jar, _ask())), code_verifier=verifier)


def of_a_server(hub):
    """Without a question for its owner; somebody else needs the scope."""
    u = hub.name("u")
    hub.make(u)
    jar, stranger = hub.sign_in(u), hub.sign_in(hub.name("stranger"))
    root = hub.sign_in("root-admin")
    hub.start(u)
    secret = hub("GET", f"/user/{u}/", quiet=True).json["environment"]["JUPYTERHUB_API_TOKEN"]
    query = {"client_id": f"jupyterhub-user-{u}", "redirect_uri": f"/user/{u}/oauth_callback", "response_type": "code", "state": "a b&="}
    url = f"{AUTHORIZE}?{urlencode(query)}"
    answer = hub("GET", url, jar=jar)
    granted = hub("POST", TOKEN, form={"grant_type": "authorization_code", "client_id": query["client_id"], "client_secret": secret,
                                       "code": _code(answer), "redirect_uri": query["redirect_uri"]})
    hub("GET", "/hub/api/user", token=granted.json.get("access_token"))
    hub("GET", url, jar=stranger)
    hub("GET", url, jar=root, but=_page(url, 3))
    hub("GET", f"{AUTHORIZE}?{urlencode(query | {'redirect_uri': 'https://evil.example' + query['redirect_uri']})}", jar=jar)
    hub("GET", f"{AUTHORIZE}?{urlencode(query | {'scope': 'access:servers!server=' + u + '/'})}", jar=jar)
    hub("GET", f"{AUTHORIZE}?{urlencode(query | {'scope': 'read:users'})}", jar=jar)
    hub("GET", f"{AUTHORIZE}?{urlencode(query | {'client_id': 'jupyterhub-user-' + quote(u + '@x')})}", jar=jar)
    hub.stop(u)
    hub("GET", url, jar=jar)
    hub("GET", "/hub/api/user", token=granted.json.get("access_token"))
