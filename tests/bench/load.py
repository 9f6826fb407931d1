# SPDX-License-Identifier: BSD-3-Clause
"""The load generators, as functions that return what they measured."""
import json
import os
import re
import subprocess
from pathlib import Path

from support.paths import ROOT

HERE = Path(__file__).resolve().parent / "load"
PROGRAMS = Path(os.environ.get("BERTH_PROGRAM") or ROOT / "build/release/bin/berth").parent
UNITS = {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * UNITS[unit]


def read_wrk(text):
    """What wrk --latency printed."""
    found = {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
             "count": int(re.search(r"(\d+) requests in", text)[1]),
             "p50_ms": milliseconds(re.search(r"^\s+50%\s+(\S+)", text, re.MULTILINE)[1]),
             "p99_ms": milliseconds(re.search(r"^\s+99%\s+(\S+)", text, re.MULTILINE)[1])}
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    found["bad"] = int(bad[1]) if bad else 0
    found["errors"] = sum(map(int, errors.groups())) if errors else 0
    return found


def wrk(url, connections, seconds, token=None, script=None, pinned=None):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "--latency"]
    command += ["-H", f"Authorization: token {token}"] if token else []
    command += ["-s", str(HERE / script)] if script else []
    done = subprocess.run(on_cpu(pinned) + command + [url], capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode != 0:
        raise RuntimeError(f"wrk {url}: {done.stdout} {done.stderr}")
    return read_wrk(done.stdout)


def on_cpu(number):
    """Front of a command that shall stay on one processor; nothing where there is no choice."""
    return [] if number is None or os.cpu_count() < 2 else ["taskset", "-c", str(number)]


def bench_load(*arguments, pinned=None, timeout=120):
    done = subprocess.run(on_cpu(pinned) + [PROGRAMS / "bench_load", *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout)
    if done.returncode != 0:
        raise RuntimeError(f"bench_load {arguments}: {done.stderr}")
    return json.loads(done.stdout)


class Background:
    """A bench_load that works until result() is asked for."""

    def __init__(self, *arguments, token="", wait_for=None):
        self.process = subprocess.Popen([PROGRAMS / "bench_load", *map(str, arguments)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=os.environ | {"BENCH_TOKEN": token})
        if wait_for and not self.process.stdout.readline().startswith(wait_for):
            raise RuntimeError(f"bench_load {arguments} did not begin")

    def result(self):
        out, _ = self.process.communicate(timeout=60)
        return json.loads(out)


def hold(port, path, connections):
    """Idle websockets, open when this returns."""
    return Background("hold", port, path, connections, wait_for="held")


def probe(port, path, interval_ms, token=""):
    """Paced GETs from now on."""
    return Background("probe", port, path, interval_ms, token=token)


class Origin:
    """What proxies are measured in front of."""

    def __init__(self, pinned=None):
        self.process = subprocess.Popen(on_cpu(pinned) + [PROGRAMS / "bench_origin"], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.process.kill()
        self.process.wait()
