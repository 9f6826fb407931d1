// SPDX-License-Identifier: BSD-3-Clause
#include "tests/auth/scopes/people.hpp"

#include <gtest/gtest.h>

namespace berth::auth {
namespace {

const people who;

struct row {
    std::string have;
    target asked;
    bool expected;
};

TEST(covers, follows_the_filters) {
    const std::vector<row> table{
        {"servers", target::of_user("zoe"), true},
        {"servers", target{}, true},
        {"servers!user=al", target{}, false},
        {"servers!user=al", target::of_user("al"), true},
        {"servers!user=al", target::of_user("bob"), false},
        {"servers!user=al", target::of_server("al", ""), true},
        {"servers!user=al", target::of_server("al", "x"), true},
        {"servers!user=al", target::of_server("al2", "x"), false},
        {"servers!server=al/x", target::of_server("al", "x"), true},
        {"servers!server=al/x", target::of_server("al", ""), false},
        {"servers!server=al/x", target::of_user("al"), false},
        {"servers!group=physics", target::of_user("bob"), true},
        {"servers!group=physics", target::of_server("bob", "y"), true},
        {"servers!group=physics", target::of_user("cy"), false},
        {"servers!group=physics", target::of_group("physics"), true},
        {"servers!user=physics", target::of_group("physics"), false},
        {"servers!service=al", target::of_user("al"), false},
        {"servers!service=al", target::of_service("al"), true},
        {"tokens", target::of_user("al"), false},
    };
    for (const auto& [have, asked, expected] : table)
        EXPECT_EQ(expanded({have}).covers("servers", asked, who), expected) << have;
}

TEST(covers, every_member_of_the_target_counts) {
    target both = target::of_user("al");
    both.group = "ops";
    EXPECT_FALSE(expanded({"read:groups!user=al"}).covers("read:groups", both, who));
    EXPECT_TRUE(expanded({"read:groups!user=al", "read:groups!group=ops"}).covers("read:groups", both, who));
}

TEST(scope_set, tells_what_it_holds) {
    const auto s = expanded({"tokens!user=al", "proxy"});
    EXPECT_TRUE(s.has("read:tokens"));
    EXPECT_FALSE(s.has("shutdown"));
    EXPECT_TRUE(s.everywhere("proxy"));
    EXPECT_FALSE(s.everywhere("tokens"));
    EXPECT_FALSE(s.everywhere("shutdown"));
    EXPECT_EQ(s.find("tokens")->users, (std::set<std::string, std::less<>>{"al"}));
    EXPECT_EQ(s.find("shutdown"), nullptr);
}

TEST(scope_set, an_empty_reach_is_nothing) {
    scope_set s;
    s.add("tokens", {});
    EXPECT_TRUE(s.empty());
    s.merge(s);
    EXPECT_EQ(s, scope_set{});
}

} // namespace
} // namespace berth::auth
