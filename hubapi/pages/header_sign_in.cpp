// SPDX-License-Identifier: BSD-3-Clause
// Signing in by what a trusted front proxy says ([login] method "header").
#include "hubapi/pages/header_sign_in.hpp"

#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/sign_in.hpp"
#include "hubapi/pages/provider_sign_in.hpp"

namespace berth::pages {

namespace {

// Written by the hub's own front door, which takes it away from whoever sends it.
constexpr std::string_view peer_header = "X-Berth-Peer", trusted_peer = "trusted";

std::vector<std::string> split_groups(std::string_view list) {
    std::vector<std::string> out;
    while (!list.empty()) {
        const auto comma = list.find(',');
        if (const auto name = trim(list.substr(0, comma)); !name.empty()) out.emplace_back(name);
        list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
    }
    return out;
}

result<hub::arrival> who_is_named(const hub::identity_parts& by, const request& r) {
    if (r.header(peer_header) != trusted_peer)
        return fail(errc::denied, "This hub is reached by way of a front proxy that signs people in, and this request came past it.");
    auto name = auth::normalise_username(r.header(by.user_header));
    if (!name) return fail(errc::denied, "The front proxy did not say who you are (" + by.user_header + ": " + name.error().message + ").");
    hub::arrival a;
    a.who.name = std::move(*name);
    a.groups_told = !by.groups_header.empty();
    if (a.groups_told) a.who.groups = split_groups(r.header(by.groups_header));
    return a;
}

response refused(site_pages p, const request& r, const failure& f) {
    p.h.log.warning("login.refused", {{"from", r.peer_address}, {"why", f}});
    return error_page(p, r, status_of(f), f.message, "If you should be able to come in, ask an administrator of the hub.");
}

} // namespace

asio::awaitable<response> sign_in_by_header(site_pages p, request r) {
    auto named = who_is_named(p.h.identity, r);
    if (!named) co_return refused(p, r, named.error());
    const auto name = named->who.name;
    auto account = co_await hub::account_of(p.h, std::move(*named));
    if (!account) co_return refused(p, r, account.error());
    response cookies;
    if (auto done = co_await p.h.sessions.sign_in(r, cookies, *account); !done) co_return failure_page(p, r, done.error());
    const auto next = next_of(r);
    auto answer = http::make_redirect(next.empty() ? own_place(p, *account) : next);
    for (const auto& [key, value] : cookies.headers) answer.headers.add(key, value);
    answer.headers.set("Cache-Control", "no-store");
    p.h.log.info("login.accepted", {{"user", name}, {"from", r.peer_address}});
    co_return answer;
}

} // namespace berth::pages
