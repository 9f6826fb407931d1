#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Builds what each suite needs, runs it, adds up. Called by tests/run; standard library only.

A suite that cannot be built or started counts as one failure; so does every skipped test: nothing passes by absence.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import fuzzing  # noqa: E402
from support.slurm import Cluster  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
VENV = BUILD / "venv"
PYTEST_SUITES = ("architecture", "conformance", "integration", "keycloak", "browser")
SUITES = ("unit", "tsan", "slurm", "simulation", "fuzz") + PYTEST_SUITES
FUZZ_SECONDS = 5  # for each target, after its corpus; longer: tests/fuzz/run
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}
# What of the caller's environment would change what is built or which cluster is spoken to.
FOREIGN = ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "PYTHONPATH", "PYTHONHOME", "SLURM_CONF", "SLURM_JWT",
           "GTEST_FILTER", "PYTEST_ADDOPTS")


class CannotRun(Exception):
    """A suite's surroundings could not be made; the text says what failed."""


class Tally:
    def __init__(self, passed=0, failed=0, names=()):
        self.passed, self.failed, self.names = passed, failed, list(names)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.names += other.names


def say(text):
    print(f"tests: {text}", flush=True)


def environment():
    env = {k: v for k, v in os.environ.items() if k not in FOREIGN}
    if not env.get("HOME"):
        env["CCACHE_DIR"] = str(BUILD / "ccache")
    return env | SANITIZER_OPTIONS


def quietly(what, command, env=None):
    """Runs a long command; its newest line every 10 s, its last lines when it fails."""
    BUILD.mkdir(exist_ok=True)
    log = BUILD / "tests-run.log"
    with open(log, "wb") as out:
        job = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                               env=env or environment())
        told = None
        while True:
            try:
                status = job.wait(timeout=10)
                break
            except subprocess.TimeoutExpired:
                lines = log.read_text(errors="replace").strip().splitlines()
                if lines and lines[-1] != told:
                    told = lines[-1]
                    say(f"{what}: {told[:100]}")
    if status != 0:
        print("\n".join(log.read_text(errors="replace").splitlines()[-60:]), flush=True)
        raise CannotRun(f"{what} failed with status {status}")


def configure(preset):
    if not (BUILD / preset / "build.ninja").exists():
        quietly(f"configure {preset}", ["cmake", "--preset", preset])
    quietly(f"configure {preset}", ["ninja", "-C", str(BUILD / preset), "build.ninja"])


def build(preset, targets):
    quietly(f"build {preset}", ["ninja", "-C", str(BUILD / preset), *targets])


def programs():
    """berth, its helpers and what the Python suites call besides, as ninja names them."""
    shown = subprocess.run(["ninja", "-C", str(BUILD / "release"), "-t", "targets", "all"], capture_output=True, text=True)
    found = re.findall(r"^(bin/(?:berth[a-z-]*|mock_notebook_server|scope_answers|bad_disk\.so)):", shown.stdout, re.MULTILINE)
    if "bin/berth" not in found:
        raise CannotRun("the build declares no program bin/berth")
    return found


# ---- ctest --------------------------------------------------------------------------------------------------------
def ctest_list(preset):
    """Name -> labels of every test that CMake declares; a test's name is its target's."""
    shown = subprocess.run(["ctest", "--test-dir", str(BUILD / preset), "--show-only=json-v1"], capture_output=True,
                           text=True, env=environment(), stdin=subprocess.DEVNULL)
    if shown.returncode != 0:
        raise CannotRun(f"ctest lists no tests of {preset}: {shown.stderr.strip()}")
    tests = {}
    for test in json.loads(shown.stdout)["tests"]:
        labels = [p["value"] for p in test.get("properties", []) if p["name"] == "LABELS"]
        tests[test["name"]] = set(labels[0]) if labels else set()
    return tests


def gtest_tally(binary, result_file, binary_failed):
    """A binary's own cases where it has told them; a binary that died counts as one failure at least."""
    tally = Tally()
    if result_file.exists():
        for case in ET.parse(result_file).getroot().iter("testcase"):
            good = case.find("failure") is None and case.get("result") == "completed"
            tally.add(Tally(1) if good else Tally(0, 1, [f"{binary}: {case.get('classname')}.{case.get('name')}"]))
    elif not binary_failed:
        tally.passed = 1
    if binary_failed and tally.failed == 0:
        tally.add(Tally(0, 1, [f"{binary}: ended badly"]))
    return tally


def run_on_slurm(keyword):
    """C++ tests that want a real cluster: one of their own, for as long as they run."""
    cluster = Cluster()
    try:
        cluster.up()
        return run_ctest("release", lambda labels: "slurm" in labels, keyword, {"SLURM_CONF": str(cluster.conf)})
    except AssertionError as problem:
        raise CannotRun(problem) from problem
    finally:
        cluster.down()


def run_ctest(preset, wanted, keyword, surroundings=None):
    """`wanted`: labels -> whether the test belongs to this suite."""
    configure(preset)
    names = [n for n, labels in ctest_list(preset).items() if wanted(labels)]
    if keyword:
        names = [n for n in names if keyword in n]
    if not names:
        return Tally()
    build(preset, names)
    results = BUILD / preset / "gtest"
    shutil.rmtree(results, ignore_errors=True)
    junit = BUILD / preset / "ctest.xml"
    junit.unlink(missing_ok=True)
    pattern = "^(" + "|".join(names) + ")$"
    subprocess.run(["ctest", "--test-dir", str(BUILD / preset), "-R", pattern, "-j2", "--output-on-failure",
                    "--output-junit", str(junit)],
                   env=environment() | {"GTEST_OUTPUT": f"xml:{results}/"} | (surroundings or {}), stdin=subprocess.DEVNULL)
    tally = Tally()
    told = {case.get("name"): case.get("status") for case in ET.parse(junit).getroot().iter("testcase")} \
        if junit.exists() else {}
    for name in names:
        tally.add(gtest_tally(name, results / f"{name}.xml", told.get(name) != "run"))
    return tally


# ---- libFuzzer ----------------------------------------------------------------------------------------------------
def run_fuzz(keyword):
    """Each target over its corpus, then on from there with a seed that is always the same: one test a target."""
    configure("fuzz")
    build("fuzz", ["fuzz_targets"])
    names = [name for name in fuzzing.targets() if keyword in name]
    outcomes = fuzzing.run_all(names, FUZZ_SECONDS, fuzzing.fresh(BUILD / "fuzz/suite"), seed=1, told=lambda outcome: say(outcome.line()))
    tally = Tally()
    for outcome in outcomes:
        good = outcome.is_clean()
        tally.add(Tally(1) if good else Tally(0, 1, [f"fuzz: {outcome.target}: {outcome.words or 'executed nothing'}"]))
    return tally


# ---- pytest -------------------------------------------------------------------------------------------------------
def make_venv():
    requirements = ROOT / "tests/requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    mark = VENV / ".complete"
    if mark.exists() and mark.read_text() == wanted and (VENV / "bin/pytest").exists():
        return
    quietly("venv", ["/usr/bin/python3", "-m", "venv", "--clear", str(VENV)])
    quietly("pip", [str(VENV / "bin/pip"), "install", "--disable-pip-version-check", "-r", str(requirements)])
    mark.write_text(wanted)


def pytest_tally(junit):
    tally = Tally()
    for case in ET.parse(junit).getroot().iter("testcase"):
        bad = [c.tag for c in case if c.tag in ("failure", "error", "skipped")]
        name = f"{case.get('classname')}.{case.get('name')}"
        tally.add(Tally(0, 1, [f"{name} ({bad[0]})"]) if bad else Tally(1))
    return tally


def run_pytest(suite, keyword):
    make_venv()
    if suite != "architecture":
        configure("release")
        build("release", programs())
    if suite == "integration":  # killed at named points; all but a few files come from ccache
        configure("stop-points")
        build("stop-points", [p for p in programs() if p.startswith("bin/berth")])
    if suite in ("integration", "browser"):
        quietly("notebook venv", [str(ROOT / "slurm-test-env/notebook-venv")])
        quietly("notebook venv", [str(ROOT / "slurm-test-env/notebook-venv"), "5"])
    junit = BUILD / f"pytest-{suite}.xml"
    junit.unlink(missing_ok=True)
    command = [str(VENV / "bin/pytest"), f"tests/{suite}", f"--junitxml={junit}", "-ra", "--durations=5"]
    if keyword:
        command += ["-k", keyword]
    status = subprocess.run(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL).returncode
    tally = pytest_tally(junit) if junit.exists() else Tally()
    nothing_chosen = status == 5 and keyword
    if status != 0 and tally.failed == 0 and not nothing_chosen:
        tally.add(Tally(0, 1, [f"{suite}: pytest ended with status {status}"]))
    return tally


def run_suite(suite, keyword):
    if suite == "unit":
        return run_ctest("asan", lambda labels: "slurm" not in labels, keyword)
    if suite == "tsan":
        return run_ctest("tsan", lambda labels: "threads" in labels, keyword)
    if suite == "slurm":
        return run_on_slurm(keyword)
    if suite == "simulation":
        return run_ctest("release", lambda labels: "simulation" in labels, keyword)
    if suite == "fuzz":
        return run_fuzz(keyword)
    return run_pytest(suite, keyword)


def main():
    # What any of these tests creates is for its owner and for other test users to read.
    os.umask(0o022)
    parser = argparse.ArgumentParser(prog="tests/run", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="suite", help=", ".join(SUITES))
    parser.add_argument("-k", dest="keyword", default="", help="only tests whose name holds this")
    arguments = parser.parse_args()
    unknown = [s for s in arguments.suites if s not in SUITES]
    if unknown:
        parser.error(f"unknown suite {unknown[0]}; known: {', '.join(SUITES)}")
    total, lines = Tally(), []
    for suite in arguments.suites or SUITES:
        say(f"==== {suite} ====")
        start = time.monotonic()
        try:
            tally = run_suite(suite, arguments.keyword)
        except (CannotRun, OSError, ET.ParseError) as problem:
            tally = Tally(0, 1, [f"{suite} could not run: {problem}"])
        total.add(tally)
        lines.append(f"{suite:14}{tally.passed:6} passed {tally.failed:5} failed {time.monotonic() - start:7.0f} s")
        say(lines[-1])
    print("\n" + "\n".join(lines))
    for name in total.names:
        print("FAILED", name)
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
