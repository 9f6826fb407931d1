// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/login.hpp"

#include <gtest/gtest.h>

namespace berth::auth {
namespace {

TEST(normalise_username, trims_and_lowers) {
    const std::vector<std::pair<std::string, std::string>> table{
        {"al", "al"},
        {" Al\t\r\n", "al"},
        {"A.L@Example.ORG", "a.l@example.org"},
        {"a b", "a b"},
        {"a=b!c", "a=b!c"},
        {"..a", "..a"},
        {"50%", "50%"},
        {"j\xc3\xb6rg", "j\xc3\xb6rg"},
        {std::string(255, 'a'), std::string(255, 'a')},
    };
    for (const auto& [given, expected] : table) {
        const auto made = normalise_username(given);
        ASSERT_TRUE(made) << given << ": " << made.error().message;
        EXPECT_EQ(*made, expected);
    }
}

TEST(normalise_username, refuses_what_breaks_urls_and_logs) {
    for (const std::string& bad :
         {std::string(), std::string("   "), std::string("a/b"), std::string("a%2fb"), std::string("a%2Fb"),
          std::string("."), std::string(".."), std::string("%2e%2E"), std::string("%20al"),
          std::string("al%09"), std::string("a\nb"), std::string("a%0ab"), std::string("a\0b", 3),
          std::string("a%00b"), std::string("\x7f"), std::string("\xff\xfe"), std::string("a%ff"),
          std::string(256, 'a')}) {
        const auto made = normalise_username(bad);
        ASSERT_FALSE(made) << bad;
        EXPECT_EQ(made.error().code, errc::invalid_argument);
    }
    EXPECT_EQ(normalise_username("a/b").error().message, "the username holds a \"/\"");
}

TEST(normalise_username, is_idempotent) {
    for (const std::string name : {" AL ", "a%41", "x y"}) {
        const auto once = normalise_username(name);
        ASSERT_TRUE(once);
        EXPECT_EQ(normalise_username(*once), once);
    }
}

} // namespace
} // namespace berth::auth
