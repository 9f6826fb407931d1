# SPDX-License-Identifier: BSD-3-Clause
"""Options out of the profile's bounds, and text that a shell would run: refused, or harmless."""
from pathlib import Path

import pytest

from support.hub import use_slurm
from support.waiting import until

HOSTILE = ['x"; touch {mark}; "', "$(touch {mark})", "`touch {mark}`", "x\ntouch {mark}", "x'; touch {mark}; '", "x\0y",
           "x;touch {mark}", "../../../etc/passwd", "--wrap=touch {mark}", "x\r\n#SBATCH --uid=0", "\u202e\u2028"]


@pytest.fixture(scope="module")
def profiled(unstarted_shared_hub, cluster, notebook_venv):
    hub = unstarted_shared_hub
    use_slurm(hub, cluster, notebook_venv)
    hub.configuration["profile"] = [
        {"name": "free", "title": "Choose", "cluster": "hpc", "set": {"memory": "512M"}, "choose": {
            "runtime": {"type": "duration", "max": "00:30:00", "default": "00:10:00"},
            "nprocs": {"type": "integer", "min": "1", "max": "2", "default": "1"},
            "partition": {"type": "select", "options": ["debug", "long"]},
            "account": {"type": "text"}, "reservation": {"type": "text"}, "constraint": {"type": "text"},
            "gres": {"type": "text"}}}]
    yield hub.start(), cluster
    cluster.cancel_all()


OUT_OF_BOUNDS = [{"runtime": "00:31:00"}, {"runtime": "-1"}, {"runtime": "soon"}, {"runtime": 5.5}, {"nprocs": 3}, {"nprocs": 0},
                 {"nprocs": "two"}, {"nprocs": 10**30}, {"partition": "tiny"}, {"partition": ["debug"]}, {"memory": "1G"},
                 {"profile": "nosuch"}, {"srun": "sh -c id"}, {"prologue": "id"}, {"options": ["--uid=0"]},
                 {"unknown": 1}, {"runtime": {"a": 1}}]


@pytest.mark.parametrize("options", OUT_OF_BOUNDS, ids=[str(o)[:30] for o in OUT_OF_BOUNDS])
def test_options_out_of_bounds_are_refused(profiled, options):
    hub, cluster = profiled
    api = hub.api().make_user("alice")
    answer = api.start("alice", {"profile": "free"} | options)
    if answer.status_code != 400:
        api.stop("alice")
        api.wait_stopped("alice")
    assert answer.status_code == 400, answer.text
    key = next(iter(options))
    assert key in answer.json()["message"], answer.text
    assert cluster.active_jobs("alice") == []


@pytest.mark.parametrize("field", ["account", "reservation", "constraint", "gres", "partition", "runtime", "profile"])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_an_option_is_refused_or_harmless(profiled, tmp_path_factory, field, text):
    hub, cluster = profiled
    mark = tmp_path_factory.getbasetemp() / "mark"
    api = hub.api().make_user("alice")
    answer = api.start("alice", {"profile": "free", field: text.format(mark=mark)})
    assert answer.status_code in (400, 201, 202, 500), answer.text
    if answer.status_code != 400:
        api.stop("alice")
        api.wait_stopped("alice")
    assert not mark.exists()
    assert not [job for job in cluster.jobs() if job.user == "root"]


def test_odd_text_from_the_administrator_reaches_the_server_unchanged(unstarted_slurm_hub, cluster):
    """Values of the environment are quoted by construction: what goes in comes out."""
    odd = "it's $HOME `id` \"quoted\" \\ back; & | * {x} #! %j"
    unstarted_slurm_hub.configuration["cluster"]["hpc"]["environment"] = {"ODD_VALUE": odd}
    unstarted_slurm_hub.configuration["cluster"]["hpc"]["cmd"] = [
        "/bin/sh", "-c", 'printf "%s" "$ODD_VALUE" > "$1"; exit 1', "sh", "/tmp/berth-odd-value"]
    hub = unstarted_slurm_hub.start()
    api = hub.api().make_user("alice")
    api.start("alice")
    api.wait_stopped("alice")
    written = Path("/tmp/berth-odd-value")
    try:
        assert until(written.exists, "the job has run") and written.read_text() == odd
    finally:
        written.unlink(missing_ok=True)
