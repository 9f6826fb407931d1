# SPDX-License-Identifier: BSD-3-Clause
"""A Slurm cluster that takes an identity provider's tokens, and hubs that need nothing else of it."""
import contextlib

from support.oidc_hub import use_provider
from support.slurm import Cluster


@contextlib.contextmanager
def token_cluster(provider, **knobs):
    """spawn-tester may cancel everybody's jobs. The hubs' slurm.conf names a munge that is not there."""
    provider.name_client_account("spawn-tester", "spawn-tester")
    cluster = Cluster(SLURM_TEST_JWKS=provider.metadata()["jwks_uri"], **knobs).up()
    try:
        cluster.run("sacctmgr", "-i", "modify", "user", "where", "name=spawn-tester", "set", "adminlevel=Operator")
        without_munge(cluster).write_text(cluster.conf.read_text().replace("AuthInfo=socket=", "AuthInfo=socket=/nonexistent"))
        yield cluster
    finally:
        cluster.down()


def without_munge(cluster):
    return cluster.folder / "etc/without-munge.conf"


def use_tokens(hub, provider, cluster, **more):
    """Of a hub that was made to spawn on the cluster with root's rights."""
    use_provider(hub, provider)
    hub.configuration["cluster"]["hpc"] |= {"identity": "jwt", "slurm_conf": str(without_munge(cluster))} | more
    return hub
