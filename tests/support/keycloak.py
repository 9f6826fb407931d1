# SPDX-License-Identifier: BSD-3-Clause
"""The same through a real Keycloak: half a minute to start, no faults to switch on, nothing counted."""
import requests

from support.identity_provider import IdentityProvider


class Keycloak(IdentityProvider):
    kind = "keycloak"

    def __init__(self, **settings):
        super().__init__(**settings)
        self.base = f"http://127.0.0.1:{self.port}"
        self.issuer = f"{self.base}/realms/hpc"
        self._admin = requests.Session()

    def up(self):
        self._script("keycloak", "up", *self._start_options(), timeout=900)
        return self

    def stop(self):
        self._script("keycloak", "down")

    def _wipe(self):
        self._script("keycloak", "down", "--wipe")

    def _ask(self, method, path, body=None):
        """The administration's REST interface, with a new token each time: they live for a minute."""
        grant = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": "admin"}
        token = requests.post(f"{self.base}/realms/master/protocol/openid-connect/token", data=grant, timeout=30).json()
        answer = self._admin.request(method, f"{self.base}/admin/realms/hpc{path}", json=body, timeout=30,
                                     headers={"Authorization": f"Bearer {token['access_token']}"})
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def _change(self, path, changes):
        self._ask("PUT", path, self._ask("GET", path) | changes)

    def _user(self, name):
        user, = self._ask("GET", f"/users?exact=true&username={name}")
        return f"/users/{user['id']}"

    def _client(self, name):
        client, = self._ask("GET", f"/clients?clientId={name}")
        return f"/clients/{client['id']}"

    def set_user(self, name, **changes):
        self._change(self._user(name), changes)

    def end_sessions(self, name, tell=True):
        """Keycloak tells the clients in any case."""
        self._ask("POST", f"{self._user(name)}/logout")

    def set_client(self, name, backchannel_logout_uri=None, client_secret=None, **changes):
        path = self._client(name)
        if client_secret:
            changes["secret"] = client_secret
        if backchannel_logout_uri:
            known = self._ask("GET", path)["attributes"]
            changes["attributes"] = known | {"backchannel.logout.url": backchannel_logout_uri}
        self._change(path, changes)

    def set_access_token_seconds(self, seconds):
        self.access_token_seconds = seconds
        self._change("", {"accessTokenLifespan": seconds})

    def rotate_keys(self, keep=True):
        """A key provider with a higher priority; without `keep` the others sign and are published no more."""
        kind = "org.keycloak.keys.KeyProvider"
        old = [c for c in self._ask("GET", f"/components?type={kind}") if c["providerId"] == "rsa-generated"]
        highest = max(int(c["config"]["priority"][0]) for c in old)
        self._ask("POST", "/components", {"name": f"rsa-{highest + 1}", "providerId": "rsa-generated",
                                          "providerType": kind, "config": {"priority": [str(highest + 1)]}})
        for component in [] if keep else old:
            self._ask("DELETE", f"/components/{component['id']}")
        return self._ask("GET", "/keys")["active"]["RS256"]

    def name_client_account(self, client, user):
        raise NotImplementedError("Keycloak names a client's account itself")

    def counts(self):
        raise NotImplementedError("Keycloak does not count")

    reset_counts = fault = well = counts

    def log(self):
        file = self.folder / "log/keycloak.log"
        return file.read_text() if file.exists() else ""
