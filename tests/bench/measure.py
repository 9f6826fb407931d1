# SPDX-License-Identifier: BSD-3-Clause
"""What processes cost, as the kernel counts it; rounds in which the subjects take turns."""
import os
import statistics
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def stat_fields(pid):
    """/proc/PID/stat after the command's name (which may hold blanks): state is field 0."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def children_of():
    """pid -> pids of its children."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.setdefault(int(stat_fields(entry.name)[1]), []).append(int(entry.name))
            except OSError:
                continue
    return found


def cpu_seconds(pids):
    """User and system time of these processes until now; of one that has ended, nothing."""
    total = 0
    for pid in pids:
        try:
            fields = stat_fields(pid)
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory_mb(pids):
    """{"rss": ..., "pss": ...}; PSS shares what several processes have mapped among them."""
    sums = {"Rss": 0, "Pss": 0}
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in sums:
                sums[name] += int(rest.split()[0])
    return {"rss": sums["Rss"] / 1024, "pss": sums["Pss"] / 1024}


def descriptors(pids):
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)


class Cpu:
    """with Cpu(pids) as cpu: ...; then cpu.seconds and cpu.wall."""

    def __init__(self, pids):
        self.pids = list(pids)

    def __enter__(self):
        self.begin, self.start = cpu_seconds(self.pids), time.monotonic()
        return self

    def __exit__(self, *problem):
        self.seconds = cpu_seconds(self.pids) - self.begin
        self.wall = time.monotonic() - self.start


def take_turns(subjects, measure, rounds):
    """A B A B ...: {name of a subject: [its measurements]}. Drift of the machine meets all alike."""
    results = {s.name: [] for s in subjects}
    for _ in range(rounds):
        for subject in subjects:
            results[subject.name].append(measure(subject))
    return results


def median(values):
    return statistics.median(values)


def middle(measurements, key):
    """The median of one member of measurements."""
    return median(m[key] for m in measurements)


def ratio(ones, others, key):
    """The median of the ratios within rounds."""
    return median(a[key] / b[key] for a, b in zip(ones, others) if b[key])


def load_average():
    return Path("/proc/loadavg").read_text().split()[0]
