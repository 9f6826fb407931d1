// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/vault.hpp"

#include "daemon/runtime/encoding.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace berth::auth {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string key_a(64, 'a'), key_b(64, 'b');

vault keys(const std::string& text) {
    auto v = vault::from_text(text);
    EXPECT_TRUE(v) << v.error().message;
    return *v;
}

TEST(vault_test, opens_what_it_sealed_and_nothing_tells_of_it) {
    const auto v = keys(key_a);
    for (const auto& plain : {std::string(), std::string("a token"), std::string(100'000, 'p')}) {
        const auto sealed = v.seal(secret(plain), "row 1");
        EXPECT_THAT(sealed, testing::MatchesRegex("v1\\.[0-9a-f]{8}\\.[A-Za-z0-9_-]+"));
        const auto opened = v.open(sealed, "row 1");
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_EQ(opened->reveal(), plain);
    }
    EXPECT_NE(v.seal(secret("same"), "row"), v.seal(secret("same"), "row"));
}

// NIST's GCM test case 16 in the form that the vault writes: 256-bit key, 96-bit nonce, additional data.
TEST(vault_test, is_the_algorithm_that_it_says) {
    const auto v = keys("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    const auto context = *hex_decode("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const auto box = *hex_decode("cafebabefacedbaddecaf888"
                                 "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                                 "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                                 "76fc6ece0f4e1768cddf8853bb2d551b");
    const auto id = v.seal(secret("x"), "").substr(0, 12);
    const auto opened = v.open(id + base64url_encode(box), context);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(hex_encode(opened->reveal()), "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                                            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
}

TEST(vault_test, what_was_changed_or_moved_does_not_open) {
    const auto v = keys(key_a);
    const auto sealed = v.seal(secret("a token"), "row 1");
    for (std::size_t at = 12; at < sealed.size(); ++at) {
        auto changed = sealed;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        const auto opened = v.open(changed, "row 1");
        EXPECT_TRUE(!opened || changed == sealed) << at;
    }
    const auto elsewhere = v.open(sealed, "row 2");
    ASSERT_FALSE(elsewhere);
    EXPECT_EQ(elsewhere.error().code, errc::invalid_argument);
    const std::string broken[]{
        "",           "v1.",  "v2" + sealed.substr(2), sealed.substr(0, 12), sealed.substr(0, 30),
        sealed + "!", "v1.zz"};
    for (const auto& text : broken) {
        const auto opened = v.open(text, "row 1");
        ASSERT_FALSE(opened) << text;
        EXPECT_EQ(opened.error().code, errc::invalid_argument) << text;
    }
}

TEST(vault_test, the_first_key_seals_and_all_open) {
    const auto old = keys(key_a), both = keys("# new\n" + key_b + "\n\n" + key_a + "\r\n"),
               newer = keys(key_b);
    EXPECT_EQ(both.key_count(), 2u);
    const auto sealed = old.seal(secret("a token"), "row");
    EXPECT_TRUE(both.is_old(sealed));
    EXPECT_EQ(both.open(sealed, "row")->reveal(), "a token");
    const auto anew = both.seal(secret("a token"), "row");
    EXPECT_FALSE(both.is_old(anew));
    EXPECT_EQ(newer.open(anew, "row")->reveal(), "a token");
    const auto lost = newer.open(sealed, "row");
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, errc::not_found);
    EXPECT_THAT(lost.error().message, HasSubstr(sealed.substr(3, 8)));
}

TEST(vault_test, keys_are_hex_or_base64url) {
    const auto raw = std::string(32, '\xfb');
    const auto sealed = keys(hex_encode(raw)).seal(secret("x"), "");
    EXPECT_TRUE(keys(base64url_encode(raw)).open(sealed, ""));
    EXPECT_TRUE(keys(base64url_encode(raw) + "=").open(sealed, ""));
}

TEST(vault_test, a_bad_key_file_is_refused_by_its_line_and_not_by_its_content) {
    const std::pair<std::string, std::string> table[]{
        {"", "there is no key"},
        {"# only a comment\n", "there is no key"},
        {key_a + "\nhush\n", "line 2"},
        {key_a.substr(1), "line 1"},
        {key_a + "0", "line 1"},
        {key_a + "\n" + key_a, "line 2"},
        {"# c\n\n" + key_a + "\n" + std::string(64, 'z'), "line 4"},
    };
    for (const auto& [text, remedy] : table) {
        const auto v = vault::from_text(text);
        ASSERT_FALSE(v) << text;
        EXPECT_EQ(v.error().code, errc::invalid_argument);
        EXPECT_THAT(v.error().message, HasSubstr(remedy));
        EXPECT_THAT(v.error().message, Not(HasSubstr("hush")));
        EXPECT_THAT(v.error().message, Not(HasSubstr(key_a.substr(2))));
    }
}

TEST(vault_test, its_file_is_made_once_and_for_its_owner_only) {
    const auto file = std::filesystem::temp_directory_path() / ("vault_test_" + std::to_string(::getpid()));
    std::filesystem::remove(file);
    const auto made = open_vault(file.string());
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const auto again = open_vault(file.string());
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->open(made->seal(secret("x"), "c"), "c"));
    std::filesystem::permissions(file, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    const auto readable = open_vault(file.string());
    ASSERT_FALSE(readable);
    EXPECT_THAT(readable.error().message, HasSubstr("chmod 600"));
    std::filesystem::permissions(file,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::ofstream(file) << "nonsense\n";
    const auto bad = open_vault(file.string());
    ASSERT_FALSE(bad);
    EXPECT_THAT(bad.error().message, HasSubstr(file.string() + ": line 1"));
    std::filesystem::remove(file);
}

} // namespace
} // namespace berth::auth
