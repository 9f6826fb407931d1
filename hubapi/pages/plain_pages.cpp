// SPDX-License-Identifier: BSD-3-Clause
// Errors, assets and addresses that no handler has.
#include "daemon/runtime/encoding.hpp"
#include "hubapi/pages/page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace berth::pages {

namespace {

constexpr std::size_t report_limit = 2000; // of what a browser reports, in the log

// The front door asks for this page and answers with the status itself, so that it is 200 here (contract,
// section 5).
asio::awaitable<response> error(site_pages p, request r) {
    const auto text = r.param("code");
    int status = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), status);
    if (ec != std::errc{} || end != text.data() + text.size()) co_return error_page(p, r, 404);
    auto answer = error_page(p, r, status);
    answer.status = 200;
    co_return answer;
}

asio::awaitable<response> asset(site_pages p, request r) {
    const auto name = r.param("name");
    if (name.empty()) co_return http::make_html(403, "403: Forbidden");
    co_return p.draw.assets().serve(r, name);
}

asio::awaitable<response> logo(site_pages p, request r) { co_return p.draw.assets().serve(r, "logo.svg"); }
asio::awaitable<response> icon(site_pages p, request r) { co_return p.draw.assets().serve(r, "favicon.svg"); }

asio::awaitable<response> csp_report(site_pages p, request r) {
    p.h.log.debug("page.policy_violation",
                    {{"from", r.peer_address}, {"report", r.body.substr(0, report_limit)}});
    co_return http::make_empty(204);
}

asio::awaitable<response> root(site_pages p, request) { co_return http::make_redirect(p.path("")); }

// "/user/al" or "/services/x": a place without its slash.
bool lacks_slash(std::string_view path) {
    for (const std::string_view place : {"/user/", "/services/"})
        if (path.starts_with(place) && path.size() > place.size() &&
            path.find('/', place.size()) == std::string_view::npos)
            return true;
    return path == "/hub";
}

response gone(site_pages p, const request& r) {
    const nlohmann::json body{
        {"message", fmt::format("JupyterHub server no longer running at {}. Restart the server at {}", r.path,
                                p.path("home"))}};
    return http::make_json(424, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

response into_hub(site_pages p, const request& r) {
    const auto& base = p.h.config.base_url;
    const auto query = r.raw_query.empty() ? std::string() : "?" + r.raw_query;
    if (lacks_slash(r.path)) return http::make_redirect(base + r.path.substr(1) + "/" + query, 301);
    // More slashes at the begin would make another host's address of it.
    auto path = r.path;
    path.erase(0, std::min(path.find_first_not_of('/'), path.size()));
    return http::make_redirect(p.path(path) + query);
}

} // namespace

response page_handlers::unknown(const request& r, const std::vector<std::string>& allowed) const {
    const site_pages p{hub_, draw_};
    const bool below = r.path.starts_with("/hub/");
    if (!below && r.is_read_only()) return into_hub(p, r);
    if (!below && r.path.starts_with("/user/")) return gone(p, r);
    if (!r.is_read_only())
        if (auto ok = hub_.sessions.check_xsrf(r, field(form_of(r), "_xsrf")); !ok)
            return error_page(p, r, 403, ok.error().message, "Go back, reload the page and try again.");
    auto answer = error_page(p, r, allowed.empty() ? 404 : 405);
    if (!allowed.empty()) answer.headers.set("Allow", fmt::format("{}", fmt::join(allowed, ", ")));
    return answer;
}

void add_plain_pages(http::router& routes, site_pages p) {
    add_open(routes, p, "GET", "/", root);
    add_open(routes, p, "GET", "/favicon.ico", icon);
    add_open(routes, p, "GET", "/hub/favicon.ico", icon);
    add_open(routes, p, "GET", "/hub/logo", logo);
    add_open(routes, p, "GET", "/hub/static/{name*}", asset);
    add_open(routes, p, "GET", "/hub/error/{code}", error);
    add_open(routes, p, "POST", "/hub/security/csp-report", csp_report);
}

} // namespace berth::pages
