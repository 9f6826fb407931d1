# SPDX-License-Identifier: BSD-3-Clause
"""What the Python suites share: hubs, a Slurm cluster, a browser."""
import contextlib
import os

import pytest

from support.firecrest_caller import Caller
from support.firecrest_gateway import FirecrestGateway
from support.hub import Hub, RunningHub, hub_folder, use_quick_servers, use_slurm
from support.identity_provider import IdentityProvider, tokens_for
from support.paths import BERTH, CHROMIUM, NOTEBOOK_VENV
from support.services import echoing
from support.slurm import Cluster

os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """The end of each hub's log belongs to a failure's report."""
    report = yield
    if report.failed:
        for name, hub in item.funcargs.items():
            if isinstance(hub, Hub):
                report.sections.append((f"log of {name}", hub.log()[-6000:]))
    return report


figures_told = []


@pytest.fixture(scope="session")
def figures():
    """What a test has measured, a line each: told at the end of the run, asserted only with a wide margin."""
    return figures_told.append


def pytest_terminal_summary(terminalreporter):
    if figures_told:
        terminalreporter.section("measured")
    for line in figures_told:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def berth_program():
    assert BERTH.exists(), f"{BERTH} is missing: cmake --preset release && cmake --build --preset release"
    return BERTH


@contextlib.contextmanager
def fresh_hub():
    with hub_folder() as folder:
        hub = Hub(folder)
        try:
            yield hub
        finally:
            hub.stop()


@pytest.fixture
def unstarted_hub(berth_program):
    """A hub that a test configures and starts itself."""
    with fresh_hub() as hub:
        yield hub


@pytest.fixture
def quick_hub(unstarted_hub):
    """The same, with servers that are there in milliseconds."""
    use_quick_servers(unstarted_hub)
    return unstarted_hub


@pytest.fixture
def echo():
    """The address of a service that answers with the path that it was asked for."""
    with echoing() as url:
        yield url


@pytest.fixture(scope="module")
def unstarted_shared_hub(berth_program):
    """The same, one for all tests of a file."""
    with fresh_hub() as hub:
        yield hub


@pytest.fixture
def hub(unstarted_hub):
    """A hub on loopback, dummy sign-in, servers that are mocks on this machine."""
    return unstarted_hub.start()


@pytest.fixture(scope="module")
def shared_hub(request):
    """A started hub for all tests of a file that do not disturb each other. BERTH_TEST_URL names one that runs already,
    a JupyterHub too: that is how the tests themselves are tried."""
    if url := os.environ.get("BERTH_TEST_URL"):
        return RunningHub(url)
    return request.getfixturevalue("unstarted_shared_hub").start()


@pytest.fixture(scope="session")
def cluster():
    """Two nodes, accounts, partitions debug, long, tiny, closed; jobs over a partition's limits wait for ever."""
    cluster = Cluster().up()
    yield cluster
    cluster.down()


@pytest.fixture(scope="module")
def own_identity_provider():
    provider = IdentityProvider().up()
    yield provider
    provider.down()


@pytest.fixture
def identity_provider(own_identity_provider):
    """npm's oidc-provider, one for all tests of a file; no fault and no count is left from the test before."""
    own_identity_provider.well()
    own_identity_provider.reset_counts()
    return own_identity_provider


@pytest.fixture(scope="module")
def own_firecrest_gateway(cluster, own_identity_provider):
    gateway = FirecrestGateway(cluster, own_identity_provider.metadata()["jwks_uri"]).up()
    yield gateway
    gateway.down()


@pytest.fixture
def firecrest_gateway(own_firecrest_gateway):
    """FirecREST on the cluster, for tokens of the identity provider; no fault and no count is left from the test before."""
    own_firecrest_gateway.well()
    own_firecrest_gateway.reset_counts()
    return own_firecrest_gateway


@pytest.fixture
def firecrest_caller(firecrest_gateway, identity_provider, cluster):
    """("alice"): somebody with a token for FirecREST; without jobs when the test is over."""
    identity_provider.set_access_token_seconds(600)
    yield lambda user: Caller(firecrest_gateway, tokens_for(identity_provider, user)["access_token"])
    cluster.cancel_all()


@pytest.fixture(scope="module")
def own_cluster():
    """For one file alone: what it does to the daemons must not meet another file's tests."""
    cluster = Cluster(SLURM_TEST_CPUS=16).up()
    yield cluster
    cluster.down()


@pytest.fixture(scope="session")
def notebook_venv():
    assert (NOTEBOOK_VENV / "bin/jupyterhub-singleuser").exists(), "run slurm-test-env/notebook-venv"
    return NOTEBOOK_VENV


@pytest.fixture
def unstarted_slurm_hub(unstarted_hub, cluster, notebook_venv):
    use_slurm(unstarted_hub, cluster, notebook_venv)
    yield unstarted_hub
    cluster.cancel_all()


@pytest.fixture
def slurm_hub(unstarted_slurm_hub):
    """A hub that signs in unix users through PAM and spawns real single-user servers on real nodes."""
    return unstarted_slurm_hub.start()


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), headless=True,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                  "--disable-component-update", "--disable-sync", "--no-proxy-server"])
        yield browser
        browser.close()


@pytest.fixture
def context(chromium):
    """A browser of its own for one test: no cookies, no cache."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context):
    return context.new_page()
