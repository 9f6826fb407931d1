# SPDX-License-Identifier: BSD-3-Clause
"""Hubs whose people sign in at an identity provider, and browsers that do so."""
from support.api import Api, WebSession
from support.identity_provider import SECRETS

REFRESH_MARGIN = "2s"


def use_provider(hub, provider, rules=(), accounts=("spawn-tester",), **oidc):
    """Makes a hub sign in at `provider`. `rules`: (match, policy) in their order; `accounts`: service accounts, each
    with the client of its name."""
    c = hub.configuration
    c["login"] = {"method": "oidc", "allow_all": True, "oidc": {
        "issuer": provider.issuer, "client_id": "hub", "client_secret": SECRETS["hub"], "scopes": ["openid", "profile", "email", "offline_access"]} | oidc}
    c["credentials"] = {"refresh_margin": REFRESH_MARGIN}
    if rules:
        c["credentials"]["rule"] = [{"match": m, "policy": p} for m, p in rules]
    c["service_account"] = [{"user": name, "client_id": name, "client_secret": SECRETS[name]} for name in accounts]
    return hub


class Browser(WebSession):
    """A browser without scripts that knows the provider's form."""

    def __init__(self, hub, provider):
        super().__init__(hub.url)
        self.provider = provider

    def sign_in_at_provider(self, user, next_path="/hub/home", **how):
        """From the hub's sign-in to where it leads: the page there."""
        return self.provider.sign_in(self.http, f"{self.base}/hub/login?next={next_path}", user, **how)

    def signed_in(self):
        return self.get("/hub/home").status_code == 200


def sign_in(hub, provider, user, next_path="/hub/home"):
    browser = Browser(hub, provider)
    page = browser.sign_in_at_provider(user, next_path)
    assert page.status_code == 200 and page.url.startswith(hub.url), f"{page.status_code} {page.url}\n{page.text[:2000]}"
    return browser


def token_of(hub, user):
    """An Api of a user who exists already."""
    return hub.api().make_user(user)


def bearer(hub, provider, client="spawn-tester"):
    return Api(hub.url, provider.client_credentials(client))


def refreshes(provider, outcome=200):
    return provider.counts()["grants"].get(f"refresh_token {outcome}", 0)
