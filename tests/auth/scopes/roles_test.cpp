// SPDX-License-Identifier: BSD-3-Clause
#include "tests/auth/scopes/people.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::auth {
namespace {

using testing::HasSubstr;

role named(std::string name, texts scopes = {}, texts users = {}) {
    return {std::move(name), "", std::move(scopes), std::move(users), {}, {}};
}

TEST(make_roles, gives_the_four_standard_roles) {
    const auto roles = make_roles({});
    ASSERT_TRUE(roles);
    EXPECT_EQ(roles->size(), 4u);
    EXPECT_EQ(roles->at("user").scopes, texts{"self"});
    EXPECT_EQ(roles->at("token").scopes, texts{"inherit"});
    EXPECT_EQ(roles->at("server").scopes, (texts{"users:activity!user", "access:servers!server"}));
    // The admin role holds everything but what is a user's own, and what only a configured role grants.
    const auto admin = expand(roles->at("admin").scopes, user_owner("al"));
    for (const auto& scope : known_scopes())
        if (scope != "self" && scope != "inherit" && scope != "read:credentials") {
            EXPECT_TRUE(admin.everywhere(scope)) << scope;
        }
}

TEST(make_roles, puts_configured_roles_over_them) {
    const auto roles =
        make_roles({named("tester", {"servers!user"}, {"al"}), named("user", {"self", "shares!user"}),
                    named("admin", {}, {"root"}), named("server", {"inherit"})});
    ASSERT_TRUE(roles) << roles.error().message;
    EXPECT_EQ(roles->at("tester").users, texts{"al"});
    EXPECT_EQ(roles->at("user").scopes, (texts{"self", "shares!user"}));
    EXPECT_EQ(roles->at("user").description, "Standard user privileges");
    EXPECT_EQ(roles->at("admin").users, texts{"root"});
    EXPECT_EQ(roles->at("admin").scopes.size(), 16u);
    EXPECT_EQ(roles->at("server").scopes, texts{"inherit"});
}

TEST(make_roles, a_role_that_is_emptied_is_empty_and_one_that_gets_bearers_is_not) {
    EXPECT_TRUE(make_roles({named("user")})->at("user").scopes.empty());
    EXPECT_EQ(make_roles({named("user", {}, {"al"})})->at("user").scopes, texts{"self"});
}

TEST(make_roles, refuses_with_the_role_and_the_reason) {
    const auto refusal = [](std::vector<role> roles) {
        const auto made = make_roles(std::move(roles));
        return made ? "" : made.error().message;
    };
    for (const std::string name : {"", "ab", "Abc", "1abc", "abc-", "a b", "ab\xc3\xa9", "a/bc"})
        EXPECT_THAT(refusal({named(name)}), HasSubstr("role \"" + name + "\": a name has")) << name;
    EXPECT_THAT(refusal({named(std::string(256, 'a'))}), HasSubstr("a name has"));
    EXPECT_EQ(refusal({named(std::string(255, 'a'))}), "");
    EXPECT_THAT(refusal({named("tester", {"nonsense"})}),
                HasSubstr("role \"tester\": Scope 'nonsense' does not exist"));
    EXPECT_THAT(refusal({named("admin", {"proxy"})}), HasSubstr("role \"admin\""));
    EXPECT_THAT(refusal({named("tester"), named("tester")}), HasSubstr("defined twice"));
}

} // namespace
} // namespace berth::auth
