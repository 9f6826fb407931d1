// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/route_table.hpp"

#include "daemon/proxy/route_book.hpp"
#include "daemon/proxy/target.hpp"

#include <gtest/gtest.h>

namespace berth::proxy {
namespace {

route_ptr make(std::string prefix) {
    auto r = std::make_shared<route>();
    r->prefix = std::move(prefix);
    return r;
}

std::string found(const route_table& t, std::string_view path) {
    const auto* r = t.find(path);
    return r ? (*r)->prefix : "none";
}

TEST(route_table, finds_the_longest_prefix_by_segments) {
    route_table t;
    EXPECT_EQ(found(t, "/x"), "none");
    for (const char* p : {"/", "/user/al", "/user/al/gpu", "/services/x", "/a"}) t.set(make(p));
    const std::pair<const char*, const char*> cases[] = {{"/", "/"},
                                                         {"/user", "/"},
                                                         {"/user/al", "/user/al"},
                                                         {"/user/al/", "/user/al"},
                                                         {"/user/alan", "/"},
                                                         {"/user/al/lab/tree/x/y/z", "/user/al"},
                                                         {"/user/al/gpu", "/user/al/gpu"},
                                                         {"/user/al/gpux", "/user/al"},
                                                         {"/services/x/y", "/services/x"},
                                                         {"/a", "/a"},
                                                         {"//user/al", "/"},
                                                         {"*", "/"},
                                                         {"", "/"}};
    for (auto [path, prefix] : cases) EXPECT_EQ(found(t, path), prefix) << path;
    t.remove("/user/al");
    EXPECT_EQ(found(t, "/user/al/lab"), "/");
    t.replace({make("/b")});
    EXPECT_EQ(found(t, "/user/al/lab"), "none");
    EXPECT_EQ(found(t, "/b/c"), "/b");
}

TEST(route_table, paths_are_decoded_and_dots_resolved) {
    const std::pair<const char*, const char*> cases[] = {{"/a/b?c=/../d", "/a/b"},
                                                         {"/user/al%40x/lab", "/user/al@x/lab"},
                                                         {"/user/a/../b/", "/user/b/"},
                                                         {"/a/./b", "/a/b"},
                                                         {"/..", "/"},
                                                         {"/a/%2e%2e/b", "/b"},
                                                         {"/.hidden/x", "/.hidden/x"},
                                                         {"/a/..", "/"}};
    for (auto [target, path] : cases) {
        std::string storage;
        EXPECT_EQ(routed_path(target, storage), path) << target;
    }
}

TEST(route_table, prefixes_are_cleaned) {
    for (auto [given, clean] :
         {std::pair{"", "/"}, {"/", "/"}, {"user/al/", "/user/al"}, {"/user/al//", "/user/al"}})
        EXPECT_EQ(clean_prefix(given), clean);
}

TEST(target, forms) {
    EXPECT_EQ(parse_target("http://10.0.0.1:8888")->port, 8888);
    EXPECT_TRUE(parse_target("http://10.0.0.1:8888")->address.has_value());
    EXPECT_EQ(parse_target("http://[::1]:8888/user/al")->host, "::1");
    EXPECT_EQ(parse_target("http://node1")->port, 80);
    EXPECT_FALSE(parse_target("http://node1:1")->address.has_value());
    EXPECT_TRUE(parse_target("http+unix:/run/x.sock")->address.has_value());
    EXPECT_TRUE(parse_target("http+unix://%2Frun%2Fx.sock")->address.has_value());
    for (const char* bad : {"", "x", "https://a", "http://", "http://a:0", "http://a:70000", "http://a:1x",
                            "http://u@a:1", "http+unix:", "http+unix:relative", "http://a b:1", "http://a\x7f:1", "ftp://a"})
        EXPECT_FALSE(parse_target(bad).has_value()) << bad;
}

TEST(route_book, takes_only_paths_that_can_be_listed) {
    route_book book;
    EXPECT_FALSE(book.add("/user/\xff", R"({"target":"http://127.0.0.1:1"})", 0));
    EXPECT_TRUE(book.add("/user/\xc3\xa9", R"({"target":"http://127.0.0.1:1"})", 0));
    EXPECT_NE(book.to_json(book.all()).find("/user/\xc3\xa9"), std::string::npos);
}

TEST(route_book, a_wrong_table_changes_nothing) {
    route_book book;
    ASSERT_TRUE(book.add("/", R"({"target":"http://127.0.0.1:1"})", 0));
    ASSERT_TRUE(book.add("/a", R"({"target":"http://127.0.0.1:2"})", 0));
    EXPECT_FALSE(book.add_all(R"({"/b":{"target":"http://127.0.0.1:3"},"/c":{}})", 0));
    EXPECT_EQ(book.all().size(), 2u);
    const auto changes = book.add_all(R"({"/b/":{"target":"http://127.0.0.1:3"},"/a":{"target":"http://127.0.0.1:4"}})", 0);
    ASSERT_TRUE(changes);
    ASSERT_EQ(changes->size(), 2u);
    EXPECT_EQ(changes->at(0).replaced->target.url, "http://127.0.0.1:2");
    EXPECT_FALSE(changes->at(1).replaced);
    for (const auto* path : {"/", "/a", "/b"}) EXPECT_TRUE(book.find(path)) << path;
}

} // namespace
} // namespace berth::proxy
