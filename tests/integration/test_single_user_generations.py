# SPDX-License-Identifier: BSD-3-Clause
"""The unmodified single-user server of JupyterHub 5 and 6, started by the unmodified batchspawner-singleuser on a node."""
import subprocess
from urllib.parse import quote, urlsplit

import pytest

from support.hub import use_slurm
from support.kernel import Kernel
from support.paths import NOTEBOOK_VENV, NOTEBOOK_VENV_5
from support.waiting import until

REMEMBERED = 2  # seconds, in place of five minutes: who has signed in
BY_GENERATION = {"5": NOTEBOOK_VENV_5, "6": NOTEBOOK_VENV}


@pytest.fixture(params=BY_GENERATION)
def venv(request):
    venv = BY_GENERATION[request.param]
    version = subprocess.run([venv / "bin/jupyterhub-singleuser", "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert version.startswith(request.param + "."), f"{version}: run slurm-test-env/notebook-venv {request.param}"
    return venv


@pytest.fixture
def hub(unstarted_hub, cluster, venv):
    use_slurm(unstarted_hub, cluster, venv)
    k = unstarted_hub.configuration["cluster"]["hpc"]
    k["cmd"].append(f"--HubOAuth.cache_max_age={REMEMBERED}")
    k["environment"] = {"JUPYTERHUB_ACTIVITY_INTERVAL": "1"}  # seconds, in place of five minutes
    yield unstarted_hub.start()
    cluster.cancel_all()


def test_it_starts_signs_in_works_tells_of_itself_and_ends(hub):
    alice = hub.api().make_user("alice")
    assert alice.start("alice").status_code == 202
    server = alice.wait_ready("alice")
    before = server["last_activity"]

    web = hub.web()
    there = web.get("/user/alice/lab")
    assert there.status_code == 302 and "/hub/api/oauth2/authorize" in there.headers["Location"], "it asks the hub who that is"
    assert web.sign_in("alice", "alice").status_code == 302
    page = web.get("/user/alice/lab", allow_redirects=True)
    assert page.status_code == 200 and urlsplit(page.url).path == "/user/alice/lab" and "jupyter-config-data" in page.text
    stranger = hub.web()
    assert stranger.sign_in("bob", "bob").status_code == 302
    assert stranger.get("/user/alice/lab", allow_redirects=True).status_code == 403

    kernel = Kernel(alice, "alice")
    assert kernel.run("6*7") == "42"
    assert alice.get(f"/user/alice/api/contents/{quote('no such file')}").status_code == 404
    kernel.close()
    until(lambda: (alice.server("alice") or {}).get("last_activity") != before, "it tells of its activity", timeout=60)

    web.get("/hub/logout")
    until(lambda: web.get("/user/alice/lab").status_code == 302, "who has signed out has to sign in")
    assert alice.stop("alice").status_code in (202, 204)
    alice.wait_stopped("alice")
