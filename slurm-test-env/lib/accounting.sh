# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# slurmdbd on a MariaDB of its own, and who may charge what.

sql() { mariadb --no-defaults --user=root --socket="$MYSQL_SOCKET" -N -e "$1"; }

start_mariadb() {
  up_already mariadbd mariadbd && return
  mkdir -p "$STATE/mysql" "$STATE/run/mysql"
  chown mysql:mysql "$STATE/mysql" "$STATE/run/mysql"
  if [ ! -d "$STATE/mysql/mysql" ]; then
    say "making the accounting database (about 5 s) ..."
    mariadb-install-db --no-defaults --user=mysql --datadir="$STATE/mysql" --skip-test-db \
      --auth-root-authentication-method=socket </dev/null >"$STATE/log/mariadb-install.log" 2>&1 ||
      die "mariadb-install-db failed: see $STATE/log/mariadb-install.log"
  fi
  need_port "$MYSQL_PORT" mariadbd
  setsid mariadbd --no-defaults --user=mysql --datadir="$STATE/mysql" --socket="$MYSQL_SOCKET" --port="$MYSQL_PORT" \
    --bind-address=127.0.0.1 --pid-file="$STATE/run/mysql/mysqld.pid" --skip-name-resolve \
    --innodb-buffer-pool-size=64M --innodb-lock-wait-timeout=900 --innodb-flush-log-at-trx-commit=0 \
    </dev/null >>"$STATE/log/mariadbd.log" 2>&1 &
  echo $! >"$STATE/run/mariadbd.pid"
  disown
  wait_for 30 sql 'select 1' || die "mariadbd does not answer: $(tail -3 "$STATE/log/mariadbd.log")"
  sql "create database if not exists slurm_acct_db;
       create user if not exists 'slurm'@'127.0.0.1' identified by 'slurm';
       grant all on slurm_acct_db.* to 'slurm'@'127.0.0.1';" || die "cannot set up the accounting database"
  say "mariadbd up"
}

start_slurmdbd() {
  up_already slurmdbd slurmdbd && return
  need_port "$DBD_PORT" slurmdbd
  "${ON_HOST[@]}" slurmdbd </dev/null >>"$STATE/log/slurmdbd.out" 2>&1 ||
    die "slurmdbd: $(tail -3 "$STATE/log/slurmdbd.out")"
  wait_for 30 sacctmgr -n list cluster || die "slurmdbd does not answer: $(tail -3 "$STATE/log/slurmdbd.log")"
  say "slurmdbd up"
}

change() { sacctmgr --immediate --quiet "$@" >>"$STATE/log/sacctmgr.log" 2>&1; }
missing() { [ -z "$(sacctmgr -nP list "$1" format="$2" where "$3"="$4")" ]; }

# Account proj has all test users but carol: a job of hers is refused. QOS low allows one job at a time.
fill_accounts() {
  missing cluster cluster cluster berth && change add cluster berth
  if missing qos name name low; then
    change add qos high
    change modify qos high set priority=1000
    change add qos low
    change modify qos low set priority=1 MaxJobsPerUser=1
  fi
  if missing account account account proj; then
    change add account proj Description=test Organization=test
    change add user alice Account=proj
    change add user bob Account=proj
    change add user dave Account=proj
    change add user spawn-tester Account=proj
    change modify user where name=alice set qos=normal,high,low
    change modify user where name=bob set qos=normal,low
  fi
  [ "$(sacctmgr -nP list association user=alice format=account)" = proj ] ||
    die "accounts could not be set up: $(tail -3 "$STATE/log/sacctmgr.log")"
}
