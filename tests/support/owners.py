# SPDX-License-Identifier: BSD-3-Clause
"""People who start and stop servers all the time, and the question in the end whether each has exactly the job that is theirs."""
import random
import re
import threading
import time

import requests

from support.crashes import ask, jobs_of


class Owner:
    """Somebody who starts and stops one server again and again, and insists until the hub has said yes."""

    def __init__(self, hub, user, name, seed):
        self.api, self.user, self.name = hub.api(), user, name
        self.choose, self.wanted, self.acknowledged, self.starts = random.Random(seed), False, 0, 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.live, daemon=True)
        self.thread.start()

    def live(self):
        while not self.over.is_set():
            self.wanted = not self.wanted
            while not self.insisted():
                time.sleep(0.1)
            self.acknowledged += 1
            self.starts += self.wanted
            # Some stop what has hardly begun, some let it run.
            self.over.wait(self.choose.choice((0.1, 0.5, 2, 5)) * self.choose.random())

    def model(self):
        try:
            return self.api.server(self.user, self.name) or {}
        except (requests.RequestException, AssertionError, ValueError):
            return None

    def insisted(self):
        if ask(self.api, "POST" if self.wanted else "DELETE", self.user, self.name) in (201, 202, 204):
            return True
        # Said before a kill cut the answer off, perhaps.
        model = self.model()
        if model is None:
            return False
        if self.wanted:
            return bool(model.get("ready")) or model.get("pending") == "spawn"
        return not model or model.get("stopped") or model.get("pending") == "stop"


def in_place(model):
    """Ready, or a job that waits for room."""
    return model.get("ready") or (model.get("pending") == "spawn" and (model.get("job") or {}).get("id"))


def attempts(log):
    """Which server each attempt was one of, by the hub's log."""
    return {attempt: (user, name.strip('"')) for user, name, attempt in
            re.findall(r"\bspawn\.\w+ .*?user=(\S+) server=(\S*) .*?attempt=(\w+)", log)}


def score(hub, cluster, owners):
    """What is wrong at this moment: orphans, doubles, forgotten servers, servers that nobody wants."""
    jobs, whose = jobs_of(hub, cluster), attempts(hub.log())
    mine = {(o.user, o.name): o.model() or {} for o in owners}
    kept = {m["job"]["id"] for m in mine.values() if in_place(m)}
    wanted = {(o.user, o.name) for o in owners if o.wanted}
    extra = [whose.get(job.name.rsplit("-", 1)[1]) for job_id, job in jobs.items() if job_id not in kept]
    return {"orphans": sum(server not in wanted for server in extra), "doubles": sum(server in wanted for server in extra),
            "forgotten": sorted(server for server in wanted if not in_place(mine[server])),
            "unwanted": sorted(server for server in mine if server not in wanted and in_place(mine[server])),
            "without a job": sorted(kept - set(jobs))}
