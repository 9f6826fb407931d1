# SPDX-License-Identifier: BSD-3-Clause
"""The conversations, against what a real JupyterHub 6.1 has answered (recorded/; conformance/record.py makes it).

BERTH_PEER_URL=http://127.0.0.1:8000 asks a JupyterHub that runs instead of the record: `python -m support.jupyterhub` starts one.
"""
import os

import pytest

from conformance.player import compare, setup
from conformance.player.script import conversations, modules, tag_of
from conformance.player.talk import play
from support.paths import ROOT

ALL = [(module, name) for module in modules() for name in conversations(module)]
PEER = os.environ.get("BERTH_PEER_URL")


@pytest.fixture(scope="module")
def told(unstarted_shared_hub):
    """The address of Berth, set up as the real one was."""
    setup.berth(unstarted_shared_hub.configuration)
    return unstarted_shared_hub.start().url


@pytest.mark.parametrize("module, name", ALL, ids=[f"{module}-{name}" for module, name in ALL])
def test_says_what_jupyterhub_says(told, module, name, steps_played):
    said = conversations(module)[name]
    talk = play(said, told, tag_of(name))
    real = play(said, PEER, tag_of(name)).transcript if PEER else compare.load(module).get(name, [])
    faults = compare.faults(compare.expected(real, talk.differences), talk.transcript)
    steps_played.append(len(real))
    assert not faults, "\n".join(faults)
    words = " ".join((ROOT / "docs/compatibility.md").read_text().split())
    assert [d.reason for d in talk.differences.values() if d.reason not in words] == [], "docs/compatibility.md lacks the reason"


@pytest.fixture(scope="module")
def steps_played(figures):
    counts = []
    yield counts
    figures(f"conformance: {sum(counts)} steps of {len(counts)} conversations compared with JupyterHub's")
