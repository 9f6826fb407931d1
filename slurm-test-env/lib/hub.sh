# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# The hub of the demonstration: built, configured for the test cluster, started, stopped. Needs $root (the sources).

HUB_DIR=$STATE/hub
HUB_PORT=${BERTH_DEMO_PORT:-8000}
HUB_USER=berth                                 # what the hub becomes once its privileged helpers run
HUB_URL=http://127.0.0.1:$HUB_PORT
HUB_PID=
# shellcheck disable=SC2154  # whoever reads this file sets it
berth=$root/build/release/bin/berth

build_hub() {
  cd "$root" || return
  [ -e build/release/build.ninja ] || with_progress configure cmake --preset release || return
  with_progress configure ninja -C build/release build.ninja || return
  # shellcheck disable=SC2046  # names without blanks
  with_progress build ninja -C build/release $(programs)
}
# berth and its helpers; no tests.
programs() { ninja -C build/release -t targets all | sed -n 's/^\(bin\/berth[a-z-]*\):.*/\1/p'; }

write_hub_configuration() {
  local venv=$1
  cat >"$HUB_DIR/berth.toml" <<CONF
# Written by slurm-test-env/demo: changes are overwritten.
[hub]
listen = "127.0.0.1:$HUB_PORT"
user = "$HUB_USER"
data_dir = "$HUB_DIR/data"

[login]
method = "pam"
allowed_users = ["alice", "bob"]

[cluster.hpc]
backend = "slurm"
identity = "root"
cmd = ["$venv/bin/batchspawner-singleuser", "$venv/bin/jupyterhub-singleuser"]
[cluster.hpc.defaults]
partition = "debug"
runtime = "01:00:00"
nprocs = 1
memory = "1G"

[[profile]]
name = "small"
title = "1 core, 1 GB, up to 4 hours"
cluster = "hpc"
[profile.set]
nprocs = 1
memory = "1G"
[profile.choose.runtime]
type = "duration"
max = "04:00:00"
default = "01:00:00"

[[profile]]
name = "node"
title = "A whole node: 4 cores, 3 GB"
cluster = "hpc"
[profile.set]
nprocs = 4
memory = "3G"
[profile.choose.runtime]
type = "duration"
max = "24:00:00"
default = "02:00:00"
[profile.choose.partition]
type = "select"
options = ["debug", "long"]
CONF
}

start_hub() {
  find_address
  port_is_free "$HUB_PORT" || die "port $HUB_PORT is in use: set BERTH_DEMO_PORT to another one"
  getent passwd "$HUB_USER" >/dev/null ||
    useradd --system --no-create-home --shell /usr/sbin/nologin "$HUB_USER" || die "cannot add user $HUB_USER"
  mkdir -p "$HUB_DIR"
  write_hub_configuration "$1"
  # setsid: Ctrl-C reaches this script alone, which then stops things in order.
  (. "$STATE/env.sh"; exec setsid "$berth" serve --config "$HUB_DIR/berth.toml") </dev/null >>"$HUB_DIR/berth.log" 2>&1 &
  HUB_PID=$!
  wait_for 20 hub_answers_or_is_gone
  hub_answers && return
  tail -n 15 "$HUB_DIR/berth.log" >&2
  die "the hub does not answer; its last words stand above"
}
hub_answers() { curl -fs -o /dev/null "$HUB_URL/hub/health"; }
hub_answers_or_is_gone() { hub_answers || ! kill -0 "$HUB_PID"; }

# The hub and its front door.
stop_hub() {
  [ -n "$HUB_PID" ] || return 0
  timeout 60 "$berth" stop --config "$HUB_DIR/berth.toml" >>"$HUB_DIR/berth.log" 2>&1 || kill "$HUB_PID" 2>/dev/null
  wait_for 10 gone "$HUB_PID" berth || kill -KILL "$HUB_PID" 2>/dev/null
}
