# SPDX-License-Identifier: BSD-3-Clause
"""Whose token it is: signature against the keys that were there at startup, and how long it lasts; nothing else."""
import base64
import json
import time
import urllib.request

import jwt
from errors import ApiError

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512"]

# The fault switch `unauthorized` may show each of these for a good token.
MESSAGES = {
    "not_authenticated": "Not authenticated",
    "invalid": "Access token is invalid.",
    "unknown_key": "Token's public key not found.",
    "expired": "Access token expired",
    "too_soon": "Access token expires too soon (less than {ttl}s remaining).",
    "system_access": "Unable to verify system access authorization",
}


def bearer(headers):
    """The token of an Authorization header (a mapping with lower-case names); None without one."""
    scheme, _, token = (headers.get("authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def claims_unverified(token):
    """For counting only."""
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return claims if isinstance(claims, dict) else {}
    except (AttributeError, IndexError, ValueError):
        return {}


class Auth:
    """`claims`: where the user's name stands, the first that a token has wins; `accounts`: names that mean others."""

    def __init__(self, jwks_url, claims=("preferred_username",), accounts=None, min_token_ttl=30):
        self.claims, self.accounts, self.min_token_ttl = tuple(claims), accounts or {}, min_token_ttl
        with urllib.request.urlopen(jwks_url, timeout=10) as answer:
            keys = json.load(answer)["keys"]
        known = [(key, jwt.PyJWK(key)) for key in keys if key.get("use", "sig") == "sig" and key["kty"] in ("RSA", "EC")]
        self.keys = {key.get("kid") or key.get("x5t"): parsed for key, parsed in known}

    def refusal(self, row, token):
        echoed = {"WWW-Authenticate": "Bearer"} if row == "not_authenticated" else {"auth-token": token or ""}
        return ApiError(401, MESSAGES[row].format(ttl=self.min_token_ttl), headers=echoed)

    def name(self, claims):
        """None when no claim has one."""
        said = next((claims[claim] for claim in self.claims if claims.get(claim)), None)
        return self.accounts.get(said, said)

    def user(self, token):
        """The user of a good token; ApiError for others, and FirecREST's own slip for one with half of a name."""
        if not token:
            raise self.refusal("not_authenticated", token)
        claims = self._verified(token)
        if claims["exp"] < time.time():
            raise self.refusal("expired", token)
        if claims["exp"] - time.time() < self.min_token_ttl:
            raise self.refusal("too_soon", token)
        name = self.name(claims)
        if not name:
            raise ApiError(400, f"Authentication token '{self.claims[0]}' claim is missing")
        if claims.get("email") and not claims.get("given_name"):
            raise Exception()
        return str(name)

    def _verified(self, token):
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise self.refusal("invalid", token) from None
        key = self.keys.get(header.get("kid") or header.get("x5t"))
        if key is None:
            raise self.refusal("unknown_key", token)
        unchecked = dict.fromkeys(("verify_aud", "verify_iss", "verify_exp", "verify_nbf", "verify_iat", "verify_sub",
                                   "verify_jti"), False)
        try:
            return jwt.decode(token, key, ALGORITHMS, options=unchecked | {"require": ["exp"]})
        except (jwt.PyJWTError, ValueError, TypeError):
            raise self.refusal("invalid", token) from None
