# SPDX-License-Identifier: BSD-3-Clause
"""2,000 mock servers, an idle websocket to each, one listing per tick; then churn. Is anything growing?

First an idle minute: the hub and its front door may take 2 % of a core. Then starts, stops, sign-ins, sign-outs and
websockets for --minutes, with memory and descriptors told once a minute. The verdict compares the last fifth with the
second one (the first one warms up).
"""
import argparse
import json
import sys
import time
from pathlib import Path

from bench import load, measure, setup
from bench.context import Bench, start_servers
from bench.hubs import Berth, small_mock
from support import processes
from support.waiting import until

MEGABYTES_EACH = 4     # a mock, the shepherd above it, its sockets: with room to spare
COMING_AND_GOING = 40  # users whose servers are started and stopped
IDLE_LIMIT = 0.02      # of a core
GROWTH_LIMIT = 1.03    # of memory, plus a megabyte; descriptors may differ by 20


def arguments(given):
    parser = argparse.ArgumentParser(prog="tests/bench/soak", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--servers", type=int, default=2000)
    parser.add_argument("--output", type=Path, default=setup.ROOT / "build/bench/soak.json", metavar="FILE")
    return parser.parse_args(given)


def affordable(wanted):
    """As many servers as three quarters of the free memory take."""
    free = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemAvailable"))
    fits = int(free / 1024 * 0.75 / MEGABYTES_EACH)
    if fits < wanted:
        print(f"soak: memory for {fits} servers only, instead of {wanted}", flush=True)
    return min(wanted, fits)


class Parts:
    """The hub and its front door, as processes. Looked for once: thousands of servers carry the same mark."""

    def __init__(self, hub):
        self.hub, self.door, self.helpers = hub.process.pid, None, []
        for pid in hub.programs():
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if pid != self.hub and b"proxy" in words:
                self.door = pid
            elif pid != self.hub:
                self.helpers.append(pid)

    def all(self):
        return [self.hub, self.door, *self.helpers]

    def sample(self, data):
        found = {"database": sum(f.stat().st_size for f in data.glob("berth.sqlite*")) / 1e6}
        for name, pid in (("hub", self.hub), ("door", self.door)):
            found |= {f"{name} MB": measure.memory_mb([pid])["rss"], f"{name} fds": measure.descriptors([pid])}
        return found


class Churn:
    """People who come and go, a little every second."""

    def __init__(self, hub):
        self.hub, self.api, self.turn = hub, hub.api(), 0
        self.names = [f"guest{i:04d}" for i in range(COMING_AND_GOING)]
        self.done = {"starts": 0, "stops": 0, "sign-ins": 0, "websockets": 0, "refused": 0}
        self.api.post("/hub/api/users", json={"usernames": self.names})

    def second(self):
        # One comes, one goes: half of them run at any time, so that samples can be compared.
        count = len(self.names)
        self.answered("starts", self.api.start(self.names[self.turn % count]))
        self.answered("stops", self.api.stop(self.names[(self.turn + count // 2) % count]))
        web = self.hub.web()
        web.sign_in(self.names[(self.turn * 7) % len(self.names)], "any")
        assert web.get("/hub/home").status_code == 200
        web.get("/hub/logout")
        self.done["sign-ins"] += 1
        load.hold(self.hub.port, "/user/soak%/ws", 20).result()
        self.done["websockets"] += 20
        self.turn += 1

    def answered(self, what, answer):
        self.done[what] += 1
        self.done["refused"] += answer.status_code >= 400 and answer.status_code != 404  # stopped already


def idle_share(parts, seconds=60):
    with measure.Cpu(parts.all()) as cpu:
        time.sleep(seconds)
    return cpu.seconds / cpu.wall


def churn_minutes(hub, parts, minutes):
    """One sample a minute."""
    churn, samples = Churn(hub), []
    columns = ["hub MB", "hub fds", "door MB", "door fds", "database"]
    print("minute  " + "  ".join(f"{c:>9}" for c in columns), flush=True)
    for minute in range(minutes):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            next_second = time.monotonic() + 1
            churn.second()
            time.sleep(max(0, next_second - time.monotonic()))
        samples.append(parts.sample(hub.folder / "data"))
        print(f"{minute + 1:6}  " + "  ".join(f"{samples[-1][c]:9.1f}" for c in columns), flush=True)
    return samples, churn.done


def verdict(samples):
    """Sentences about what grew; none is good."""
    fifth = max(len(samples) // 5, 1)
    early, late = samples[fifth:2 * fifth] or samples[:1], samples[-fifth:]
    grown = []
    for name in samples[0]:
        before, after = measure.middle(early, name), measure.middle(late, name)
        limit = before + 20 if name.endswith("fds") else before * GROWTH_LIMIT + 1
        if after > limit:
            grown.append(f"{name} grew from {before:.1f} to {after:.1f}")
    return grown


def soak(hub, count, minutes):
    hub.start()
    names = [f"soak{i:04d}" for i in range(count)]
    hub.api().post("/hub/api/users", json={"usernames": names})
    begin = time.monotonic()
    start_servers(hub, names, at_once=50)
    print(f"soak: {count} servers in {time.monotonic() - begin:.0f} s, load {measure.load_average()}", flush=True)
    held, parts = load.hold(hub.port, "/user/soak%/ws", count), Parts(hub)
    time.sleep(5)
    share = idle_share(parts)
    print(f"soak: idle, {count} websockets open: {share * 100:.2f} % of a core", flush=True)
    samples, done = churn_minutes(hub, parts, minutes)
    found = held.result()
    faults = verdict(samples) + ([f"idle hub takes {share * 100:.1f} % of a core"] if share > IDLE_LIMIT else [])
    if found["answering"] != count:
        faults.append(f"{count - found['answering']} websockets were dropped")
    return {"servers": count, "idle share": share, "churn": done, "samples": samples, "faults": faults, "websockets": found}


def waits(hub):
    """Of each thread of the hub: its state and the kernel function that it sleeps in."""
    threads = Path(f"/proc/{hub.process.pid}/task").iterdir()
    return [f"{measure.stat_fields(t.name)[0]} {(t / 'wchan').read_text()}" for t in threads]


def main(given):
    chosen = arguments(given)
    bench = Bench(quick=False)
    hub = Berth(bench.folder / "berth", small_mock())
    try:
        found = soak(hub, affordable(chosen.servers), chosen.minutes)
    except Exception:
        print(f"soak: load {measure.load_average()}; what the hub's threads wait for: {waits(hub)}\n{hub.log()[-3000:]}", flush=True)
        raise
    finally:
        hub.stop()
        until(lambda: not processes.marked(hub.mark), "all servers have ended", timeout=60)
        bench.close()
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(json.dumps(found, indent=1) + "\n")
    print("soak: " + ", ".join(f"{count} {what}" for what, count in found["churn"].items()))
    print("soak: " + ("; ".join(found["faults"]) or "flat: nothing grows"))
    return 1 if found["faults"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
