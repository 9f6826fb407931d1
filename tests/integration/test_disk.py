# SPDX-License-Identifier: BSD-3-Clause
"""The disk under the database: killed in the middle of commits, full, read-only, failing, damaged, gone. What was
acknowledged is there afterwards, or the hub says why it does not start; meanwhile it reads, and heals by itself."""
import random
import time

import pytest

from support import processes
from support.bad_disk import BadDisk, small_disk
from support.paths import MOCK_NOTEBOOK
from support.storm import Client, all_of, missing, rage
from support.waiting import until

KILLS = 50


@pytest.fixture
def quick_hub(unstarted_hub):
    """Its servers are there in milliseconds."""
    unstarted_hub.configuration["cluster"]["local"]["cmd"] = [str(MOCK_NOTEBOOK)]
    return unstarted_hub


def notebooks(hub):
    return [p for p in processes.marked(hub.mark) if processes.command(p).endswith(MOCK_NOTEBOOK.name)]


def test_nothing_acknowledged_is_missing_after_50_kills(quick_hub):
    hub, disk, chance = quick_hub, BadDisk(quick_hub), random.Random(4)
    clients = [Client(hub.url, f"c{i}", i) for i in range(5)]
    begun, spent = time.monotonic(), 0
    hub.start()
    for round in range(KILLS):
        lost = missing(hub.api(), clients, newest_tokens=20)
        assert not lost, (round, lost)

        def strike():
            time.sleep(chance.uniform(0.02, 0.3))
            if round % 2:
                disk.now(f"kill {chance.randint(1, 40)}")  # within a write or a sync of the database
                until(lambda: hub.process.poll() is not None, "the hub dies in a commit", timeout=20, interval=0.01)
                disk.works()
            else:
                hub.kill()
        rage(clients, strike, hub.start)
    assert not (lost := missing(hub.api(), clients)), lost
    wanted = {u for c in clients for u, w in c.servers.items() if w}
    known = {u for c in clients for u in c.servers}

    def settled():
        users = all_of(hub.api(), "users")
        return all(users.get(u, {}).get("servers", {}).get("", {}).get("ready", False) for u in wanted) and not [
            u for u in known - wanted if users.get(u, {}).get("servers")]
    until(settled, "every wanted server is ready, no other one there", timeout=60)
    print(f"\n{KILLS} kills in {time.monotonic() - begun:.0f} s; {sum(c.acknowledged for c in clients)} changes acknowledged, "
          f"{len(wanted)} servers wanted, none missing")
