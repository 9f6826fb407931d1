# SPDX-License-Identifier: BSD-3-Clause
"""A Slurm cluster of the tests' own, by slurm-test-env, on private ports and in a private directory."""
import os
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from support.paths import SLURM_TEST_ENV
from support.processes import free_port_range


@dataclass
class Job:
    id: str
    name: str
    user: str
    state: str
    reason: str
    node: str


class Cluster:
    """Started by up(), gone after down(). Commands run as root unless a user is named."""

    def __init__(self, **knobs):
        self.folder = Path(tempfile.mkdtemp(prefix="berth-slurm-", dir="/tmp"))  # short: it holds Unix sockets
        self.folder.chmod(0o755)
        self.conf = self.folder / "etc/slurm.conf"
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SLURM")}
        self.environment = clean | {"SLURM_TEST_ENV": str(self.folder), "SLURM_TEST_PORT_BASE": str(free_port_range(20)),
                                    "SLURM_CONF": str(self.conf)} | {k: str(v) for k, v in knobs.items()}

        self.port = int(self.environment["SLURM_TEST_PORT_BASE"])  # slurmctld's

    def script(self, name, *arguments):
        done = subprocess.run([SLURM_TEST_ENV / name, *arguments], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, f"{name}: {done.stdout}\n{done.stderr}"

    def up(self):
        self.script("up")
        return self

    def down(self):
        self.script("down", "--wipe")

    def pid(self, daemon):
        """Of slurmctld, slurmdbd, munged or slurmd-nodeN."""
        return int((self.folder / f"run/{daemon}.pid").read_text())

    def signal(self, daemon, how):
        os.kill(self.pid(daemon), how)

    def wait_saved(self, since, longest=10):
        """Until slurmctld, which saves its state every 5 s, has done so after the moment `since` (time.time())."""
        end = time.monotonic() + longest
        while (self.folder / "state/job_state").stat().st_mtime < since and time.monotonic() < end:
            time.sleep(0.1)

    def forget(self):
        """Empties slurmctld's state; it must not be running."""
        for entry in (self.folder / "state").iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def give_state_to_slurm(self):
        """What was put into slurmctld's state belongs to the user that it runs as."""
        for path in (self.folder / "state").rglob("*"):
            shutil.chown(path, "slurm", "slurm")

    def log_size(self):
        """The bytes of slurmctld's log so far."""
        return (self.folder / "log/slurmctld.log").stat().st_size

    def kill_requests(self, since):
        """The ids of the jobs whose end somebody asked slurmctld for, by its log from this byte on."""
        log = (self.folder / "log/slurmctld.log").read_bytes()[since:].decode(errors="replace")
        return set(re.findall(r"REQUEST_KILL_JOB JobId=(\d+)", log))

    def run(self, *command, user=None):
        """A Slurm command's output; an assertion with its words when it fails."""
        if user:
            command = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "env", f"HOME=/home/{user}", *command)
        done = subprocess.run(command, env=self.environment, cwd="/", stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def jobs(self, user=None):
        """What slurmctld has queued or running."""
        lines = self.run("squeue", "--noheader", "-o", "%i|%j|%u|%T|%r|%N").splitlines()
        jobs = [Job(*line.strip().split("|")) for line in lines if line.strip()]
        return [job for job in jobs if user in (None, job.user)]

    def active_jobs(self, user):
        """Without those that have ended and whose nodes are being cleared."""
        return [job for job in self.jobs(user) if job.state != "COMPLETING"]

    def cancel(self, job_id):
        self.run("scancel", str(job_id))

    def cancel_all(self):
        for job in self.jobs():
            self.cancel(job.id)

    def occupy(self, user="bob"):
        """A job that holds every node whole, so that the next one waits; its id."""
        nodes = self.environment.get("SLURM_TEST_NODES", "2")
        out = self.run("sbatch", "--parsable", "--exclusive", f"--nodes={nodes}", "--time=30", "--output=/dev/null",
                       "--chdir=/tmp", "--wrap=sleep 1800", user=user)
        return out.strip().split(";")[0]
