# SPDX-License-Identifier: BSD-3-Clause
"""The main job on a Slurm cluster that takes the users' own tokens: no privileged process, sign-in at the provider."""
import pytest

from support.hub import use_slurm
from support.main_job import PROFILES, fill_nodes, from_the_start_to_42_and_back
from support.token_cluster import token_cluster, use_tokens


@pytest.mark.timeout(400)
@pytest.mark.parametrize("keys", [{}, {"poll_account": "spawn-tester"}], ids=["owners", "poll account"])
def test_from_signing_in_to_42(unstarted_hub, identity_provider, notebook_venv, page, keys):
    with token_cluster(identity_provider) as cluster:
        use_slurm(unstarted_hub, cluster, notebook_venv)
        use_tokens(unstarted_hub, identity_provider, cluster, **keys).configuration["profile"] = PROFILES
        hub = unstarted_hub.start()
        filler = fill_nodes(cluster)
        page.goto(hub.url + "/hub/home")
        page.fill("input[name=username]", "alice")
        page.fill("input[name=password]", "alice")
        page.click("button")
        page.wait_for_url(hub.url + "/hub/home")
        from_the_start_to_42_and_back(page, hub, cluster, filler)
