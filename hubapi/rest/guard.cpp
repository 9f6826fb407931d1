// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/rest/guard.hpp"

#include "hubapi/model/authenticate.hpp"
#include "hubapi/rest/answer.hpp"

#include <algorithm>

namespace berth::hub {
namespace asio = boost::asio;

namespace {

// A cookie is sent by any page that a browser shows, those of people's servers on this very origin included: what it may
// do without an XSRF token is only what a person's address bar asks for (hub contract 4.4).
std::optional<http::response> refuse_cookie(hub& h, const http::request& r) {
    if (!auth::session_store::needs_xsrf(r)) return std::nullopt;
    if (!r.body.empty() && r.content_type() != "application/json")
        return error_answer(403, "A request with a cookie must send its body as application/json.");
    if (auto ok = h.sessions.check_xsrf(r, std::nullopt); !ok) return error_answer(ok.error());
    return std::nullopt;
}

asio::awaitable<http::response> guarded(hub& h, api_handler handler, http::request r) {
    auto caller = authenticate(h, r);
    if (!caller) co_return error_answer(403, "Missing or invalid credentials.");
    if (caller->by_cookie())
        if (auto no = refuse_cookie(h, r)) co_return std::move(*no);
    co_return co_await handler(h, std::move(*caller), std::move(r));
}

http::response none_of(std::initializer_list<std::string_view> any_of) {
    std::string names;
    for (auto scope : any_of) names += (names.empty() ? "" : ", ") + std::string(scope);
    return error_answer(403, "Action is not authorized with current scopes; requires any of [" + names + "]");
}

} // namespace

void add_api(http::router& routes, hub& h, std::string_view method, std::string_view pattern, api_handler handler) {
    routes.add(method, pattern, [&h, handler](http::request r) { return guarded(h, handler, std::move(r)); });
}

std::optional<http::response> refuse(hub& h, const principal& caller, std::initializer_list<std::string_view> any_of,
                                     const auth::target& t) {
    bool some = false;
    for (auto scope : any_of) {
        if (caller.scopes->covers(scope, t, h.who)) return std::nullopt;
        some = some || caller.scopes->has(scope);
    }
    if (!some) return none_of(any_of);
    return error_answer(404, "No access to resources or resources not found");
}

std::optional<http::response> refuse(hub&, const principal& caller, std::initializer_list<std::string_view> any_of) {
    const auto has = [&](std::string_view scope) { return caller.scopes->has(scope); };
    if (std::ranges::any_of(any_of, has)) return std::nullopt;
    return none_of(any_of);
}

} // namespace berth::hub
