# SPDX-License-Identifier: BSD-3-Clause
"""A real JupyterHub in a folder of its own, from the notebooks' Python environment, behind whatever proxy it is given.

    cd tests && ../build/venv/bin/python -m support.jupyterhub FOLDER     # one to try things with, set up for `conformance`
"""
import os
import subprocess
import sys
import uuid
from pathlib import Path

import requests

from support import processes
from support.chp import CHP
from support.hub import RunningHub
from support.paths import NOTEBOOK_VENV
from support.waiting import until

BASE = """
c.JupyterHub.bind_url = '{url}{base_url}'
c.JupyterHub.hub_port = {port} + 1
c.JupyterHub.authenticator_class = 'dummy'
c.JupyterHub.spawner_class = 'simple'
c.SimpleLocalProcessSpawner.home_dir_template = '{folder}/home/{{username}}'
c.Spawner.environment = {{'{mark_name}': '{mark}'}}
c.JupyterHub.db_url = 'sqlite:///{folder}/jupyterhub.sqlite'
c.JupyterHub.cookie_secret_file = '{folder}/cookie_secret'
c.JupyterHub.concurrent_spawn_limit = 0
c.JupyterHub.log_level = 'WARN'
"""
OWN_PROXY = """
c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:%d' % ({port} + 2)
c.ConfigurableHTTPProxy.command = {command}
"""


class JupyterHub(RunningHub):
    """`configuration`: lines of Python that are added to its file before start()."""

    def __init__(self, folder, configuration="", base_url="/"):
        self.folder, self.port, self.mark = folder, processes.free_port_range(3), uuid.uuid4().hex
        super().__init__(f"http://127.0.0.1:{self.port}")
        self.base_url, self.configuration, self.process = base_url, configuration, None
        self.log_file, self.environment = folder / "jupyterhub.log", {}

    def use_proxy(self, api_url, token, url):
        """In place of one of its own: a proxy that runs already; clients come in by `url`."""
        self.configuration += f"\nc.ConfigurableHTTPProxy.should_start = False\nc.ConfigurableHTTPProxy.api_url = '{api_url}'\n"
        self.environment["CONFIGPROXY_AUTH_TOKEN"] = token
        self.url = url

    def start(self):
        self.folder.mkdir(exist_ok=True)
        own = "" if "should_start" in self.configuration else OWN_PROXY.format(port=self.port, command=[str(w) for w in CHP])
        file = self.folder / "jupyterhub_config.py"
        file.write_text(BASE.format(url=self.url, base_url=self.base_url, port=self.port, folder=self.folder, mark=self.mark,
                                    mark_name=processes.MARK) + own + self.configuration)
        environment = {"PATH": f"{NOTEBOOK_VENV}/bin:{os.environ['PATH']}", "HOME": str(self.folder), "LANG": "C.UTF-8",
                       processes.MARK: self.mark} | self.environment
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([NOTEBOOK_VENV / "bin/jupyterhub", "-f", file], cwd=self.folder, env=environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            until(self.answers_or_is_gone, "JupyterHub answers", timeout=90)
            assert self.process.poll() is None, f"JupyterHub ended with status {self.process.returncode}"
        except AssertionError as problem:
            raise AssertionError(f"{problem}\n{self.log()[-4000:]}") from None
        return self

    def answers_or_is_gone(self):
        try:
            return requests.get(f"{self.url}{self.base_url}hub/health", timeout=10, proxies={"http": ""}).status_code == 200
        except requests.RequestException:
            return self.process.poll() is not None

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        processes.end_marked(self.mark)

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""


def main():
    from conformance.player import setup
    from support import chp
    chp.install()
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    hub = JupyterHub(folder, setup.JUPYTERHUB).start()
    print(hub.url, "log", hub.log_file, flush=True)
    try:
        hub.process.wait()
    finally:
        hub.stop()


if __name__ == "__main__":
    main()
