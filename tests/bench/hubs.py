# SPDX-License-Identifier: BSD-3-Clause
"""The two hubs that are compared, each behind its own front door, with the same clients, servers and scopes."""
import os
import signal
import subprocess
import time
import uuid
from pathlib import Path

import requests

from bench import load
from support import processes
from support.api import ADMIN_TOKEN
from support.hub import SERVICE_SCOPES, Hub, RunningHub
from support.paths import MOCK_SERVER, ROOT
from support.waiting import until

PEERS = ROOT / "build/bench-peers"
PYTHON_MOCK = ["/usr/bin/python3", str(MOCK_SERVER)]  # as heavy to start as an interpreter is


def small_mock():
    """Ready in a millisecond, a megabyte each: where hundreds of servers run."""
    return [str(load.PROGRAMS / "mock_notebook_server")]


def answers(url, token=ADMIN_TOKEN, timeout=10):
    try:
        return requests.get(url, headers={"Authorization": f"token {token}"}, timeout=timeout,
                            proxies={"http": ""}).status_code == 200
    except requests.RequestException:
        return False


class Measured:
    """What both hubs have for measuring; `mark` finds their processes again."""

    def programs(self):
        """The hub's own processes, front door included, without the servers and what stands above those."""
        return [pid for pid in processes.marked(self.mark) if not self.is_server(pid)]

    def is_server(self, pid):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return True
        return b"mock_singleuser" in command or b"mock_notebook_server" in command

    def first_answer(self):
        """Seconds until the API has answered, once the hub has been told to start."""
        begin = time.monotonic()
        self.launch()
        until(lambda: answers(self.url + "/hub/api/user"), f"{self.name} answers", timeout=120, interval=0.005)
        return time.monotonic() - begin


class Berth(Hub, Measured):
    name = "berth"
    label = "Berth"

    def __init__(self, folder, command=None):
        folder.mkdir()
        super().__init__(folder)
        self.configuration["cluster"]["local"]["cmd"] = command or PYTHON_MOCK

    def kill_all(self):
        """Hub and front door at once; servers stay."""
        processes.end(self.programs(), signal.SIGKILL)
        self.process.wait()


JUPYTERHUB_CONFIGURATION = """
c.JupyterHub.bind_url = 'http://127.0.0.1:{port}'
c.JupyterHub.hub_port = {port} + 1
c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:%d' % ({port} + 2)
c.ConfigurableHTTPProxy.command = ['{proxy}']
c.JupyterHub.authenticator_class = 'dummy'
c.DummyAuthenticator.allow_all = True
c.JupyterHub.spawner_class = 'simple'
c.SimpleLocalProcessSpawner.home_dir_template = '{folder}/home/{{username}}'
c.Spawner.cmd = {command}
c.Spawner.environment = {{'{mark_name}': '{mark}'}}
c.JupyterHub.db_url = 'sqlite:///{folder}/jupyterhub.sqlite'
c.JupyterHub.cookie_secret_file = '{folder}/cookie_secret'
c.JupyterHub.concurrent_spawn_limit = 0
c.JupyterHub.log_level = 'WARN'
c.JupyterHub.services = [{{'name': 'bench', 'api_token': '{token}'}}]
c.JupyterHub.load_roles = [{{'name': 'bench', 'services': ['bench'], 'scopes': {scopes}}}]
"""


class JupyterHub(RunningHub, Measured):
    name = "jupyterhub"
    label = "JupyterHub"

    def __init__(self, folder, command=None):
        folder.mkdir()
        self.folder, self.port, self.mark = folder, processes.free_port_range(3), uuid.uuid4().hex
        super().__init__(f"http://127.0.0.1:{self.port}")
        self.process = None
        self.configuration_file = folder / "jupyterhub_config.py"
        # What it has no name for.
        scopes = [s for s in SERVICE_SCOPES if s != "read:metrics"]
        self.configuration_file.write_text(JUPYTERHUB_CONFIGURATION.format(
            port=self.port, folder=folder, command=command or PYTHON_MOCK, mark_name=processes.MARK, mark=self.mark,
            token=ADMIN_TOKEN, scopes=scopes, proxy=PEERS / "node_modules/.bin/configurable-http-proxy"))

    def launch(self):
        environment = {"PATH": f"{PEERS}/venv/bin:{os.environ['PATH']}", "HOME": str(self.folder), "LANG": "C.UTF-8",
                       processes.MARK: self.mark}
        with open(self.folder / "jupyterhub.log", "ab") as log:
            self.process = subprocess.Popen([PEERS / "venv/bin/jupyterhub", "-f", self.configuration_file], cwd=self.folder,
                                            env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start(self):
        self.first_answer()
        return self

    def kill(self):
        """SIGKILL to the hub alone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def kill_all(self):
        processes.end(self.programs(), signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        processes.end_marked(self.mark)
