// SPDX-License-Identifier: BSD-3-Clause
// XSRF (hub contract 4.4).
#include "auth/sessions/origin.hpp"
#include "auth/sessions/session_state.hpp"
#include "daemon/runtime/digest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::auth {
namespace {

// The _xsrf cookie that `answer` sets already, so that every form of one page carries the same token.
std::optional<std::string> already_set(const http::response& answer) {
    constexpr std::string_view begin = "_xsrf=";
    for (const auto& [name, line] : answer.headers)
        if (name == "Set-Cookie" && line.starts_with(begin))
            return line.substr(begin.size(), line.find(';') - begin.size());
    return std::nullopt;
}

std::string sent_token(const http::request& r, std::optional<std::string> form_field) {
    if (form_field && !form_field->empty()) return std::move(*form_field);
    if (auto asked = http::find_value(r.query, xsrf_cookie); asked && !asked->empty())
        return std::move(*asked);
    for (const std::string_view name : {"X-XSRFToken", "X-CSRFToken"})
        if (const auto value = r.header(name); !value.empty()) return std::string(value);
    return {};
}

} // namespace

bool session_store::needs_xsrf(const http::request& r) {
    const auto mode = r.header("Sec-Fetch-Mode");
    if (mode == "websocket") return false;
    if (!r.is_read_only()) return true;
    if (mode.empty() || mode == "navigate") return false;
    // Images, styles and scripts that a page of this origin embeds; not fetch(), which reads what it gets.
    const auto what = r.header("Sec-Fetch-Dest");
    return mode != "no-cors" || r.header("Sec-Fetch-Site") != "same-origin" || what == "empty";
}

std::string session_store::xsrf_token(const http::request& r, http::response& answer) {
    const auto& cookies = state_->cookies;
    const auto sent = r.cookies(xsrf_cookie);
    if (auto value = already_set(answer); value && !value->empty()) return *value;
    if (const auto* s = state_->of(r)) {
        auto mine = cookies.session_xsrf(s->session_id);
        if (std::ranges::find(sent, mine) == sent.end()) cookies.set_xsrf(r, answer, mine);
        return mine;
    }
    const auto good =
        std::ranges::find_if(sent, [&](const auto& value) { return cookies.is_anonymous_xsrf(value); });
    if (good != sent.end()) return *good;
    auto fresh = cookies.make_anonymous_xsrf();
    cookies.set_xsrf(r, answer, fresh);
    return fresh;
}

result<void> session_store::check_xsrf(const http::request& r, std::optional<std::string> form_field) const {
    if (is_cross_origin(r, state_->settings.public_url))
        return fail(errc::denied,
                    "This request came from a page of another site. Open the hub's own page and try again.");
    const auto token = sent_token(r, std::move(form_field));
    if (token.empty()) return fail(errc::denied, fmt::format("'_xsrf' argument missing from {}", r.method));
    const auto& cookies = state_->cookies;
    const auto* s = state_->of(r);
    // A session's token needs no cookie beside it: no other site and no other browser knows it.
    if (s && equal_constant_time(token, cookies.session_xsrf(s->session_id))) return {};
    if (!s && cookies.is_anonymous_xsrf(token))
        for (const auto& sent : r.cookies(xsrf_cookie))
            if (equal_constant_time(sent, token)) return {};
    return fail(errc::denied, fmt::format("XSRF cookie does not match {} argument", r.method));
}

} // namespace berth::auth
