# SPDX-License-Identifier: BSD-3-Clause
"""What the rows share: how long to measure, and hubs that several of them use."""
import shutil
import tempfile
import time
from pathlib import Path

from bench.hubs import Berth, JupyterHub, small_mock
from support.waiting import until

PAUSE = 0.3  # after a subject's turn: what it still does belongs to nobody's turn


class Pair:
    """Berth and JupyterHub, each with as many users and servers as were asked for."""

    def __init__(self, folder, command=None):
        self.berth, self.jupyterhub = Berth(folder / "berth", command), JupyterHub(folder / "jupyterhub", command)
        self.hubs = [self.jupyterhub, self.berth]
        self.users, self.created = 0, (0, {})  # of the last growth: how many, {hub's name: seconds}

    def start(self):
        for hub in self.hubs:
            hub.start()
            hub.api().post("/hub/api/users/someone")
        return self

    def stop(self):
        for hub in self.hubs:
            hub.stop()

    def grow(self, count):
        """To `count` users, on both."""
        if count > self.users:
            names = [f"user{i:05d}" for i in range(self.users, count)]
            self.created = (len(names), {hub.name: create_users(hub, names) for hub in self.hubs})
            self.users = count

    def run_servers(self, count):
        """The servers of the first `count` users, ready, on both."""
        self.grow(count)
        for hub in self.hubs:
            start_servers(hub, [f"user{i:05d}" for i in range(count)])


def create_users(hub, names):
    begin = time.monotonic()
    made = hub.api().post("/hub/api/users", json={"usernames": names}, timeout=600)
    assert made.status_code == 201, made.text[:500]
    return time.monotonic() - begin


def start_servers(hub, names, at_once=20):
    """In small waves, those that do not run yet; until all are ready."""
    api = hub.api()
    idle = [name for name in names if not (api.server(name, stopped=False) or {}).get("ready")]
    for i in range(0, len(idle), at_once):
        wave = idle[i:i + at_once]
        for name in wave:
            assert api.start(name).status_code in (201, 202), name
        for name in wave:
            api.wait_ready(name)


class Bench:
    """One run. Whatever was started is stopped at the end."""

    def __init__(self, quick):
        self.quick = quick
        self.rounds, self.seconds = (2, 1) if quick else (5, 2)
        # A short path, for it holds Unix sockets.
        self.folder = Path(tempfile.mkdtemp(prefix="berth-bench-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.pairs = {}

    def many_users(self):
        return 500 if self.quick else 5000

    def many_servers(self):
        return 100 if self.quick else 500

    def pair(self, kind="python"):
        """kind: what runs as a server, "python" (an interpreter each) or "small"."""
        if kind not in self.pairs:
            self.pairs[kind] = Pair(self.own_folder(kind), small_mock() if kind == "small" else None)
            self.pairs[kind].start()
        return self.pairs[kind]

    def stop_hubs(self):
        """So that they take no memory or time from what comes next."""
        while self.pairs:
            self.pairs.popitem()[1].stop()

    def own_folder(self, name):
        folder = Path(tempfile.mkdtemp(prefix=name, dir=self.folder))
        folder.chmod(0o755)
        return folder

    def close(self):
        self.stop_hubs()
        shutil.rmtree(self.folder, ignore_errors=True)


def settle(question, what, timeout=60):
    return until(question, what, timeout=timeout, interval=0.01)
