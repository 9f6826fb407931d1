# SPDX-License-Identifier: BSD-3-Clause
"""FirecREST v2 of the tests' own, by slurm-test-env/firecrest-gateway: on a real Slurm, with switches for everything that
can go wrong."""
import collections
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import requests

from support.paths import ROOT, SLURM_TEST_ENV
from support.processes import free_port, is_alive
from support.waiting import until

SCRIPTS = SLURM_TEST_ENV / "firecrest-gateway"
PYTHON = ROOT / "build/firecrest-gateway/venv/bin/python"  # where pyfirecrest is


class FirecrestGateway:
    """One process, one port and one state directory; the keys of `jwks_url` are read at each up(), as FirecREST does.

    Commands run as the user that a token names: by the first of `claims` that it has, and by `accounts` (name in the
    token -> user) where that is no name of a user."""

    def __init__(self, cluster, jwks_url, system="anchor", claims=("preferred_username",), accounts=None, min_token_ttl=30,
                 command_seconds=5, seed=0, prefix=""):
        self.folder = Path(tempfile.mkdtemp(prefix="berth-firecrest-", dir="/tmp"))
        self.port, self.system = free_port(), system
        self.root = f"http://127.0.0.1:{self.port}"
        self.url = self.root + prefix  # what a client is told
        self._options = ["--port", str(self.port), "--jwks", jwks_url, "--slurm-conf", str(cluster.conf), "--system", system,
                         "--claims", ",".join(claims), "--min-token-ttl", str(min_token_ttl),
                         "--command-seconds", str(command_seconds), "--seed", str(seed), "--prefix", prefix]
        for name, user in (accounts or {}).items():
            self._options += ["--account", f"{name}={user}"]
        self._switched, self._earlier = {}, []

    def _script(self, name, *arguments):
        with (self.folder / "script.log").open("w+") as said:
            done = subprocess.run([SCRIPTS / name, *arguments, "--state", str(self.folder)], stdin=subprocess.DEVNULL,
                                  stdout=said, stderr=said, timeout=300)
            said.seek(0)
            assert done.returncode == 0, f"{name}: {said.read()}"

    def up(self):
        """After kill() too: on the same port, with the same switches on; what was counted stays counted."""
        self._script("up", *self._options)
        if self._switched:
            self._control("POST", "/_faults", self._switched)
        return self

    def pid(self):
        return int((self.folder / "run/gateway.pid").read_text())

    def is_up(self):
        file = self.folder / "run/gateway.pid"
        return file.exists() and file.read_text() != "" and is_alive(self.pid())

    def kill(self):
        """Connections are refused from now on; commands that are under way go on."""
        self._earlier += self._control("GET", "/_calls")
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        until(lambda: not is_alive(pid), "the gateway ends", timeout=10)

    def down(self):
        self._script("down")
        shutil.rmtree(self.folder)

    # What it is told, and what it tells

    def _control(self, method, path, body=None):
        answer = requests.request(method, f"{self.root}{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def faults(self, **switches):
        """E.g. hang={"seconds": 5, "times": 1}, rotate_keys=True, lag=None, seed=7: others stay as they are. What is on."""
        self._switched |= switches
        return self._control("POST", "/_faults", switches)["on"]

    def well(self):
        self._switched = {}
        self._control("DELETE", "/_faults")

    def shown(self):
        """How often each switch has shown itself since reset_counts() and since the start."""
        return self._control("GET", "/_faults")["shown"]

    def calls(self):
        """Each call that has ended: at, route, path, query, user, token (its SHA-256), status (None: cut), seconds."""
        return self._earlier + (self._control("GET", "/_calls") if self.is_up() else [])

    def counts(self):
        """{"GET /compute/{system_name}/jobs": n, ...}"""
        return collections.Counter(call["route"] for call in self.calls())

    def counts_by_user(self):
        users = collections.defaultdict(collections.Counter)
        for call in self.calls():
            users[call["user"]][call["route"]] += 1
        return users

    def at_once(self):
        """The most calls that each user had under way at a time, since the start."""
        return self._control("GET", "/_counts")["at_once"]

    def reset_counts(self):
        self._earlier = []
        self._control("DELETE", "/_counts")

    def log(self):
        file = self.folder / "log/gateway.log"
        return file.read_text() if file.exists() else ""
