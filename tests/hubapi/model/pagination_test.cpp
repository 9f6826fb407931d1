// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/rest/pagination.hpp"

#include "daemon/http/forms.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace berth::hub {
namespace {

http::request ask(const std::string& query, bool paged) {
    http::request r;
    r.method = "GET";
    r.raw_path = r.path = "/hub/api/users";
    r.raw_query = query;
    r.query = http::parse_urlencoded(query);
    r.host = "hub.example";
    if (paged) r.headers.set("Accept", "application/jupyterhub-pagination+json");
    return r;
}

TEST(pagination, limits_are_jupyterhubs) {
    const struct {
        const char* query;
        bool paged;
        std::size_t offset, limit;
    } rows[] = {{"", false, 0, 200},          {"", true, 0, 50},           {"limit=3", true, 0, 3},   {"limit=0", true, 0, 1},
                {"limit=-5", true, 0, 5},     {"limit=999", false, 0, 200}, {"offset=-7", true, 7, 50}, {"offset=9&limit=2", false, 9, 2}};
    for (const auto& row : rows) {
        const auto page = read_page(ask(row.query, row.paged));
        ASSERT_TRUE(page) << row.query;
        EXPECT_EQ(page->offset, row.offset) << row.query;
        EXPECT_EQ(page->limit, row.limit) << row.query;
    }
    for (const auto* bad : {"limit=x", "offset=1.5", "limit=", "limit=99999999999999999999", "offset=-9223372036854775808"})
        EXPECT_FALSE(read_page(ask(bad, false))) << bad;
}

TEST(pagination, next_keeps_the_rest_of_the_query) {
    const auto r = ask("name_filter=a%20b&limit=3", true);
    const auto answer = page_answer(r, *read_page(r), 7, "[1,2,3]");
    const auto body = nlohmann::json::parse(answer.body);
    EXPECT_EQ(body["items"].size(), 3u);
    EXPECT_EQ(body["_pagination"]["total"], 7);
    EXPECT_EQ(body["_pagination"]["next"]["offset"], 3);
    const auto url = body["_pagination"]["next"]["url"].get<std::string>();
    const auto query = http::parse_urlencoded(url.substr(url.find('?') + 1));
    EXPECT_TRUE(url.starts_with("http://hub.example/hub/api/users?")) << url;
    EXPECT_EQ(http::find_value(query, "name_filter"), "a b");
    EXPECT_EQ(http::find_value(query, "offset"), "3");
}

TEST(pagination, the_last_page_has_no_next_and_a_bare_list_no_frame) {
    const auto r = ask("limit=3&offset=6", true);
    EXPECT_TRUE(nlohmann::json::parse(page_answer(r, *read_page(r), 7, "[7]").body)["_pagination"]["next"].is_null());
    const auto bare = ask("", false);
    EXPECT_EQ(page_answer(bare, *read_page(bare), 7, "[7]").body, "[7]");
}

} // namespace
} // namespace berth::hub
