// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/pages/headers.hpp"
#include "tests/hubapi/pages/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>

namespace berth::pages {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::unique_ptr<renderer> plain() { return std::move(*renderer::make({})); }

std::string title_of(const std::string& html) {
    const auto from = html.find("<title>") + 7;
    return html.substr(from, html.find("</title>") - from);
}

std::string find(const std::vector<sample>& all, std::string_view name) {
    for (const auto& s : all)
        if (s.name == name) return s.html;
    return "";
}

std::size_t asset_weight(const renderer& r, const std::string& html) {
    static const std::regex link(R"(/hub/static/([^"']+))");
    http::request get;
    get.method = "GET";
    std::size_t sum = 0;
    for (std::sregex_iterator it(html.begin(), html.end(), link), end; it != end; ++it) {
        const auto answer = r.assets().serve(get, (*it)[1].str());
        EXPECT_EQ(answer.status, 200) << (*it)[1];
        sum += answer.body.size();
        if (answer.body.find("'./app.") != std::string::npos)
            sum += r.assets().serve(get, "app.js").body.size();
    }
    return sum;
}

TEST(pages, weigh_less_than_50_kB_cold) {
    const auto r = plain();
    for (const auto& s : all_samples(*r)) {
        EXPECT_LT(s.html.size() + asset_weight(*r, s.html) + 1000, 50'000) << s.name;
        EXPECT_GT(asset_weight(*r, s.html), 15'000) << s.name;
    }
}

TEST(pages, have_nothing_inline_and_nothing_from_elsewhere) {
    const auto r = plain();
    static const std::regex handler(R"(<[^>]*\son[a-z]+\s*=)"), script(R"(<script(?![^>]*\ssrc="/)[^>]*>)");
    for (const auto& s : all_samples(*r)) {
        EXPECT_THAT(s.html, Not(HasSubstr("<style"))) << s.name;
        EXPECT_THAT(s.html, Not(HasSubstr(" style="))) << s.name;
        EXPECT_THAT(s.html, Not(HasSubstr("src=\"http"))) << s.name;
        EXPECT_FALSE(std::regex_search(s.html, handler)) << s.name;
        EXPECT_FALSE(std::regex_search(s.html, script)) << s.name;
    }
}

TEST(pages, are_complete_documents_with_landmarks_and_a_language) {
    const auto r = plain();
    for (const auto& s : all_samples(*r)) {
        EXPECT_TRUE(s.html.starts_with("<!doctype html>\n<html lang=\"en\">")) << s.name;
        EXPECT_THAT(s.html, HasSubstr("<main id=\"main\"")) << s.name;
        EXPECT_THAT(s.html, Not(HasSubstr("{{"))) << s.name;
        EXPECT_TRUE(s.html.ends_with("</html>\n")) << s.name;
    }
}

TEST(pages, titles_say_the_state) {
    const auto r = plain();
    const auto all = all_samples(*r);
    EXPECT_EQ(title_of(find(all, "pending-queued")), "Queued · alice · Berth");
    EXPECT_EQ(title_of(find(all, "home-running")), "Running · alice · Berth");
    EXPECT_EQ(title_of(find(all, "failed")), "Failed · alice · Berth");
    EXPECT_EQ(title_of(find(all, "login")), "Sign in · Berth");
}

TEST(pages, every_form_posts_with_its_xsrf_token) {
    const auto r = plain();
    static const std::regex form(
        R"(<form ([^>]*)>\s*(<input type="hidden" name="_xsrf" value="xsrf-token">)?)");
    for (const auto& s : all_samples(*r)) {
        for (std::sregex_iterator it(s.html.begin(), s.html.end(), form), end; it != end; ++it) {
            if ((*it)[1] == "id=\"token-form\"") continue; // its fields name it; its button says post
            if ((*it)[1].str().find("role=\"search\"") != std::string::npos) continue; // it only asks
            EXPECT_THAT((*it)[1].str(), HasSubstr("method=\"post\"")) << s.name;
            EXPECT_TRUE((*it)[2].matched) << s.name << (*it)[0];
        }
    }
}

TEST(pages, what_people_and_jobs_write_is_text) {
    const auto r = plain();
    const std::string evil =
        "</pre></script><script>alert(1)</script>\"'><img src=x onerror=y>{{xsrf}}\x1b[31m\x01";
    frame f;
    f.user = evil;
    f.announcement = evil;
    failed_view v;
    v.sentence = v.log_tail = v.report = v.scheduler_words = evil;
    home_view h;
    h.servers.resize(1);
    h.servers[0].id = h.servers[0].title = h.servers[0].log_tail = h.servers[0].open_url = evil;
    spawn_view s;
    s.action = s.error = evil;
    s.profiles = {{evil, evil, evil, evil, evil, evil, true, {{evil, evil, evil, evil, evil, evil}}}};
    for (const auto& html : {r->failed(f, v), r->home(f, h), r->spawn(f, s)}) {
        EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
        EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
        EXPECT_THAT(html, Not(HasSubstr("</pre></script>")));
        EXPECT_THAT(html, Not(HasSubstr("\x1b")));
        EXPECT_THAT(html, HasSubstr("{{xsrf}}")); // a value is no template
    }
}

TEST(pages, log_that_is_no_utf8_stays_readable) {
    const auto r = plain();
    failed_view v;
    v.log_tail = "caf\xe9 ended\r\n";
    EXPECT_THAT(r->failed({}, v), HasSubstr("caf? ended\n"));
}

TEST(pages, say_what_becomes_of_a_server_that_nobody_can_see) {
    const auto r = plain();
    server_card card;
    card.title = "viz";
    card.state = {"unknown", "State unknown"};
    card.unknown_since = {"13:58 UTC", "2026-11-22T13:58:00Z"};
    const auto home = [&] {
        home_view v;
        v.servers = {card};
        return r->home({}, v);
    };
    EXPECT_THAT(home(), HasSubstr("It ends as soon as the controller is back"));
    card.cancel_action = "/hub/stop/alice/viz";
    EXPECT_THAT(home(), HasSubstr("Your request is kept"));
    card.cancel_action.clear();
    card.open_url = "/user/alice/viz/";
    EXPECT_THAT(home(), HasSubstr("Your notebook goes on"));

    pending_view v;
    v.unknown_since = card.unknown_since;
    EXPECT_THAT(r->pending({}, v), HasSubstr("your request is kept"));
    v.stopping = true;
    EXPECT_THAT(r->pending({}, v), HasSubstr("The server ends as soon as the controller is back"));
    EXPECT_THAT(r->pending({}, v), Not(HasSubstr("It ends now")));
    v.unknown_since = {};
    EXPECT_THAT(r->pending({}, v), HasSubstr("It ends now"));
}

TEST(pages, a_fresh_users_home_has_no_form_and_token_one_empty_one) {
    const auto r = plain();
    const auto all = all_samples(*r);
    EXPECT_THAT(find(all, "home-empty"), Not(HasSubstr("<form")));
    const auto token = find(all, "token-empty");
    const auto form = token.find("<form id=\"token-form\">");
    ASSERT_NE(form, std::string::npos);
    // Programs read a form's fields from what follows its tag: JupyterHub's has none there.
    EXPECT_EQ(token.find("<input", form), std::string::npos);
    EXPECT_EQ(token.find("<select", form), std::string::npos);
    EXPECT_EQ(token.find("<form", form + 1), std::string::npos);
}

TEST(pages, wear_the_centres_name_and_colours) {
    site s;
    s.name = "Alpine Centre";
    s.accent = "#aa3300";
    s.accent_dark = "#fff;}body{display:none";
    auto r = std::move(*renderer::make(s));
    const auto html = r->login({}, {"/hub/login"});
    EXPECT_EQ(title_of(html), "Sign in · Alpine Centre");
    EXPECT_THAT(html, HasSubstr("/hub/static/site."));
    http::request get;
    get.method = "GET";
    const auto css = r->assets().serve(get, "site.css").body;
    EXPECT_THAT(css, HasSubstr("--accent:#aa3300"));
    EXPECT_THAT(css, Not(HasSubstr("display:none")));
}

TEST(pages, templates_are_replaced_one_by_one) {
    const auto folder = std::filesystem::path(::testing::TempDir()) / "berth-pages";
    std::filesystem::create_directories(folder / "templates");
    std::ofstream(folder / "templates/signed_out.mustache") << "<h1>Bye from {{site}}</h1>";
    auto r = renderer::make({}, folder.string());
    ASSERT_TRUE(r);
    EXPECT_THAT((*r)->signed_out({}), HasSubstr("<h1>Bye from Berth</h1>"));
    EXPECT_THAT((*r)->login({}, {"/hub/login"}), HasSubstr("Sign in"));
    std::ofstream(folder / "templates/login.mustache") << "{{#open}} never closed";
    auto broken = renderer::make({}, folder.string());
    ASSERT_FALSE(broken);
    EXPECT_THAT(broken.error().message, HasSubstr("login.mustache"));
    std::filesystem::remove_all(folder);
}

TEST(headers, of_signed_in_pages_keep_them_out_of_caches) {
    http::response r;
    protect(r, "/hub/security/csp-report", true);
    EXPECT_EQ(r.headers.get("Cache-Control"), "no-store");
    const auto policy = r.headers.get("Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
    EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

} // namespace
} // namespace berth::pages
