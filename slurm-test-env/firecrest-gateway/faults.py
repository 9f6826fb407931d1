# SPDX-License-Identifier: BSD-3-Clause
"""What may go wrong, switched on and off while the gateway runs; README.md says what each does.

Switches take `probability` (1), `times` (no end), `users` and `routes` (all; patterns over "GET /status/systems" and the
like); `lag`, which is about jobs, the first and `users`; `max_sessions` none. Chance comes from one seeded generator; for the lag of a job from the seed and the job's id, so that it
does not depend on who asks first."""
import collections
import fnmatch
import random
import time

COMMON = {"probability": 1.0, "times": None, "users": None, "routes": None}
SWITCHES = {
    "lag": {"allocation_seconds": 0.0, "list_seconds": 0.0, "get_seconds": 0.0},
    "unhandled_500": {"after": False, "message": None},
    "slow_sbatch": {"seconds": 7.0},
    "lose_answer": {},
    "health_gate": {"service": "scheduler"},
    "max_sessions": {"sessions": 10},
    "rotate_keys": {},
    "unauthorized": {"row": "invalid"},
    "rate_limit": {"retry_after": "1", "reset": None},
    "hang": {"seconds": 20.0, "then": "answer"},
}
COMMON_OF = {"lag": ("probability", "users"), "max_sessions": ()}
WORDS = {
    ("health_gate", "service"): {"scheduler", "ssh service", "filesystem"},
    ("unauthorized", "row"): {"not_authenticated", "invalid", "unknown_key", "expired", "too_soon", "system_access"},
    ("hang", "then"): {"answer", "late", "cut"},
}


class Faults:
    def __init__(self, seed=0):
        self.shown = collections.Counter()
        self.submitted = collections.OrderedDict()  # job id -> when this gateway has submitted it
        self.clear()
        self.reseed(seed)

    def reseed(self, seed):
        self.seed, self.random = seed, random.Random(seed)

    def clear(self):
        self.on = {}

    def change(self, wanted):
        """{"seed": n, switch: {option: value} | true | null, ...}; ValueError, and nothing changed, when one is unknown."""
        switches = {name: self._checked(name, given) for name, given in wanted.items() if name != "seed"}
        if "seed" in wanted:
            self.reseed(wanted["seed"])
        for name, options in switches.items():
            self.on.pop(name, None)
            if options is not None:
                self.on[name] = options

    @staticmethod
    def _checked(name, given):
        if name not in SWITCHES:
            raise ValueError(f"no switch {name}; there are {', '.join(SWITCHES)}")
        if given is None or given is False:
            return None
        options = {} if given is True else given
        known = {option: COMMON[option] for option in COMMON_OF.get(name, COMMON)} | SWITCHES[name]
        for option, value in options.items():
            words = WORDS.get((name, option))
            if option not in known or (words and value not in words):
                raise ValueError(f"{name} does not take {option}={value!r}")
        return known | options

    def draw(self, name, route=None, user=None):
        """The options of a switch that shows itself now, else None."""
        options = self.on.get(name)
        if options is None or (options["users"] and user not in options["users"]):
            return None
        if options["routes"] and not any(fnmatch.fnmatchcase(route or "", pattern) for pattern in options["routes"]):
            return None
        if options["probability"] < 1 and self.random.random() >= options["probability"]:
            return None
        if options["times"] is not None:
            options["times"] -= 1
            if options["times"] <= 0:
                self.on.pop(name)
        self.shown[name] += 1
        return options

    def sessions(self):
        return self.on["max_sessions"]["sessions"] if "max_sessions" in self.on else None

    # The lag of slurmdbd, and of lists

    def note_submitted(self, job_id):
        self.submitted[job_id] = time.time()
        if len(self.submitted) > 20000:
            self.submitted.popitem(last=False)

    def _lag(self, job):
        lag = self.on.get("lag")
        if lag is None or (lag["users"] and job["user"] not in lag["users"]):
            return None
        return lag if random.Random(f"{self.seed} {job['jobId']}").random() < lag["probability"] else None

    def _young(self, job, seconds):
        return time.time() - self.submitted.get(job["jobId"], 0) < seconds

    def seen(self, jobs, where, name=None):
        """What of `jobs` is seen in a "list" or by "get", and how. `name`: the list's filter, which looks at what is seen."""
        found = []
        for job in jobs:
            lag = self._lag(job)
            if lag is None:
                found.append(job)
                continue
            if self._young(job, lag[f"{where}_seconds"]):
                self.shown["lag"] += 1
                continue
            start = job["time"]["start"]
            if job["status"]["state"] == "RUNNING" and start and time.time() - start < lag["allocation_seconds"]:
                self.shown["lag"] += 1
                job = as_allocation(job)
            if name in (None, job["name"]):
                found.append(job)
        return found


def as_allocation(job):
    """As sacct tells of a job while slurmdbd knows no more of it than its step."""
    seconds = job["time"] | {"end": None, "suspended": 0, "limit": None}
    good = {"exitCode": 0, "interruptSignal": 0}
    batch = {"id": f"{job['jobId']}.batch", "name": "batch", "status": {"state": "RUNNING", "stateReason": None} | good,
             "time": seconds}
    return job | {"name": "allocation", "status": {"state": "PENDING", "stateReason": "None"} | good, "tasks": [batch],
                  "time": seconds, "allocationNodes": 0, "group": "root", "partition": "", "workingDirectory": "",
                  "priority": 0}
