// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/login.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::auth {
namespace {

enum class outcome { refused, user, admin };

outcome outcome_of(const admission& rules, const identity& who) {
    const auto made = admit(rules, who);
    if (!made) return outcome::refused;
    return made->admin ? outcome::admin : outcome::user;
}

struct row {
    std::string why;
    admission rules;
    identity who;
    outcome expected;
};

TEST(admit, follows_the_rules_in_their_order) {
    admission nobody, all, listed, grouped, strict;
    nobody.admin_users = {"root-admin"};
    nobody.admin_groups = {"hpc-admins"};
    all.allow_all = true;
    all.blocked_users = {"mallory"};
    listed.allowed_users = {"al"};
    grouped.allowed_groups = {"physics"};
    strict = nobody;
    strict.blocked_users = {"root-admin", "bob"};
    strict.allowed_users = {"bob"};
    const std::vector<row> table{
        {"no rule allows anybody", nobody, {"al", {"physics"}}, outcome::refused},
        {"admins come in without being allowed", nobody, {"root-admin", {}}, outcome::admin},
        {"so do members of an admin group", nobody, {"al", {"users", "hpc-admins"}}, outcome::admin},
        {"allow_all", all, {"al", {}}, outcome::user},
        {"blocked wins over allow_all", all, {"mallory", {}}, outcome::refused},
        {"allowed by name", listed, {"al", {}}, outcome::user},
        {"not by a part of it", listed, {"alice", {}}, outcome::refused},
        {"names are compared as they are", listed, {"AL", {}}, outcome::refused},
        {"allowed by group", grouped, {"al", {"physics"}}, outcome::user},
        {"not by a group of the user's name", grouped, {"physics", {}}, outcome::refused},
        {"blocked wins over admin", strict, {"root-admin", {"hpc-admins"}}, outcome::refused},
        {"blocked wins over allowed", strict, {"bob", {}}, outcome::refused},
    };
    for (const auto& [why, rules, who, expected] : table) EXPECT_EQ(outcome_of(rules, who), expected) << why;
}

TEST(admit, says_what_to_do) {
    admission rules;
    rules.blocked_users = {"mallory"};
    EXPECT_EQ(admit(rules, {"mallory", {}}).error().code, errc::denied);
    EXPECT_THAT(admit(rules, {"mallory", {}}).error().message, testing::HasSubstr("\"mallory\" is blocked"));
    EXPECT_THAT(admit(rules, {"al", {}}).error().message, testing::HasSubstr("Ask the administrators"));
}

} // namespace
} // namespace berth::auth
