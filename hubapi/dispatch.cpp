// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/dispatch.hpp"

#include "hubapi/model/authenticate.hpp"
#include "hubapi/model/metrics.hpp"
#include "hubapi/rest/answer.hpp"

#include <fmt/format.h>

namespace berth::hub {
namespace asio = boost::asio;

namespace {

bool is_api(std::string_view path) { return path == "/hub/api" || path.starts_with("/hub/api/"); }

} // namespace

front_desk::front_desk(hub& h, http::router routes, answer_unknown unknown)
    : hub_(h), routes_(std::move(routes)), unknown_(std::move(unknown)) {}

asio::awaitable<http::response> front_desk::answer(http::request r) {
    const auto began = std::chrono::steady_clock::now();
    const bool api = is_api(r.path);
    const auto method = r.method, id = r.id;
    std::string pattern;
    http::response out;
    try {
        out = co_await find_answer(std::move(r), pattern);
    } catch (const std::exception& e) {
        hub_.log.error("http.handler_failed", {{"method", method}, {"route", pattern}, {"request", id}, {"error", e.what()}});
        out = error_answer(500, "Internal Server Error");
    }
    add_common_headers(out, api);
    hub_.metrics.answered(method, pattern, out.status, std::chrono::steady_clock::now() - began);
    co_return out;
}

asio::awaitable<http::response> front_desk::find_answer(http::request r, std::string& pattern) {
    if (!r.in_base_url) co_return unknown_(r, {});
    auto m = routes_.find(r.method, r.path);
    pattern = m.pattern;
    // JupyterHub's API answers HEAD for its health alone; pages have it.
    if (m.target && r.method == "HEAD" && is_api(r.path) && r.path != "/hub/api/health") {
        m.target = nullptr;
        m.allowed.emplace_back("GET");
    }
    if (m.target) {
        if (hub_.identity.accounts) co_await verify_bearer(hub_, r);
        r.params = std::move(m.params);
        co_return co_await (*m.target)(std::move(r));
    }
    if (is_api(r.path)) co_return unknown_api(r, m);
    co_return unknown_(r, m.allowed);
}

http::response front_desk::unknown_api(const http::request& r, const http::router::match& m) const {
    if (m.allowed.empty()) return error_answer(404, "");
    if (r.method == "OPTIONS") return http::make_json(200, "");
    auto out = error_answer(405, "");
    std::string allow;
    for (const auto& method : m.allowed) allow += (allow.empty() ? "" : ", ") + method;
    out.headers.set("Allow", allow);
    return out;
}

void front_desk::add_common_headers(http::response& answer, bool api) const {
    answer.headers.set("X-JupyterHub-Version", hub_.config.jupyterhub_version);
    answer.headers.set("Access-Control-Allow-Headers", "accept, content-type, authorization");
    answer.headers.set("X-Content-Type-Options", "nosniff");
    if (!answer.headers.has("Content-Security-Policy"))
        answer.headers.set("Content-Security-Policy",
                           fmt::format("frame-ancestors 'none'; report-uri {}hub/security/csp-report{}", hub_.config.base_url,
                                       api ? "; default-src 'none'" : ""));
}

} // namespace berth::hub
