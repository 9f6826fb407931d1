# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Every knob of the test cluster, with its default. Two clusters live side by side when they differ in the first two.

STATE=${SLURM_TEST_ENV:-/tmp/berth-slurm}      # all state: keys, configuration, logs, pids, databases
PORT_BASE=${SLURM_TEST_PORT_BASE:-16800}       # ports PORT_BASE .. PORT_BASE + 10 + NODES are used
NODES=${SLURM_TEST_NODES:-2}                   # one slurmd each, all on this host
NODE_CPUS=${SLURM_TEST_CPUS:-4}                # what a node claims to have; more than the host is allowed
NODE_MEMORY=${SLURM_TEST_MEMORY:-4096}         # MiB
ACCOUNTING=${SLURM_TEST_ACCOUNTING:-yes}       # yes | no: slurmdbd on a MariaDB of its own
PART_LIMITS=${SLURM_TEST_ENFORCE_PART_LIMITS:-NO} # NO: a job over its partition's limits waits for ever; ALL: is refused
JWKS=${SLURM_TEST_JWKS:-}                      # file or URL of an identity provider's keys: its tokens are taken
EXTRA_CONF=${SLURM_TEST_EXTRA_CONF:-}          # further lines of slurm.conf; the last value of a key wins

CTLD_PORT=$PORT_BASE
DBD_PORT=$((PORT_BASE + 1))
MYSQL_PORT=$((PORT_BASE + 2))
SLURMD_PORT=$((PORT_BASE + 10))                # node1 listens on the next one

# On purpose: carol belongs to no account, dave has no home directory. spawn-tester is an automated test's account.
TEST_USERS=(alice bob carol dave spawn-tester)
TEST_USER_MARK="Berth test user"               # in the password file: only such accounts are ever changed

MUNGE_SOCKET=$STATE/munge/sock/munge.socket
MYSQL_SOCKET=$STATE/run/mysql/mysqld.sock

export PATH=$PATH:/usr/sbin:/sbin
export SLURM_CONF=$STATE/etc/slurm.conf        # every Slurm program finds its cluster by this
unset SLURM_JWT
