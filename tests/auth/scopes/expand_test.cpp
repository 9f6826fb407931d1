// SPDX-License-Identifier: BSD-3-Clause
#include "tests/auth/scopes/people.hpp"

#include <gtest/gtest.h>

namespace berth::auth {
namespace {

struct row {
    std::string raw;
    texts expected;
};

// Hub contract 2.1.
TEST(expand, closes_over_subscopes) {
    const std::vector<row> table{
        {"proxy", {"proxy"}},
        {"read:users", {"read:users", "read:users:activity", "read:users:groups", "read:users:name"}},
        {"list:users", {"list:users", "read:users:name"}},
        {"users",
         {"list:users", "read:users", "read:users:activity", "read:users:groups", "read:users:name", "users",
          "users:activity"}},
        {"admin:users",
         {"admin:auth_state", "admin:users", "delete:users", "list:users", "read:roles:users", "read:users",
          "read:users:activity", "read:users:groups", "read:users:name", "users", "users:activity"}},
        {"servers", {"delete:servers", "read:servers", "read:users:name", "servers", "start:servers"}},
        {"admin:servers",
         {"admin:server_state", "admin:servers", "delete:servers", "read:servers", "read:users:name",
          "servers", "start:servers"}},
        {"read:roles", {"read:roles", "read:roles:groups", "read:roles:services", "read:roles:users"}},
        {"tokens", {"read:tokens", "tokens"}},
        {"admin:groups",
         {"admin:groups", "delete:groups", "groups", "list:groups", "read:groups", "read:groups:name",
          "read:roles:groups"}},
        {"admin:services",
         {"admin:services", "list:services", "read:roles:services", "read:services", "read:services:name"}},
        {"shares",
         {"access:servers", "groups:shares", "read:groups:shares", "read:shares", "read:users:shares",
          "shares", "users:shares"}},
    };
    for (const auto& [raw, expected] : table) EXPECT_EQ(expanded({raw}).to_strings(), expected) << raw;
}

TEST(expand, self_is_what_a_user_owns) {
    EXPECT_EQ(expanded({"self"}).to_strings(),
              (texts{"access:servers!user=al", "delete:servers!user=al", "read:servers!user=al",
                     "read:shares!user=al", "read:tokens!user=al", "read:users!user=al",
                     "read:users:activity!user=al", "read:users:groups!user=al", "read:users:name!user=al",
                     "read:users:shares!user=al", "servers!user=al", "start:servers!user=al",
                     "tokens!user=al", "users:activity!user=al", "users:shares!user=al"}));
    EXPECT_TRUE(expand(texts{"self"}, service_owner("cull")).empty());
}

TEST(expand, bare_filters_stand_for_the_owner_and_its_client) {
    const auto show = [](const texts& raw, const scope_owner& owner) {
        return expand(raw, owner).to_strings();
    };
    EXPECT_EQ(show({"tokens!user"}, user_owner("al")), (texts{"read:tokens!user=al", "tokens!user=al"}));
    EXPECT_EQ(show({"tokens!user"}, service_owner("cull")), texts{});
    EXPECT_EQ(show({"read:services!service"}, service_owner("cull")),
              (texts{"read:services!service=cull", "read:services:name!service=cull"}));
    EXPECT_EQ(show({"access:services!service"}, user_owner("al")), texts{});
    EXPECT_EQ(show({"access:services!service"}, scope_owner{scope_owner::kind::user, "al", "", "portal"}),
              texts{"access:services!service=portal"});
    EXPECT_EQ(show({"access:servers!server"}, user_owner("al", "al/")), texts{"access:servers!server=al/"});
    EXPECT_EQ(show({"access:servers!server"}, user_owner("al")), texts{});
    // Nothing is filtered by "group" without a name.
    EXPECT_EQ(show({"read:users!group"}, user_owner("al")), texts{});
}

TEST(expand, a_server_filter_does_not_reach_the_person) {
    EXPECT_EQ(expanded({"servers!server=al/x"}).to_strings(),
              (texts{"delete:servers!server=al/x", "read:servers!server=al/x", "servers!server=al/x",
                     "start:servers!server=al/x"}));
    EXPECT_EQ(expanded({"shares!server=al/"}).to_strings(),
              (texts{"access:servers!server=al/", "groups:shares!server=al/", "read:groups:shares!server=al/",
                     "read:shares!server=al/", "shares!server=al/", "users:shares!server=al/"}));
    EXPECT_TRUE(expanded({"read:users!server=al/"}).empty());
}

TEST(expand, names_may_hold_anything_behind_the_first_equals_sign) {
    EXPECT_EQ(expanded({"tokens!user=a=b!c@d"}).to_strings(),
              (texts{"read:tokens!user=a=b!c@d", "tokens!user=a=b!c@d"}));
    EXPECT_EQ(expanded({"read:groups:name!group=a,b c!user=x"}).to_strings(),
              texts{"read:groups:name!group=a,b c!user=x"});
    EXPECT_EQ(expanded({"access:servers!server=al@x/a=b/c"}).to_strings(),
              texts{"access:servers!server=al@x/a=b/c"});
}

TEST(expand, drops_what_does_not_exist) {
    for (const std::string raw :
         {"", "!", "!user", "nonsense", "read:users!", "read:users!user=", "read:users!host=x", "inherit",
          "self!user", "access:servers!server=al", "access:servers!server=/x", "custom:", "custom:A", "custom:not:defined", "all"})
        EXPECT_TRUE(expanded({raw}).empty()) << raw;
}

TEST(expand, everywhere_absorbs_filters) {
    EXPECT_EQ(expanded({"tokens!user=bob", "tokens", "read:tokens!group=ops"}).to_strings(),
              (texts{"read:tokens", "tokens"}));
    EXPECT_EQ(expanded({"read:tokens!user=bob", "read:tokens!user=al", "read:tokens!group=ops"}).to_strings(),
              (texts{"read:tokens!group=ops", "read:tokens!user=al", "read:tokens!user=bob"}));
}

TEST(expand, expanding_again_changes_nothing) {
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
        const auto once = expanded(random_raw(random));
        EXPECT_EQ(expanded(once.to_strings()), once);
    }
}

} // namespace
} // namespace berth::auth
