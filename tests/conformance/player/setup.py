# SPDX-License-Identifier: BSD-3-Clause
"""The two hubs that are compared, set up alike: Berth as a table, JupyterHub as lines of Python."""
from support.api import ADMIN_TOKEN
from support.paths import MOCK_SERVER

SCOPES = ["admin:users", "admin:servers", "tokens", "read:hub", "list:users", "list:groups", "admin:groups", "proxy",
          "read:users:activity", "users:activity", "shutdown", "admin-ui", "access:servers", "read:services", "list:services",
          "admin:auth_state", "shares"]
PORTAL_TOKEN, READER_TOKEN, BARE_TOKEN = "portal-token-0123456789abcdef", "reader-token-0123456789abcdef", "bare-token-0123456789abcdef012"
PORTAL_CALLBACK = "http://127.0.0.1:9/portal/callback"  # nobody listens there
PORTAL = {"name": "portal", "api_token": PORTAL_TOKEN, "oauth_client_id": "service-portal", "oauth_redirect_uri": PORTAL_CALLBACK,
          "oauth_client_allowed_scopes": ["read:users!user", "list:users"]}
ROLES = [
    {"name": "bench", "scopes": SCOPES, "services": ["bench"]},
    {"name": "readers", "scopes": ["list:users", "read:users:activity", "read:groups", "list:groups"], "services": ["reader"]},
    {"name": "portal-users", "scopes": ["access:services!service=portal"], "groups": ["portal-people"]},
    {"name": "sharers", "scopes": ["shares!user", "read:users:name", "read:groups:name"], "groups": ["sharing-people"]},
]
SERVICES = [{"name": "bench", "api_token": ADMIN_TOKEN}, PORTAL, {"name": "reader", "api_token": READER_TOKEN},
            {"name": "bare", "api_token": BARE_TOKEN}]


def berth(configuration):
    """Changes the configuration of a support.hub.Hub."""
    configuration["hub"]["implicit_spawn"] = True
    configuration["service"] = [dict(service) for service in SERVICES]
    configuration["role"] = [dict(role) for role in ROLES]


JUPYTERHUB = f"""
c.DummyAuthenticator.allow_all = True
c.Authenticator.admin_users = {{'root-admin'}}
c.JupyterHub.allow_named_servers = True
c.Spawner.cmd = ['/usr/bin/python3', {str(MOCK_SERVER)!r}]
c.JupyterHub.services = {SERVICES!r}
c.JupyterHub.load_groups = {{'portal-people': {{'users': []}}, 'sharing-people': {{'users': []}}}}
c.JupyterHub.load_roles = {ROLES!r}
"""
