// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::http {
namespace {

using testing::UnorderedElementsAre;

boost::asio::awaitable<response> nothing(request) { co_return response{}; }

router make_router() {
    router r;
    for (const auto* pattern :
         {"/hub/api", "/hub/api/", "/hub/api/users", "/hub/api/users/{user}", "/hub/api/users/{user}/server",
          "/hub/api/users/{user}/servers/{server}", "/hub/api/users/special", "/hub/{rest*}",
          "/hub/static/{path*}", "/user/{name}/{rest*}", "/"})
        r.add("GET", pattern, nothing);
    r.add("POST", "/hub/api/users/{who}", nothing);
    r.add("DELETE", "/hub/api/users/{who}", nothing);
    r.add("POST", "/only/post", nothing);
    return r;
}

TEST(router, finds_the_most_literal_pattern) {
    struct row {
        std::string path, pattern;
        std::map<std::string, std::string, std::less<>> params;
    };
    const std::vector<row> rows{
        {"/", "/", {}},
        {"/hub/api", "/hub/api", {}},
        {"/hub/api/", "/hub/api/", {}},
        {"/hub/api/users", "/hub/api/users", {}},
        {"/hub/api/users/al", "/hub/api/users/{user}", {{"user", "al"}}},
        {"/hub/api/users/a%2Fl%20x", "/hub/api/users/{user}", {{"user", "a/l x"}}},
        {"/hub/api/users/%61l", "/hub/api/users/{user}", {{"user", "al"}}},
        {"/hub/api/users/special", "/hub/api/users/special", {}},
        {"/hub/api/users/al/server", "/hub/api/users/{user}/server", {{"user", "al"}}},
        {"/hub/api/users/al/servers/x%2Fy",
         "/hub/api/users/{user}/servers/{server}",
         {{"user", "al"}, {"server", "x/y"}}},
        // a literal place that leads nowhere falls back to the name, then to the rest
        {"/hub/api/users/special/server", "/hub/api/users/{user}/server", {{"user", "special"}}},
        {"/hub/api/users/al/nowhere", "/hub/{rest*}", {{"rest", "api/users/al/nowhere"}}},
        {"/hub/api/users/", "/hub/{rest*}", {{"rest", "api/users/"}}}, // {user} is never empty
        {"/hub/", "/hub/{rest*}", {{"rest", ""}}},
        {"/hub/static/css/a.css", "/hub/static/{path*}", {{"path", "css/a.css"}}},
        {"/hub/static/", "/hub/static/{path*}", {{"path", ""}}},
        {"/user/al/", "/user/{name}/{rest*}", {{"name", "al"}, {"rest", ""}}},
        {"/user/al/lab/tree/x%20y", "/user/{name}/{rest*}", {{"name", "al"}, {"rest", "lab/tree/x y"}}},
        {"/h%75b/api", "/hub/api", {}},
        {"/user/al", "", {}},
        {"/hub", "", {}},
        {"", "", {}},
        {"hub", "", {}},
        {"//", "", {}},
    };
    const auto r = make_router();
    for (const auto& [path, pattern, params] : rows) {
        const auto m = r.find("GET", path);
        EXPECT_EQ(m.pattern, pattern) << path;
        EXPECT_EQ(m.params, params) << path;
        EXPECT_EQ(m.target != nullptr, !pattern.empty()) << path;
    }
}

TEST(router, names_belong_to_the_pattern_and_not_to_the_place) {
    const auto m = make_router().find("POST", "/hub/api/users/al");
    EXPECT_EQ(m.pattern, "/hub/api/users/{who}");
    EXPECT_EQ(m.params.at("who"), "al");
}

TEST(router, a_wrong_method_tells_those_allowed) {
    const auto r = make_router();
    auto m = r.find("PUT", "/only/post");
    EXPECT_EQ(m.target, nullptr);
    EXPECT_EQ(m.pattern, "/only/post");
    EXPECT_THAT(m.allowed, UnorderedElementsAre("POST"));
    EXPECT_EQ(r.find("HEAD", "/only/post").target, nullptr);
    m = r.find("PATCH", "/hub/api/users/al");
    EXPECT_THAT(m.allowed, UnorderedElementsAre("GET", "HEAD", "POST", "DELETE"));
    // "special" has only GET; the name's place takes DELETE.
    EXPECT_EQ(r.find("DELETE", "/hub/api/users/special").params.at("who"), "special");
}

TEST(router, get_serves_head) { EXPECT_NE(make_router().find("HEAD", "/hub/api/users").target, nullptr); }

TEST(router, refuses_a_pattern_that_cannot_work) {
    auto r = make_router();
    EXPECT_THROW(r.add("GET", "/hub/api/users/{other}", nothing), std::invalid_argument);
    EXPECT_THROW(r.add("GET", "/x/{rest*}/y", nothing), std::invalid_argument);
    EXPECT_THROW(r.add("GET", "x", nothing), std::invalid_argument);
}

} // namespace
} // namespace berth::http
