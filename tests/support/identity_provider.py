# SPDX-License-Identifier: BSD-3-Clause
"""An identity provider of the tests' own, by slurm-test-env/identity-provider: npm's oidc-provider, with switches for
everything that can go wrong (support/keycloak.py is the same with Keycloak). Users alice, bob and carol, their names being their passwords; clients `hub`
(secret hub-secret) and `spawn-tester` (spawn-tester-secret)."""
import html.parser
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import requests

from support.paths import SLURM_TEST_ENV
from support.processes import free_port

SCRIPTS = SLURM_TEST_ENV / "identity-provider"
SECRETS = {"hub": "hub-secret", "spawn-tester": "spawn-tester-secret"}
CALLBACK = "http://127.0.0.1:5555/hub/oauth_callback"  # nothing listens there


class Form(html.parser.HTMLParser):
    """The form of a page: where it goes and its fields. `action` is None when the page has none."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields, self._inside = None, {}, False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action, self._inside = attributes.get("action") or "", True
        elif (self._inside and tag == "input" or tag == "button") and attributes.get("name"):
            self.fields[attributes["name"]] = attributes.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "form":
            self._inside = False


def visit(session, method, url, stop_at=None, **options):
    """As a browser goes: redirects are followed until a page, or until an address that begins with `stop_at`, whose
    redirect is returned unfollowed. Cookies marked Secure are sent on loopback, as browsers do."""
    for _ in range(20):
        answer = session.request(method, url, allow_redirects=False, timeout=30, **options)
        for cookie in session.cookies:
            cookie.secure = False
        if not answer.is_redirect:
            return answer
        url, method, options = urljoin(answer.url, answer.headers["Location"]), "GET", {}
        if stop_at and url.startswith(stop_at):
            return answer
    raise AssertionError(f"too many redirects, the last one to {url}")


def code_for(provider, user, session=None, **more):
    """Signs somebody in at a provider, as a browser that the hub has sent; the query that comes back."""
    query = {"client_id": "hub", "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid profile email",
             "state": "s", "nonce": "n"} | more
    url = f"{provider.metadata()['authorization_endpoint']}?{urlencode(query)}"
    answer = provider.sign_in(session or requests.Session(), url, user, stop_at=CALLBACK)
    assert answer.is_redirect, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def tokens_for(provider, user, session=None):
    """The token endpoint's answer for somebody: access_token, refresh_token, id_token."""
    code = code_for(provider, user, session)["code"]
    answer = provider.token("hub", grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert answer.ok, answer.text
    return answer.json()


class IdentityProvider:
    """One process and one state directory; restart() keeps sessions, refresh tokens and keys. down() ends it all."""
    kind = "oidc-provider"

    def __init__(self, access_token_seconds=60, callbacks=("/hub/oauth_callback",)):
        self.folder = Path(tempfile.mkdtemp(prefix=f"berth-{self.kind}-", dir="/tmp"))
        self.port = free_port()
        self.access_token_seconds, self.callbacks = access_token_seconds, callbacks
        self.issuer = f"http://127.0.0.1:{self.port}"

    def _script(self, name, *arguments, timeout=180):
        command = [SCRIPTS / name, *arguments, "--state", str(self.folder)]
        # A file and not a pipe: the provider outlives the script and would hold a pipe open.
        with (self.folder / "script.log").open("w+") as said:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, timeout=timeout)
            said.seek(0)
            assert done.returncode == 0, f"{name}: {said.read()}"

    def _start_options(self):
        callbacks = [part for path in self.callbacks for part in ("--callback", path)]
        return ["--port", str(self.port), "--access-token-seconds", str(self.access_token_seconds), *callbacks]

    def up(self):
        self._script("up", *self._start_options())
        return self

    def stop(self):
        """Nothing listens any more; up() brings it back as it was."""
        self._script("down")

    def restart(self):
        self.stop()
        return self.up()

    def _wipe(self):
        self._script("down", "--wipe")

    def down(self):
        self._wipe()
        (self.folder / "script.log").unlink()
        self.folder.rmdir()

    # As a browser and as a client

    def metadata(self):
        return requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=10).json()

    def sign_in(self, session, url, user, password=None, stop_at=None):
        """Visits `url`, fills in the provider's form when it comes, and goes on to where that leads: the answer there.
        Somebody who is signed in at the provider already sees no form."""
        page = visit(session, "GET", url, stop_at)
        if not page.ok or not page.url.startswith(self.issuer) or page.is_redirect:
            return page
        form = Form(page.text)
        assert "password" in form.fields, f"no sign-in form at {page.url}: {page.text[:500]}"
        fields = form.fields | {"username": user, "password": password or user}
        return visit(session, "POST", urljoin(page.url, form.action), stop_at, data=fields)

    def sign_out(self, session, url):
        """Visits the provider's logout address and confirms when asked to."""
        page = visit(session, "GET", url)
        form = Form(page.text)
        if page.url.startswith(self.issuer) and form.action is not None:
            page = visit(session, "POST", urljoin(page.url, form.action), data=form.fields)
        return page

    def token(self, client, **form):
        """The token endpoint's answer."""
        return requests.post(self.metadata()["token_endpoint"], data=form, auth=(client, SECRETS[client]), timeout=30)

    def client_credentials(self, client="spawn-tester", **form):
        answer = self.token(client, grant_type="client_credentials", **form)
        assert answer.ok, answer.text
        return answer.json()["access_token"]

    # What an administrator of it does

    def _control(self, method, path="", body=None):
        answer = requests.request(method, f"http://127.0.0.1:{self.port}/control{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def set_user(self, name, **changes):
        """enabled, password, groups, ...; one that is not there yet is made."""
        self._control("PATCH", f"/users/{name}", changes)

    def end_sessions(self, name, tell=False):
        """Signs somebody out everywhere; `tell`: with back-channel logout. How the clients took it."""
        return self._control("DELETE", f"/users/{name}/sessions{'?tell=1' if tell else ''}")["told"]

    def set_client(self, name, **changes):
        """enabled, client_secret, backchannel_logout_uri, ..."""
        self._control("PATCH", f"/clients/{name}", changes)

    def set_access_token_seconds(self, seconds):
        self.access_token_seconds = seconds
        self._control("PATCH", "/settings", {"accessTokenSeconds": seconds})

    def rotate_keys(self, keep=True):
        """Signs with a new key from now on; without `keep` what the old one signed is no good any more."""
        return self._control("POST", "/keys", {"keep": keep})["kid"]

    def name_client_account(self, client, user):
        """The preferred_username of a client's own tokens."""
        self._control("PATCH", "/accounts", {client: user})

    # What only this one can

    def counts(self):
        """{"calls": {path: n}, "grants": {"refresh_token 200": n}, "token_calls_at_once": n, ...}"""
        return self._control("GET")

    def reset_counts(self):
        self._control("DELETE", "/counts")

    def fault(self, kind, path="/token", **more):
        """"500", "503", "429", "401", "html", "hang", "reset", "lost", "delay" (seconds=n); times=n; path=None: all."""
        self._control("PUT", "/fault", {"kind": kind, "path": path} | more)

    def well(self):
        self._control("DELETE", "/fault")

    def log(self):
        file = self.folder / "log/provider.log"
        return file.read_text() if file.exists() else ""
