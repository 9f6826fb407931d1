# SPDX-License-Identifier: BSD-3-Clause
"""A hub that comes back to 10,000 servers in its database, all of them ready when it died.

They are on a Slurm cluster whose controller does not answer, so none of them can be declared over meanwhile.
"""
import contextlib
import hashlib
import sqlite3
import time

from bench.hubs import Berth, small_mock
from bench.results import Line
from support import processes
from support.waiting import until

MANY = 10_000


def multiply(db, table, count, change):
    """Inserts `count` copies of a table's newest row, each as change(row, i) makes it."""
    db.row_factory = sqlite3.Row
    row = dict(db.execute(f"SELECT * FROM {table} ORDER BY rowid DESC LIMIT 1").fetchone())
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    db.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", (row | change(row, i) for i in range(1, count)))


def fill(file, count):
    """Users, tokens and servers like the one that runs; all routes lead to that one."""
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        first = db.execute("SELECT MAX(user_id) FROM servers").fetchone()[0]
        multiply(db, "users", count, lambda row, i: {"id": first + i, "name": f"stored{i:05d}"})
        multiply(db, "tokens", count, lambda row, i: {"id": row["id"] + i, "digest": hashlib.sha256(b"%d" % i).hexdigest(), "user_id": first + i})
        multiply(db, "servers", count, lambda row, i: {
            "cluster": "hpc", "user_id": first + i, "user_name": f"stored{i:05d}", "account": f"stored{i:05d}", "attempt": f"{i:012x}",
            "url_path": f"/user/stored{i:05d}/", "job_name": row["job_name"][:-12] + f"{i:012x}"})


def add_silent_cluster(hub):
    """Nothing listens where its controller should be."""
    conf = hub.folder / "slurm.conf"
    conf.write_text(f"ClusterName=silent\nSlurmctldHost=localhost(127.0.0.1)\nSlurmctldPort={processes.free_port()}\n"
                    "NodeName=n1\nPartitionName=debug Nodes=n1 Default=YES\n")
    hub.configuration["cluster"]["hpc"] = {"backend": "slurm", "identity": "root", "poll_interval": "1s"}
    hub.configuration["profile"] = [{"name": "here", "cluster": "local"}]
    hub.environment["SLURM_CONF"] = str(conf)


def stored(bench):
    bench.stop_hubs()
    hub = Berth(bench.own_folder("stored-") / "berth", small_mock())
    add_silent_cluster(hub)
    hub.start()
    try:
        api = hub.api()
        api.make_user("first")
        api.start("first")
        api.wait_ready("first")
        hub.kill_all()
        fill(hub.folder / "data/berth.sqlite", MANY)
        begin = time.monotonic()
        took = hub.first_answer()
        # What was not told to the door is not there: the mock itself answers 404 outside of its own prefix.
        until(lambda: has_routes(hub, MANY), "all routes are there", timeout=60, interval=0.02)
        routed = time.monotonic() - begin
        return [Line("stored", f"boot to first answer, {MANY:,} servers in the database", took, "s", "< 2 s", took < 2),
                Line("stored", f"until {MANY:,} routes are there", routed, "s", "")]
    finally:
        hub.stop()


def has_routes(hub, count):
    """Whether the door has as many routes besides the default one."""
    return len(hub.api().get(f"/hub/api/proxy?offset={count}&limit=1").json()) == 1


ROWS = {"stored": stored}
