# SPDX-License-Identifier: BSD-3-Clause
"""Berth beside JupyterHub, configurable-http-proxy and haproxy, all on loopback, in one run.

    tests/bench/run                 every row; less than 15 minutes
    tests/bench/run --quick         shorter turns, fewer users and servers; less than 3 minutes
    tests/bench/run ROW...          some rows
    tests/bench/run --show [FILE]   the table and the plot of an earlier run, without measuring
    tests/bench/run --publish [FILE]  that run's table, as Markdown, and plot into README.md and docs/images
"""
import argparse
import datetime
import os
import sys
import time
from pathlib import Path

from bench import plot, results, setup

RESULTS = setup.ROOT / "build/bench/results.json"
# In the order in which they run: what shares hubs stands together, hubs with many servers last.
ROW_NAMES = ["page", "user", "named-user", "activity", "user-list", "new-users", "wave", "memory", "boot", "kill", "stored", "admin",
             "proxy", "echo", "idle-websockets", "transfer", "slurm", "firecrest"]
NOT_QUICK = {"slurm", "firecrest"}


def arguments(given):
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROW_NAMES))
    parser.add_argument("--quick", action="store_true", help="shorter turns, fewer users and servers")
    parser.add_argument("--show", nargs="?", const=RESULTS, type=Path, metavar="FILE", help="print an earlier run's table")
    parser.add_argument("--publish", nargs="?", const=RESULTS, type=Path, metavar="FILE", help="put an earlier run into the README")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FILE", help="default: build/bench/results.json")
    chosen = parser.parse_args(given)
    unknown = [row for row in chosen.rows if row not in ROW_NAMES]
    if unknown:
        parser.error(f"unknown row {unknown[0]}; known: {', '.join(ROW_NAMES)}")
    chosen.rows = [r for r in ROW_NAMES if r in chosen.rows or not chosen.rows and not (chosen.quick and r in NOT_QUICK)]
    return chosen


def row_functions():
    from bench import rows_admin, rows_api, rows_firecrest, rows_page, rows_proxy, rows_servers, rows_slurm, rows_stored
    modules = (rows_page, rows_api, rows_servers, rows_stored, rows_admin, rows_proxy, rows_slurm, rows_firecrest)
    return {name: work for rows in modules for name, work in rows.ROWS.items()}


def measure_rows(names, quick):
    """Every row's lines; a row that could not be measured says so and is not met."""
    from bench.context import Bench
    known, bench, lines = row_functions(), Bench(quick), []
    try:
        for name in names:
            begin = time.monotonic()
            print(f"bench: {name} ...", end="", flush=True)
            try:
                lines += known[name](bench)
                print(f" {time.monotonic() - begin:.0f} s", flush=True)
            except Exception as problem:  # the other rows are still worth having
                print(f" failed: {type(problem).__name__}: {problem}", flush=True)
                lines.append(results.Line(name, name, 0, "", "", False, note=f"could not be measured: {type(problem).__name__}"))
    finally:
        bench.close()
    return lines


def surroundings(quick, began):
    from bench.measure import load_average
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return {"when": began.strftime("%Y-%m-%d %H:%M"), "quick": quick, "processors": os.cpu_count(), "processor": model,
            "load before": LOAD_BEFORE, "load after": load_average()} | setup.versions()


def tell(lines, around, output):
    print()
    print(results.table(lines))
    judged = [line for line in lines if line.met is not None]
    print(f"\n{sum(line.met for line in judged)} of {len(judged)} met; " +
          ", ".join(f"{name}: {value}" for name, value in around.items()))
    picture = output.with_suffix(".svg")
    picture.write_text(plot.draw(lines, around))
    print(f"plot: {picture}")


def publish(file):
    """Replaces what stands between the README's two marks."""
    lines, around = results.load(file)
    (setup.ROOT / "docs/images/bench.svg").write_text(plot.draw(lines, around))
    readme = setup.ROOT / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"README.md has no {BEGIN} ... {END}")
    told = "; ".join(f"{name} {value}" for name, value in around.items())
    readme.write_text(f"{before}{BEGIN}\n{results.markdown(lines)}\n\nMeasured: {told}.\n{end}{after}")


BEGIN, END = "<!-- bench: tests/bench/run --publish -->", "<!-- bench ends -->"
LOAD_BEFORE = Path("/proc/loadavg").read_text().split()[0]


def main(given):
    chosen = arguments(given)
    if chosen.show:
        tell(*results.load(chosen.show), chosen.show)
        return 0
    if chosen.publish:
        publish(chosen.publish)
        return 0
    began = datetime.datetime.now()
    lines = measure_rows(chosen.rows, chosen.quick)
    around = surroundings(chosen.quick, began)
    results.save(chosen.output, lines, around)
    tell(lines, around, chosen.output)
    return 0 if all(line.met is not False for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
