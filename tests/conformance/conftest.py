# SPDX-License-Identifier: BSD-3-Clause
"""What clients of JupyterHub rely on, as conversations with one hub.

The same tests pass against JupyterHub 6.1 itself, set up with the same service token and scopes:
    BERTH_TEST_URL=http://127.0.0.1:8000 build/venv/bin/pytest tests/conformance
"""
import itertools
import os

import pytest

numbers = itertools.count()


@pytest.fixture(scope="module")
def hub(shared_hub):
    return shared_hub


@pytest.fixture
def admin(hub):
    return hub.api()


@pytest.fixture
def name():
    """A user's name that no other test uses."""
    return f"conf{os.getpid()}-{next(numbers)}"


@pytest.fixture
def user(admin, name):
    """A plain user's Api; the user is removed afterwards with all servers."""
    api = admin.make_user(name)
    api.name = name
    yield api
    for server in (admin.get(f"/hub/api/users/{name}").json().get("servers") or {}):
        admin.stop(name, server)
        admin.wait_stopped(name, server)
    admin.delete(f"/hub/api/users/{name}")
