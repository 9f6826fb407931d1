// SPDX-License-Identifier: BSD-3-Clause
// Each way in which a refresh fails, and each place at which the hub can be killed.
#include "tests/auth/credentials/credentials_fixture.hpp"

namespace berth::auth {
namespace {

using testing::HasSubstr;

struct failure_fixture : credentials_fixture {
    void SetUp() override {
        credentials_fixture::SetUp();
        ASSERT_TRUE(sign_in(1, 7, "s"));
        time.advance(1h);
    }
};

struct outcome {
    errc answered;
    errc told; // to the caller
    credential_health health;
    std::string event;
    bool asked_again; // after the backoff
};

TEST_F(failure_fixture, each_kind_has_its_consequence) {
    using enum credential_health;
    const outcome table[]{
        {errc::unauthenticated, errc::unauthenticated, sign_in_again, "credential.sign_in_again", false},
        {errc::denied, errc::denied, misconfigured, "credential.misconfigured", true},
        {errc::unavailable, errc::unavailable, provider_away, "credential.provider_away", true},
        {errc::outcome_unknown, errc::unavailable, provider_away, "credential.provider_away", true},
        {errc::timed_out, errc::unavailable, provider_away, "credential.provider_away", true},
        {errc::cancelled, errc::unavailable, provider_away, "credential.provider_away", true},
    };
    std::int64_t user = 100;
    for (const auto& row : table) {
        const auto name = "u" + std::to_string(++user);
        ASSERT_TRUE(sign_in(user, user, name));
        time.advance(1h);
        const auto before = provider.refreshes;
        const auto events = log.count(row.event);
        provider.next.push_back({row.answered, "the provider's words"});
        const auto got = fresh(user);
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, row.told) << to_string(row.answered);
        EXPECT_THAT(got.error().message, HasSubstr("the provider's words"));
        EXPECT_EQ(health(user), row.health);
        EXPECT_THAT(store->of_session(user)->why, HasSubstr("the provider's words"));
        EXPECT_EQ(log.count(row.event), events + 1);
        for (int i = 0; i < 10; ++i) EXPECT_FALSE(fresh(user)); // at once, and nobody is asked
        EXPECT_EQ(provider.refreshes, before + 1);
        time.advance(1min);
        EXPECT_EQ(fresh(user).has_value(), row.asked_again);
        EXPECT_EQ(provider.refreshes, before + (row.asked_again ? 2 : 1));
        if (row.asked_again) {
            EXPECT_EQ(health(user), good);
        }
    }
    EXPECT_EQ(store->counted().failed, std::size(table));
}

TEST_F(failure_fixture, a_dead_refresh_token_is_remembered_across_restarts_and_never_sent_again) {
    provider.dead.insert("s");
    EXPECT_EQ(token(7), "unauthenticated");
    for (int i = 0; i < 3; ++i) {
        restart();
        time.advance(24h);
        const auto got = fresh(7);
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, errc::unauthenticated);
        EXPECT_THAT(got.error().message, HasSubstr("Session not active"));
    }
    EXPECT_EQ(provider.refreshes, 1);
    EXPECT_EQ(store->id_token_of(1).reveal(), "identity-s-1"); // for signing out
    EXPECT_TRUE(run(store->forget(1))->refresh_token.empty());
}

TEST_F(failure_fixture, while_the_provider_is_away_a_token_that_is_good_enough_is_used) {
    EXPECT_EQ(token(7), "access-s-2");
    time.advance(45s); // 15 s left, the margin is 20 s
    provider.next.push_back({errc::unavailable, "down"});
    EXPECT_EQ(token(7, 10s), "access-s-2");
    EXPECT_EQ(token(7, 10s), "access-s-2");
    EXPECT_EQ(token(7, 16s), "unavailable");
    EXPECT_EQ(health(1), credential_health::provider_away);
    EXPECT_EQ(provider.refreshes, 2);
}

TEST_F(failure_fixture, while_the_provider_is_away_another_sessions_token_may_do) {
    ASSERT_TRUE(sign_in(2, 7, "t"));
    time.advance(45s); // session 2 has 15 s left, less than the margin; session 1 has run out
    for (int i = 0; i < 2; ++i) provider.next.push_back({errc::unavailable, "down"});
    EXPECT_EQ(token(7, 10s), "access-t-2");
    EXPECT_EQ(provider.refreshes, 1);
}

TEST_F(failure_fixture, backoff_grows_to_a_minute_and_no_further) {
    for (int i = 0; i < 400; ++i) provider.next.push_back({errc::unavailable, "down"});
    for (int second = 0; second < 3600; ++second) {
        EXPECT_FALSE(fresh(7));
        time.advance(1s);
    }
    EXPECT_GE(provider.refreshes, 60);
    EXPECT_LE(provider.refreshes, 130); // half a minute at least between two, once it has grown
}

TEST_F(failure_fixture, a_backoff_does_not_outlast_a_clock_that_goes_back) {
    provider.next.push_back({errc::unavailable, "down"});
    EXPECT_EQ(token(7), "unavailable");
    time.advance(-30min);
    EXPECT_EQ(token(7), "access-s-2");
}

TEST_F(failure_fixture, what_the_disk_refuses_is_used_from_memory_and_written_later) {
    db->broken = true;
    EXPECT_EQ(token(7), "access-s-2");
    EXPECT_EQ(log.count("credential.not_stored"), 1u);
    settle();
    time.advance(5s);
    settle();
    EXPECT_EQ(log.count("credential.not_stored"), 1u);
    time.advance(1h);
    EXPECT_EQ(token(7), "access-s-3"); // goes on
    db->broken = false;
    settle();
    time.advance(5s);
    settle();
    EXPECT_EQ(log.count("credential.stored"), 1u);
    kill();
    EXPECT_EQ(token(7), "access-s-3");
    time.advance(1h);
    EXPECT_EQ(token(7), "access-s-4");
}

TEST_F(failure_fixture, the_next_call_writes_what_the_disk_had_refused) {
    db->broken = true;
    EXPECT_EQ(token(7), "access-s-2");
    db->broken = false;
    EXPECT_EQ(token(8), "not_found"); // anybody's
    until([&] { return log.count("credential.stored") == 1; });
    kill();
    EXPECT_EQ(token(7), "access-s-2");
}

TEST_F(failure_fixture, a_shutdown_writes_what_the_disk_had_refused) {
    db->broken = true;
    EXPECT_EQ(token(7), "access-s-2");
    db->broken = false;
    restart();
    EXPECT_EQ(token(7), "access-s-2");
}

// The places at which a hub can be killed during a refresh, and what the next one finds.
TEST_F(failure_fixture, killed_before_the_provider_has_taken_the_token_nothing_is_lost) {
    provider.next.push_back({errc::unavailable, "never got there"});
    provider.held = true;
    const auto asked = ask_many(7, 1);
    until([&] { return provider.waiting() == 1; });
    kill();
    provider.release();
    settle();
    EXPECT_EQ(token(7), "access-s-2");
}

TEST_F(failure_fixture, killed_between_the_answer_and_the_commit_a_sign_in_is_needed) {
    provider.held = true;
    const auto asked = ask_many(7, 1);
    until([&] { return provider.waiting() == 1; });
    kill();
    provider.release(); // the provider has rotated the token, and the answer goes to nobody
    settle();
    EXPECT_EQ(token(7), "unauthenticated");
    EXPECT_EQ(health(1), credential_health::sign_in_again);
    EXPECT_EQ(provider.refreshes, 2);
}

TEST_F(failure_fixture, killed_while_the_disk_refuses_a_sign_in_is_needed) {
    db->broken = true;
    EXPECT_EQ(token(7), "access-s-2");
    kill();
    db->broken = false;
    EXPECT_EQ(token(7), "unauthenticated");
}

TEST_F(failure_fixture, killed_after_the_commit_nothing_is_lost) {
    const auto asked = ask_many(7, 1);
    bool committed = false;
    db->after_commit = [&] {
        committed = true;
        store.reset();
    };
    until([&] { return committed && all_answered(*asked); });
    start();
    EXPECT_EQ(token(7), "access-s-2");
    EXPECT_EQ(provider.refreshes, 1);
}

TEST_F(failure_fixture, killed_between_a_refusal_and_its_commit_the_provider_is_asked_once_more) {
    provider.dead.insert("s");
    db->broken = true;
    EXPECT_EQ(token(7), "unauthenticated");
    EXPECT_EQ(token(7), "unauthenticated");
    EXPECT_EQ(provider.refreshes, 1);
    kill();
    db->broken = false;
    EXPECT_EQ(token(7), "unauthenticated");
    restart();
    EXPECT_EQ(token(7), "unauthenticated");
    EXPECT_EQ(provider.refreshes, 2);
}

} // namespace
} // namespace berth::auth
