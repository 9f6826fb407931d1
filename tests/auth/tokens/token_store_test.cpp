// SPDX-License-Identifier: BSD-3-Clause
#include "auth/tokens/tokens.hpp"
#include "daemon/runtime/digest.hpp"
#include "tests/auth/fixture.hpp"

#include <gmock/gmock.h>

namespace berth::auth {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct tokens : auth_fixture {
    std::unique_ptr<token_store> store;

    void SetUp() override {
        open({token_store::tables()});
        restart();
    }
    void restart() {
        store = std::make_unique<token_store>(time, log, *db);
        ASSERT_TRUE(run(store->load()));
    }
    token_store::issued issue(token_record r) {
        auto made = run(store->issue(std::move(r)));
        EXPECT_TRUE(made) << made.error().message;
        return std::move(*made);
    }
    static token_record of(std::int64_t user, std::string client = "jupyterhub", std::string session = "") {
        token_record r;
        r.user_id = user;
        r.client_id = std::move(client);
        r.session_id = std::move(session);
        r.scopes = {"inherit"};
        return r;
    }
};

TEST_F(tokens, an_issued_token_is_found_by_its_value_alone) {
    const auto made = issue(of(7));
    EXPECT_EQ(made.value.reveal().size(), 32u);
    EXPECT_EQ(made.value.reveal().find_first_not_of("0123456789abcdef"), std::string_view::npos);
    const auto* found = store->authenticate(made.value.reveal());
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, made.id);
    EXPECT_EQ(found->user_id, 7);
    EXPECT_EQ(found->created, time.now());
    for (const std::string wrong : {"", "x", "00000000000000000000000000000000"})
        EXPECT_FALSE(store->authenticate(wrong));
    EXPECT_FALSE(store->authenticate(std::string(made.value.reveal()) + "0"));
    EXPECT_FALSE(store->authenticate(std::string(1 << 20, 'a')));
}

// The first deletion is not confirmed yet when the second revocation asks for it again.
TEST_F(tokens, a_new_token_does_not_die_of_the_revocation_of_another) {
    const auto other = issue(of(7)), newest = issue(of(7));
    std::optional<token_store::issued> fresh;
    const auto ignore = [](const std::exception_ptr&, const result<void>&) {};
    boost::asio::co_spawn(io, store->revoke({newest.id}), ignore);
    boost::asio::co_spawn(io, store->issue(of(8)),
                          [&](const std::exception_ptr&, result<token_store::issued> made) {
                              if (made) fresh = std::move(*made);
                          });
    boost::asio::co_spawn(io, store->revoke({other.id}), ignore);
    io.restart();
    io.run();
    ASSERT_TRUE(fresh);
    EXPECT_NE(fresh->id, newest.id);
    restart();
    EXPECT_TRUE(store->authenticate(fresh->value.reveal()));
}

TEST_F(tokens, the_newest_ones_id_comes_again_when_its_end_is_on_disk) { // as JupyterHub numbers them
    const auto first = issue(of(7)), newest = issue(of(7));
    ASSERT_TRUE(run(store->revoke({newest.id})));
    EXPECT_EQ(issue(of(7)).id, newest.id);
    ASSERT_TRUE(run(store->revoke({first.id})));
    EXPECT_EQ(issue(of(7)).id, newest.id + 1);
}

TEST_F(tokens, an_oauth_client_gets_thirty_letters_and_digits) {
    const auto made = issue(of(7, "jupyterhub-user-al", "s1"));
    EXPECT_EQ(made.value.reveal().size(), 30u);
    EXPECT_TRUE(std::ranges::all_of(made.value.reveal(), [](unsigned char c) { return std::isalnum(c); }));
}

TEST_F(tokens, everything_but_the_value_outlives_a_restart) {
    token_record r;
    r.user_id = 7;
    r.client_id = "service-portal";
    r.session_id = "s1";
    r.note = "a \"note\"; DROP TABLE tokens";
    r.scopes = {"servers!user=a=b!c", "read:users"};
    r.expires_at = time.now() + 1h;
    r.is_server = true;
    r.server = "al/x";
    const auto made = issue(r);
    const auto before = *store->find(made.id);
    restart();
    const auto* after = store->authenticate(made.value.reveal());
    ASSERT_TRUE(after);
    EXPECT_EQ(after->scopes, before.scopes);
    EXPECT_EQ(after->note, before.note);
    EXPECT_EQ(after->client_id, "service-portal");
    EXPECT_EQ(after->session_id, "s1");
    EXPECT_EQ(after->created, before.created);
    EXPECT_EQ(after->expires_at, before.expires_at);
    EXPECT_TRUE(after->is_server);
    EXPECT_EQ(after->server, "al/x");
    EXPECT_EQ(issue(of(7)).id, made.id + 1);
}

TEST_F(tokens, the_database_holds_a_hash_and_no_value) {
    const auto made = issue(of(7));
    for (const auto& row : rows("SELECT * FROM tokens"))
        for (const auto& [column, value] : row)
            if (const auto* text = std::get_if<std::string>(&value)) {
                EXPECT_EQ(text->find(made.value.reveal()), std::string::npos) << column;
            }
    EXPECT_EQ(store::text(rows("SELECT digest FROM tokens").front(), "digest"),
              sha256_hex(made.value.reveal()));
    for (const auto& line : log.records)
        for (const auto& [key, value] : line.fields)
            EXPECT_EQ(value.find(made.value.reveal()), std::string::npos) << key;
}

TEST_F(tokens, a_user_has_ten_thousand_and_others_are_not_held_up) {
    int made = 0;
    for (int i = 0; i < 10'000; ++i) // together: they share commits
        boost::asio::co_spawn(io, store->issue(of(7)), [&](const std::exception_ptr&, const auto& one) { made += one.has_value(); });
    io.restart();
    while (made < 10'000 && io.run_one_for(60s) > 0) {
    }
    ASSERT_EQ(made, 10'000);
    const auto refused = run(store->issue(of(7)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::limit_exceeded);
    EXPECT_THAT(refused.error().message, HasSubstr("10000 tokens already: revoke some"));
    issue(of(8));
    ASSERT_TRUE(run(store->revoke({store->of_user(7).front()->id})));
    issue(of(7));
}

TEST_F(tokens, an_expired_token_is_nobodys) {
    auto r = of(7);
    r.expires_at = time.now() + 1h;
    const auto made = issue(r);
    time.advance(1h - 1us);
    EXPECT_TRUE(store->authenticate(made.value.reveal()));
    time.advance(1us);
    EXPECT_FALSE(store->authenticate(made.value.reveal()));
    restart();
    EXPECT_FALSE(store->authenticate(made.value.reveal()));
    ASSERT_TRUE(run(store->purge_expired()));
    EXPECT_EQ(store->size(), 0u);
    EXPECT_TRUE(rows("SELECT id FROM tokens").empty());
}

TEST_F(tokens, use_is_noted_every_thirty_seconds_behind_the_caller) {
    const auto made = issue(of(7));
    const auto key = "token:" + std::to_string(made.id);
    const auto commits = db->commits;
    for (int i = 0; i < 100; ++i) store->authenticate(made.value.reveal());
    EXPECT_EQ(db->written_behind[key], 1);
    const auto first = time.now();
    time.advance(29s);
    store->authenticate(made.value.reveal());
    EXPECT_EQ(store->find(made.id)->last_activity, first);
    time.advance(1s);
    store->authenticate(made.value.reveal());
    EXPECT_EQ(db->written_behind[key], 2);
    EXPECT_EQ(db->commits, commits);
    ASSERT_TRUE(
        run(store->revoke({-1, 999}))); // orders nothing, but what is behind is written before a later read
    issue(of(8));
    restart();
    EXPECT_EQ(store->find(made.id)->last_activity, time.now());
}

TEST_F(tokens, a_session_ends_with_its_oauth_tokens_and_only_those) {
    const auto mine = issue(of(7, "jupyterhub-user-al", "s1"));
    const auto other_browser = issue(of(7, "jupyterhub-user-al", "s2"));
    const auto other_user = issue(of(8, "jupyterhub-user-bob", "s1"));
    const auto made_by_page = issue(of(7, "jupyterhub", "s1"));
    const auto without = issue(of(7, "service-portal"));
    ASSERT_TRUE(run(store->revoke_session(7, "s1")));
    EXPECT_FALSE(store->authenticate(mine.value.reveal()));
    for (const auto* alive : {&other_browser, &other_user, &made_by_page, &without})
        EXPECT_TRUE(store->authenticate(alive->value.reveal()));
    ASSERT_TRUE(run(store->revoke_session(7, "")));
    EXPECT_TRUE(store->authenticate(without.value.reveal()));
    restart();
    EXPECT_EQ(store->size(), 4u);
}

TEST_F(tokens, users_and_clients_end_with_all_of_theirs) {
    issue(of(7));
    issue(of(7, "c"));
    issue(of(8, "c"));
    issue(of(8));
    EXPECT_EQ(store->of_user(7).size(), 2u);
    EXPECT_EQ(store->of_client("c").size(), 2u);
    ASSERT_TRUE(run(store->revoke_client("c")));
    EXPECT_EQ(store->size(), 2u);
    ASSERT_TRUE(run(store->revoke_user(7)));
    EXPECT_EQ(store->size(), 1u);
    EXPECT_TRUE(store->of_user(7).empty());
    restart();
    EXPECT_EQ(store->size(), 1u);
}

TEST_F(tokens, nothing_is_issued_that_is_not_on_disk) {
    db->broken = true;
    const auto made = run(store->issue(of(7)));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, errc::io_error);
    EXPECT_EQ(store->size(), 0u);
}

TEST_F(tokens, a_revoked_token_is_dead_though_the_disk_fails_and_gone_when_it_works_again) {
    const auto made = issue(of(7));
    db->broken = true;
    EXPECT_FALSE(run(store->revoke({made.id})));
    EXPECT_FALSE(store->authenticate(made.value.reveal()));
    db->broken = false;
    ASSERT_TRUE(run(store->purge_expired()));
    restart();
    EXPECT_FALSE(store->authenticate(made.value.reveal()));
}

TEST_F(tokens, a_revocation_reaches_a_token_that_is_still_being_made) {
    db->after_commit = [this] {
        boost::asio::co_spawn(io, store->revoke_session(7, "s1"),
                              [](const std::exception_ptr&, const result<void>&) {});
        io.poll();
    };
    const auto made = run(store->issue(of(7, "c", "s1")));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, errc::conflict);
    EXPECT_EQ(store->size(), 0u);
}

TEST_F(tokens, configured_tokens_live_in_memory_only) {
    token_record r;
    r.service = "cull";
    ASSERT_TRUE(store->add_configured(secret("letmein-please"), r));
    const auto* found = store->authenticate("letmein-please");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->service, "cull");
    EXPECT_TRUE(found->ephemeral);
    EXPECT_LT(found->id, 0);
    EXPECT_TRUE(rows("SELECT id FROM tokens").empty());
    EXPECT_TRUE(db->written_behind.empty());
    restart();
    EXPECT_FALSE(store->authenticate("letmein-please"));
}

TEST_F(tokens, a_configured_token_must_be_long_enough_and_its_own) {
    token_record r;
    r.service = "cull";
    EXPECT_EQ(store->add_configured(secret("1234567"), r).error().code, errc::invalid_argument);
    ASSERT_TRUE(store->add_configured(secret("12345678"), r));
    r.service = "portal";
    const auto again = store->add_configured(secret("12345678"), r);
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().message, HasSubstr("portal"));
    EXPECT_THAT(again.error().message, testing::Not(HasSubstr("12345678")));
}

TEST_F(tokens, configured_tokens_are_replaced_together_or_not_at_all) {
    token_record one, two;
    one.service = "one";
    two.service = "two";
    ASSERT_TRUE(store->replace_configured({{secret("first-value"), one}, {secret("second-value"), two}}));
    ASSERT_TRUE(store->replace_configured({{secret("first-value"), one}, {secret("third-value"), two}}));
    EXPECT_EQ(store->authenticate("second-value"), nullptr);
    ASSERT_NE(store->authenticate("third-value"), nullptr);
    EXPECT_FALSE(store->replace_configured({{secret("fourth-value"), one}, {secret("fourth-value"), two}}));
    EXPECT_EQ(store->authenticate("fourth-value"), nullptr);
    ASSERT_NE(store->authenticate("first-value"), nullptr);
    EXPECT_EQ(store->authenticate("first-value")->service, "one");
    EXPECT_EQ(store->authenticate("third-value")->service, "two");
}

TEST_F(tokens, a_damaged_row_is_told_and_opens_nothing) {
    const auto made = issue(of(7));
    ASSERT_TRUE(run(db->commit({{"UPDATE tokens SET scopes = 'x'", {}}})));
    restart();
    EXPECT_FALSE(store->authenticate(made.value.reveal()));
    EXPECT_EQ(log.count("token.unreadable"), 1u);
}

} // namespace
} // namespace berth::auth
