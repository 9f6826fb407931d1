// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::auth {
namespace {

using enum credential_policy;

std::vector<credential_rule> rules(std::vector<std::pair<std::string, std::string>> rows) {
    std::vector<credential_rule> out;
    for (const auto& [match, policy] : rows) {
        const auto rule = parse_credential_rule(match, policy);
        EXPECT_TRUE(rule) << match;
        if (rule) out.push_back(*rule);
    }
    return out;
}

TEST(credential_rules, the_first_that_matches_wins) {
    const auto table = rules({{"user:al", "none"},
                              {"bo", "try"},
                              {"group:synthetic", "none"},
                              {"role:tester", "client_credentials"},
                              {"service_account", "try"},
                              {"*", "require"}});
    const auto policy = [&](rule_subject who) { return find_policy(table, who, attempt); };
    EXPECT_EQ(policy({"al", {"synthetic"}, {"tester"}, true}), none);
    EXPECT_EQ(policy({"bo", {}, {}, false}), attempt);
    EXPECT_EQ(policy({"cy", {"x", "synthetic"}, {"tester"}, false}), none);
    EXPECT_EQ(policy({"cy", {}, {"tester"}, true}), client_credentials);
    EXPECT_EQ(policy({"cy", {}, {}, true}), attempt);
    EXPECT_EQ(policy({"cy", {"tester"}, {"synthetic"}, false}), require);
}

TEST(credential_rules, without_one_a_service_account_uses_its_own_token) {
    EXPECT_EQ(find_policy({}, {"tester", {}, {}, true}, require), client_credentials);
    EXPECT_EQ(find_policy({}, {"al", {}, {}, false}, require), require);
    EXPECT_EQ(find_policy({}, {"al", {}, {}, false}, none), none);
    // A user may have the name of a word.
    EXPECT_EQ(
        find_policy(rules({{"user:service_account", "none"}}), {"service_account", {}, {}, false}, require),
        none);
    EXPECT_EQ(find_policy(rules({{"service_account", "none"}}), {"service_account", {}, {}, false}, require),
              require);
}

TEST(credential_rules, what_is_none_is_refused_with_what_is_allowed) {
    for (const auto* match : {"", "user:", "group:", "role:", "grp:x", ":x", "users:al"}) {
        const auto rule = parse_credential_rule(match, "none");
        ASSERT_FALSE(rule) << match;
        EXPECT_EQ(rule.error().code, errc::invalid_argument);
        EXPECT_THAT(rule.error().message, testing::HasSubstr("\"group:NAME\""));
    }
    const auto rule = parse_credential_rule("*", "maybe");
    ASSERT_FALSE(rule);
    EXPECT_THAT(rule.error().message, testing::HasSubstr("\"try\""));
}

TEST(credential_rules, are_written_as_they_are_read) {
    for (const auto* word : {"require", "try", "none", "client_credentials"})
        EXPECT_EQ(to_string(parse_credential_rule("*", word)->policy), word);
}

} // namespace
} // namespace berth::auth
