# SPDX-License-Identifier: BSD-3-Clause
"""FirecREST v2 for tests, as far as a spawner uses it, on a Slurm of this machine. Started by `up`, as root."""
import argparse
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from api import ROUTES, make_api
from auth import Auth
from commands import Shell
from control import control
from doorway import Calls, Doorway, RequestIds
from faults import Faults
from files import Files
from jobs import Jobs
from status import Status
from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass
class Parts:
    system: str
    slurm_version: str
    started: float
    auth: Auth
    faults: Faults
    calls: Calls
    shell: Shell
    jobs: Jobs
    status: Status
    files: Files


class Protocol(H11Protocol):
    """Lets a handler cut its connection."""

    def connection_made(self, transport):
        super().connection_made(transport)
        self.app_state = self.app_state | {"transport": transport}


def pair(text):
    name, _, user = text.partition("=")
    return name, user


def arguments():
    parser = argparse.ArgumentParser(prog="up", description=__doc__)
    parser.add_argument("--state", required=True, type=Path)
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--jwks", required=True, help="where the identity provider's keys are; read once")
    parser.add_argument("--slurm-conf", required=True, type=Path)
    parser.add_argument("--system", default="anchor", help="the system's name in addresses")
    parser.add_argument("--prefix", default="", help="before every path, as /hpc/firecrest/v2")
    parser.add_argument("--claims", default="preferred_username", help="where the user's name stands: a,b,c, first wins")
    parser.add_argument("--account", action="append", default=[], type=pair, help="NAME=USER: NAME in a token means USER")
    parser.add_argument("--min-token-ttl", default=30, type=int)
    parser.add_argument("--command-seconds", default=5.0, type=float)
    parser.add_argument("--seed", default=0, type=int)
    return parser.parse_args()


def make_parts(wanted):
    conf = wanted.slurm_conf.read_text()
    setting = lambda key: (re.search(rf"^{key}=(\S+)", conf, re.MULTILINE | re.IGNORECASE) or [None, ""])[1]  # noqa: E731
    accounting = "slurmdbd" in setting("AccountingStorageType")
    version = subprocess.run(["scontrol", "--version"], env=os.environ | {"SLURM_CONF": str(wanted.slurm_conf)},
                             capture_output=True, text=True, check=True).stdout.split()[-1]
    faults = Faults(wanted.seed)
    shell = Shell(str(wanted.slurm_conf), wanted.command_seconds, faults.sessions)
    auth = Auth(wanted.jwks, wanted.claims.split(","), dict(wanted.account), wanted.min_token_ttl)
    return Parts(system=wanted.system, slurm_version=version, started=time.time(), auth=auth, faults=faults, calls=Calls(),
                 shell=shell, jobs=Jobs(shell, setting("ClusterName"), accounting), status=Status(shell, accounting),
                 files=Files(shell))


def main():
    wanted = arguments()
    Path("/proc/self/comm").write_text("berth-firecrest")  # as `down` knows it by
    parts = make_parts(wanted)
    app = make_api(parts)
    app.include_router(control)
    app.add_middleware(RequestIds)
    app.add_middleware(Doorway, prefix=wanted.prefix, routes=ROUTES, auth=parts.auth, faults=parts.faults, calls=parts.calls)
    (wanted.state / "run/gateway.pid").write_text(f"{os.getpid()}\n")
    uvicorn.run(app, host="127.0.0.1", port=wanted.port, http=Protocol, ws="none", lifespan="off",
                access_log=False, timeout_graceful_shutdown=3)


main()
