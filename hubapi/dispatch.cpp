// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/dispatch.hpp"

#include "hubapi/model/authenticate.hpp"
#include "hubapi/model/metrics.hpp"
#include "hubapi/rest/answer.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <optional>
#include <utility>

namespace berth::hub {
namespace asio = boost::asio;

namespace {

constexpr auto look_again = std::chrono::seconds(1), patience = std::chrono::seconds(15);

bool is_api(std::string_view path) { return path == "/hub/api" || path.starts_with("/hub/api/"); }

} // namespace

// A handler and whoever waits for its answer.
struct front_desk::waiting {
    explicit waiting(const asio::any_io_executor& e) : done(e) {}
    std::string pattern; // of the route that was found
    std::optional<http::response> answer;
    asio::steady_timer done; // cancelled with the answer
};

front_desk::front_desk(asio::any_io_executor executor, hub& h, http::router routes, answer_unknown unknown, explain_error explain)
    : hub_(h), routes_(std::move(routes)), unknown_(std::move(unknown)), explain_(std::move(explain)), tasks_(std::move(executor), h.log) {}

asio::awaitable<http::response> front_desk::answer(http::request r) {
    const auto began = std::chrono::steady_clock::now();
    const bool api = is_api(r.path), may_wait = !r.is_read_only() || hub_.disk_trouble();
    const auto method = r.method;
    const auto w = std::make_shared<waiting>(tasks_.executor());
    http::response out;
    if (may_wait) {
        out = co_await wait_for_answer(w, std::move(r));
    } else {
        co_await carry_out(w, std::move(r));
        out = std::move(*w->answer);
    }
    add_common_headers(out, api);
    hub_.metrics.answered(method, w->pattern, out.status, std::chrono::steady_clock::now() - began);
    co_return out;
}

asio::awaitable<void> front_desk::carry_out(std::shared_ptr<waiting> w, http::request r) {
    const auto method = r.method, id = r.id;
    try {
        w->answer = co_await find_answer(std::move(r), w->pattern);
    } catch (const std::exception& e) {
        hub_.log.error("http.handler_failed", {{"method", method}, {"route", w->pattern}, {"request", id}, {"error", e.what()}});
        w->answer = error_answer(500, "Internal Server Error");
    }
    w->done.cancel();
}

// A change whose disk hangs is not taken back, since it may still be written: its handler goes on, and only its client
// is let go.
asio::awaitable<http::response> front_desk::wait_for_answer(std::shared_ptr<waiting> w, http::request r) {
    auto body = std::exchange(r.body, {});
    const http::request asked = r;
    r.body = std::move(body);
    tasks_.spawn("http.request", carry_out(w, std::move(r)));
    for (auto waited = look_again; !w->answer; waited += look_again) {
        w->done.expires_after(look_again);
        boost::system::error_code ignored;
        co_await w->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        const auto trouble = hub_.disk_trouble();
        if (!w->answer && waited >= patience && trouble && trouble->code == errc::unavailable) co_return still_waiting(asked);
    }
    co_return std::move(*w->answer);
}

http::response front_desk::still_waiting(const http::request& asked) const {
    const std::string what = "The hub's disk does not answer. What you asked for may still be done when it does: look before you ask again.";
    auto out = is_api(asked.path) ? error_answer(503, what) : explain_(asked, 503, what);
    out.headers.set("Retry-After", "30");
    return out;
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
