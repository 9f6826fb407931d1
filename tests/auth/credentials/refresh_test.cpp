// SPDX-License-Identifier: BSD-3-Clause
// When a token is renewed, by whom, and what others get meanwhile.
#include "tests/auth/credentials/credentials_fixture.hpp"

namespace berth::auth {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct refresh_fixture : credentials_fixture {
    void SetUp() override {
        credentials_fixture::SetUp();
        ASSERT_TRUE(sign_in(1, 7, "s"));
    }
};

TEST_F(refresh_fixture, thirty_two_at_once_cause_one_refresh) {
    time.advance(1h);
    provider.held = true;
    const auto asked = ask_many(7, 32);
    until([&] { return provider.waiting() == 1; });
    settle();
    EXPECT_EQ(provider.refreshes, 1);
    provider.release();
    until([&] { return all_answered(*asked); });
    for (const auto& one : *asked) {
        ASSERT_TRUE(*one);
        EXPECT_EQ((*one)->token.reveal(), "access-s-2");
    }
    EXPECT_EQ(provider.refreshes, 1);
    EXPECT_EQ(store->counted().refreshed, 1u);
    EXPECT_EQ(store->counted().shared, 31u);
    EXPECT_EQ(log.count("credential.refreshed"), 1u);
    EXPECT_EQ(token(7), "access-s-2");
    EXPECT_THAT(provider.clients, ElementsAre("hub"));
}

TEST_F(refresh_fixture, a_token_that_was_refused_is_replaced_once_and_no_other) {
    EXPECT_EQ(token(7), "access-s-1");
    store->distrust(7, secret("access-x"));
    store->distrust(8, secret("access-s-1"));
    EXPECT_EQ(token(7), "access-s-1");
    store->distrust(7, secret("access-s-1"));
    EXPECT_EQ(token(7), "access-s-2");
    store->distrust(7, secret("access-s-1")); // who is late
    EXPECT_EQ(token(7), "access-s-2");
    EXPECT_EQ(provider.refreshes, 1);
}

TEST_F(refresh_fixture, many_across_many_expiries_never_use_a_refresh_token_twice) {
    for (int round = 0; round < 20; ++round) {
        time.advance(47s);
        const auto asked = ask_many(7, 8, 30s);
        until([&] { return all_answered(*asked); });
        for (const auto& one : *asked) EXPECT_TRUE(*one);
        if (round % 5 == 4) restart();
    }
    EXPECT_EQ(provider.refreshes, 20);
    EXPECT_EQ(std::set<std::string>(provider.spent.begin(), provider.spent.end()).size(), 20u);
}

TEST_F(refresh_fixture, the_rotated_token_is_on_disk_before_anybody_gets_the_access_token) {
    time.advance(1h);
    const auto asked = ask_many(7, 2);
    bool early = false;
    db->after_commit = [&] { early = (*asked)[0].has_value() || (*asked)[1].has_value(); };
    until([&] { return all_answered(*asked); });
    EXPECT_FALSE(early);
    EXPECT_FALSE(db->after_commit); // there was a commit
    kill();
    EXPECT_EQ(token(7), "access-s-2");
    time.advance(1h);
    EXPECT_EQ(token(7), "access-s-3");
}

TEST_F(refresh_fixture, who_gives_up_leaves_the_refresh_to_the_others) {
    time.advance(1h);
    provider.held = true;
    const auto asked = ask_many(7, 3);
    until([&] { return provider.waiting() == 1 && time.sleepers() == 3; });
    time.advance(settings.patience);
    until([&] { return all_answered(*asked); });
    for (const auto& one : *asked) {
        ASSERT_FALSE(*one);
        EXPECT_EQ(one->error().code, errc::unavailable);
        EXPECT_THAT(one->error().message, testing::HasSubstr("within 10 s"));
    }
    const auto later = ask_many(7, 1);
    settle();
    provider.release();
    until([&] { return all_answered(*later); });
    EXPECT_EQ(later->front().value()->token.reveal(), "access-s-2");
    EXPECT_EQ(provider.refreshes, 1);
}

TEST_F(refresh_fixture, while_it_is_renewed_a_token_that_is_good_enough_is_given_after_patience) {
    time.advance(45s); // less than the margin is left, more than the need
    provider.held = true;
    const auto asked = ask_many(7, 1, 1s);
    until([&] { return provider.waiting() == 1 && time.sleepers() == 1; });
    time.advance(settings.patience);
    until([&] { return all_answered(*asked); });
    EXPECT_EQ(asked->front().value()->token.reveal(), "access-s-1");
}

TEST_F(refresh_fixture, a_sign_out_meanwhile_wins) {
    time.advance(1h);
    provider.held = true;
    const auto asked = ask_many(7, 1);
    until([&] { return provider.waiting() == 1; });
    const auto left = run(store->forget(1));
    EXPECT_EQ(left->refresh_token.reveal(), "refresh-s-1");
    provider.release();
    until([&] { return all_answered(*asked); });
    EXPECT_FALSE(*asked->front());
    settle();
    EXPECT_THAT(rows("SELECT session FROM credentials"), IsEmpty());
    EXPECT_THAT(store->sessions(), IsEmpty());
    EXPECT_EQ(token(7), "not_found");
}

TEST_F(refresh_fixture, a_sign_out_between_the_commit_and_the_hub_wins) {
    time.advance(1h);
    bool forgotten = false;
    db->after_commit = [&] {
        boost::asio::co_spawn(io, store->forget(1),
                              [&](const std::exception_ptr&, auto) { forgotten = true; });
        io.poll();
    };
    const auto asked = ask_many(7, 1);
    until([&] { return all_answered(*asked) && forgotten; });
    EXPECT_FALSE(*asked->front());
    EXPECT_THAT(rows("SELECT session FROM credentials"), IsEmpty());
}

TEST_F(refresh_fixture, a_sign_in_meanwhile_is_not_overwritten) {
    time.advance(1h);
    provider.held = true;
    const auto asked = ask_many(7, 1);
    until([&] { return provider.waiting() == 1; });
    ASSERT_TRUE(sign_in(1, 7, "t"));
    provider.release();
    until([&] { return all_answered(*asked); });
    EXPECT_EQ(asked->front().value()->token.reveal(), "access-t-2");
    restart();
    EXPECT_EQ(token(7), "access-t-2");
}

TEST_F(refresh_fixture, a_provider_that_rotates_nothing_keeps_the_old_token) {
    provider.rotates = false;
    for (int i = 0; i < 3; ++i) {
        time.advance(1h);
        EXPECT_EQ(fresh(7).has_value(), true);
        restart();
    }
    EXPECT_EQ(provider.refreshes, 3);
    EXPECT_THAT(provider.spent, testing::Each("refresh-s-1"));
    EXPECT_EQ(store->id_token_of(1).reveal(), "identity-s-1");
}

// 60 s tokens and a need of 60 s with a margin of 60 s.
TEST_F(refresh_fixture, tokens_that_live_shorter_than_wanted_are_used_and_told_once) {
    settings.refresh_margin = 60s;
    restart();
    time.advance(6s);
    EXPECT_EQ(token(7, 60s), "access-s-2");
    EXPECT_EQ(provider.refreshes, 1);
    time.advance(1s);
    EXPECT_EQ(token(7, 60s), "access-s-2"); // obtained just now: there is none with a longer life
    EXPECT_EQ(token(7, 90s), "access-s-2");
    EXPECT_EQ(provider.refreshes, 1);
    time.advance(10s);
    EXPECT_EQ(token(7, 60s), "access-s-3");
    EXPECT_EQ(log.count("credential.short_lived"), 1u);
    time.advance(2min);
    provider.access_life = 0s; // dead on arrival
    EXPECT_EQ(token(7), "unavailable");
    EXPECT_LE(provider.refreshes, 5);
}

TEST_F(refresh_fixture, a_token_without_a_told_end_is_fresh_for_five_minutes) {
    provider.tells_expiry = false;
    ASSERT_TRUE(sign_in(1, 7, "s"));
    time.advance(4min + 30s);
    EXPECT_EQ(token(7), "access-s-2");
    time.advance(30s);
    EXPECT_EQ(token(7), "access-s-3");
    EXPECT_EQ(fresh(7)->expires, std::nullopt);
    time.advance(1h);
    provider.next.push_back({errc::unavailable, "down"});
    EXPECT_EQ(token(7), "access-s-3"); // it may be good still
}

TEST_F(refresh_fixture, a_json_web_token_tells_its_own_end) {
    // {"alg":"RS256"} and {"exp":1767960000}
    auto tokens = provider.sign_in("s");
    tokens.access_token = secret("eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3Njc5NjAwMDB9.c2ln");
    tokens.access_expires.reset();
    ASSERT_TRUE(run(store->keep(1, 7, "sub", "s", std::move(tokens), "{}")));
    EXPECT_EQ(store->of_session(1)->access_expires, time_point(1767960000s));
}

TEST_F(refresh_fixture, without_a_refresh_token_it_is_used_to_its_end) {
    auto tokens = provider.sign_in("s");
    tokens.refresh_token = secret();
    ASSERT_TRUE(run(store->keep(1, 7, "sub", "s", std::move(tokens), "{}")));
    time.advance(45s);
    EXPECT_EQ(token(7, 10s), "access-s-2"); // less than the margin, and nothing better to be had
    EXPECT_EQ(health(1), credential_health::good);
    time.advance(10s);
    EXPECT_EQ(token(7, 10s), "unauthenticated");
    time.advance(10s);
    EXPECT_EQ(health(1), credential_health::sign_in_again);
    EXPECT_EQ(provider.refreshes, 0);
}

TEST_F(refresh_fixture, a_refresh_token_that_has_run_out_is_not_sent) {
    auto tokens = provider.sign_in("s");
    tokens.refresh_expires = time.now() + 30min;
    ASSERT_TRUE(run(store->keep(1, 7, "sub", "s", std::move(tokens), "{}")));
    time.advance(30min);
    EXPECT_EQ(token(7), "unauthenticated");
    EXPECT_EQ(health(1), credential_health::sign_in_again);
    EXPECT_EQ(provider.refreshes, 0);
    time.advance(-1min); // the clock was wrong: nothing was erased
    EXPECT_EQ(token(7), "access-s-3");
}

TEST_F(refresh_fixture, a_clock_that_goes_back_makes_a_token_suspect) {
    time.advance(-1h);
    EXPECT_EQ(token(7), "access-s-2");
    EXPECT_EQ(provider.refreshes, 1);
}

TEST_F(refresh_fixture, a_shutdown_waits_for_the_answer_and_keeps_it) {
    time.advance(1h);
    provider.held = true;
    const auto asked = ask_many(7, 1);
    until([&] { return provider.waiting() == 1; });
    bool over = false;
    boost::asio::co_spawn(io, store->shut_down(), [&](const std::exception_ptr&) { over = true; });
    settle();
    EXPECT_FALSE(over);
    EXPECT_EQ(ask_many(7, 1)->size(), 1u);
    provider.release();
    until([&] { return over && all_answered(*asked); });
    EXPECT_EQ(asked->front().value()->token.reveal(), "access-s-2");
    time.advance(1h);
    EXPECT_EQ(token(7), "unavailable"); // nothing is refreshed any more
    EXPECT_EQ(provider.refreshes, 1);
    kill();
    EXPECT_EQ(token(7), "access-s-3");
}

} // namespace
} // namespace berth::auth
