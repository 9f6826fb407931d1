// SPDX-License-Identifier: BSD-3-Clause
#include "tests/auth/scopes/people.hpp"

#include <gtest/gtest.h>

namespace berth::auth {
namespace {

const people who;

struct row {
    texts a, b, expected;
};

// Hub contract 2.3: filters resolved user/group/server.
TEST(intersect, resolves_filters_into_each_other) {
    const std::vector<row> table{
        {{"proxy"}, {"shutdown"}, {}},
        {{"proxy"}, {"proxy"}, {"proxy"}},
        {{"tokens"}, {"read:tokens!user=al"}, {"read:tokens!user=al"}},
        {{"read:tokens!user=al"}, {"read:tokens!user=bob"}, {}},
        {{"read:tokens!user=al"}, {"read:tokens!group=physics"}, {"read:tokens!user=al"}},
        {{"read:tokens!user=dora"}, {"read:tokens!group=physics"}, {}},
        {{"read:tokens!group=ops"}, {"read:tokens!group=physics"}, {}},
        {{"read:tokens!group=ops"}, {"read:tokens!group=ops"}, {"read:tokens!group=ops"}},
        {{"access:servers!server=al/x"}, {"access:servers!user=al"}, {"access:servers!server=al/x"}},
        {{"access:servers!server=al/x"}, {"access:servers!user=bob"}, {}},
        {{"access:servers!server=al/x"}, {"access:servers!group=physics"}, {"access:servers!server=al/x"}},
        {{"access:servers!server=al/x"}, {"access:servers!server=al/"}, {}},
        {{"access:servers!server=dora/"}, {"access:servers!group=physics"}, {}},
        {{"access:services!service=a", "access:services!service=b"},
         {"access:services!service=b"},
         {"access:services!service=b"}},
        {{"read:tokens!user=al", "read:tokens!group=ops"},
         {"read:tokens!group=physics", "read:tokens!user=cy"},
         {"read:tokens!user=al", "read:tokens!user=cy"}},
    };
    for (const auto& [a, b, expected] : table) {
        EXPECT_EQ(intersect(expanded(a), expanded(b), who).to_strings(), expected) << a.front();
        EXPECT_EQ(intersect(expanded(b), expanded(a), who).to_strings(), expected) << b.front();
    }
}

TEST(intersect, a_token_never_exceeds_its_owner) {
    const auto owner = expanded({"self"});
    EXPECT_EQ(intersect(expanded({"admin:users"}), owner, who).to_strings(),
              (texts{"read:users!user=al", "read:users:activity!user=al", "read:users:groups!user=al",
                     "read:users:name!user=al", "users:activity!user=al"}));
}

TEST(intersect, commutes_and_lies_within_both) {
    std::mt19937 random(2);
    for (int i = 0; i < 3000; ++i) {
        const auto a = expanded(random_raw(random)), b = expanded(random_raw(random));
        const auto both = intersect(a, b, who);
        EXPECT_EQ(both, intersect(b, a, who));
        EXPECT_TRUE(is_subset(both, a, who));
        EXPECT_TRUE(is_subset(both, b, who));
        EXPECT_EQ(intersect(a, a, who), a);
        EXPECT_EQ(is_subset(a, b, who), both == a || intersect(a, b, who) == a);
    }
}

// What the intersection allows, both allow.
TEST(intersect, grants_no_more_than_both_grant) {
    std::mt19937 random(3);
    const std::vector<target> targets{
        target::of_user("al"),         target::of_user("bob"),      target::of_user("dora"),
        target::of_group("ops"),       target::of_group("physics"), target::of_server("al", ""),
        target::of_server("bob", "x"), target::of_service("cull"),  target{}};
    for (int i = 0; i < 500; ++i) {
        const auto a = expanded(random_raw(random)), b = expanded(random_raw(random));
        const auto both = intersect(a, b, who);
        for (const auto& scope : known_scopes())
            for (const auto& t : targets)
                if (both.covers(scope, t, who)) {
                    EXPECT_TRUE(a.covers(scope, t, who) && b.covers(scope, t, who)) << scope;
                }
    }
}

TEST(is_subset, knows_users_in_groups_and_servers_of_users) {
    const auto subset = [](const texts& part, const texts& whole) {
        return is_subset(expanded(part), expanded(whole), who);
    };
    EXPECT_TRUE(subset({}, {}));
    EXPECT_TRUE(subset({"read:tokens!user=al"}, {"tokens!group=physics"}));
    EXPECT_TRUE(subset({"access:servers!server=al/"}, {"self"}));
    EXPECT_FALSE(subset({"tokens"}, {"tokens!user=al"}));
    EXPECT_FALSE(subset({"tokens!user=al"}, {"read:tokens!user=al"}));
    EXPECT_FALSE(subset({"read:tokens!group=physics"}, {"read:tokens!user=al", "read:tokens!user=bob"}));
}

} // namespace
} // namespace berth::auth
