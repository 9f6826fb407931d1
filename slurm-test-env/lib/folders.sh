# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# The state directory, with the owners and modes that each daemon insists on.

make_folders() {
  umask 022
  if [ -e "$STATE" ] && [ ! -O "$STATE" ]; then
    die "$STATE belongs to somebody else: set SLURM_TEST_ENV to another directory"
  fi
  mkdir -p "$STATE"/{etc,run,log,state,spool} "$STATE"/munge/{etc,sock,log,lib}
  chown slurm:slurm "$STATE"/{state,log,run}
  chmod 700 "$STATE/state"
  chown munge:munge "$STATE"/munge/{etc,sock,log,lib}
  chmod 700 "$STATE"/munge/{etc,log,lib}
}
