// SPDX-License-Identifier: BSD-3-Clause
// What is on the disk, under which key, and what a damaged or foreign row does.
#include "tests/auth/credentials/credentials_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace berth::auth {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct at_rest_fixture : credentials_fixture {
    std::string sealed(std::int64_t session) {
        for (const auto& row : rows("SELECT session, sealed FROM credentials"))
            if (store::integer(row, "session") == session) return store::text(row, "sealed");
        return "";
    }
    void change(const std::string& sql) { ASSERT_TRUE(run(db->commit(store::changes(1, {sql, {}})))); }
    static std::string bytes_of(const std::filesystem::path& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

TEST_F(at_rest_fixture, no_token_is_in_the_files_of_the_database_or_in_the_log) {
    const auto dir = std::filesystem::temp_directory_path() / ("at_rest_" + std::to_string(::getpid()));
    std::filesystem::create_directory(dir);
    stop();
    run_void(db->close());
    auto opened = store::open(io.get_executor(), quiet, "sqlite:" + (dir / "hub.sqlite").string(),
                              std::vector<store::migrations>(1, user_credentials::tables()));
    ASSERT_TRUE(opened) << opened.error().message;
    db = std::make_unique<breakable_database>(std::move(*opened));
    start();
    auto tokens = provider.sign_in("canary");
    tokens.rest = R"({"token_type":"canary-rest"})";
    ASSERT_TRUE(
        run(store->keep(1, 7, "the-subject", "the-sid", std::move(tokens), R"({"email":"canary-mail"})")));
    time.advance(1h);
    EXPECT_EQ(token(7), "access-canary-2");
    time.advance(1h);
    provider.next.push_back({errc::outcome_unknown, "no answer"});
    EXPECT_EQ(token(7), "unavailable");
    time.advance(1h);
    provider.dead.insert("canary");
    EXPECT_EQ(token(7), "unauthenticated");
    std::size_t files = 0, found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(dir)) {
        const auto bytes = bytes_of(entry.path());
        ++files;
        found += bytes.find("the-subject") != bytes.npos;
        EXPECT_EQ(bytes.find("canary"), bytes.npos) << entry.path();
    }
    EXPECT_GE(files, 1u);
    EXPECT_GE(found, 1u); // the search finds what is not sealed
    EXPECT_THAT(logged(), Not(HasSubstr("canary")));
    stop();
    run_void(db->close());
    db.reset();
    std::filesystem::remove_all(dir);
    open(std::vector<store::migrations>(1, user_credentials::tables()));
}

TEST_F(at_rest_fixture, a_key_in_front_seals_everything_anew) {
    for (std::int64_t i = 1; i <= 50; ++i) ASSERT_TRUE(sign_in(i, i, "s" + std::to_string(i)));
    const auto old = *vault::from_text(key_a), next = *vault::from_text(key_b);
    key_file = key_b + "\n" + key_a;
    restart();
    EXPECT_EQ(log.count("credential.sealing_anew"), 1u);
    settle();
    for (std::int64_t i = 1; i <= 50; ++i) EXPECT_FALSE(next.is_old(sealed(i))) << i;
    EXPECT_EQ(provider.refreshes, 0);
    key_file = key_b; // the old one may go now
    restart();
    EXPECT_EQ(token(50), "access-s50-50");
    EXPECT_EQ(log.count("credential.sealed_by_unknown_key"), 0u);
}

TEST_F(at_rest_fixture, rows_under_an_unknown_key_are_told_kept_and_absent) {
    ASSERT_TRUE(sign_in(1, 7, "s"));
    ASSERT_TRUE(sign_in(2, 8, "t"));
    ASSERT_TRUE(sign_in(3, 9, "u"));
    ASSERT_TRUE(sign_in(4, 7, "v"));
    const auto before = sealed(1);
    key_file = key_b;
    restart();
    EXPECT_EQ(log.count("credential.sealed_by_unknown_key"), 4u);
    EXPECT_EQ(token(7), "not_found");
    EXPECT_FALSE(store->of_session(1));
    EXPECT_EQ(sealed(1), before);
    EXPECT_THAT(store->sessions_of("subject-7", ""), testing::ElementsAre(1, 4)); // to be ended all the same
    ASSERT_TRUE(sign_in(2, 8, "w"));
    EXPECT_FALSE(run(store->forget(3)));
    ASSERT_TRUE(run(store->forget_user(7)));
    EXPECT_EQ(rows("SELECT session FROM credentials").size(), 1u);
    key_file = key_a + "\n" + key_b; // the key is back
    restart();
    EXPECT_EQ(token(7), "not_found");
    EXPECT_EQ(token(8), "access-w-5");
}

TEST_F(at_rest_fixture, the_key_put_back_opens_them_again) {
    ASSERT_TRUE(sign_in(1, 7, "s"));
    key_file = key_b;
    restart();
    key_file = key_b + "\n" + key_a;
    restart();
    EXPECT_EQ(token(7), "access-s-1");
}

TEST_F(at_rest_fixture, damaged_rows_are_told_and_harm_nobody_else) {
    for (std::int64_t i = 1; i <= 5; ++i) ASSERT_TRUE(sign_in(i, i, "s" + std::to_string(i)));
    change("UPDATE credentials SET sealed = '' WHERE session = 1");
    change("UPDATE credentials SET sealed = substr(sealed, 1, 60) WHERE session = 2");
    // Somebody who can write in the database moves a row to a user of his own.
    change("UPDATE credentials SET user_id = 99 WHERE session = 3");
    change("UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE session = 5) WHERE session "
           "= 4");
    restart();
    EXPECT_EQ(log.count("credential.damaged"), 4u);
    for (const std::int64_t user : {1, 2, 3, 4, 99}) EXPECT_EQ(token(user), "not_found") << user;
    EXPECT_EQ(token(5), "access-s5-5");
    EXPECT_THAT(logged(), Not(HasSubstr("access-")));
}

} // namespace
} // namespace berth::auth
