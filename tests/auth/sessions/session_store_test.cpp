// SPDX-License-Identifier: BSD-3-Clause
#include "tests/auth/sessions/browser.hpp"

namespace berth::auth {
namespace {

using namespace std::chrono_literals;

TEST_F(sessions_fixture, a_browser_is_signed_in_until_it_signs_out) {
    browser b;
    EXPECT_EQ(find(b), nullptr);
    sign_in(b, 7);
    ASSERT_TRUE(find(b));
    EXPECT_EQ(find(b)->user_id, 7);
    EXPECT_EQ(find(b)->user_agent, "Firefox");
    EXPECT_EQ(find(b)->address, "192.0.2.7");
    EXPECT_EQ(find(b)->session_id, b.value("jupyterhub-session-id"));
    EXPECT_EQ(store->session_id_of(b.request()), b.value("jupyterhub-session-id"));
    const auto copied = b;
    const auto ended = sign_out(b);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->session_id, copied.value("jupyterhub-session-id"));
    EXPECT_EQ(told, std::vector<std::int64_t>{ended->id});
    EXPECT_TRUE(b.jar.empty());
    EXPECT_EQ(find(copied), nullptr);
    EXPECT_EQ(store->session_id_of(copied.request()), "");
    restart();
    EXPECT_EQ(find(copied), nullptr);
}

TEST_F(sessions_fixture, sessions_outlive_a_restart_and_end_with_the_cookie_secret) {
    browser b;
    sign_in(b, 7);
    const auto before = *find(b);
    restart();
    ASSERT_TRUE(find(b));
    EXPECT_EQ(find(b)->session_id, before.session_id);
    EXPECT_EQ(find(b)->created, before.created);
    settings.cookie_secret = secret("another cookie secret");
    restart();
    EXPECT_EQ(find(b), nullptr);
    EXPECT_TRUE(store->of_user(7).empty());
    EXPECT_TRUE(rows("SELECT id FROM sessions").empty());
}

TEST_F(sessions_fixture, the_database_holds_no_cookie_that_signs_in) {
    browser b;
    sign_in(b, 7);
    const auto key = b.value("jupyterhub-hub-login").substr(0, 43);
    for (const auto& row : rows("SELECT * FROM sessions"))
        for (const auto& [column, value] : row)
            if (const auto* text = std::get_if<std::string>(&value)) {
                EXPECT_EQ(text->find(key), std::string::npos) << column;
            }
}

TEST_F(sessions_fixture, a_session_ends_with_its_age) {
    browser b;
    sign_in(b, 7);
    time.advance(24h * 14 - 1us);
    EXPECT_TRUE(find(b));
    time.advance(1us);
    EXPECT_EQ(find(b), nullptr);
    EXPECT_TRUE(store->of_user(7).empty());
    ASSERT_TRUE(run(store->purge_expired()));
    EXPECT_EQ(told.size(), 1u);
    EXPECT_TRUE(rows("SELECT id FROM sessions").empty());
}

TEST_F(sessions_fixture, being_seen_is_written_behind_once_a_minute) {
    browser b;
    sign_in(b, 7);
    const auto commits = db->commits;
    time.advance(59s);
    for (int i = 0; i < 10; ++i) find(b);
    EXPECT_TRUE(db->written_behind.empty());
    time.advance(1s);
    for (int i = 0; i < 10; ++i) find(b);
    EXPECT_EQ(db->written_behind.size(), 1u);
    EXPECT_EQ(db->written_behind.begin()->second, 1);
    EXPECT_EQ(find(b)->last_seen, time.now());
    EXPECT_EQ(db->commits, commits);
}

TEST_F(sessions_fixture, signing_in_again_replaces_this_browsers_session) {
    browser b, other;
    sign_in(other, 7);
    sign_in(b, 7);
    const auto before = b;
    sign_in(b, 8);
    EXPECT_EQ(find(before), nullptr);
    EXPECT_EQ(find(b)->user_id, 8);
    EXPECT_EQ(find(other)->user_id, 7);
    EXPECT_EQ(told.size(), 1u);
}

TEST_F(sessions_fixture, a_preset_session_id_is_never_kept) {
    browser b;
    b.jar[{"jupyterhub-session-id", "/"}] = "attackers";
    sign_in(b, 7);
    EXPECT_NE(b.value("jupyterhub-session-id"), "attackers");
    EXPECT_EQ(b.value("jupyterhub-session-id").size(), 32u);
}

TEST_F(sessions_fixture, stale_and_foreign_cookies_beside_the_good_one_do_no_harm) {
    browser b;
    sign_in(b, 7);
    auto r = b.request();
    r.headers.set(
        "Cookie",
        "jupyterhub-hub-login=\"2|1:0|10:1795385729|x|y\"; jupyterhub-hub-login=; jupyterhub-hub-login=" +
            std::string(5000, 'a') + "; jupyterhub-hub-login=" + b.value("jupyterhub-hub-login"));
    ASSERT_TRUE(store->find(r));
    EXPECT_EQ(store->find(r)->user_id, 7);
    EXPECT_EQ(store->session_id_of(r), "");
}

TEST_F(sessions_fixture, a_cookie_changed_in_any_character_is_nobodys) {
    browser b;
    sign_in(b, 7);
    const auto good = b.value("jupyterhub-hub-login");
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        b.jar[{"jupyterhub-hub-login", "/hub/"}] = bad;
        EXPECT_EQ(find(b), nullptr) << i;
    }
}

TEST_F(sessions_fixture, a_user_has_fifty_sessions_and_the_oldest_makes_room) {
    browser first, second, last;
    sign_in(first, 7);
    sign_in(second, 7);
    for (int i = 0; i < 48; ++i) {
        browser b;
        sign_in(b, 7);
    }
    EXPECT_TRUE(find(first));
    sign_in(last, 7);
    EXPECT_EQ(store->of_user(7).size(), 50u);
    EXPECT_EQ(find(first), nullptr);
    EXPECT_TRUE(find(second));
    EXPECT_TRUE(find(last));
    EXPECT_EQ(told.size(), 1u);
}

TEST_F(sessions_fixture, all_of_a_user_end_and_nobody_elses) {
    browser a, b, other;
    sign_in(a, 7);
    sign_in(b, 7);
    sign_in(other, 8);
    ASSERT_TRUE(run(store->end_user(7)));
    EXPECT_EQ(find(a), nullptr);
    EXPECT_EQ(find(b), nullptr);
    EXPECT_TRUE(find(other));
    ASSERT_TRUE(run(store->end({99, find(other)->id})));
    EXPECT_EQ(find(other), nullptr);
    EXPECT_EQ(told.size(), 3u);
}

TEST_F(sessions_fixture, a_failing_disk_changes_nothing) {
    browser b;
    sign_in(b, 7);
    db->broken = true;
    http::response answer;
    const auto request = b.request("POST");
    EXPECT_FALSE(run(store->sign_in(request, answer, 8)));
    EXPECT_FALSE(run(store->sign_out(request, answer)));
    EXPECT_TRUE(cookies_of(answer).empty());
    EXPECT_EQ(find(b)->user_id, 7);
    EXPECT_TRUE(store->of_user(8).empty());
    EXPECT_TRUE(told.empty());
    db->broken = false;
    EXPECT_TRUE(sign_out(b));
}

TEST_F(sessions_fixture, an_end_of_all_reaches_a_session_that_is_still_being_made) {
    db->after_commit = [this] {
        boost::asio::co_spawn(io, store->end_user(7), [](const std::exception_ptr&, const result<void>&) {});
        io.poll();
    };
    http::response answer;
    const auto request = browser{}.request("POST");
    const auto done = run(store->sign_in(request, answer, 7));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::conflict);
    EXPECT_TRUE(cookies_of(answer).empty());
}

TEST_F(sessions_fixture, a_user_agent_of_any_bytes_is_cut_and_text) {
    browser b;
    auto r = b.request("POST");
    r.headers.set("User-Agent", std::string(100'000, 'x'));
    http::response answer;
    ASSERT_TRUE(run(store->sign_in(r, answer, 7)));
    r.headers.set("User-Agent", "\xff\xfe");
    ASSERT_TRUE(run(store->sign_in(r, answer, 7)));
    const auto mine = store->of_user(7);
    EXPECT_EQ(mine.at(0)->user_agent.size(), 256u);
    EXPECT_EQ(mine.at(1)->user_agent, "");
}

} // namespace
} // namespace berth::auth
