// SPDX-License-Identifier: BSD-3-Clause
#include "tests/hubapi/pages/page_fixture.hpp"

#include <gmock/gmock.h>

#include <regex>

namespace berth::pages {
namespace {

using auth::browser;
using ::testing::HasSubstr;
using ::testing::Not;

struct sign_in : page_fixture {};
struct spawning : page_fixture {
    // alice's job waits in the queue.
    browser queued() {
        auto b = signed_in("alice");
        const auto answer = post(b, "/hub/spawn/alice?next=%2Fuser%2Falice%2Flab",
                                 {{"profile", "small"}, {"small.runtime", "02:00:00"}});
        EXPECT_EQ(answer.status, 302);
        EXPECT_EQ(location(answer), "/hub/spawn-pending/alice?next=%2Fuser%2Falice%2Flab");
        pass();
        return b;
    }
    void run_job() {
        slurm->start(*slurm->only_job());
        pass();
        web.answering.insert("10.0.0.1:40001");
        EXPECT_TRUE(run(servers->report_address(server_of("alice")->key, "", 40001, "")));
        pass(10);
        ASSERT_TRUE(server_of("alice")->ready());
    }
};
struct addresses : spawning {};
struct token_pages : page_fixture {};

TEST_F(sign_in, sends_strangers_to_the_form_and_back) {
    browser b;
    EXPECT_EQ(location(get(b, "/hub/home?a=b")), "/hub/login?next=%2Fhub%2Fhome%3Fa%3Db");
    const auto form = get(b, "/hub/login?next=%2Fhub%2Ftoken");
    EXPECT_EQ(form.status, 200);
    EXPECT_THAT(form.body, HasSubstr("action=\"/hub/login?next=%2Fhub%2Ftoken\" method=\"post\""));
    const auto in = post(b, "/hub/login?next=%2Fhub%2Ftoken", {{"username", "Alice "}, {"password", "x"}});
    EXPECT_EQ(in.status, 302);
    EXPECT_EQ(location(in), "/hub/token");
    EXPECT_EQ(b.jar.size(), 3U);
    EXPECT_TRUE(who->find("alice"));
    const auto home = get(b, "/hub/home");
    EXPECT_EQ(home.status, 200);
    EXPECT_EQ(home.headers.get("Cache-Control"), "no-store");
    EXPECT_THAT(home.body, Not(HasSubstr("<form")));
}

TEST_F(sign_in, refuses_wrong_passwords_old_forms_and_blocked_people) {
    browser b;
    get(b, "/hub/login");
    const auto wrong = post(b, "/hub/login", {{"username", "alice"}, {"password", "y"}});
    EXPECT_EQ(wrong.status, 403);
    EXPECT_THAT(wrong.body, HasSubstr("Wrong username or password."));
    EXPECT_THAT(wrong.body, HasSubstr("value=\"alice\""));
    EXPECT_EQ(post(b, "/hub/login", {{"username", "alice"}, {"password", "x"}, {"_xsrf", "old"}}).status,
              403);
    EXPECT_EQ(post(b, "/hub/login", {{"username", "mallory"}, {"password", "x"}}).status, 403);
    EXPECT_EQ(post(b, "/hub/login", {{"username", ""}, {"password", "x"}}).status, 403);
    EXPECT_FALSE(who->find("alice"));
    EXPECT_EQ(b.value("jupyterhub-hub-login"), "");
}

TEST_F(sign_in, never_leads_elsewhere) {
    for (const auto* next :
         {"https%3A%2F%2Fevil.example%2F", "%2F%2Fevil.example%2F", "%5C%5Cevil.example"}) {
        browser b;
        get(b, "/hub/login");
        EXPECT_EQ(location(post(b, std::string("/hub/login?next=") + next,
                                {{"username", "al"}, {"password", "x"}})),
                  "/hub/spawn");
    }
}

TEST_F(sign_in, a_copied_cookie_is_dead_after_signing_out) {
    auto b = signed_in("alice");
    auto copy = b;
    const auto out = get(b, "/hub/logout");
    EXPECT_EQ(location(out), "/hub/login");
    EXPECT_EQ(ended.size(), 1U);
    EXPECT_EQ(location(get(copy, "/hub/home")), "/hub/login?next=%2Fhub%2Fhome");
}

TEST_F(sign_in, another_sites_link_signs_nobody_out) {
    auto b = signed_in("alice");
    const auto asked = get(b, "/hub/logout", {{"Sec-Fetch-Site", "cross-site"}});
    EXPECT_EQ(asked.status, 200);
    EXPECT_THAT(asked.body, HasSubstr("Sign out?"));
    EXPECT_EQ(get(b, "/hub/home").status, 200);
    EXPECT_EQ(location(post(b, "/hub/logout")), "/hub/login");
    EXPECT_EQ(get(b, "/hub/home").status, 302);
}

TEST_F(spawning, refuses_what_is_out_of_bounds_beside_the_field) {
    auto b = signed_in("alice");
    EXPECT_THAT(get(b, "/hub/spawn").body, HasSubstr("name=\"small.runtime\""));
    const auto refused = post(b, "/hub/spawn", {{"profile", "small"}, {"small.runtime", "99:00:00"}});
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("value=\"99:00:00\""));
    EXPECT_THAT(refused.body, HasSubstr("aria-invalid=\"true\""));
    EXPECT_FALSE(server_of("alice"));
}

TEST_F(spawning, goes_from_the_form_through_the_queue_to_where_the_link_pointed) {
    auto b = queued();
    slurm->only_job()->reason = "Resources";
    pass(40);
    const auto waiting = get(b, "/hub/spawn-pending/alice?next=%2Fuser%2Falice%2Flab");
    EXPECT_EQ(waiting.status, 200);
    EXPECT_THAT(waiting.body, HasSubstr("<title>Queued · alice · Berth</title>"));
    EXPECT_THAT(waiting.body, HasSubstr("Waiting for resources (Slurm: Resources)"));
    EXPECT_THAT(waiting.body, HasSubstr("data-events=\"/hub/api/users/alice/server/progress?_xsrf="));
    EXPECT_THAT(waiting.body, HasSubstr("<noscript><meta http-equiv=\"refresh\" content=\"3\"></noscript>"));
    EXPECT_THAT(get(b, "/hub/home").body, HasSubstr("Waiting for resources (Slurm: Resources)"));
    run_job();
    EXPECT_EQ(location(get(b, "/hub/spawn-pending/alice?next=%2Fuser%2Falice%2Flab")), "/user/alice/lab");
    EXPECT_THAT(get(b, "/hub/home").body, HasSubstr("On node1"));
    EXPECT_EQ(location(get(b, "/hub/")), "/user/alice/");
    EXPECT_EQ(post(b, "/hub/stop/alice").status, 303);
    pass(10);
    EXPECT_FALSE(server_of("alice")->active());
}

TEST_F(spawning, a_failure_is_told_with_its_words_and_can_be_tried_again) {
    auto b = queued();
    slurm->log = "</pre><script>alert(1)</script> the licence is gone";
    slurm->end(*slurm->only_job(), "FAILED", 3);
    pass(60);
    const auto failed = get(b, "/hub/spawn-pending/alice");
    EXPECT_EQ(failed.status, 500);
    for (const auto& page : {failed.body, get(b, "/hub/home").body}) {
        EXPECT_THAT(page, HasSubstr("FAILED"));
        EXPECT_THAT(page, HasSubstr("the licence is gone"));
        EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
        EXPECT_TRUE(std::regex_search(page, std::regex("[Ee]xit[^0-9]{1,40}3\\b")));
    }
    EXPECT_EQ(post(b, "/hub/start/alice").status, 303);
    EXPECT_TRUE(server_of("alice")->active());
    pass();
    slurm->end(*slurm->only_job(), "FAILED", 3);
    pass(60);
    EXPECT_EQ(post(b, "/hub/dismiss/alice").status, 303);
    EXPECT_THAT(get(b, "/hub/home").body, Not(HasSubstr("the licence is gone")));
}

TEST_F(spawning, every_form_wants_its_xsrf_token) {
    auto b = queued();
    for (const auto* path :
         {"/hub/spawn", "/hub/start/alice", "/hub/stop/alice", "/hub/dismiss/alice", "/hub/delete/alice/x",
          "/hub/token", "/hub/token/everywhere", "/hub/token/revoke/a1", "/hub/new", "/hub/logout"})
        EXPECT_EQ(post(b, path, {{"_xsrf", "made-up"}}).status, 403) << path;
    EXPECT_TRUE(server_of("alice")->active());
}

TEST_F(spawning, further_servers_have_names_and_are_deleted_after_asking) {
    auto b = signed_in("alice");
    const auto bad = post(b, "/hub/new", {{"server_name", "No/Good"}, {"profile", "small"}});
    EXPECT_EQ(bad.status, 400);
    EXPECT_THAT(bad.body, HasSubstr("server-name-error"));
    EXPECT_EQ(location(post(b, "/hub/new", {{"server_name", "deep"}, {"profile", "large"}})),
              "/hub/spawn-pending/alice/deep");
    pass();
    EXPECT_EQ(post(b, "/hub/new", {{"server_name", "deep"}, {"profile", "large"}}).status, 400);
    EXPECT_THAT(get(b, "/hub/delete/alice/deep").body, HasSubstr("Delete the server"));
    EXPECT_TRUE(server_of("alice", "deep"));
    EXPECT_EQ(post(b, "/hub/delete/alice/deep").status, 303);
    pass(10);
    EXPECT_FALSE(server_of("alice", "deep"));
}

TEST_F(addresses, of_a_stopped_server_offer_one_press_and_lead_on) {
    auto b = signed_in("alice");
    const auto page = get(b, "/hub/user/alice/lab/tree/x?y=1");
    EXPECT_EQ(page.status, 424);
    EXPECT_THAT(page.body,
                HasSubstr("action=\"/hub/start/alice?next=%2Fuser%2Falice%2Flab%2Ftree%2Fx%3Fy%3D1\""));
    const auto json = get(b, "/hub/user/alice/api/kernels");
    EXPECT_EQ(json.status, 424);
    EXPECT_THAT(json.body, HasSubstr("/user/alice/api/kernels"));
    EXPECT_EQ(get(b, "/hub/user/alice/lab", {{"Accept", "application/json"}})
                  .headers.get("Content-Type")
                  .substr(0, 16),
              "application/json");
    EXPECT_EQ(get(b, "/hub/user/bob/").status, 404);
    EXPECT_FALSE(server_of("alice"));
}

TEST_F(addresses, of_a_server_under_way_wait_and_of_a_running_one_go_there) {
    auto b = queued();
    const auto waiting = get(b, "/hub/user/alice/lab?x=1");
    EXPECT_EQ(waiting.status, 303);
    EXPECT_EQ(location(waiting), "/hub/spawn-pending/alice?next=%2Fuser%2Falice%2Flab%3Fx%3D1");
    run_job();
    EXPECT_EQ(location(get(b, "/hub/user/alice/lab?x=1")), "/user/alice/lab?x=1&redirects=1");
    EXPECT_EQ(get(b, "/hub/user/alice/lab?redirects=4").status, 500);
    EXPECT_EQ(location(get(b, "/hub/user-redirect/tree/x?y=z")),
              "/hub/spawn/alice?next=%2Fuser%2Falice%2Ftree%2Fx%3Fy%3Dz");
    EXPECT_EQ(location(get(b, "/hub/spawn/alice?next=%2Fuser%2Falice%2Ftree%2Fx%3Fy%3Dz")),
              "/user/alice/tree/x?y=z");
}

TEST_F(addresses, of_others_servers_look_like_nothing) {
    queued();
    auto b = signed_in("bob");
    for (const auto* path : {"/hub/user/alice/", "/hub/spawn/alice", "/hub/spawn-pending/alice",
                             "/hub/delete/alice/x", "/hub/user/nobody/", "/hub/nowhere"})
        EXPECT_EQ(get(b, path).status, 404) << path;
    EXPECT_EQ(post(b, "/hub/stop/alice").status, 404);
    EXPECT_TRUE(server_of("alice")->active());
}

TEST_F(addresses, outside_of_the_hub_lead_into_it) {
    browser b;
    const auto lands = [&](const std::string& from, int status, const std::string& to) {
        const auto answer = get(b, from);
        EXPECT_EQ(answer.status, status) << from;
        EXPECT_EQ(location(answer), to) << from;
    };
    lands("/", 302, "/hub/");
    lands("/hub", 301, "/hub/");
    lands("/nowhere/a?b=c", 302, "/hub/nowhere/a?b=c");
    lands("/user/al", 301, "/user/al/");
    lands("/user/al/lab?x=1", 302, "/hub/user/al/lab?x=1");
    lands("//evil.example/x", 302, "/hub/evil.example/x");
    EXPECT_EQ(post(b, "/user/al/api/sessions").status, 424);
    EXPECT_EQ(get(b, "/hub/error/503").status, 200);
    EXPECT_EQ(get(b, "/hub/error/abc").status, 404);
    EXPECT_EQ(get(b, "/hub/logo").headers.get("Content-Type"), "image/svg+xml");
    EXPECT_EQ(get(b, "/hub/static/nope.css").status, 404);
}

TEST_F(spawning, a_visit_starts_only_where_that_is_configured) {
    config.implicit_spawn = true;
    config.catalogue.profiles.clear();
    auto b = signed_in("alice");
    EXPECT_EQ(get(b, "/hub/spawn", {{"Sec-Fetch-Site", "cross-site"}}).status, 200);
    EXPECT_FALSE(server_of("alice"));
    EXPECT_EQ(location(get(b, "/hub/spawn")), "/hub/spawn-pending/alice");
    EXPECT_TRUE(server_of("alice"));
}

TEST_F(token_pages, show_a_token_once_and_ask_before_revoking) {
    auto b = signed_in("alice");
    const auto made = post(b, "/hub/token", {{"note", "nightly"}, {"expires_in", "3600"}});
    EXPECT_EQ(made.status, 200);
    std::smatch value;
    ASSERT_TRUE(
        std::regex_search(made.body, value, std::regex("<code id=\"fresh-token\"[^>]*>([0-9a-f]{32})<")));
    const auto* t = tokens->authenticate(value[1].str());
    ASSERT_TRUE(t);
    EXPECT_EQ(*t->expires_at - t->created, std::chrono::hours(1));
    const auto id = "a" + std::to_string(t->id);
    const auto again = get(b, "/hub/token").body;
    EXPECT_THAT(again, HasSubstr("nightly"));
    EXPECT_THAT(again, Not(HasSubstr(value[1].str())));
    EXPECT_THAT(get(b, "/hub/token/revoke/" + id).body, HasSubstr("Revoke “nightly”?"));
    EXPECT_TRUE(tokens->authenticate(value[1].str()));
    auto bob = signed_in("bob");
    EXPECT_EQ(post(bob, "/hub/token/revoke/" + id).status, 404);
    EXPECT_EQ(post(b, "/hub/token/revoke/" + id).status, 303);
    EXPECT_FALSE(tokens->authenticate(value[1].str()));
}

TEST_F(token_pages, expire_by_themselves_unless_told_otherwise) {
    auto b = signed_in("alice");
    post(b, "/hub/token", {{"note", "usual"}});
    post(b, "/hub/token", {{"note", "for ever"}, {"expires_in", "never"}});
    const auto id = who->find("alice")->id;
    int finite = 0;
    for (const auto* t : tokens->of_user(id)) finite += t->expires_at.has_value();
    EXPECT_EQ(tokens->of_user(id).size(), 2U);
    EXPECT_EQ(finite, 1);
    const auto refused = post(b, "/hub/token", {{"scopes", "admin:users"}, {"note", "too much"}});
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("role=\"alert\""));
    EXPECT_EQ(post(b, "/hub/token", {{"expires_in", "soon"}}).status, 400);
}

TEST_F(token_pages, sign_out_every_browser) {
    auto one = signed_in("alice"), two = signed_in("alice");
    EXPECT_THAT(get(one, "/hub/token/everywhere").body, HasSubstr("Sign out everywhere?"));
    EXPECT_EQ(get(two, "/hub/home").status, 200);
    EXPECT_EQ(post(one, "/hub/token/everywhere").status, 303);
    EXPECT_EQ(get(one, "/hub/home").status, 302);
    EXPECT_EQ(get(two, "/hub/home").status, 302);
    EXPECT_EQ(ended.size(), 2U);
}

} // namespace
} // namespace berth::pages
