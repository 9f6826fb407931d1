# SPDX-License-Identifier: BSD-3-Clause
"""Killing parts of a hub that spawns on Slurm, and counting afterwards: one job for each wanted server, no other."""
import bisect
import shutil
import signal
import threading
import time

import requests

from support import processes
from support.api import server_path
from support.paths import MOCK_NOTEBOOK
from support.waiting import until

AGENT, KEEPER = "berth-slurm-agent", "berth-keeper"
KINDS = ("hub", "agent", "both")


def use_mocks_on_slurm(hub, cluster, **more):
    """Like support.hub.use_slurm, with servers that are there at once; alice and bob may have any number of them."""
    program = hub.folder / MOCK_NOTEBOOK.name  # where the jobs' users can read it
    shutil.copy(MOCK_NOTEBOOK, program)
    program.chmod(0o755)
    hub.configuration["hub"]["user"] = "nobody"
    hub.configuration["cluster"] = {"hpc": {
        "backend": "slurm", "identity": "root", "poll_interval": "200ms", "poll_interval_max": "1s", "cmd": [str(program)],
        "defaults": {"partition": "debug", "runtime": "00:30:00", "nprocs": 1, "memory": "64M"}} | more}
    hub.environment["SLURM_CONF"] = str(cluster.conf)


def helper_pids(hub, program):
    """The helpers of this name; not the children that work for them."""
    found = [pid for pid in processes.marked(hub.mark) if processes.command(pid).endswith("/" + program)]
    return [pid for pid in found if processes.parent(pid) not in found]


def kill(hub, kind):
    """SIGKILL, to the agent first where both are meant: the hub must not see its end and act on it."""
    agents = helper_pids(hub, AGENT) if kind in ("agent", "both") else []
    if kind == "both":
        hub.process.send_signal(signal.SIGSTOP)
    processes.end(agents, signal.SIGKILL)
    if kind in ("hub", "both"):
        hub.kill()


def jobs_of(hub, cluster):
    """This hub's live jobs, by id."""
    prefix = f"berth-{(hub.folder / 'data/hub_id').read_text().strip()}-"
    return {job.id: job for job in cluster.jobs() if job.name.startswith(prefix) and job.state != "COMPLETING"}


def job_ids(models):
    return {model["job"]["id"] for model in models if (model.get("job") or {}).get("id")}


class StopPoints:
    """The points of daemon/runtime/stop_point.hpp, for a hub that was built with them."""

    def __init__(self, hub):
        self.folder = hub.folder / "stop-points"
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o777)
        hub.environment["BERTH_STOP_POINT_DIR"] = str(self.folder)

    def arm(self, name):
        (self.folder / name).touch()
        (self.folder / name).chmod(0o666)

    def disarm(self):
        for file in self.folder.iterdir():
            file.unlink(missing_ok=True)

    def reached(self, name, timeout=30):
        """Waits until a process has stopped there; its pid."""
        def stopped():
            for file in self.folder.glob(name + ".*"):
                pid = file.name.rsplit(".", 1)[1]
                if pid.isdigit() and processes.state(int(pid)) == "T":
                    return int(pid)
            return None
        return until(stopped, f"a process reaches {name}", timeout, 0.01)


class RoutePoller:
    """Asks for one running server through the front door every 10 ms; when it answered, and when it did not."""

    def __init__(self, hub, user, name=""):
        self.url = f"{hub.url}/user/{user}/{name + '/' if name else ''}api"
        self.good, self.over = [time.monotonic()], threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        http = requests.Session()
        http.trust_env = False
        while not self.over.wait(0.01):
            try:
                if http.get(self.url, timeout=5).status_code == 200:
                    self.good.append(time.monotonic())
            except requests.RequestException:
                continue

    def after(self, moment, timeout=30):
        """Seconds from `moment` to the first good answer after it."""
        until(lambda: self.good[-1] >= moment, "the route answers", timeout, 0.005)
        return self.good[bisect.bisect_left(self.good, moment)] - moment

    def longest_gap(self):
        return max(b - a for a, b in zip(self.good, self.good[1:]))

    def stop(self):
        self.over.set()
        self.thread.join()


def ask(api, what, user, name=""):
    """A start or a stop by a client that is cut off when the hub dies: its status, or None."""
    try:
        return api(what, server_path(user, name), **({"json": {}} if what == "POST" else {})).status_code
    except requests.RequestException:
        return None
