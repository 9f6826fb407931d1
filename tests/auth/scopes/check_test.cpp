// SPDX-License-Identifier: BSD-3-Clause
#include "tests/auth/scopes/people.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::auth {
namespace {

using testing::HasSubstr;

TEST(check_known, takes_every_scope_with_every_filter) {
    for (const auto& scope : known_scopes()) {
        EXPECT_TRUE(check_known(texts{scope})) << scope;
        if (scope == "self" || scope == "inherit") continue;
        for (const auto* filter :
             {"!user", "!service", "!server", "!user=a!b=c", "!group=g", "!server=al/", "!service=s"})
            EXPECT_TRUE(check_known(texts{scope + filter})) << scope << filter;
    }
}

TEST(check_known, names_what_is_wrong) {
    for (const std::string raw :
         {"", "nonsense", "read:user", "read:users ", "all", "custom:lab:read", "!user=al"})
        EXPECT_THAT(check_known(texts{"proxy", raw}).error().message,
                    HasSubstr("Scope '" + raw + "' does not exist"));
    for (const std::string raw :
         {"tokens!", "tokens!group", "tokens!user=", "tokens!host=x", "tokens!server=al", "tokens!server=/x"})
        EXPECT_THAT(check_known(texts{raw}).error().message,
                    HasSubstr("in scope '" + raw + "' does not exist"))
            << raw;
    EXPECT_EQ(check_known(texts{"self!user=al"}).error().code, errc::invalid_argument);
}

TEST(check_known, takes_the_custom_scopes_that_are_named) {
    const custom_scopes custom{{"custom:lab:read", {"custom:lab:read", "Read the lab's books", {}}}};
    EXPECT_TRUE(check_known(texts{"custom:lab:read!user=al"}, custom));
    EXPECT_THAT(check_known(texts{"custom:lab:write"}, custom).error().message, testing::HasSubstr("[[custom_scope]]"));
    EXPECT_EQ(describe("custom:lab:read!user=al", custom), "Read the lab's books");
    EXPECT_EQ(describe("custom:lab:read"), "");
}

TEST(describe, has_words_for_every_scope) {
    for (const auto& scope : known_scopes()) {
        EXPECT_FALSE(describe(scope).empty()) << scope;
        EXPECT_FALSE(describe(scope).ends_with('.')) << scope;
    }
    EXPECT_EQ(describe("servers"), "Start and stop servers");
    EXPECT_EQ(describe("servers!user=al"), "Start and stop servers");
    EXPECT_EQ(describe("nonsense"), "");
}

} // namespace
} // namespace berth::auth
