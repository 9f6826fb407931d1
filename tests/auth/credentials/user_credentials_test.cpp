// SPDX-License-Identifier: BSD-3-Clause
// What is kept, for whom, and what ends it.
#include "tests/auth/credentials/credentials_fixture.hpp"

#include <nlohmann/json.hpp>

namespace berth::auth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using ids = std::vector<std::int64_t>;

TEST_F(credentials_fixture, who_never_signed_in_is_told_so) {
    const auto got = fresh(7);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::not_found);
    EXPECT_THAT(got.error().message, HasSubstr("sign in"));
    EXPECT_EQ(store->auth_state(7), std::nullopt);
    EXPECT_THAT(store->of_user(7), IsEmpty());
    EXPECT_EQ(provider.refreshes, 0);
}

TEST_F(credentials_fixture, a_token_with_enough_life_is_handed_out_without_asking) {
    ASSERT_TRUE(sign_in(1, 7, "s"));
    time.advance(39s);
    const auto got = fresh(7, 10s);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->token.reveal(), "access-s-1");
    EXPECT_EQ(got->expires, time.now() + 21s);
    EXPECT_EQ(provider.refreshes, 0);
    EXPECT_EQ(health(1), credential_health::good);
}

TEST_F(credentials_fixture, a_restart_keeps_everything_and_asks_nobody) {
    for (std::int64_t user = 1; user <= 20; ++user)
        ASSERT_TRUE(sign_in(user, user, "s" + std::to_string(user)));
    time.advance(50s);
    EXPECT_EQ(token(3), "access-s3-21");
    const auto before = *store->of_session(3);
    restart();
    EXPECT_EQ(provider.refreshes, 1);
    EXPECT_EQ(store->sessions().size(), 20u);
    const auto after = *store->of_session(3);
    EXPECT_EQ(after.refreshed, before.refreshed);
    EXPECT_EQ(after.obtained, before.obtained);
    EXPECT_EQ(after.access_expires, before.access_expires);
    EXPECT_EQ(store->id_token_of(3).reveal(), "identity-s3-3");
    EXPECT_EQ(token(3), "access-s3-21");
    EXPECT_EQ(provider.refreshes, 1);
    EXPECT_EQ(token(4), "access-s4-22");
    EXPECT_EQ(store->sessions_of("subject-4", ""), ids(1, 4));
}

TEST_F(credentials_fixture, the_session_refreshed_last_is_tried_first_and_another_when_it_must_sign_in) {
    ASSERT_TRUE(sign_in(1, 7, "s"));
    time.advance(1s);
    ASSERT_TRUE(sign_in(2, 7, "t"));
    time.advance(1h);
    EXPECT_EQ(store->of_user(7).front().session, 2);
    EXPECT_EQ(token(7), "access-t-3");
    time.advance(1h);
    provider.dead.insert("t");
    EXPECT_EQ(token(7), "access-s-4");
    EXPECT_EQ(health(2), credential_health::sign_in_again);
    EXPECT_EQ(health(1), credential_health::good);
    EXPECT_EQ(store->of_user(7).front().session, 1);
    provider.dead.insert("s");
    time.advance(1h);
    EXPECT_EQ(token(7), "unauthenticated");
    ASSERT_TRUE(sign_in(3, 7, "u"));
    EXPECT_EQ(token(7), "access-u-5");
}

TEST_F(credentials_fixture, a_sign_in_replaces_what_its_session_had) {
    ASSERT_TRUE(sign_in(1, 7, "s"));
    provider.dead.insert("s");
    time.advance(1h);
    EXPECT_EQ(token(7), "unauthenticated");
    ASSERT_TRUE(sign_in(1, 7, "t"));
    EXPECT_EQ(health(1), credential_health::good);
    restart();
    EXPECT_EQ(token(7), "access-t-2");
    EXPECT_THAT(store->sessions(), ElementsAre(1));
    ASSERT_TRUE(sign_in(1, 8, "u")); // of somebody else
    EXPECT_EQ(token(7), "not_found");
    EXPECT_EQ(token(8), "access-u-3");
}

TEST_F(credentials_fixture, what_is_forgotten_is_gone_from_the_disk) {
    ASSERT_TRUE(sign_in(1, 7, "s"));
    ASSERT_TRUE(sign_in(2, 7, "t"));
    ASSERT_TRUE(sign_in(3, 8, "u"));
    const auto left = run(store->forget(1));
    ASSERT_TRUE(left);
    EXPECT_EQ(left->id_token.reveal(), "identity-s-1");
    EXPECT_EQ(left->refresh_token.reveal(), "refresh-s-1");
    EXPECT_FALSE(run(store->forget(1)));
    EXPECT_EQ(rows("SELECT session FROM credentials").size(), 2u);
    ASSERT_TRUE(run(store->forget_user(7)));
    EXPECT_EQ(token(7), "not_found");
    EXPECT_THAT(store->sessions(), ElementsAre(3));
    restart();
    EXPECT_THAT(store->sessions(), ElementsAre(3));
}

TEST_F(credentials_fixture, what_the_disk_did_not_erase_is_erased_later) {
    ASSERT_TRUE(sign_in(1, 7, "s"));
    ASSERT_TRUE(sign_in(2, 8, "t"));
    db->broken = true;
    EXPECT_TRUE(run(store->forget(1)));
    EXPECT_FALSE(run(store->forget_user(8)));
    EXPECT_THAT(store->sessions(), IsEmpty());
    EXPECT_EQ(token(7), "not_found");
    settle();
    db->broken = false;
    time.advance(5s);
    settle();
    EXPECT_THAT(rows("SELECT session FROM credentials"), IsEmpty());
}

TEST_F(credentials_fixture, a_sign_in_that_the_disk_refuses_is_none) {
    db->broken = true;
    const auto kept = sign_in(1, 7, "s");
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().code, errc::io_error);
    EXPECT_EQ(token(7), "not_found");
    db->broken = false;
    ASSERT_TRUE(sign_in(1, 7, "t"));
    time.advance(5s);
    settle(); // what was to be erased of the first must not take the second with it
    restart();
    EXPECT_EQ(token(7), "access-t-2");
}

TEST_F(credentials_fixture, a_session_that_ends_while_its_sign_in_is_stored_keeps_nothing) {
    std::optional<std::optional<user_credentials::left_over>> left;
    db->after_commit = [&] {
        boost::asio::co_spawn(io, store->forget(1),
                              [&](const std::exception_ptr&, auto got) { left = std::move(got); });
        io.poll();
    };
    const auto kept = sign_in(1, 7, "s");
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().code, errc::conflict);
    until([&] { return left.has_value(); });
    EXPECT_EQ((*left)->refresh_token.reveal(), "refresh-s-1");
    EXPECT_THAT(rows("SELECT session FROM credentials"), IsEmpty());
}

TEST_F(credentials_fixture, the_providers_logout_finds_its_sessions) {
    ASSERT_TRUE(sign_in(1, 7, "s"));
    ASSERT_TRUE(sign_in(2, 7, "t"));
    ASSERT_TRUE(sign_in(3, 8, "u"));
    EXPECT_THAT(store->sessions_of("", "t"), ElementsAre(2));
    EXPECT_THAT(store->sessions_of("subject-7", "t"), ElementsAre(2));
    EXPECT_THAT(store->sessions_of("subject-8", "t"), IsEmpty());
    EXPECT_THAT(store->sessions_of("subject-7", ""), ElementsAre(1, 2));
    EXPECT_THAT(store->sessions_of("", ""), IsEmpty());
}

TEST_F(credentials_fixture, auth_state_is_as_jupyterhub_gives_it) {
    auto tokens = provider.sign_in("s");
    ASSERT_TRUE(run(store->keep(1, 7, "sub", "s", std::move(tokens), R"({"sub":"x","email":"a@b"})")));
    const auto state = nlohmann::json::parse(store->auth_state(7)->reveal());
    const auto expected = nlohmann::json::parse(R"({"access_token":"access-s-1","refresh_token":"refresh-s-1",
        "id_token":"identity-s-1","scope":["openid","profile"],"oauth_user":{"sub":"x","email":"a@b"},
        "token_response":{"token_type":"Bearer","access_token":"access-s-1","refresh_token":"refresh-s-1",
        "id_token":"identity-s-1"}})");
    EXPECT_EQ(state, expected);
    provider.dead.insert("s");
    time.advance(1h);
    EXPECT_EQ(token(7), "unauthenticated");
    const auto dead = nlohmann::json::parse(store->auth_state(7)->reveal());
    EXPECT_TRUE(dead["access_token"].is_null());
    EXPECT_TRUE(dead["refresh_token"].is_null());
}

} // namespace
} // namespace berth::auth
