# SPDX-License-Identifier: BSD-3-Clause
"""Hubs that reach a cluster by FirecREST alone, with the tokens of the users who sign in at an identity provider."""
from support.crashes import use_mocks_on_slurm
from support.oidc_hub import sign_in, token_of, use_provider

POLLER = "spawn-tester"


def behind_firecrest(hub, gateway, provider, **more):
    """Of a hub that was made to spawn on the gateway's cluster: the same by way of FirecREST; nothing of it has a privilege.
    FirecREST names nodes and not their addresses, and the test cluster's are in nobody's DNS: hence the template."""
    provider.name_client_account(POLLER, POLLER)
    use_provider(hub, provider)
    hub.configuration["hub"]["connect_url"] = hub.url
    keys = hub.configuration["cluster"]["hpc"]
    del keys["identity"]
    keys.update({"backend": "firecrest", "url": gateway.url, "system": gateway.system, "poll_account": POLLER,
                 "work_dir": "/home/{user}", "node_name_template": "127.0.0.1"} | more)
    hub.environment.pop("SLURM_CONF", None)
    return hub


def hubs_jobs(hub, cluster):
    """This hub's jobs that have not ended."""
    prefix = f"berth-{(hub.folder / 'data/hub_id').read_text().strip()}-"
    return [job for job in cluster.jobs() if job.name.startswith(prefix) and job.state != "COMPLETING"]


def mocks_behind_firecrest(hub, gateway, provider, cluster, **more):
    """The mocks of use_mocks_on_slurm, started by way of FirecREST."""
    use_mocks_on_slurm(hub, cluster)
    return behind_firecrest(hub, gateway, provider, **{"poll_interval": "300ms"} | more)


def signed_in(hub, provider, user="alice"):
    sign_in(hub, provider, user)
    return token_of(hub, user)
