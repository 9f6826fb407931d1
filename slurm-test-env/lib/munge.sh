# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# munged: how Slurm's programs know who speaks to them. One for all daemons of the cluster.

start_munge() {
  up_already munged munged && return
  local key=$STATE/munge/etc/munge.key
  if [ ! -s "$key" ]; then
    (umask 077; head -c 1024 /dev/urandom >"$key")
    chown munge:munge "$key"
    chmod 400 "$key"
  fi
  rm -f "$STATE"/munge/sock/*
  # munged wants its pid file where only its own user may write; the copy is for us.
  as munge munged --key-file="$key" --socket="$MUNGE_SOCKET" --pid-file="$STATE/munge/lib/munged.pid" \
    --log-file="$STATE/munge/log/munged.log" --seed-file="$STATE/munge/lib/munged.seed" \
    </dev/null >>"$STATE/log/munged.out" 2>&1 || die "munged: $(tail -3 "$STATE/log/munged.out")"
  wait_for 5 munge_answers || die "munged does not answer: $(tail -3 "$STATE/munge/log/munged.log")"
  cp "$STATE/munge/lib/munged.pid" "$STATE/run/munged.pid"
  say "munged up"
}
munge_answers() { [ -s "$STATE/munge/lib/munged.pid" ] && munge -S "$MUNGE_SOCKET" -n | unmunge -S "$MUNGE_SOCKET"; }
