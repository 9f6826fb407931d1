# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Long commands, run quietly but not silently.

PROGRESS_JOB=

# with_progress LABEL COMMAND...: its newest line every 5 s, on standard error; its last lines when it fails.
with_progress() {
  local label=$1 log line ticks=0 status
  shift
  log=$(mktemp)
  "$@" </dev/null >"$log" 2>&1 &
  PROGRESS_JOB=$!
  while kill -0 "$PROGRESS_JOB" 2>/dev/null; do
    sleep 0.2
    ((++ticks % 25)) && continue
    line=$(tail -n 1 "$log" | tr '\r' '\n' | tail -n 1 | cut -c1-100)
    [ -z "$line" ] || echo "$label: $line" >&2
  done
  wait "$PROGRESS_JOB"
  status=$?
  PROGRESS_JOB=
  [ $status = 0 ] || { tail -n 30 "$log" >&2; echo "$label: failed; its last words stand above" >&2; }
  rm -f "$log"
  return $status
}

# For the exit of a script that was interrupted in the middle.
stop_progress() { [ -z "$PROGRESS_JOB" ] || kill "$PROGRESS_JOB" 2>/dev/null; }
