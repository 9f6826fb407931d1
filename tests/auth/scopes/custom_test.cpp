// SPDX-License-Identifier: BSD-3-Clause
#include "tests/auth/scopes/people.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::auth {
namespace {

using testing::HasSubstr;

custom_scope named(std::string name, texts implies = {}) { return {std::move(name), "Something", std::move(implies)}; }

TEST(custom_scopes, hold_their_subscopes_under_the_same_filter) {
    const auto custom = make_custom_scopes(
        {named("custom:lab:all", {"custom:lab:write"}), named("custom:lab:write", {"custom:lab:read"}), named("custom:lab:read")});
    ASSERT_TRUE(custom);
    EXPECT_EQ(expand(texts{"custom:lab:all!user"}, user_owner("al"), *custom).to_strings(),
              (texts{"custom:lab:all!user=al", "custom:lab:read!user=al", "custom:lab:write!user=al"}));
    EXPECT_TRUE(expand(texts{"custom:lab:all"}, user_owner("al")).empty());
}

TEST(custom_scopes, two_ways_to_the_same_are_no_circle) {
    EXPECT_TRUE(make_custom_scopes({named("custom:a:1", {"custom:b:1", "custom:c:1"}), named("custom:b:1", {"custom:d:1"}),
                                    named("custom:c:1", {"custom:d:1"}), named("custom:d:1")}));
}

TEST(custom_scopes, are_refused_with_the_name_and_the_reason) {
    const auto message = [](std::vector<custom_scope> all) {
        const auto made = make_custom_scopes(std::move(all));
        return made ? "" : made.error().message;
    };
    for (const std::string name : {"", "lab:read", "custom:", "custom:ab", "custom:Lab", "custom:lab:", "custom:-ab", "custom:a b"})
        EXPECT_THAT(message({named(name)}), HasSubstr("custom scope \"" + name + "\": a name begins")) << name;
    EXPECT_THAT(message({{"custom:lab", "", {}}}), HasSubstr("needs a description"));
    EXPECT_THAT(message({named("custom:lab"), named("custom:lab")}), HasSubstr("defined twice"));
    EXPECT_THAT(message({named("custom:lab", {"read:users"})}), HasSubstr("'read:users' is the hub's own"));
    EXPECT_THAT(message({named("custom:lab", {"custom:other"})}), HasSubstr("'custom:other' is not defined"));
    EXPECT_THAT(message({named("custom:lab", {"custom:lab"})}), HasSubstr("lead back to itself"));
    EXPECT_THAT(message({named("custom:one", {"custom:two"}), named("custom:two", {"custom:one"})}), HasSubstr("lead back to itself"));
}

TEST(custom_scopes, stand_in_roles_that_are_made_with_them) {
    const auto custom = *make_custom_scopes({named("custom:lab")});
    const std::vector<role> roles{{"lab", "", {"custom:lab"}, {}, {}, {}}};
    EXPECT_TRUE(make_roles(roles, custom));
    EXPECT_THAT(make_roles(roles).error().message, HasSubstr("'custom:lab' does not exist"));
}

} // namespace
} // namespace berth::auth
