// SPDX-License-Identifier: BSD-3-Clause
#include "tests/auth/sessions/browser.hpp"

#include <gmock/gmock.h>

namespace berth::auth {
namespace {

using testing::HasSubstr;

struct xsrf : sessions_fixture {
    std::string token(browser& b) {
        http::response answer;
        auto out = store->xsrf_token(b.request(), answer);
        b.take(answer);
        return out;
    }
    bool passes(const browser& b, const std::string& field) {
        return store->check_xsrf(b.request("POST"), field).has_value();
    }
    std::string refusal(const http::request& r, std::optional<std::string> field = std::nullopt) {
        const auto checked = store->check_xsrf(r, std::move(field));
        return checked ? "" : checked.error().message;
    }
};

TEST_F(xsrf, the_token_is_the_cookies_value_before_and_after_sign_in) {
    browser b;
    const auto before = token(b);
    EXPECT_EQ(before, b.value("_xsrf"));
    EXPECT_EQ(token(b), before);
    EXPECT_TRUE(passes(b, before));
    sign_in(b, 7);
    const auto after = token(b);
    EXPECT_EQ(after, b.value("_xsrf"));
    EXPECT_NE(after, before);
    EXPECT_TRUE(passes(b, after));
    EXPECT_FALSE(passes(b, before));
}

TEST_F(xsrf, every_form_of_one_answer_carries_the_same_token) {
    http::response answer;
    const auto r = browser{}.request();
    const auto first = store->xsrf_token(r, answer);
    EXPECT_EQ(store->xsrf_token(r, answer), first);
    EXPECT_EQ(cookies_of(answer).size(), 1u);
}

TEST_F(xsrf, tokens_of_other_browsers_sessions_and_makers_are_refused) {
    browser mine, other;
    const auto my_token = token(mine), other_token = token(other);
    EXPECT_FALSE(passes(mine, other_token));
    EXPECT_FALSE(passes(browser{}, my_token));
    sign_in(mine, 7);
    sign_in(other, 7);
    EXPECT_FALSE(passes(mine, token(other)));
    browser forged;
    forged.jar[{"_xsrf", "/hub/"}] = "same";
    EXPECT_FALSE(passes(forged, "same"));
    EXPECT_EQ(refusal(forged.request("POST"), "same"), "XSRF cookie does not match POST argument");
    settings.cookie_secret = secret("another");
    restart();
    browser old;
    old.jar[{"_xsrf", "/hub/"}] = my_token;
    EXPECT_FALSE(passes(old, my_token));
}

TEST_F(xsrf, a_missing_token_is_told_in_jupyterhubs_words) {
    browser b;
    token(b);
    EXPECT_EQ(refusal(b.request("POST")), "'_xsrf' argument missing from POST");
    EXPECT_EQ(refusal(b.request("DELETE"), ""), "'_xsrf' argument missing from DELETE");
}

TEST_F(xsrf, the_token_may_come_in_four_places) {
    browser b;
    sign_in(b, 7);
    const auto good = token(b);
    EXPECT_EQ(refusal(b.request("POST"), good), "");
    for (const auto* header : {"X-XSRFToken", "X-CSRFToken", "x-xsrftoken"}) {
        auto r = b.request("POST");
        r.headers.add(header, good);
        EXPECT_EQ(refusal(r), "") << header;
    }
    auto r = b.request("POST");
    r.query = {{"next", "/"}, {"_xsrf", good}};
    EXPECT_EQ(refusal(r), "");
    r.query = {{"_xsrf", ""}};
    r.headers.add("X-XSRFToken", good);
    EXPECT_EQ(refusal(r), "");
}

// Several cookies of the name arrive from parent and sibling paths.
TEST_F(xsrf, each_cookie_is_tried_and_stale_ones_are_replaced) {
    browser b;
    const auto good = token(b);
    b.jar[{"_xsrf", "/"}] = "2|stale|from|another|program";
    b.jar[{"_xsrf", ""}] = "";
    EXPECT_TRUE(passes(b, good));
    EXPECT_EQ(token(b), good);
    b.jar = {{{"_xsrf", "/hub/"}, "2|stale|from|another|program"}};
    const auto fresh = token(b);
    EXPECT_EQ(b.value("_xsrf"), fresh);
    EXPECT_TRUE(passes(b, fresh));
    sign_in(b, 7);
    b.jar[{"_xsrf", "/hub/"}] = "stale";
    const auto mine = token(b);
    EXPECT_EQ(b.value("_xsrf"), mine);
}

TEST_F(xsrf, a_signed_in_page_works_with_any_cookie_beside_it) {
    browser b;
    sign_in(b, 7);
    const auto mine = token(b);
    b.jar[{"_xsrf", "/hub/"}] = "overwritten by another tab";
    EXPECT_TRUE(passes(b, mine));
}

struct origin_row {
    std::string header, value;
    bool allowed;
};

TEST_F(xsrf, requests_of_other_sites_are_refused_whatever_their_token) {
    settings.public_url = "https://jupyter.example.org/x";
    restart();
    browser b;
    sign_in(b, 7);
    const auto good = token(b);
    const std::vector<origin_row> table{
        {"Sec-Fetch-Site", "same-origin", true},
        {"Sec-Fetch-Site", "none", true},
        {"Sec-Fetch-Site", "same-site", false},
        {"Sec-Fetch-Site", "cross-site", false},
        {"Sec-Fetch-Site", "nonsense", false},
        {"Origin", "http://hub.example", true},
        {"Origin", "https://HUB.example:443", true},
        {"Origin", "https://jupyter.example.org", true},
        {"Origin", "null", true},
        {"Origin", "https://hub.example.evil", false},
        {"Origin", "https://hub.example:8443", false},
        {"Origin", "https://evil", false},
        {"Origin", "https://evil/hub.example", false},
        {"Origin", "https://", false},
    };
    for (const auto& [header, value, allowed] : table) {
        auto r = b.request("POST");
        r.headers.add(header, value);
        EXPECT_EQ(refusal(r, good) == "", allowed) << header << ": " << value;
        if (!allowed) {
            EXPECT_THAT(refusal(r, good), HasSubstr("another site"));
        }
    }
    // The browser's own word counts more than a Host that a proxy has rewritten.
    auto r = b.request("POST");
    r.headers.add("Origin", "https://outside.example");
    r.headers.add("Sec-Fetch-Site", "same-origin");
    EXPECT_EQ(refusal(r, good), "");
}

struct need_row {
    std::string method, mode, site;
    bool needed;
};

// Hub contract 4.4.
TEST_F(xsrf, is_needed_where_a_page_of_a_user_server_could_ask) {
    const std::vector<need_row> table{
        {"GET", "", "", false},
        {"GET", "navigate", "cross-site", false},
        {"GET", "no-cors", "same-origin", false},
        {"GET", "no-cors", "cross-site", true},
        {"GET", "cors", "same-origin", true},
        {"GET", "same-origin", "same-origin", true},
        {"GET", "websocket", "same-origin", false},
        {"POST", "", "", true},
        {"POST", "navigate", "same-origin", true},
        {"DELETE", "cors", "same-origin", true},
    };
    for (const auto& [method, mode, site, needed] : table) {
        auto r = browser{}.request(method);
        if (!mode.empty()) r.headers.add("Sec-Fetch-Mode", mode);
        if (!site.empty()) r.headers.add("Sec-Fetch-Site", site);
        EXPECT_EQ(session_store::needs_xsrf(r), needed) << method << " " << mode << " " << site;
    }
    // fetch(url, {mode: "no-cors"}) of the same origin reads the answer; an image does not.
    for (const auto& [what, needed] : {std::pair{"empty", true}, std::pair{"image", false}, std::pair{"script", false}}) {
        auto r = browser{}.request("GET");
        r.headers.add("Sec-Fetch-Mode", "no-cors");
        r.headers.add("Sec-Fetch-Site", "same-origin");
        r.headers.add("Sec-Fetch-Dest", what);
        EXPECT_EQ(session_store::needs_xsrf(r), needed) << what;
    }
}

} // namespace
} // namespace berth::auth
