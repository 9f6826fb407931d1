// SPDX-License-Identifier: BSD-3-Clause
// /hub/accept-share?code=...: an invitation to somebody's server is looked at and accepted.
#include "hubapi/pages/page.hpp"

#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/urls.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace berth::pages {

namespace {

constexpr int see_other = 303;

// The invitation, or the page that says what is wrong with it.
std::expected<const hub::share_code*, response> invitation_of(site_pages p, const hub::principal& who, const request& r) {
    const auto* code = p.h.shared.find_code(field(r.query, "code"));
    if (!code || !p.h.who.find(code->server.user_id))
        return std::unexpected(error_page(p, r, field(r.query, "code").empty() ? 400 : 404, "This invitation is not good, or not any more.", "Ask whoever sent it for a new one."));
    if (code->server.user_id == who.user_id)
        return std::unexpected(error_page(p, r, 403, "This invitation is to your own server.", "Send the link to whoever is to use it."));
    return code;
}

// "use it", "see its state": what the scopes let a guest do.
std::string in_words(const std::set<std::string>& scopes) {
    std::vector<std::string> out;
    for (const auto& scope : scopes) {
        std::string words(auth::describe(scope));
        if (!words.empty() && words[0] >= 'A' && words[0] <= 'Z') words[0] = static_cast<char>(words[0] - 'A' + 'a');
        out.push_back(words.empty() ? scope : std::move(words));
    }
    return fmt::format("{}", fmt::join(out, "; "));
}

std::string server_url(site_pages p, const scheduler::server_key& server) {
    const auto* s = p.h.servers.find(server);
    return s ? s->url_path : hub::server_path(p.h.config.base_url, p.h.who.find(server.user_id)->name, server.name);
}

std::string owner_words(const std::string& owner, const std::string& server, const scheduler::server* s) {
    if (server.empty()) return fmt::format("{}’s server", owner);
    return fmt::format("{}’s server “{}”", owner, server_title(server, s ? s->display_name : ""));
}

asio::awaitable<response> look_at(site_pages p, hub::principal who, request r) {
    auto code = invitation_of(p, who, r);
    if (!code) co_return std::move(code.error());
    const auto& server = (*code)->server;
    const auto& owner = p.h.who.find(server.user_id)->name;
    const auto* s = p.h.servers.find(server);
    response cookies;
    const auto f = frame_of(p, r, cookies);
    ask_view v;
    v.title = "Invitation";
    v.question = fmt::format("Use {}?", owner_words(owner, server.name, s));
    v.consequence = fmt::format("{} invites you, {}. For this one server you may then: {}.{}", owner, who.name, in_words((*code)->scopes),
                                s && s->ready() ? "" : fmt::format(" It does not run at the moment: ask {} to start it.", owner));
    v.action = with_next(p.path("accept-share?code=") + percent_encode(field(r.query, "code")), next_of(r));
    v.verb = "Accept";
    v.danger = false;
    v.back_url = p.path("home");
    co_return show(p, std::move(cookies), 200, p.draw.ask(f, v), true);
}

asio::awaitable<response> accept(site_pages p, hub::principal who, request r) {
    if (r.query.empty()) r.query = form_of(r); // JupyterHub's form has the code in its body
    auto code = invitation_of(p, who, r);
    if (!code) co_return std::move(code.error());
    const auto server = (*code)->server;
    const auto id = (*code)->id;
    if (auto done = co_await p.h.shared.exchange(id, who.user_id); !done) co_return failure_page(p, r, done.error());
    const auto* owner = p.h.who.find(server.user_id);
    if (!owner) co_return error_page(p, r, 404);
    p.h.log.info("share.accepted", {{"user", owner->name}, {"server", server.name}, {"by", who.name}, {"code_id", id}});
    const auto next = next_of(r);
    co_return http::make_redirect(next.empty() ? server_url(p, server) : next, see_other);
}

// One gives back what one got oneself; what a group has is the group's.
asio::awaitable<response> give_back(site_pages p, hub::principal who, request r) {
    const auto* owner = p.h.who.find(r.param("user"));
    const scheduler::server_key server{owner ? owner->id : 0, r.param("server")};
    if (!owner || !p.h.shared.find(server, {false, who.user_id})) co_return http::make_redirect(p.path("home"), see_other);
    const auto name = owner->name;
    if (auto done = co_await p.h.shared.revoke(server, {false, who.user_id}, {}); !done) co_return failure_page(p, r, done.error());
    p.h.log.info("share.left", {{"user", name}, {"server", server.name}, {"who", who.name}, {"by", who.name}});
    co_return http::make_redirect(p.path("home"), see_other);
}

} // namespace

std::vector<shared_card> shared_with(site_pages p, const hub::principal& who) {
    std::vector<shared_card> out;
    const auto add = [&](const hub::share& given, const std::string& group) {
        const auto* owner = p.h.who.find(given.server.user_id);
        if (!owner || owner->id == who.user_id || !given.scopes.contains("access:servers")) return;
        const auto* s = p.h.servers.find(given.server);
        shared_card c;
        c.id = std::to_string(given.id);
        c.owner = owner->name;
        c.title = owner_words(owner->name, given.server.name, s);
        c.state = s ? chip_of(*s) : chip{"stopped", "Stopped"};
        if (s && s->ready()) c.open_url = s->url_path;
        c.by_group = group;
        if (group.empty()) c.leave_action = p.path("give-back/") + hub::escape_name(owner->name) + "/" + hub::escape_name(given.server.name);
        out.push_back(std::move(c));
    };
    for (const auto* s : p.h.shared.with({false, who.user_id})) add(*s, "");
    if (const auto* u = p.h.who.find(who.user_id))
        for (const auto& name : u->groups)
            if (const auto* g = p.h.who.find_group(name))
                for (const auto* s : p.h.shared.with({true, g->id})) add(*s, name);
    return out;
}

void add_share_pages(http::router& routes, site_pages p) {
    add_page(routes, p, "POST", "/hub/give-back/{user}/{server*}", give_back);
    add_page(routes, p, "GET", "/hub/accept-share", look_at);
    add_page(routes, p, "POST", "/hub/accept-share", accept);
}

} // namespace berth::pages
