# SPDX-License-Identifier: BSD-3-Clause
"""Many servers: all at once, and after the hub has been killed."""
import os
import socket
import subprocess
import threading
import time

from bench import load, measure
from bench.context import settle
from bench.hubs import PYTHON_MOCK
from bench.results import Line, better
from support import processes
from support.api import ADMIN_TOKEN

PROBE_MS = 20


# ---- many starts at once ------------------------------------------------------------------------------------------
def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def without_a_hub(count):
    """Seconds until the same processes, started by nobody in particular, all answer."""
    first = processes.free_port_range(count)
    begin = time.monotonic()
    started = [subprocess.Popen(PYTHON_MOCK, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
                                env={"PATH": "/usr/bin:/bin", "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{first + i}/x/"})
               for i in range(count)]
    try:
        for i in range(count):
            settle(lambda: listens(first + i), "a mock listens")
        return time.monotonic() - begin
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.wait()


def one_wave(hub, count, prefix):
    """Starts `count` servers at once; what their users and others waited for."""
    api, names = hub.api(), [f"{prefix}{i:04d}" for i in range(count)]
    assert api.post("/hub/api/users", json={"usernames": names}).status_code == 201
    others = load.probe(hub.port, "/hub/api/user", PROBE_MS, token=api.make_user("somebody-else").token)
    time.sleep(0.5)
    posts = {}
    path = f"/hub/api/users/{prefix}%/server"
    posting = threading.Thread(target=lambda: posts.update(load.bench_load("posts", hub.port, path, count)))
    begin = time.monotonic()
    posting.start()
    for name in names:
        settle(lambda: (api.server(name, stopped=False) or {}).get("ready"), f"{name} is ready", timeout=180)
    wave = time.monotonic() - begin
    posting.join()
    waited = others.result()
    stop_servers(api, names)
    return {"wave": wave, "post": posts["p50_ms"], "others": waited["p99_ms"], "statuses": posts["statuses"]}


def stop_servers(api, names):
    for name in names:
        api.stop(name)
    for name in names:
        api.wait_stopped(name)
        api.delete(f"/hub/api/users/{name}")


def waves(bench):
    os.environ["BENCH_TOKEN"] = ADMIN_TOKEN
    pair, lines = bench.pair(), []
    for count in (20,) if bench.quick else (50, 200):
        rounds = 2 if count == 50 else 1
        alone, found = [], {hub.name: [] for hub in pair.hubs}
        for turn in range(rounds):
            alone.append(without_a_hub(count))
            for hub in pair.hubs:
                found[hub.name].append(one_wave(hub, count, f"wave{count}r{turn}n"))
        lines += wave_lines(count, measure.median(alone), found["jupyterhub"], found["berth"])
    return lines


def wave_lines(count, alone, peer, berth):
    def both(key):
        return measure.middle(berth, key), measure.middle(peer, key)

    wave, peer_wave = both("wave")
    post, peer_post = both("post")
    others, peer_others = both("others")
    what = f"{count} servers at once"
    return [Line("wave", what, wave, "s", "≤ 1.2× no hub", wave <= 1.2 * alone, "JupyterHub", peer_wave,
                 better(wave, peer_wave, False), note=f"no hub: {alone:.2f} s, Berth {wave / alone:.2f}×"),
            Line("wave", f"{what}: POST p50", post, "ms", "< 50 ms", post < 50, "JupyterHub", peer_post,
                 better(post, peer_post, False)),
            Line("wave", f"{what}: others' GET …/user p99", others, "ms", "< 10 ms", others < 10, "JupyterHub",
                 peer_others, better(others, peer_others, False))]


# ---- memory -------------------------------------------------------------------------------------------------------
def memory_line(hubs, what, limit):
    found = {hub.name: measure.memory_mb(hub.programs()) for hub in hubs}
    berth, peer = found["berth"], found["jupyterhub"]
    return Line("memory", what, berth["pss"], "MB", f"< {limit} MB", berth["pss"] < limit, "JupyterHub", peer["pss"],
                better(berth["pss"], peer["pss"], False),
                note=f"hub + front door, PSS; RSS {peer['rss']:.0f} · {berth['rss']:.0f} MB")


def memory(bench):
    pair = bench.pair("small")
    time.sleep(2)
    lines = [memory_line(pair.hubs, "memory, idle", 30)]
    pair.run_servers(bench.many_servers())
    time.sleep(2)
    return lines + [memory_line(pair.hubs, f"memory, {bench.many_servers()} servers", 60)]


# ---- restarts -----------------------------------------------------------------------------------------------------
def boot_times(hub, times):
    found = []
    for _ in range(times):
        hub.kill_all()
        found.append(hub.first_answer())
    return measure.median(found)


def hub_killed(hub, name):
    """The hub alone is killed and started at once: its first answer, and how long a running server did not answer."""
    notebook = load.probe(hub.port, f"/user/{name}/api", 10)
    time.sleep(0.5)
    hub.kill()
    took = hub.first_answer()
    time.sleep(0.5)
    found = notebook.result()
    return {"first": took, "unreachable": max(found["longest_without_ms"] - 10, 0), "failed": found["failed"]}


def boot(bench):
    pair, lines = bench.pair("small"), []
    times = 2 if bench.quick else 5
    none = bench.pair("python")
    took = {hub.name: boot_times(hub, times) for hub in none.hubs}
    lines.append(boot_line("boot to first answer, none running", took["berth"], took["jupyterhub"], 0.2))
    for count in (100,) if bench.quick else (100, 500):
        pair.run_servers(count)
        found = {hub.name: [hub_killed(hub, "user00007") for _ in range(1 if bench.quick else 3)] for hub in pair.hubs}
        peer, berth = found["jupyterhub"], found["berth"]
        lines.append(boot_line(f"boot to first answer, {count} running servers", measure.middle(berth, "first"),
                               measure.middle(peer, "first"), 0.2))
        longest, peers = measure.middle(berth, "unreachable"), measure.middle(peer, "unreachable")
        lost = sum(b["failed"] for b in berth)
        lines.append(Line("boot", "hub killed: a server is unreachable for", longest, "ms", "never", lost == 0 and longest < 100,
                          "JupyterHub", peers, better(longest, peers, False),
                          note=f"one of {count}, probed every 10 ms; requests lost {sum(p['failed'] for p in peer)} · {lost}"))
    return lines


def boot_line(what, berth, peer, limit):
    return Line("boot", what, berth, "s", f"< {limit} s", berth < limit, "JupyterHub", peer, better(berth, peer, False))


def kill(bench):
    """Websockets through the front door while the hub is killed and comes back."""
    pair, count = bench.pair("small"), 100
    pair.run_servers(10)
    dropped = {}
    for hub in pair.hubs:
        held = load.hold(hub.port, "/user/user00003/ws", count)
        hub.kill()
        hub.first_answer()
        time.sleep(1)
        found = held.result()
        dropped[hub.name] = count - found["answering"]
    return [Line("kill", f"hub killed: websockets dropped, of {count}", dropped["berth"], "", "none",
                 dropped["berth"] == 0, "JupyterHub", dropped["jupyterhub"])]


ROWS = {"wave": waves, "memory": memory, "boot": boot, "kill": kill}
