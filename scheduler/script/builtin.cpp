// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/script/builtin.hpp"

namespace berth::scheduler {

// A login shell brings the site's modules and the user's own settings. It may replace PATH, so that a PATH
// from the cluster's configuration is set again after it.
const std::string_view builtin_script = R"MUSTACHE(#!/bin/bash -l
{{#directives}}
#SBATCH {{.}}
{{/directives}}
{{#options}}
#SBATCH {{.}}
{{/options}}
{{#environment}}
{{environment}}
{{/environment}}
{{#path}}
export PATH={{path}}
{{/path}}
{{#prologue}}
{{prologue}}
{{/prologue}}
{{launch}}
{{#epilogue}}
{{epilogue}}
{{/epilogue}}
exit "$berth_status"
)MUSTACHE";

// The token is read from the environment and reaches curl through its standard input: nothing secret is ever
// on a command line. Proxies are left out, as the single-user server itself does when it talks to the hub.
const std::string_view launcher_functions = R"BASH(berth_choose_port() {
  python3 - "$1" "$2" 2>/dev/null <<'PYTHON' && return
import random, socket, sys
low, high = int(sys.argv[1]), int(sys.argv[2])
ports = random.sample(range(low, high + 1), min(500, high - low + 1)) if high else [0]
for port in ports:
    s = socket.socket()
    try:
        s.bind(("", port))
    except OSError:
        continue
    print(s.getsockname()[1])
    sys.exit(0)
sys.exit(1)
PYTHON
  local low=$1 high=$2 port n
  [ "$high" -gt 0 ] || { low=32768; high=60999; }
  for n in {1..500}; do
    port=$((low + (RANDOM * 32768 + RANDOM) % (high - low + 1)))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return 0; }
  done
  return 1
}
berth_post() {
  if command -v curl >/dev/null 2>&1; then
    printf 'header = "Authorization: token %s"\n' "$JUPYTERHUB_API_TOKEN" |
      curl -K - -fsS --noproxy '*' -m 20 -o /dev/null -H 'Content-Type: application/json' -d "{\"port\":$2}" "$1"
  else
    python3 - "$1" "$2" <<'PYTHON'
import json, os, sys, urllib.request
request = urllib.request.Request(sys.argv[1], json.dumps({"port": int(sys.argv[2])}).encode(), {
    "Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"], "Content-Type": "application/json"})
try:
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20)
except Exception as error:
    sys.exit(f"{error}")
PYTHON
  fi
}
berth_tell_hub() {
  local pause
  for pause in 1 2 4 8 16; do
    berth_post "$JUPYTERHUB_API_URL/batchspawner" "$1" && return 0
    sleep "$pause"
  done
  echo "berth: cannot reach the hub at $JUPYTERHUB_API_URL from $(uname -n): is connect_url an address that this node can reach?" >&2
  return 1
}
berth_listen_on() {
  local url=${JUPYTERHUB_SERVICE_URL:-http://0.0.0.0:0$JUPYTERHUB_SERVICE_PREFIX}
  local scheme=${url%%://*} rest=${url#*://}
  local host=${rest%%/*} path=
  case $rest in */*) path=/${rest#*/} ;; esac
  case $host in *']') ;; *) host=${host%:*} ;; esac
  export JUPYTERHUB_SERVICE_URL=$scheme://$host:$1$path
}
)BASH";

} // namespace berth::scheduler
