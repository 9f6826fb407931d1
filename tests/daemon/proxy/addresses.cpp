// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/addresses.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::proxy {
namespace {

TEST(addresses, networks) {
    const auto list = network_list::parse({"10.0.0.0/8", "192.0.2.7", "fd00::/8"});
    ASSERT_TRUE(list);
    for (const char* in : {"10.1.2.3", "192.0.2.7", "fd12::1", "::ffff:10.0.0.1"})
        EXPECT_TRUE(list->has(*ip_address(in, 0))) << in;
    for (const char* out : {"11.1.2.3", "192.0.2.8", "fe80::1", "::1"})
        EXPECT_FALSE(list->has(*ip_address(out, 0))) << out;
    EXPECT_TRUE(list->has(*unix_address("/x")));
    for (const char* bad : {"10.0.0.0/33", "fd00::/129", "x", "10.0.0.0/", "10.0.0.0/-1"})
        EXPECT_FALSE(network_list::parse({bad})) << bad;
    EXPECT_TRUE(network_list::parse({"0.0.0.0/0"})->has(*ip_address("1.2.3.4", 0)));
    EXPECT_FALSE(network_list::parse({"0.0.0.0/0"})->has(*ip_address("fe80::1", 0)));
    EXPECT_TRUE(network_list::parse({"::ffff:10.0.0.0/104"})->has(*ip_address("10.1.2.3", 0)));
    for (const char* v6 : {"::/0", "::ffff:0:0/64"})
        EXPECT_FALSE(network_list::parse({v6})->has(*ip_address("10.1.2.3", 0))) << v6;
}

TEST(addresses, a_stale_unix_socket_is_replaced_a_live_one_is_not) {
    char folder[] = "/tmp/berth-proxy-XXXXXX";
    const std::string address = std::string("unix:") + mkdtemp(folder) + "/s";
    const auto first = open_listener(address);
    ASSERT_TRUE(first) << first.error().message;
    struct stat s{};
    stat(address.c_str() + 5, &s);
    EXPECT_EQ(s.st_mode & 0777, 0600u);
    EXPECT_FALSE(open_listener(address));
    close(*first);
    const auto second = open_listener(address);
    EXPECT_TRUE(second);
    close(*second);
    std::filesystem::remove_all(folder);
}

TEST(addresses, refusals_say_what_to_do) {
    const auto first = open_listener("127.0.0.1:0");
    socket_address a;
    a.size = sizeof a.bytes;
    getsockname(*first, reinterpret_cast<sockaddr*>(&a.bytes), &a.size);
    const auto second = open_listener(address_text(a));
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("in use"), std::string::npos);
    close(*first);
    for (const char* bad : {"", "x", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "nohost.example:1",
                            "fd:0", "fd:x", "unix:"})
        EXPECT_FALSE(open_listener(bad)) << bad;
}

} // namespace
} // namespace berth::proxy
