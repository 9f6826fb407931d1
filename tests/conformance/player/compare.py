# SPDX-License-Identifier: BSD-3-Clause
"""What a hub has said beside what JupyterHub says, and where the record of that lies."""
import json
from pathlib import Path

RECORDED = Path(__file__).resolve().parents[1] / "recorded"


class Difference:
    """Why Berth departs from JupyterHub in a step: `reason` stands in docs/compatibility.md word for word; `to` are the members of
    the reduced exchange that are others there, objects of JSON member by member where JupyterHub's is an object too; None: not there."""

    def __init__(self, reason, **to):
        self.reason, self.to = reason, to

    def apply(self, step):
        changed = step | {k: v if is_error(v) else merged(step.get(k), v) for k, v in self.to.items()}
        return {k: v for k, v in changed.items() if v is not None}


def is_error(body):
    return isinstance(body, dict) and set(body) == {"status", "message"}


def merged(one, other):
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    return one | {k: merged(one.get(k), v) for k, v in other.items()}


def expected(steps, differences):
    """What Berth has to say where JupyterHub says `steps`."""
    return [differences[i].apply(step) if i in differences else step for i, step in enumerate(steps)]


def unlike(one, other, path=""):
    """`path: one, other` for each leaf in which two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        missing = object()
        return [line for key in one | other
                for line in unlike(one.get(key, missing), other.get(key, missing), f"{path}.{key}" if path else key)]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [line for i, (a, b) in enumerate(zip(one, other)) for line in unlike(a, b, f"{path}[{i}]")]
    shown = [json.dumps(v) if type(v) is not object else "nothing" for v in (one, other)]
    return [] if one == other else [f"{path}: {shown[0]} there, {shown[1]} here"]


def faults(want, got):
    """One text for each step that is not as wanted."""
    out = []
    for i in range(max(len(want), len(got))):
        one, other = (steps[i] if i < len(steps) else {} for steps in (want, got))
        if lines := unlike(one, other):
            out.append(f"step {i + 1}, {other.get('request') or other}\n  " + "\n  ".join(lines))
    return out


def load(module):
    """Conversation -> its steps, as JupyterHub has answered them."""
    return json.loads((RECORDED / f"{module}.json").read_text())


def save(module, conversations):
    """One step a line, so that a change of JupyterHub's is read as a change of lines."""
    parts = []
    for name, steps in conversations.items():
        lines = ",\n".join(f"  {json.dumps(step, sort_keys=True)}" for step in steps)
        parts.append(f"{json.dumps(name)}: [\n{lines}\n]")
    RECORDED.mkdir(exist_ok=True)
    (RECORDED / f"{module}.json").write_text("{\n" + ",\n".join(parts) + "\n}\n")
