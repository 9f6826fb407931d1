# SPDX-License-Identifier: BSD-3-Clause
"""The feed of changes: who follows it learns of users and servers without listing them."""
import contextlib
import json
import threading

import pytest
import requests

from support.api import server_path
from support.waiting import until


class Follower:
    """A client of the feed, in a thread: events as (name, data), and the last one's id."""

    def __init__(self, api, last=None):
        self.seen, self.last, self.over = [], last, False
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
        self.answer = api.get("/hub/api/events", stream=True, headers=headers, timeout=30)
        assert self.answer.status_code == 200 and self.answer.headers["Content-Type"].startswith("text/event-stream")
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        event = {}
        with contextlib.suppress(requests.RequestException, AttributeError, ValueError):
            for line in self.answer.iter_lines(decode_unicode=True):
                if not line and event:
                    self.last = event["id"]
                    self.seen.append((event["event"], json.loads(event["data"])))
                    event = {}
                elif line and not line.startswith(":"):
                    name, value = line.split(": ", 1)
                    event[name] = value
        self.over = True

    def names(self):
        return [name for name, _ in list(self.seen)]

    def expect(self, event, /, **data):
        def found():
            return [told for kind, told in list(self.seen) if kind == event and data.items() <= told.items()]
        return until(found, f"{event} {data} is told", 20)[0]

    def close(self):
        self.answer.close()


@pytest.fixture
def hub(quick_hub):
    return quick_hub.start()


def test_users_and_servers_are_told_as_they_change(hub):
    feed = Follower(hub.api())
    feed.expect("begin")
    alice = hub.api().make_user("alice")
    assert feed.expect("user", name="alice")["kind"] == "user"
    alice.post(server_path("alice", "n1") + "?wait=30", json={})

    def is_ready():
        return [d for kind, d in list(feed.seen) if kind == "server" and d["server"]["ready"]]
    told, = until(is_ready, "the server's start is told", 20)[-1:]
    assert (told["user"], told["name"], told["server"]["url"]) == ("alice", "n1", "/user/alice/n1/")
    alice.delete(server_path("alice", "n1") + "?wait=30", json={"remove": True})
    feed.expect("server_deleted", user="alice", name="n1")
    hub.api()("PATCH", "/hub/api/users/alice", json={"name": "alicia"})
    feed.expect("user", name="alicia")
    hub.api().delete("/hub/api/users/alicia")
    feed.expect("user_deleted", name="alicia")


def test_who_comes_back_goes_on_where_they_were(hub):
    feed = Follower(hub.api())
    feed.expect("begin")
    hub.api().make_user("alice")
    feed.expect("user", name="alice")
    feed.close()
    hub.api().make_user("bob")
    again = Follower(hub.api(), feed.last)
    again.expect("user", name="bob")
    assert "begin" not in again.names() and "reset" not in again.names() and not [d for _, d in again.seen if d.get("name") == "alice"]


def test_an_id_that_says_nothing_is_a_reset(hub):
    run = Follower(hub.api())
    run.expect("begin")
    for last in ("-", "x", "0-0", "00000000-1", "9" * 30, run.last + "9", run.last + "x", run.last.split("-")[0] + "-"):
        assert Follower(hub.api(), last).expect("reset") == {}, last


def test_after_a_restart_the_feed_begins_anew(hub):
    feed = Follower(hub.api())
    feed.expect("begin")
    hub.kill()
    until(lambda: feed.over, "the stream ends with the hub", 20)
    hub.start()
    Follower(hub.api(), feed.last).expect("reset")


def test_nobody_is_told_more_than_they_may_see(hub):
    alice, bob = hub.api().make_user("alice"), hub.api().make_user("bob")
    hers, admins = Follower(alice), Follower(hub.api())
    hers.expect("begin")
    admins.expect("begin")
    bob.post(server_path("bob") + "?wait=30", json={})
    hub.api().make_user("carol")
    alice.post(server_path("alice") + "?wait=30", json={})
    admins.expect("server", user="bob")
    hers.expect("server", user="alice")
    assert not [d for _, d in hers.seen if "bob" in json.dumps(d) or "carol" in json.dumps(d)]
    assert hub.api(None).get("/hub/api/events").status_code == 403


def test_a_feed_ends_with_its_token(hub):
    alice = hub.api().make_user("alice")
    feed = Follower(alice)
    feed.expect("begin")
    token = next(t for t in alice.get("/hub/api/users/alice/tokens").json()["api_tokens"])
    assert hub.api().delete(f"/hub/api/users/alice/tokens/{token['id']}").status_code == 204
    hub.api().make_user("bob")
    until(lambda: feed.over, "the stream ends", 20)
    assert feed.names() == ["begin"]


def test_followers_have_a_limit(hub):
    alice = hub.api().make_user("alice")
    feeds = [Follower(alice) for _ in range(10)]
    refused = alice.get("/hub/api/events")
    assert refused.status_code == 429 and "10" in refused.json()["message"]
    assert Follower(hub.api()).expect("begin") == {}, "others may"
    for feed in feeds:
        feed.close()
    until(lambda: alice.get("/hub/api/events", stream=True).status_code == 200, "their places are free again", 30)


def test_a_burst_is_told_whole(hub):
    feed = Follower(hub.api())
    feed.expect("begin")
    names = [f"u{i:04d}" for i in range(3000)]
    assert hub.api().post("/hub/api/users", json={"usernames": names}).status_code == 201
    until(lambda: {d["name"] for kind, d in list(feed.seen) if kind == "user"} >= set(names), "all are told", 30)
