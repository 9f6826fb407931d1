# SPDX-License-Identifier: BSD-3-Clause
"""The disk under the database: killed in the middle of commits, full, read-only, failing, damaged, gone. What was
acknowledged is there afterwards, or the hub says why it does not start; meanwhile it reads, and heals by itself."""
import random
import time

import pytest

from support.bad_disk import BadDisk, small_disk
from support.hub import notebooks
from support.storm import Client, all_of, missing, rage
from support.waiting import until

KILLS = 50


def test_nothing_acknowledged_is_missing_after_50_kills(quick_hub):
    hub, disk, chance = quick_hub, BadDisk(quick_hub), random.Random(4)
    clients = [Client(hub.url, f"c{i}", i) for i in range(5)]
    begun = time.monotonic()
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


# ---- a disk that takes nothing more, while the hub runs -----------------------------------------------------------
def health(hub):
    answer = hub.api(None).get("/hub/health")
    assert answer.status_code == 200
    return answer.text


def writable(hub):
    text = hub.api().get("/hub/metrics").text
    return "\nberth_database_writable 1" in text


def log_lines(hub, event):
    return [line for line in hub.log().splitlines() if f" {event} " in line]


class Normality:
    """A hub with a running notebook and a browser that is signed in; what must be true while its disk is in trouble."""

    def __init__(self, hub):
        self.hub = hub
        self.ann = hub.api().make_user("ann")
        self.ann.start("ann")
        self.ann.wait_ready("ann")
        self.web = hub.web()
        assert self.web.sign_in("bob", "anything").status_code == 302

    def goes_on(self):
        """Reads, sign-ins that are there, notebooks; activity and a job's callback, which nobody waits for."""
        assert self.ann.get("/hub/api/users/ann").json()["servers"][""]["ready"]
        assert self.ann.get("/user/ann/api/status").status_code == 200
        assert self.web.get("/hub/home").status_code == 200
        for _ in range(20):
            told = self.ann.post("/hub/api/users/ann/activity", json={"last_activity": "2026-11-23T00:00:00Z"})
            assert told.status_code == 200, told.text

    def is_refused(self, *words):
        """Each change says why it is not made, and is not made."""
        api = self.hub.api()
        for method, path, body in (("POST", "/hub/api/users/new", None), ("POST", "/hub/api/groups/new", None),
                                   ("POST", "/hub/api/users/ann/tokens", {"note": "x"}), ("POST", "/hub/api/users/bob/server", {})):
            answer = api(method, path, json=body)
            assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0, (path, answer.status_code, answer.text)
            assert all(word in answer.json()["message"] for word in words), answer.text
        assert api.get("/hub/api/users/new").status_code == 404 and api.get("/hub/api/groups/new").status_code == 404
        assert not api.get("/hub/api/users/bob").json()["servers"] and not local_jobs_of(self.hub, "bob")
        page = self.hub.web().sign_in("carol", "anything")
        assert page.status_code == 503 and "cannot save changes" in page.text and page.headers["Retry-After"]

    def is_told(self):
        assert "degraded" in health(self.hub) and not writable(self.hub)
        assert "cannot save changes" in self.web.get("/hub/home").text

    def is_back(self, timeout=20):
        """By itself: nobody asks for a change."""
        until(lambda: writable(self.hub), "the database can be written again", timeout)
        assert health(self.hub) == "" and "cannot save changes" not in self.web.get("/hub/home").text
        self.hub.api().make_user("dora").start("dora")
        self.hub.api().wait_ready("dora")


def local_jobs_of(hub, user):
    return [d for d in (hub.folder / "data/local").glob("*/job.json") if f'"{user}"' in d.read_text()]


def stop_works_anyway(normal):
    """A stop ends the server, and says what could not be done."""
    answer = normal.ann.stop("ann")
    assert answer.status_code in (202, 204) and (answer.status_code == 204 or "disk has not taken" in answer.text)
    until(lambda: not notebooks(normal.hub), "the server has ended")
    normal.ann.wait_stopped("ann")


def restarted_knows_all(normal):
    """What was done in memory is on the disk after all."""
    normal.hub.kill()
    normal.hub.start()
    users = all_of(normal.hub.api(), "users")
    assert {"ann", "bob", "dora"} <= set(users) and not users["ann"]["servers"]
    normal.hub.api().wait_ready("dora")


@pytest.mark.parametrize("word, said", [("ENOSPC", "cannot grow"), ("EROFS", "cannot be read or written"), ("EIO", "cannot be read or written")])
def test_a_disk_that_refuses_writes(quick_hub, word, said):
    disk = BadDisk(quick_hub)
    normal = Normality(quick_hub.start())
    disk.now(word)
    until(lambda: quick_hub.api().post("/hub/api/users/new").status_code == 503, "the disk refuses")
    normal.is_refused(said)
    normal.is_told()
    normal.goes_on()
    stop_works_anyway(normal)
    disk.works()
    normal.is_back()
    assert len(log_lines(quick_hub, "store.disk.failed")) == len(log_lines(quick_hub, "store.disk.recovered")) == 1
    assert len(log_lines(quick_hub, "server.not_saved")) <= 4  # some at once, then none
    restarted_knows_all(normal)


def test_a_disk_that_is_really_full(quick_hub):
    with small_disk(quick_hub.folder / "data") as disk:
        normal = Normality(quick_hub.start())
        disk.fill()

        def full():
            answer = quick_hub.api().post("/hub/api/groups", json={"name": "filler"})
            return [quick_hub.api().post(f"/hub/api/users/filler{time.monotonic_ns()}").status_code for _ in range(20)][-1] == 503 or answer
        until(lambda: full() is True, "what was left in the log's file is used up", timeout=60)
        normal.is_refused("free some space")
        normal.is_told()
        normal.goes_on()
        stop_works_anyway(normal)
        quick_hub.kill()
        said = tries_to_start(quick_hub)
        assert "No space left" in said or "free some space" in said or said == "answers", said
        if said == "answers":
            assert quick_hub.api().get("/hub/api/users/ann").status_code == 200
        disk.free()
        if said != "answers":
            quick_hub.start()
        until(lambda: quick_hub.api().post("/hub/api/users/dora").status_code in (201, 409), "space is used again")


def tries_to_start(hub):
    """"answers", or the last words of a hub that did not start."""
    before = len(hub.log())
    try:
        hub.start()
    except AssertionError:
        return hub.log()[before:]
    return "answers"


def test_a_read_only_disk_is_refused_at_the_start(quick_hub):
    with small_disk(quick_hub.folder / "data") as disk:
        quick_hub.start().api().make_user("ann")
        quick_hub.command("stop", "--config", str(quick_hub.configuration_file))
        quick_hub.process.wait(20)
        disk.remount("ro")
        said = tries_to_start(quick_hub)
        assert "Read-only file system" in said and str(disk.folder) in said
        disk.remount("rw")
        assert quick_hub.start().api().get("/hub/api/users/ann").status_code == 200


# ---- what is damaged while the hub is down ------------------------------------------------------------------------
def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)


@pytest.fixture
def killed_hub(quick_hub):
    """Its log holds what it had acknowledged."""
    quick_hub.start()
    for i in range(20):
        assert quick_hub.api().post(f"/hub/api/users/u{i}").status_code == 201
    quick_hub.kill()
    return quick_hub


@pytest.mark.parametrize("harm", [lambda wal: flip(wal, -100), lambda wal: flip(wal, 10_000),
                                  lambda wal: wal.write_bytes(wal.read_bytes()[:-6000])],
                         ids=["flipped at the end", "flipped within", "cut"])
def test_a_damaged_log_is_refused_and_the_remedy_works(killed_hub, harm):
    data = killed_hub.folder / "data"
    wal, kept = data / "berth.sqlite-wal", killed_hub.folder / "kept"
    kept.write_bytes(wal.read_bytes())
    harm(wal)
    said = tries_to_start(killed_hub)
    assert str(wal) in said and "damaged" in said and "truncate --size=" in said, said
    wal.write_bytes(kept.read_bytes())  # the backup
    assert {f"u{i}" for i in range(20)} <= set(all_of(killed_hub.start().api(), "users"))


def test_what_a_crash_left_half_written_is_no_damage(killed_hub):
    wal = killed_hub.folder / "data/berth.sqlite-wal"
    whole = wal.read_bytes()
    wal.write_bytes(whole + whole[32:2000])  # a frame of the transaction that was under way, cut
    assert {f"u{i}" for i in range(20)} <= set(all_of(killed_hub.start().api(), "users"))


def test_a_damaged_page_is_refused(quick_hub):
    quick_hub.start()
    quick_hub.api().post("/hub/api/users", json={"usernames": [f"user-with-a-long-name-{i}" for i in range(400)]})
    quick_hub.command("stop", "--config", str(quick_hub.configuration_file))
    quick_hub.process.wait(20)
    path = quick_hub.folder / "data/berth.sqlite"
    data = bytearray(path.read_bytes())
    at = data.index(b"user-with-a-long-name-200") // 4096 * 4096
    data[at:at + 64] = b"\xff" * 64
    path.write_bytes(data)
    said = tries_to_start(quick_hub)
    assert str(path) in said and "damaged" in said and "backup" in said, said


def test_files_that_vanish_take_no_changes(quick_hub):
    normal = Normality(quick_hub.start())
    path, elsewhere = quick_hub.folder / "data/berth.sqlite", quick_hub.folder / "elsewhere"
    path.rename(elsewhere)
    normal.is_refused(str(path), "put it back")
    normal.is_told()
    normal.goes_on()
    stop_works_anyway(normal)
    elsewhere.rename(path)
    normal.is_back()
    restarted_knows_all(normal)


def test_a_data_directory_that_vanishes_ends_no_notebook(quick_hub):
    normal = Normality(quick_hub.start())
    data, elsewhere = quick_hub.folder / "data", quick_hub.folder / "elsewhere"
    data.rename(elsewhere)
    for _ in range(5):
        assert normal.ann.get("/user/ann/api/status").status_code == 200
    assert normal.ann.get("/hub/api/users/ann").status_code in (200, 503)  # the way from the front door was in there
    elsewhere.rename(data)
    until(lambda: normal.ann.get("/hub/api/users/ann").status_code == 200, "the hub is found again", timeout=30)
    normal.is_back(timeout=60)
    assert normal.ann.get("/user/ann/api/status").status_code == 200
