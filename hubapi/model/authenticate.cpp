// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/authenticate.hpp"

#include "auth/credentials/service_accounts.hpp"
#include "daemon/runtime/encoding.hpp"

#include <algorithm>

namespace berth::hub {
namespace {

// The value behind "token " or "bearer " (any case), or nothing.
std::optional<std::string_view> header_token(const http::request& r) {
    const auto header = trim(r.header("Authorization"));
    const auto space = header.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const auto scheme = header.substr(0, space);
    if (!iequals(scheme, "token") && !iequals(scheme, "bearer")) return std::nullopt;
    const auto value = trim(header.substr(space + 1));
    if (value.empty() || value.find(' ') != std::string_view::npos) return std::nullopt;
    return value;
}

principal of_account(hub& h, const user& u) {
    principal p;
    p.user_id = u.id;
    p.name = u.name;
    p.scopes = h.may.of_user(u);
    h.who.touch(u.id, h.time.now());
    return p;
}

// A service account's own token of the identity provider, found good by `verify_bearer`.
std::optional<principal> of_provider_token(hub& h, std::string_view value) {
    const auto name = h.identity.accounts ? h.identity.accounts->user_of(value) : std::nullopt;
    const auto* u = name ? h.who.find(*name) : nullptr;
    if (!u) return std::nullopt;
    auto p = of_account(h, *u);
    p.by_provider_token = true;
    return p;
}

std::optional<principal> of_token(hub& h, std::string_view value) {
    const auto* t = h.tokens.authenticate(value);
    if (!t) return of_provider_token(h, value);
    principal p;
    p.scopes = h.may.of_token(*t);
    if (!p.scopes) return std::nullopt;
    p.token_id = t->id;
    p.session_id = t->session_id;
    p.is_server = t->is_server;
    p.server = t->server;
    p.name = t->service;
    if (t->user_id) {
        p.user_id = *t->user_id;
        p.name = h.who.find(p.user_id)->name;
        if (!t->is_server) h.who.touch(p.user_id, h.time.now());
    }
    return p;
}

} // namespace

bool has_token(const http::request& r) { return header_token(r).has_value(); }

std::optional<principal> authenticate_cookie(hub& h, const http::request& r) {
    const auto* s = h.sessions.find(r);
    const auto* u = s ? h.who.find(s->user_id) : nullptr;
    if (!u) return std::nullopt;
    auto p = of_account(h, *u);
    p.session_id = s->session_id;
    return p;
}

std::optional<principal> authenticate(hub& h, const http::request& r) {
    if (const auto value = header_token(r)) return of_token(h, *value);
    return authenticate_cookie(h, r);
}

boost::asio::awaitable<void> verify_bearer(hub& h, const http::request& r) {
    const auto value = h.identity.accounts ? header_token(r) : std::nullopt;
    if (value && std::ranges::count(*value, '.') == 2) co_await h.identity.accounts->prepare(secret(std::string(*value)));
}

} // namespace berth::hub
