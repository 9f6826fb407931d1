# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# The identity provider's keys, where slurmctld and slurmdbd take its access tokens (SLURM_TEST_JWKS). slurmctld knows
# RS256 only and takes every key of the file for one of these: the others are left out.

fetch_keys() {
  [ -n "$JWKS" ] || return
  local file=$STATE/etc/jwks.json
  python3 - "$JWKS" >"$file.new" <<'PYTHON' || die "no keys from $JWKS"
import json, sys, urllib.request
source = sys.argv[1]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
text = opener.open(source, timeout=10).read() if "://" in source else open(source).read()
keys = [k for k in json.loads(text)["keys"]
        if k.get("kty") == "RSA" and k.get("use", "sig") == "sig" and k.get("alg", "RS256") == "RS256"]
if not keys:
    sys.exit(f"{source} holds no RS256 key for signatures")
public = ("kty", "kid", "alg", "use", "n", "e", "x5c")
json.dump({"keys": [{name: k[name] for name in public if name in k} | {"alg": "RS256"} for k in keys]}, sys.stdout)
PYTHON
  chown slurm:slurm "$file.new"
  chmod 400 "$file.new"
  mv "$file.new" "$file"
}

# What AuthAltParameters says: tokens of `scontrol token`, and the provider's.
token_parameters() { echo "jwt_key=$STATE/etc/jwt.key${JWKS:+,jwks=$STATE/etc/jwks.json}"; }
