#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the realm `hpc` for Keycloak's import:  realm.py ACCESS_TOKEN_SECONDS CALLBACK_PATH...

Keycloak's own ways, found by trying: an import that names any client scope gets none of the built-in ones; a loopback
redirect without a port is good with any, and holds no wildcard; an imported user has no default role unless it is named;
introspection says `inactive` to a client that is not in the token's audience."""
import json
import sys

HOSTS = ("127.0.0.1", "localhost")
EVERYWHERE = {"access.token.claim": "true", "id.token.claim": "true", "userinfo.token.claim": "true",
              "introspection.token.claim": "true"}


def mapper(name, kind, **config):
    return {"name": name, "protocol": "openid-connect", "protocolMapper": kind,
            "config": EVERYWHERE | {key.replace("_", "."): value for key, value in config.items()}}


def attribute(claim, source, kind="String"):
    return mapper(claim, "oidc-usermodel-attribute-mapper", claim_name=claim, user_attribute=source,
                  jsonType_label=kind)


def audience(client):
    return mapper(f"aud-{client}", "oidc-audience-mapper", included_custom_audience=client)


def scope(name, *mappers, listed=True):
    return {"name": name, "protocol": "openid-connect", "protocolMappers": list(mappers),
            "attributes": {"include.in.token.scope": str(listed).lower()}}


SCOPES = [
    scope("basic", mapper("sub", "oidc-sub-mapper"), listed=False),
    scope("profile", attribute("preferred_username", "username"), attribute("given_name", "firstName"),
          attribute("family_name", "lastName"), mapper("name", "oidc-full-name-mapper")),
    scope("email", attribute("email", "email"), mapper("email_verified", "oidc-usermodel-property-mapper",
          user_attribute="emailVerified", claim_name="email_verified", jsonType_label="boolean")),
    scope("groups", mapper("groups", "oidc-group-membership-mapper", claim_name="groups", full_path="false")),
    scope("cluster", attribute("sun", "username"), audience("hub"), audience("firecrest"), listed=False),
    scope("firecrest-v2"),
    scope("offline_access"),
]


def user(name, groups):
    return {"username": name, "enabled": True, "email": f"{name}@example.org", "emailVerified": True,
            "firstName": name.capitalize(), "lastName": "Example", "groups": groups,
            "realmRoles": ["default-roles-hpc"],
            "credentials": [{"type": "password", "value": name, "temporary": False}]}


def client(name, **more):
    return {"clientId": name, "secret": f"{name}-secret", "enabled": True, "protocol": "openid-connect",
            "publicClient": False, "standardFlowEnabled": False, "directAccessGrantsEnabled": False,
            "fullScopeAllowed": True, "optionalClientScopes": ["offline_access"],
            "defaultClientScopes": ["basic", "profile", "groups", "cluster", "firecrest-v2"]} | more


def hub(callbacks):
    uris = [f"http://{host}{path}" for host in HOSTS for path in callbacks]
    after = [uri.removesuffix("oauth_callback") + page for uri in uris for page in ("", "login", "logout")]
    return client("hub", standardFlowEnabled=True, redirectUris=uris,
                  defaultClientScopes=["basic", "profile", "email", "groups", "cluster", "firecrest-v2"],
                  attributes={"post.logout.redirect.uris": "##".join(["+", *after]),
                              "backchannel.logout.session.required": "true"})


def realm(access_token_seconds, callbacks):
    return {
        "realm": "hpc", "enabled": True, "sslRequired": "none", "accessTokenLifespan": access_token_seconds,
        "accessCodeLifespan": 60, "ssoSessionIdleTimeout": 1800, "revokeRefreshToken": True, "refreshTokenMaxReuse": 0,
        "groups": [{"name": group} for group in ("hpc-users", "hub-admins", "proj01")],
        "clientScopes": SCOPES, "defaultDefaultClientScopes": ["basic", "profile"],
        "clients": [hub(callbacks), client("spawn-tester", serviceAccountsEnabled=True)],
        "users": [user("alice", ["hpc-users", "hub-admins", "proj01"]), user("bob", ["hpc-users"]), user("carol", [])],
    }


if __name__ == "__main__":
    json.dump(realm(int(sys.argv[1]), sys.argv[2:] or ["/hub/oauth_callback"]), sys.stdout, indent=1)
