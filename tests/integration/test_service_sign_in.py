# SPDX-License-Identifier: BSD-3-Clause
"""Services that sign users in: the hub as their OAuth provider, and those that people have, unmodified."""
import signal

import pytest

from support.api import Api, WebSession
from support.services import PORTAL_TOKEN, authorize, code_in, consent, exchange, let_in, portal, signed_in, whoami
from support.waiting import until


@pytest.fixture
def hub(quick_hub):
    return quick_hub


def test_a_service_signs_users_in_within_its_bounds(hub, echo):
    portal(hub, echo, oauth_client_allowed_scopes=["read:servers!user"])
    let_in(hub, "portal", "alice")
    hub.start()
    assert authorize(signed_in(hub, "mallory")).status_code == 403  # may not use the service
    web = signed_in(hub, "alice")
    assert authorize(web, redirect_uri="https://evil.example/").status_code == 400
    assert authorize(web, client_id="service-none").status_code == 400
    assert "error=invalid_scope" in authorize(web, scope="admin:users").headers["Location"]
    page = authorize(web)
    assert page.status_code == 200 and "read:servers" in page.text  # the user is asked
    code = code_in(consent(web, page))
    assert exchange(hub, code, client_secret="wrong-secret-0123").status_code == 401
    assert exchange(hub, code, client_secret="bench-token-0123456789abcdef0123").status_code == 401  # another service's
    token = exchange(hub, code).json()["access_token"]
    assert exchange(hub, code).status_code == 400  # good once
    me = hub.api(token).get("/hub/api/user").json()
    assert me["name"] == "alice" and "access:services!service=portal" in me["scopes"] and "read:servers!user=alice" in me["scopes"]
    assert hub.api(token).post("/hub/api/users/alice/server").status_code in (403, 404)
    assert authorize(web).status_code == 302  # not asked again


def test_what_the_user_does_not_consent_to_is_not_granted(hub, echo):
    portal(hub, echo, oauth_client_allowed_scopes=["read:servers!user", "tokens!user"])
    let_in(hub, "portal", "alice")
    hub.start()
    web = signed_in(hub, "alice")
    page = authorize(web)
    token = exchange(hub, code_in(consent(web, page, without=["tokens!user"]))).json()["access_token"]
    scopes = hub.api(token).get("/hub/api/user").json()["scopes"]
    assert "read:servers!user=alice" in scopes and "access:services!service=portal" in scopes
    assert not [s for s in scopes if s.startswith("tokens")]
    assert authorize(web).status_code == 200, "asked again for what was left out"


def test_without_confirmation_and_with_an_address_elsewhere(hub, echo):
    portal(hub, echo, oauth_no_confirm=True, oauth_redirect_uri="https://portal.example.org/callback?from=hub")
    let_in(hub, "portal", "alice")
    hub.start()
    answer = authorize(signed_in(hub, "alice"), redirect_uri="https://portal.example.org/callback?from=hub")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("https://portal.example.org/callback?from=hub&code=")


def test_the_browser_may_follow_the_consent_form_to_the_service(hub, echo):
    portal(hub, echo, oauth_redirect_uri="https://portal.example.org/callback")
    let_in(hub, "portal", "alice")
    hub.start()
    page = authorize(signed_in(hub, "alice"), redirect_uri="https://portal.example.org/callback")
    assert "form-action 'self' https://portal.example.org;" in page.headers["Content-Security-Policy"]


def test_scopes_by_a_roles_name_and_scopes_of_the_sites_own(hub, echo):
    hub.configuration["custom_scope"] = [{"name": "custom:lab:write", "description": "Change the lab's books", "subscopes": ["custom:lab:read"]},
                                         {"name": "custom:lab:read", "description": "Read the lab's books"}]
    hub.configuration.setdefault("role", []).append({"name": "labs", "scopes": ["custom:lab:write!user", "shutdown"]})
    hub.configuration["role"].append({"name": "authors", "scopes": ["custom:lab:write!user"], "users": ["alice"]})
    portal(hub, echo, oauth_client_allowed_scopes=["labs", "custom:lab:read"], oauth_no_confirm=True)
    let_in(hub, "portal", "alice")
    hub.start()
    web = signed_in(hub, "alice")

    def scopes(**asked):
        token = exchange(hub, code_in(authorize(web, **asked))).json()["access_token"]
        return {s for s in hub.api(token).get("/hub/api/user").json()["scopes"] if not s.startswith(("read:users:", "access:"))}
    lab = {"custom:lab:write!user=alice", "custom:lab:read!user=alice"}
    assert scopes() == scopes(scope="labs") == lab  # not "shutdown", which alice does not have
    assert scopes(scope="custom:lab:read") == {"custom:lab:read!user=alice"} and scopes(scope="identify") == set()
    for refused in ("custom:lab:none", "admin", "labs identify admin:users"):
        assert "error=invalid_scope" in authorize(web, scope=refused).headers["Location"]
    made = hub.api().post("/hub/api/users/alice/tokens", json={"scopes": ["custom:lab:read!user"]})
    assert made.status_code == 201 and "custom:lab:read!user=alice" in hub.api(made.json()["token"]).get("/hub/api/user").json()["scopes"]
    assert hub.api().post("/hub/api/users/alice/tokens", json={"scopes": ["inherit", "shutdown"]}).status_code == 400  # more than alice has


def test_the_consent_page_says_what_a_custom_scope_is(hub, echo):
    hub.configuration["custom_scope"] = [{"name": "custom:lab:read", "description": "Read the lab&rsquo;s books"}]
    hub.configuration.setdefault("role", []).append({"name": "readers", "scopes": ["custom:lab:read"], "users": ["alice"]})
    portal(hub, echo, oauth_client_allowed_scopes=["readers"])
    let_in(hub, "portal", "alice")
    hub.start()
    page = authorize(signed_in(hub, "alice")).text
    assert "Read the lab&amp;rsquo;s books" in page and "custom:lab:read" in page


@pytest.mark.parametrize("tables, told", [
    ({"custom_scope": [{"name": "lab:read", "description": "x"}]}, "begins with"),
    ({"custom_scope": [{"name": "custom:lab:read"}]}, "needs a description"),
    ({"custom_scope": [{"name": "custom:lab", "description": "x", "subscopes": ["servers"]}]}, "a role holds both"),
    ({"custom_scope": [{"name": "custom:lab", "description": "x", "implies": []}]}, "implies"),
    ({"role": [{"name": "labs", "scopes": ["custom:lab"]}]}, "[[custom_scope]]"),
    ({"service": [{"name": "a", "api_token": "0123456789", "scopes": ["custom:lab"]}]}, "[[custom_scope]]"),
    ({"service": [{"name": "a", "api_token": "0123456789", "oauth_client_allowed_scopes": ["nonsense"]}]}, "nor is it a role's name")])
def test_what_is_wrong_with_scopes_is_said(hub, tables, told):
    hub.configuration.update(tables)
    hub.write_configuration()
    done = hub.command("check", "--config", str(hub.configuration_file))
    assert done.returncode != 0 and told in done.stdout + done.stderr


def test_a_reload_changes_custom_scopes(hub, echo):
    portal(hub, echo)
    hub.start()
    assert not [s for s in hub.api(PORTAL_TOKEN).get("/hub/api/user").json()["scopes"] if s.startswith("custom:")]
    hub.configuration["custom_scope"] = [{"name": "custom:lab", "description": "x"}]
    hub.configuration["service"][-1]["scopes"] += ["custom:lab"]
    hub.write_configuration()
    hub.process.send_signal(signal.SIGHUP)
    until(lambda: "custom:lab" in hub.api(PORTAL_TOKEN).get("/hub/api/user").json()["scopes"], "the service has it")


def test_a_token_follows_its_user_down_and_ends_with_its_session(hub, echo):
    portal(hub, echo, oauth_client_allowed_scopes=["leads"], oauth_no_confirm=True)
    let_in(hub, "portal", "alice")
    hub.configuration["role"].append({"name": "leads", "scopes": ["list:users"], "groups": ["leads"]})
    hub.configuration["hub"]["cookie_max_age"] = "1h"
    hub.start()
    admin = hub.api()
    admin.make_user("alice")
    assert admin.post("/hub/api/groups/leads", json={"users": ["alice"]}).status_code == 201
    web, other = signed_in(hub, "alice"), signed_in(hub, "alice")
    granted, elsewhere = (exchange(hub, code_in(authorize(w))).json() for w in (web, other))
    assert 3590 <= granted["expires_in"] <= 3600  # as long as a sign-in, no longer
    token = admin.post("/hub/api/users/alice/tokens", json={"scopes": ["list:users"]}).json()["token"]
    by = [hub.api(granted["access_token"]), hub.api(token)]
    assert [a.get("/hub/api/users").status_code for a in by] == [200, 200]
    assert admin("DELETE", "/hub/api/groups/leads/users", json={"users": ["alice"]}).status_code == 200
    assert [a.get("/hub/api/users").status_code for a in by] == [403, 403]
    assert by[1].get("/hub/api/user").json()["name"] == "alice"
    web.get("/hub/logout")
    assert by[0].get("/hub/api/user").status_code == 403 and by[1].get("/hub/api/user").status_code == 200
    assert hub.api(elsewhere["access_token"]).get("/hub/api/user").status_code == 200  # another session's


VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
S256 = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}


def test_clients_without_pkce_are_refused_where_it_is_required(hub, echo):
    portal(hub, echo, oauth_no_confirm=True)
    let_in(hub, "portal", "alice")
    hub.start()
    web = signed_in(hub, "alice")
    before = code_in(authorize(web))
    hub.configuration["hub"]["oauth_require_pkce"] = True
    hub.write_configuration()
    hub.process.send_signal(signal.SIGHUP)
    refused = "error=invalid_request&error_description=Code+challenge+required.&state=s"
    until(lambda: refused in authorize(web).headers["Location"], "the switch is on")
    assert exchange(hub, before).json() == {"error": "invalid_request", "error_description": "Code verifier required."}
    assert exchange(hub, before, code_verifier=VERIFIER).json() == {"error": "invalid_grant", "error_description": "Challenge not found"}
    for challenge in (S256, {"code_challenge": VERIFIER, "code_challenge_method": "plain"}, {"code_challenge": VERIFIER}):
        code = code_in(authorize(web, **challenge))
        assert exchange(hub, code).json()["error_description"] == "Code verifier required."
        assert exchange(hub, code, code_verifier="x" + VERIFIER).json() == {"error": "invalid_grant"}
        assert "access_token" in exchange(hub, code, code_verifier=VERIFIER).json()
    assert "Transform+algorithm+not+supported." in authorize(web, **(S256 | {"code_challenge_method": "S512"})).headers["Location"]


# ---- those that people have ---------------------------------------------------------------------------------------------
def test_a_hubauth_service(hub, notebook_venv):
    whoami(hub, notebook_venv, "token", environment={"COLOUR": "blue"})
    let_in(hub, "token", "alice")
    hub.environment["OIDC_CLIENT_SECRET"] = "the hub's own"
    hub.start()
    there = until(lambda: (a := hub.web().get("/services/token/environment")).status_code == 200 and a.json(), "it serves")
    e = there["environment"]
    assert e["COLOUR"] == "blue" and e["JUPYTERHUB_SERVICE_NAME"] == "token" and e["JUPYTERHUB_SERVICE_PREFIX"] == "/services/token/"
    assert e["JUPYTERHUB_API_URL"] == hub.url + "/hub/api" and e["JUPYTERHUB_CLIENT_ID"] == "service-token" and e["JUPYTERHUB_BASE_URL"] == "/"
    assert "OIDC_CLIENT_SECRET" not in there["names"] and "JUPYTERHUB_API_TOKEN" in there["names"]
    alice, mallory = hub.api().make_user("alice"), hub.api().make_user("mallory")
    answer = alice.get("/services/token/")
    assert answer.status_code == 200 and answer.json()["name"] == "alice"
    assert mallory.get("/services/token/").status_code == 403
    assert Api(hub.url, "nonsense").get("/services/token/").status_code in (302, 403)


def walk(web, path, most=12):
    """Follows redirects, and agrees where it is asked to; the last answer."""
    answer = web.get(path)
    for _ in range(most):
        if answer.status_code in (301, 302, 303):
            answer = web.get(answer.headers["Location"].removeprefix(web.base))
        elif answer.status_code == 200 and "/oauth2/authorize" in answer.request.url:
            answer = consent(web, answer)
        else:
            return answer
    raise AssertionError(f"more than {most} steps; the last was {answer.request.url}")


def test_a_huboauth_service_from_sign_in_to_sign_out(hub, notebook_venv):
    whoami(hub, notebook_venv, "browser")
    let_in(hub, "browser", "alice")
    hub.start()
    until(lambda: hub.web().get("/services/browser/environment").status_code == 200, "it serves")
    web = WebSession(hub.url)
    asked = web.get("/services/browser/")
    assert asked.status_code == 302 and "/hub/api/oauth2/authorize" in asked.headers["Location"]
    assert web.get(asked.headers["Location"]).headers["Location"].startswith("/hub/login")
    assert web.sign_in("alice", "x").status_code == 302
    answer = walk(web, "/services/browser/")
    assert answer.status_code == 200 and answer.json()["name"] == "alice" and answer.request.url == hub.url + "/services/browser/"
    walk(web, "/hub/logout")
    assert web.get("/services/browser/").status_code == 302  # the session has ended there too
    assert walk(signed_in(hub, "mallory"), "/services/browser/").status_code == 403
