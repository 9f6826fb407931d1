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
