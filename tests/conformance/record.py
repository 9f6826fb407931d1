# SPDX-License-Identifier: BSD-3-Clause
"""Plays the conversations to a real JupyterHub and writes down what it says, in recorded/. The only way these files are made.

    cd tests && ../build/venv/bin/python -m conformance.record [module ...]      # starts one; or BERTH_PEER_URL names one that runs
"""
import contextlib
import os
import sys
import tempfile
from pathlib import Path

from conformance.player import compare, setup
from conformance.player.script import conversations, modules, tag_of
from conformance.player.talk import play
from support import chp
from support.jupyterhub import JupyterHub


@contextlib.contextmanager
def real_hub():
    """The address of a JupyterHub set up for this."""
    if url := os.environ.get("BERTH_PEER_URL"):
        yield url
        return
    chp.install()
    with tempfile.TemporaryDirectory(prefix="berth-peer-", dir="/tmp") as folder:
        hub = JupyterHub(Path(folder), setup.JUPYTERHUB)
        try:
            yield hub.start().url
        finally:
            hub.stop()


def main():
    total = 0
    with real_hub() as url:
        for module in sys.argv[1:] or modules():
            record = {name: play(said, url, tag_of(name)).transcript for name, said in conversations(module).items()}
            broken = [name for name, steps in record.items() if any("broken off" in step for step in steps)]
            assert not broken, f"{module}: {[(n, record[n][-1]) for n in broken]}"
            compare.save(module, record)
            count = sum(map(len, record.values()))
            total += count
            print(f"{module}: {len(record)} conversations, {count} steps")
    print(f"{total} steps recorded")


if __name__ == "__main__":
    main()
