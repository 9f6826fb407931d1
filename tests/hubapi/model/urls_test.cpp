// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/urls.hpp"

#include "hubapi/model/servers.hpp"

#include <gtest/gtest.h>

namespace berth::hub {
namespace {

TEST(urls, names_are_escaped_as_jupyterhub_does) {
    EXPECT_EQ(server_path("/", "al", ""), "/user/al/");
    EXPECT_EQ(server_path("/jup/", "a b@x~", "n1"), "/jup/user/a%20b@x~/n1/");
    EXPECT_EQ(progress_path("/", "al", ""), "/hub/api/users/al/server/progress");
    EXPECT_EQ(progress_path("/", "al", "n1"), "/hub/api/users/al/servers/n1/progress");
    EXPECT_EQ(spawn_pending_path("/", "al", "n1"), "/hub/spawn-pending/al/n1");
    EXPECT_EQ(oauth_client_id("a@b", ""), "jupyterhub-user-a%40b");
    EXPECT_EQ(oauth_client_id("al", "n1"), "jupyterhub-user-al-n1");
}

TEST(urls, next_stays_on_this_hub) {
    const struct {
        const char *next, *expected;
    } rows[] = {
        {"/hub/home", "/hub/home"},
        {"/user/al/lab?x=1&y=%2F", "/user/al/lab?x=1&y=%2F"},
        {"http://hub.example/hub/home", "/hub/home"},
        {"http://hub.example", ""},
        {"https://hub.example/hub/home", ""}, // another scheme
        {"http://hub.example.evil/x", ""},
        {"http://hub.example@evil/x", ""},
        {"//evil.example/", ""},
        {"///evil.example/", ""},
        {"/\\evil.example", ""},
        {"\\\\evil.example", ""},
        {"/a\\b", ""},
        {"/\t/evil.example", ""},
        {"/\n/evil", ""},
        {"javascript:alert(1)", ""},
        {"hub/home", ""},
        {"http://hub.example//evil.example", ""},
        {"", ""},
    };
    for (const auto& r : rows) EXPECT_EQ(safe_next(r.next, "http", "hub.example"), r.expected) << r.next;
}

TEST(urls, server_names) {
    for (const auto* good : {"a", "one", "gpu-2", "a23456789012345678901234567890"}) EXPECT_TRUE(valid_server_name(good)) << good;
    for (const auto* bad : {"", "A", "1a", "-a", "a-", "a--b", "a_b", "a b", "a/b", "é", "a234567890123456789012345678901"})
        EXPECT_FALSE(valid_server_name(bad)) << bad;
}

} // namespace
} // namespace berth::hub
