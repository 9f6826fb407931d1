# SPDX-License-Identifier: BSD-3-Clause
"""Installs and builds what is measured: packages by name from Debian, PyPI and npm. Standard library only."""
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "build/bench-peers"
VENV = PEERS / "venv"
PYTHON_PACKAGES = ["jupyterhub>=6", "requests", "playwright"]
NPM_PACKAGES = ["configurable-http-proxy"]
TARGETS = ["bench_load", "bench_origin", "mock_notebook_server"]


def step(what, command, **more):
    print(f"bench: {what}", flush=True)
    log = ROOT / "build/bench-setup.log"
    with open(log, "wb") as out:
        status = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, **more).returncode
    if status != 0:
        print(log.read_text(errors="replace")[-4000:])
        sys.exit(f"bench: {what} failed with status {status}")


def once(mark, wanted, work):
    """Calls work() unless the mark says that exactly this has been done."""
    text = hashlib.sha256(" ".join(wanted).encode()).hexdigest()
    if not mark.exists() or mark.read_text() != text:
        work()
        mark.write_text(text)


def install():
    (ROOT / "build").mkdir(exist_ok=True)
    step("Debian packages", [ROOT / "slurm-test-env/packages", "build", "slurm", "bench"])
    PEERS.mkdir(parents=True, exist_ok=True)

    def python():
        step("Python environment", ["/usr/bin/python3", "-m", "venv", "--clear", str(VENV)])
        step("JupyterHub from PyPI", [VENV / "bin/pip", "install", "--disable-pip-version-check", *PYTHON_PACKAGES])

    def npm():
        step("configurable-http-proxy from npm", ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--prefix",
                                                  str(PEERS), *NPM_PACKAGES])

    once(PEERS / ".python", PYTHON_PACKAGES, python)
    once(PEERS / ".npm", NPM_PACKAGES, npm)


def build():
    """The release build's programs, or only the load beside the program that BERTH_PROGRAM names; that program's path."""
    chosen = os.environ.get("BERTH_PROGRAM")
    program = Path(chosen or ROOT / "build/release/bin/berth").resolve()
    folder = program.parents[1]
    if not (folder / "build.ninja").exists():
        step(f"configure {folder.name}", ["cmake", "--preset", "release", "-B", str(folder)])
    step(f"build {folder.name}", ["ninja", "-C", str(folder), *([] if chosen else programs(folder)), *TARGETS])
    return program


def programs(folder):
    """berth and its helpers, as ninja names them."""
    shown = subprocess.run(["ninja", "-C", str(folder), "-t", "targets", "all"], capture_output=True, text=True)
    return re.findall(r"^(bin/berth[a-z-]*):", shown.stdout, re.MULTILINE)


def versions():
    """What stands beside what."""
    def said(*command):
        done = subprocess.run(command, capture_output=True, text=True)
        return (done.stdout or done.stderr).strip().splitlines()[0] if done.stdout or done.stderr else "?"

    return {"JupyterHub": said(VENV / "bin/jupyterhub", "--version"),
            "configurable-http-proxy": said(PEERS / "node_modules/.bin/configurable-http-proxy", "--version"),
            "haproxy": said("/usr/sbin/haproxy", "-v"), "node": said("node", "--version"),
            "revision": said("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")}
