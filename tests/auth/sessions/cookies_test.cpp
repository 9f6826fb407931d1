// SPDX-License-Identifier: BSD-3-Clause
#include "tests/auth/sessions/browser.hpp"

#include <gmock/gmock.h>

namespace berth::auth {
namespace {

using testing::UnorderedElementsAre;
using shape = std::tuple<std::string, std::string, bool, bool>; // name, path, HttpOnly, deleted

std::vector<shape> shapes(const http::response& answer) {
    std::vector<shape> out;
    for (const auto& c : cookies_of(answer)) out.emplace_back(c.name, c.path, c.http_only, c.deletes);
    return out;
}

// As JupyterHub 6.1 sets them (hub contract 4.1).
TEST_F(sessions_fixture, sign_in_sets_three_cookies) {
    browser b;
    const auto answer = sign_in(b, 7);
    EXPECT_THAT(shapes(answer), UnorderedElementsAre(shape{"jupyterhub-session-id", "/", true, false},
                                                     shape{"jupyterhub-hub-login", "/hub/", true, false},
                                                     shape{"_xsrf", "/hub/", false, false}));
    for (const auto& c : cookies_of(answer)) {
        EXPECT_TRUE(c.lax) << c.name;
        EXPECT_FALSE(c.secure) << c.name;
    }
}

// As JupyterHub 6.1 deletes them (hub contract 4.3).
TEST_F(sessions_fixture, sign_out_clears_four_cookies) {
    browser b;
    sign_in(b, 7);
    http::response answer;
    const auto request = b.request();
    ASSERT_TRUE(run(store->sign_out(request, answer)));
    EXPECT_THAT(shapes(answer), UnorderedElementsAre(shape{"jupyterhub-session-id", "/", false, true},
                                                     shape{"jupyterhub-hub-login", "/hub/", false, true},
                                                     shape{"jupyterhub-services", "/services", false, true},
                                                     shape{"_xsrf", "/hub/", false, true}));
}

TEST_F(sessions_fixture, sign_out_of_nobody_sets_nothing) {
    http::response answer;
    const auto request = browser{}.request();
    EXPECT_EQ(*run(store->sign_out(request, answer)), std::nullopt);
    EXPECT_TRUE(cookies_of(answer).empty());
}

TEST_F(sessions_fixture, cookies_are_secure_over_https_and_below_the_base_url) {
    settings.base_url = "/jupyter/";
    restart();
    auto r = browser{}.request("POST");
    r.scheme = "https";
    http::response answer;
    ASSERT_TRUE(run(store->sign_in(r, answer, 7)));
    EXPECT_THAT(shapes(answer),
                UnorderedElementsAre(shape{"jupyterhub-session-id", "/jupyter/", true, false},
                                     shape{"jupyterhub-hub-login", "/jupyter/hub/", true, false},
                                     shape{"_xsrf", "/jupyter/hub/", false, false}));
    for (const auto& c : cookies_of(answer)) EXPECT_TRUE(c.secure) << c.name;
    settings.always_secure = true;
    restart();
    r.scheme = "http";
    http::response again;
    store->xsrf_token(r, again);
    EXPECT_TRUE(cookies_of(again).at(0).secure);
}

TEST_F(sessions_fixture, mending_clears_a_dead_login_and_restores_a_lost_session_id) {
    browser b;
    b.jar[{"jupyterhub-hub-login", "/hub/"}] = "garbage";
    http::response cleared;
    store->mend_cookies(b.request(), cleared);
    EXPECT_THAT(shapes(cleared), UnorderedElementsAre(shape{"jupyterhub-hub-login", "/hub/", false, true}));
    sign_in(b, 7);
    const auto id = b.value("jupyterhub-session-id");
    b.jar.erase({"jupyterhub-session-id", "/"});
    http::response restored;
    store->mend_cookies(b.request(), restored);
    b.take(restored);
    EXPECT_EQ(b.value("jupyterhub-session-id"), id);
    http::response untouched;
    store->mend_cookies(browser{}.request(), untouched);
    EXPECT_TRUE(cookies_of(untouched).empty());
}

} // namespace
} // namespace berth::auth
