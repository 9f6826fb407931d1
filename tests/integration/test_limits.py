# SPDX-License-Identifier: BSD-3-Clause
"""concurrent_spawn_limit, active_server_limit, named_server_limit_per_user: said with 429, and over when there is room."""
from support.api import Forms
from support.waiting import until


def user_of(hub, name):
    hub.api().post(f"/hub/api/users/{name}")
    return hub.api(hub.api().post(f"/hub/api/users/{name}/tokens").json()["token"])


def refused(answer):
    return answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0 and answer.json()["message"]


def test_a_start_beyond_the_servers_that_may_be_active(unstarted_hub):
    unstarted_hub.configuration["hub"]["active_server_limit"] = 1
    hub = unstarted_hub.start()
    ann, bob = user_of(hub, "ann"), user_of(hub, "bob")
    assert ann.start("ann").status_code in (201, 202)
    ann.wait_ready("ann")
    assert refused(bob.start("bob"))
    ann.stop("ann")
    ann.wait_stopped("ann")
    assert bob.start("bob").status_code in (201, 202)


def test_a_start_beyond_those_that_may_start_at_once(unstarted_hub):
    unstarted_hub.configuration["hub"]["concurrent_spawn_limit"] = 1
    unstarted_hub.configuration["cluster"]["local"]["environment"]["MOCK_DELAY"] = "3"
    hub = unstarted_hub.start()
    ann, bob = user_of(hub, "ann"), user_of(hub, "bob")
    assert ann.start("ann").status_code in (201, 202)
    assert refused(bob.start("bob"))
    ann.wait_ready("ann")
    until(lambda: bob.start("bob").status_code in (201, 202), "there is room again")


def test_named_servers_have_their_own_limit(unstarted_hub):
    unstarted_hub.configuration["hub"]["named_server_limit_per_user"] = 1
    hub = unstarted_hub.start()
    ann = user_of(hub, "ann")
    assert ann.start("ann", name="one").status_code in (201, 202)
    assert ann.start("ann", name="two").status_code == 429
    assert ann.start("ann").status_code in (201, 202)


def test_the_page_of_a_start_that_has_to_wait_asks_again(unstarted_hub):
    unstarted_hub.configuration["hub"]["active_server_limit"] = 1
    hub = unstarted_hub.start()
    ann = user_of(hub, "ann")
    ann.start("ann")
    ann.wait_ready("ann")
    bob = hub.web()
    bob.sign_in("bob", "anything")
    for path in ("/hub/spawn/bob", "/hub/start/bob"):
        form = Forms(bob.get("/hub/spawn/bob").text).with_field("_xsrf")
        busy = bob.post(path, form["fields"] | {"empty": "", "odd": '"><b>'})
        assert busy.status_code == 429 and 30 <= int(busy.headers["Retry-After"]) <= 60
        assert "limit of active servers" in busy.text and f'data-retry="{busy.headers["Retry-After"]}"' in busy.text
        again = Forms(busy.text).with_field("_xsrf")
        assert again["action"].endswith(path) and again["method"] == "post"
        if path == "/hub/spawn/bob":
            assert again["fields"]["odd"] == '"><b>' and again["fields"]["empty"] == ""
    ann.stop("ann")
    ann.wait_stopped("ann")
    assert "spawn-pending/bob" in bob.post("/hub/start/bob", again["fields"]).headers["Location"]
    hub.api().wait_ready("bob")
