# SPDX-License-Identifier: BSD-3-Clause
"""npm's configurable-http-proxy, installed by name once; and `berth proxy` alone. Both with their API on a port or a socket."""
import fcntl
import http.client
import json
import os
import secrets
import socket
import subprocess
from pathlib import Path

from support import processes, toml
from support.paths import BERTH, ROOT
from support.waiting import until

MODULES = ROOT / "build/configurable-http-proxy"
CHP = [MODULES / "node_modules/.bin/configurable-http-proxy"]
PACKAGE = "configurable-http-proxy@5"


def install():
    """Once for all; whoever comes second waits."""
    MODULES.mkdir(parents=True, exist_ok=True)
    with open(MODULES / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not CHP[0].exists():
            subprocess.run(["npm", "install", "--prefix", MODULES, "--no-package-lock", "--no-audit", "--no-fund", PACKAGE],
                           check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=280)


class Chp:
    """A configurable-http-proxy on loopback: `url`, `api_url`, `token`; stopped and started again it has forgotten its routes."""

    program = CHP

    def __init__(self, folder, *options):
        install()
        self.log_file, self.options = folder / f"{type(self).__name__}.log", options
        self.port, self.api_port = processes.free_port(), processes.free_port()
        self.url, self.api_url, self.token = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.api_port}", secrets.token_hex(16)
        self.process = None

    def start(self):
        command = [*self.program, "--ip", "127.0.0.1", "--port", self.port, "--api-ip", "127.0.0.1", "--api-port", self.api_port, *self.options]
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={"PATH": os.environ["PATH"], "CONFIGPROXY_AUTH_TOKEN": self.token})
        until(self.answers, "configurable-http-proxy answers", timeout=60)
        return self

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=20)

    def call(self, method, path, body=None, token=None):
        """(status, JSON or None) of its API."""
        connection = self.connect()
        try:
            given = self.token if token is None else token
            connection.request(method, path, body, {"Authorization": f"token {given}"} if given else {})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, None

    def answers(self):
        assert self.process.poll() is None, self.log_file.read_text(errors="replace")
        try:
            return self.call("GET", "/api/routes")[0] == 200
        except OSError:
            return False

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class BerthAsChp(Chp):
    """`berth proxy` with the same command line."""
    program = [BERTH, "proxy"]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class BerthProxy(Chp):
    """`berth proxy` alone, with the same calls; its API is a socket in its data directory."""

    def __init__(self, folder):
        self.folder, self.log_file, self.port = folder, folder / "proxy.log", processes.free_port()
        self.url, self.process, self.data = f"http://127.0.0.1:{self.port}", None, folder / "data"
        self.api_url = "http+unix://" + str(self.data / "proxy.sock").replace("/", "%2F")

    @property
    def token(self):
        return (self.data / "proxy_token").read_text().strip()

    def start(self):
        file = self.folder / "proxy.toml"
        file.write_text(toml.dump({"hub": {"listen": f"127.0.0.1:{self.port}", "data_dir": str(self.data)}, "proxy": {"threads": 1}}))
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([BERTH, "proxy", "--config", file], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env={"PATH": os.environ["PATH"]})
        until(self.answers, "berth proxy answers", timeout=30)
        return self

    def connect(self):
        return UnixConnection(self.data / "proxy.sock")
