# SPDX-License-Identifier: BSD-3-Clause
"""Runs libFuzzer targets, two at a time. Behind tests/fuzz/run and the suite `fuzz`; standard library only."""
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "tests/fuzz"
BUILD = ROOT / "build/fuzz"
LONGEST_INPUT = 4096
RUNS_OF_A_SEED = 20_000


@dataclass
class Outcome:
    target: str
    executions: int = 0
    edges: int = 0
    findings: list = field(default_factory=list)   # files that show them
    words: str = ""                                 # what did not hold

    def is_clean(self):
        """Nothing found; a target that has executed nothing proves nothing."""
        return not self.findings and not self.words and self.executions > 0

    def line(self):
        said = f"  {self.words}" if self.words else ""
        return (f"{self.target:16}{self.executions:12} executions {self.edges:6} edges "
                f"{len(self.findings):3} findings{said}" + "".join(f"\n    {f}" for f in self.findings))


def targets():
    """The names of all targets that this machine can build."""
    shown = subprocess.run(["ninja", "-C", str(BUILD), "-t", "query", "tests/fuzz/fuzz_targets"], capture_output=True, text=True)
    return sorted(set(re.findall(r"bin/fuzz_(\w+)", shown.stdout)))


def command(target, corpora, seconds, findings, seed=None):
    """libFuzzer's. What it finds goes into the first corpus; the others are only read."""
    out = [str(BUILD / "bin" / f"fuzz_{target}"), *map(str, corpora), f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}",
           "-timeout=60", "-report_slow_units=60", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=1", f"-artifact_prefix={findings}/{target}-"]
    if seed is not None:
        out += [f"-seed={seed}", f"-runs={RUNS_OF_A_SEED}"]  # the same inputs on a quick machine as on a slow one
    words = SOURCES / f"{target}.dict"
    return out + ([f"-dict={words}"] if words.exists() else [])


def read_output(outcome, text, status):
    executed = re.search(r"stat::number_of_executed_units:\s+(\d+)", text)
    outcome.executions = int(executed.group(1)) if executed else 0
    outcome.edges = max(map(int, re.findall(r"\bcov: (\d+)", text)), default=0)
    outcome.findings = re.findall(r"Test unit written to (\S+)", text)
    said = re.search(r"^(does not hold: .*|.*runtime error: .*|.*ERROR: (?:AddressSanitizer|LeakSanitizer|libFuzzer): .*)$", text, re.MULTILINE)
    if status != 0:
        outcome.words = said.group(1)[:160] if said else f"ended with status {status}"
    return outcome


def run_one(target, seconds, work, seed=None):
    """`work`: where the grown corpus, findings and the log are kept."""
    corpus, findings, logs = work / "corpus" / target, work / "findings", work / "logs"
    for folder in (corpus, findings, logs):
        folder.mkdir(parents=True, exist_ok=True)
    seeds = SOURCES / "corpus" / target
    env = os.environ | {"ASAN_OPTIONS": "detect_stack_use_after_return=1", "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
    log = logs / f"{target}.log"
    with open(log, "wb") as out:
        # Far beyond its own end: a target that hangs is ended by libFuzzer's time-out of one input.
        status = subprocess.run(command(target, [corpus, seeds] if seeds.exists() else [corpus], seconds, findings, seed), stdin=subprocess.DEVNULL,
                                stdout=out, stderr=subprocess.STDOUT, env=env, timeout=seconds + 300).returncode
    return read_output(Outcome(target), log.read_text(errors="replace"), status)


def run_all(names, seconds, work, seed=None, told=lambda outcome: None):
    """Outcomes in the order of `names`; each is told when it is there."""
    def one(name):
        outcome = run_one(name, seconds, work, seed)
        told(outcome)
        return outcome
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, names))


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    return folder
