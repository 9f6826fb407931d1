# SPDX-License-Identifier: BSD-3-Clause
"""Writes nested dicts as TOML: what tests need of it, no more."""
import json


def dump(table, path=()):
    """Keys with plain values first, then sub-tables ({...}) and arrays of tables ([{...}, ...])."""
    lines = [f"[{'.'.join(path)}]"] if path else []
    lines += [f"{key} = {_value(value)}" for key, value in table.items() if not _is_table(value)]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += ["", dump(value, (*path, key)).rstrip()]
        elif _is_table(value):
            for item in value:
                text = dump(item, (*path, key)).rstrip()
                header = f"[{'.'.join((*path, key))}]"
                lines += ["", f"[{header}]" + text.removeprefix(header)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _is_table(value):
    return isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict))


def _value(value):
    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    return json.dumps(value)  # a JSON string, number or boolean is TOML as well
