# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# slurm.conf, slurmdbd.conf and env.sh, written anew at each `up`.

write_configuration() {
  local key=$STATE/etc/jwt.key
  if [ ! -s "$key" ]; then
    (umask 077; head -c 32 /dev/urandom >"$key")
    chown slurm:slurm "$key"
    chmod 400 "$key"
  fi
  fetch_keys
  { slurm_conf_basics; slurm_conf_accounting; slurm_conf_nodes; printf '%s\n' "$EXTRA_CONF"; } >"$STATE/etc/slurm.conf.new"
  mv "$STATE/etc/slurm.conf.new" "$STATE/etc/slurm.conf"
  [ "$ACCOUNTING" = no ] || write_slurmdbd_conf
  echo "export SLURM_CONF=$STATE/etc/slurm.conf" >"$STATE/env.sh"
}

slurm_conf_basics() {
  cat <<CONF
# Written by slurm-test-env/up: changes are overwritten.
ClusterName=berth
SlurmctldHost=$HOST($ADDRESS)
SlurmctldPort=$CTLD_PORT
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=slurm
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$MUNGE_SOCKET
AuthAltTypes=auth/jwt
AuthAltParameters=$(token_parameters)
CredType=cred/munge
StateSaveLocation=$STATE/state
SlurmdSpoolDir=$STATE/spool/%n
SlurmctldPidFile=$STATE/run/slurmctld.pid
SlurmdPidFile=$STATE/run/slurmd-%n.pid
SlurmctldLogFile=$STATE/log/slurmctld.log
SlurmdLogFile=$STATE/log/slurmd-%n.log
# No cgroups, no MPI, no topology: nothing that a container may lack.
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=5
PropagateResourceLimits=NONE
MailProg=/bin/true
# A node may claim more than this host has.
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=64
# A small cluster that answers at once: every decision is made when something changes.
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=5,sched_min_interval=0,batch_sched_delay=0,default_queue_depth=200
PriorityType=priority/basic
EnforcePartLimits=$PART_LIMITS
JobRequeue=0
ReturnToService=2
InactiveLimit=0
KillWait=5
MinJobAge=300
MaxJobCount=20000
SlurmctldTimeout=60
SlurmdTimeout=60
MessageTimeout=10
TCPTimeout=2
WaitTime=0
CONF
}

slurm_conf_accounting() {
  if [ "$ACCOUNTING" = no ]; then
    echo "AccountingStorageType=accounting_storage/none"
    return
  fi
  # AccountingStoragePass is where slurmctld looks for munge when it speaks to slurmdbd; AuthInfo does not reach there.
  cat <<CONF
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=$ADDRESS
AccountingStoragePort=$DBD_PORT
AccountingStoragePass=$MUNGE_SOCKET
AccountingStorageEnforce=associations,limits,qos
AccountingStoreFlags=job_comment
CONF
}

# debug and long are for work; `tiny` has limits that no notebook's usual request meets; `closed` starts nothing.
slurm_conf_nodes() {
  local i all="node[1-$NODES]"
  [ "$NODES" = 1 ] && all=node1
  for ((i = 1; i <= NODES; i++)); do
    echo "NodeName=node$i NodeHostname=$HOST NodeAddr=$ADDRESS Port=$((SLURMD_PORT + i)) CPUs=$NODE_CPUS Boards=1" \
      "SocketsPerBoard=1 CoresPerSocket=$NODE_CPUS ThreadsPerCore=1 RealMemory=$NODE_MEMORY State=UNKNOWN"
  done
  cat <<CONF
PartitionName=debug Nodes=$all Default=YES MaxTime=04:00:00 DefaultTime=00:30:00 State=UP
PartitionName=long Nodes=$all MaxTime=7-00:00:00 DefaultTime=01:00:00 State=UP
PartitionName=tiny Nodes=node1 MaxTime=00:01:00 MaxNodes=1 State=UP
PartitionName=closed Nodes=node1 State=DOWN
CONF
}

write_slurmdbd_conf() {
  cat >"$STATE/etc/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$MUNGE_SOCKET
AuthAltTypes=auth/jwt
AuthAltParameters=$(token_parameters)
DbdHost=$HOST
DbdAddr=$ADDRESS
DbdPort=$DBD_PORT
CommunicationParameters=NoInAddrAny
SlurmUser=slurm
LogFile=$STATE/log/slurmdbd.log
PidFile=$STATE/run/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$MYSQL_PORT
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
CONF
  chown slurm:slurm "$STATE/etc/slurmdbd.conf"
  chmod 600 "$STATE/etc/slurmdbd.conf"
}
