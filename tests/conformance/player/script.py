# SPDX-License-Identifier: BSD-3-Clause
"""Finds the conversations: in conversations/*.py, each function that is no helper (a name with `_` in front) and is made there."""
import importlib
import inspect
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "conversations"


def modules():
    return sorted(file.stem for file in FOLDER.glob("*.py"))


def conversations(module):
    """Name -> function(hub), in the order of the file."""
    loaded = importlib.import_module(f"conformance.conversations.{module}")
    return {name: f for name, f in vars(loaded).items()
            if inspect.isfunction(f) and f.__module__ == loaded.__name__ and not name.startswith("_")}


def tag_of(name):
    """What users' and groups' names of a conversation begin with."""
    return "c" + "".join(word[0] for word in name.split("_"))
