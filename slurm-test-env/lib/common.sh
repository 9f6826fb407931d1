# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Saying, waiting, and daemons by recorded pid.

say() { echo "slurm-test-env: $*"; }
die() { echo "slurm-test-env: ERROR: $*" >&2; exit 1; }

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
  local tries=$(($1 * 10)); shift
  while ((tries-- > 0)); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  return 1
}

# as USER COMMAND...: with that user's groups.
as() { local user=$1; shift; setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"; }

# is_running PID PROGRAM: still that program, and not a zombie (a container's first process may never reap).
is_running() {
  [[ $1 =~ ^[0-9]+$ ]] && [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ] &&
    ! grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null
}

# up_already NAME PROGRAM: run/NAME.pid names a live process of that program.
up_already() { is_running "$(cat "$STATE/run/$1.pid" 2>/dev/null)" "$2"; }

# stop_daemon NAME PROGRAM [SECONDS]: by recorded pid only; TERM, then KILL when it does not go.
stop_daemon() {
  local name=$1 program=$2 pid
  if up_already "$name" "$program"; then
    pid=$(cat "$STATE/run/$name.pid")
    kill -CONT "$pid" 2>/dev/null
    kill -TERM "$pid" 2>/dev/null
    wait_for "${3:-10}" gone "$pid" "$program" || kill -KILL "$pid" 2>/dev/null
    say "stopped $name ($pid)"
  fi
  rm -f "$STATE/run/$name.pid"
}
gone() { ! is_running "$1" "$2"; }

port_is_free() { ! (exec 3<>"/dev/tcp/$ADDRESS/$1") 2>/dev/null; }
need_port() { port_is_free "$1" || die "port $1 is in use ($2 needs it): set SLURM_TEST_PORT_BASE to another one"; }

# Slurm's daemons listen where this host's own name resolves to (CommunicationParameters=NoInAddrAny). Where that is
# not loopback, they get a hostname of their own, "localhost", in a UTS namespace; where even that is forbidden (some
# containers) the host's private address is used, and said.
find_address() {
  HOST=$(hostname -s)
  ADDRESS=$(getent ahostsv4 "$(hostname)" | awk '{print $1; exit}')
  ON_HOST=()
  case $ADDRESS in 127.*) return ;; esac
  if unshare --uts true 2>/dev/null; then
    HOST=localhost
    ADDRESS=127.0.0.1
    # shellcheck disable=SC2016  # expanded by the inner shell
    ON_HOST=(unshare --uts -- sh -c 'hostname localhost && exec "$@"' sh)
    return
  fi
  [ -n "$ADDRESS" ] || die "this host's name, $(hostname), has no address: add '127.0.0.1 $(hostname)' to /etc/hosts"
  say "note: $(hostname) is $ADDRESS, not loopback: Slurm will listen there"
}
