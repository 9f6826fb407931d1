// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/oauth/clients.hpp"

#include <gtest/gtest.h>

namespace berth::hub {
namespace {

using scopes = std::vector<std::string>;

oauth_client portal() {
    oauth_client c;
    c.id = "service-portal";
    c.service = "portal";
    c.allowed_scopes = {"read:servers!user", "read:services!service=portal"};
    return c;
}

struct row {
    std::string asked;
    std::optional<scopes> granted; // besides the three that every token has
};

TEST(clients, a_service_is_granted_what_it_asks_for_within_its_bounds) {
    const row rows[] = {
        {"", scopes{"read:servers!user", "read:services!service=portal"}},
        {"identify", scopes{}},
        {"read:servers!user", scopes{"read:servers!user"}},
        {"read:servers!user read:servers!user", scopes{"read:servers!user"}},
        {"read:services!service", scopes{"read:services!service=portal"}},
        {"admin:users", std::nullopt},
        {"read:servers", std::nullopt},
        {"access:services!service=other", std::nullopt},
    };
    for (const auto& [asked, granted] : rows) {
        auto got = grantable(portal(), asked);
        ASSERT_EQ(got.has_value(), granted.has_value()) << asked;
        if (!got) continue;
        scopes all{"access:services!service=portal", "read:users:name!user", "read:users:groups!user"};
        all.insert(all.end(), granted->begin(), granted->end());
        EXPECT_EQ(*got, all) << asked;
    }
}

TEST(clients, a_server_is_granted_access_and_nothing_else) {
    oauth_client c;
    c.server = "al/n1";
    EXPECT_EQ(grantable(c, "access:servers!server identify"),
              (scopes{"access:servers!server=al/n1", "read:users:name!user", "read:users:groups!user"}));
    EXPECT_FALSE(grantable(c, "access:services!service"));
}

} // namespace
} // namespace berth::hub
