# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# slurmctld and the nodes.

start_slurmctld() {
  up_already slurmctld slurmctld && return
  need_port "$CTLD_PORT" slurmctld
  "${ON_HOST[@]}" slurmctld </dev/null >>"$STATE/log/slurmctld.out" 2>&1 ||
    die "slurmctld: $(tail -3 "$STATE/log/slurmctld.out")"
  wait_for 30 controller_answers || die "slurmctld does not answer: $(tail -3 "$STATE/log/slurmctld.log")"
  say "slurmctld up"
}
controller_answers() { scontrol ping | grep -q 'is UP'; }

# Debian's slurmd is built for several on one host: each is told its node's name.
start_nodes() {
  local i name
  for ((i = 1; i <= NODES; i++)); do
    name=node$i
    up_already "slurmd-$name" slurmd && continue
    rm -f "$STATE/run/slurmd-$name.pid"
    mkdir -p "$STATE/spool/$name"
    need_port $((SLURMD_PORT + i)) "slurmd of $name"
    "${ON_HOST[@]}" slurmd -N "$name" </dev/null >>"$STATE/log/slurmd-$name.out" 2>&1 ||
      die "slurmd of $name: $(tail -3 "$STATE/log/slurmd-$name.out")"
    wait_for 10 test -s "$STATE/run/slurmd-$name.pid" || die "slurmd of $name wrote no pid file"
    say "slurmd $name up"
  done
  wait_for 20 all_nodes_serve && return
  # Left DOWN or DRAINED by an earlier hard stop.
  scontrol update nodename=ALL state=resume >/dev/null 2>&1
  wait_for 20 all_nodes_serve || die "the nodes do not come up: $(sinfo -h -N -o '%N %T')"
}
all_nodes_serve() { [ "$(sinfo -hN -p debug -t idle,mix,alloc -o %N | sort -u | wc -l)" = "$NODES" ]; }

# Jobs first, so that no step outlives its slurmd.
end_jobs() {
  up_already slurmctld slurmctld && timeout 12 scontrol ping 2>/dev/null | grep -q 'is UP' || return 0
  local jobs
  jobs=$(timeout 10 squeue -h -t all -o %A 2>/dev/null | sort -u)
  [ -n "$jobs" ] || return 0
  # shellcheck disable=SC2086  # a list of numbers
  timeout 60 scancel $jobs 2>/dev/null
  wait_for 10 no_jobs_left
}
no_jobs_left() { [ -z "$(squeue -h -t RUNNING,COMPLETING -o %A)" ]; }
