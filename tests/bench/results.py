# SPDX-License-Identifier: BSD-3-Clause
"""What was measured: lines of the table, their verdicts, and the file that keeps them."""
import json
from dataclasses import asdict, dataclass


@dataclass
class Line:
    row: str                      # the name by which it is asked for
    what: str
    berth: float
    unit: str                     # "/s", "ms", "s", "MB", "MB/s", "kB", ""
    target: str                   # in the words of the design; empty: told for information
    met: bool | None = None
    peer_name: str = ""
    peer: float | None = None
    ratio: float | None = None    # how many times better Berth is; above 1 is better
    cpu: str = ""                 # CPU per request or message: the peer's and Berth's
    note: str = ""


def better(berth, peer, more_is_better):
    """How many times better; nothing where there is nothing to divide by."""
    top, bottom = (berth, peer) if more_is_better else (peer, berth)
    return top / bottom if bottom else None


def number(value):
    """Three digits that matter."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{2 if abs(value) < 1 else 1 if abs(value) >= 10 else 2}f}"


def with_unit(value, unit):
    if value is None:
        return "–"
    return number(value) + (unit if unit.startswith("/") or not unit else " " + unit)


VERDICTS = {True: "met", False: "NOT MET", None: ""}
HEADINGS = ("what", "peer", "", "Berth", "ratio", "CPU peer · Berth", "target", "verdict", "note")


def cells(line):
    return (line.what, line.peer_name, with_unit(line.peer, line.unit) if line.peer_name else "",
            with_unit(line.berth, line.unit), number(line.ratio) + "×" if line.ratio is not None else "", line.cpu, line.target,
            VERDICTS[line.met], line.note)


def table(lines):
    """As text with columns."""
    rows = [HEADINGS] + [cells(line) for line in lines]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS) - 1)] + [0]
    right = {2, 3, 4}
    return "\n".join("  ".join(cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths)))
                     .rstrip() for row in rows)


def markdown(lines):
    """The same for a README."""
    rows = [HEADINGS] + [cells(line) for line in lines]
    out = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([out[0], "|" + "---|" * len(HEADINGS)] + out[1:])


def save(file, lines, surroundings):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"surroundings": surroundings, "lines": [asdict(line) for line in lines]}, indent=1,
                               ensure_ascii=False) + "\n")


def load(file):
    """(lines, surroundings)"""
    told = json.loads(file.read_text())
    return [Line(**line) for line in told["lines"]], told["surroundings"]
