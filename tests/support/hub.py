# SPDX-License-Identifier: BSD-3-Clause
"""`berth serve` in a folder of its own: configured, started, killed, stopped, and nothing left behind."""
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import requests

from support import processes, toml
from support.api import ADMIN_TOKEN, Api, WebSession
from support.paths import BERTH, MOCK_NOTEBOOK, MOCK_SERVER
from support.waiting import until

SERVICE_SCOPES = ["admin:users", "admin:servers", "tokens", "read:hub", "list:users", "list:groups", "admin:groups", "proxy",
                  "read:users:activity", "users:activity", "shutdown", "admin-ui", "access:servers", "read:services",
                  "list:services", "read:metrics"]


def base_configuration(folder, port, mark):
    """A hub on loopback whose servers are mocks on this machine; a test changes what it is about."""
    return {
        "hub": {"listen": f"127.0.0.1:{port}", "data_dir": str(folder / "data"), "admin_users": ["root-admin"]},
        "login": {"method": "dummy", "allow_all": True},
        "service": [{"name": "bench", "api_token": ADMIN_TOKEN, "scopes": list(SERVICE_SCOPES)}],
        "cluster": {"local": {"backend": "local", "cmd": ["/usr/bin/python3", str(MOCK_SERVER)],
                              "home_dir": str(folder / "home/{user}"),
                              "environment": {"PATH": "/usr/bin:/bin", processes.MARK: mark}}},
    }


class RunningHub:
    """A hub that somebody else has started: its address, and clients for it."""

    def __init__(self, url):
        self.url = url

    def api(self, token=ADMIN_TOKEN):
        return Api(self.url, token)

    def web(self):
        return WebSession(self.url)

    def log(self):
        return ""


@contextlib.contextmanager
def hub_folder():
    """A short path, for it holds Unix sockets; open to the user that a hub becomes."""
    folder = Path(tempfile.mkdtemp(prefix="berth-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Hub(RunningHub):
    """One hub with its front door. `configuration` may be changed before start()."""

    def __init__(self, folder, environment=None, program=BERTH):
        self.folder, self.program = folder, program
        self.port = processes.free_port()
        super().__init__(f"http://127.0.0.1:{self.port}")
        self.mark = uuid.uuid4().hex
        self.configuration = base_configuration(folder, self.port, self.mark)
        self.configuration_file = folder / "berth.toml"
        self.log_file = folder / "berth.log"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8",
                            processes.MARK: self.mark} | (environment or {})
        self.process = None

    # ---- commands ---------------------------------------------------------------------------------------------
    def write_configuration(self, text=None):
        self.configuration_file.write_text(text if text is not None else toml.dump(self.configuration))

    def command(self, *arguments, timeout=60):
        """Runs `berth ARGUMENTS` to its end."""
        return subprocess.run([self.program, *arguments], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout)

    def launch(self):
        """Begins to start; does not wait for it."""
        self.write_configuration()
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([self.program, "serve", "--config", self.configuration_file], cwd=self.folder,
                                            env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start(self):
        self.launch()
        try:
            until(self.answers_or_is_gone, "the hub answers", timeout=30, interval=0.02)
            assert self.process.poll() is None, f"the hub ended with status {self.process.returncode}"
        except AssertionError as problem:
            raise AssertionError(f"{problem}\n{self.log()[-4000:]}") from None
        return self

    def answers(self):
        try:
            return requests.get(self.url + "/hub/health", timeout=10, proxies={"http": ""}).status_code == 200
        except requests.RequestException:
            return False

    def answers_or_is_gone(self):
        return self.process.poll() is not None or self.answers()

    def kill(self):
        """SIGKILL to the hub alone: the front door and the servers are left to themselves."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """`berth stop`, then whatever the mark still finds, servers included."""
        if self.process is not None:
            try:
                self.command("stop", "--config", str(self.configuration_file), timeout=30)
                self.process.wait(timeout=10)
            except (subprocess.TimeoutExpired, OSError):
                self.process.kill()
                self.process.wait()
        processes.end_marked(self.mark)

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""


def use_quick_servers(hub):
    """Its servers are there in milliseconds."""
    hub.configuration["cluster"]["local"]["cmd"] = [str(MOCK_NOTEBOOK)]


def notebooks(hub):
    """Processes of the quick servers that run."""
    return [p for p in processes.marked(hub.mark) if processes.command(p).endswith(MOCK_NOTEBOOK.name)]


def use_slurm(hub, cluster, notebook_venv, **more):
    """Makes a hub spawn on a test cluster, signing in unix users through PAM; it gives up root itself."""
    hub.configuration["hub"]["user"] = "nobody"
    hub.configuration["login"] = {"method": "pam", "allowed_users": ["alice", "bob", "carol"]}
    hub.configuration["cluster"] = {"hpc": {
        "backend": "slurm", "identity": "root", "poll_interval": "500ms", "poll_interval_max": "2s",
        "cmd": [f"{notebook_venv}/bin/batchspawner-singleuser", f"{notebook_venv}/bin/jupyterhub-singleuser"],
        "defaults": {"partition": "debug", "runtime": "00:30:00", "nprocs": 1, "memory": "512M"}} | more}
    hub.environment["SLURM_CONF"] = str(cluster.conf)


def main():
    """A hub for trying things by hand: python3 -m support.hub FOLDER (from tests/)."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    hub = Hub(folder).start()
    print(hub.url, "token", ADMIN_TOKEN, "log", hub.log_file, flush=True)
    try:
        hub.process.wait()
    finally:
        hub.stop()


if __name__ == "__main__":
    main()
