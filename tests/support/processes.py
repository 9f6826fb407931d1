# SPDX-License-Identifier: BSD-3-Clause
"""Finding again what a test has started, daemons included: by a mark in the environment that they all inherit."""
import os
import signal
import socket
from pathlib import Path

from support.waiting import until

MARK = "BERTH_TEST_MARK"


def marked(mark):
    """Pids of live processes whose environment carries the mark."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0") and is_alive(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def is_alive(pid):
    return state(pid) not in ("", "Z")


def arguments(pid):
    """A process's command line; empty when it has ended."""
    try:
        return [word.decode() for word in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
    except OSError:
        return []


def command(pid):
    """The program that a process runs; "" when it has ended."""
    return next(iter(arguments(pid)), "")


def door_pids(hub):
    """The hub's own front door."""
    return [p for p in marked(hub.mark) if arguments(p)[1:2] == ["proxy"]]


def of_all(file):
    """/proc/PID/`file` of each process: what stands between NULs."""
    out = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                out.append((entry / file).read_bytes().decode(errors="replace").split("\0"))
        except OSError:
            continue
    return out


def command_lines():
    """What `ps` shows of everybody."""
    return [" ".join(words) for words in of_all("cmdline")]


def environments():
    return [dict(entry.split("=", 1) for entry in entries if "=" in entry) for entries in of_all("environ")]


def status_line(pid, key):
    """A value of /proc/PID/status; "" when the process has gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key + ":")), "")


def state(pid):
    """R, S, T (stopped), Z, ...; "" when it has gone."""
    return status_line(pid, "State")[:1]


def parent(pid):
    return int(status_line(pid, "PPid") or 0)


def end(pids, how=signal.SIGTERM):
    for pid in pids:
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            pass


def end_marked(mark):
    end(marked(mark))
    try:
        until(lambda: not marked(mark), "processes end", timeout=5)
    except AssertionError:
        end(marked(mark), signal.SIGKILL)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def free_port_range(count):
    """The first of `count` ports in a row that nothing listens on."""
    low, places = 21000, 11000 // count
    for place in range(places):
        first = low + (os.getpid() + place) % places * count
        try:
            for port in range(first, first + count):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
    raise RuntimeError(f"no {count} free ports in a row")
