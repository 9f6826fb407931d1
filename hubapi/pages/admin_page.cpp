// SPDX-License-Identifier: BSD-3-Clause
// /hub/admin: the list of users with their servers, and what starts and stops them: one, the selected, all.
#include "hubapi/model/servers.hpp"
#include "hubapi/model/urls.hpp"
#include "hubapi/pages/admin.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::pages {

namespace {

constexpr int see_other = 303;
constexpr std::size_t servers_shown = 10; // of one user in the list; the user's own page shows all

admin_user view_of(site_pages p, const hub::principal& who, const hub::user& u) {
    const auto may = [&](std::string_view scope) { return may_user(p, who, scope, u.name); };
    admin_user v;
    v.name = u.name;
    v.admin = u.admin && may("read:users:name");
    if (may("read:users:groups")) v.groups.assign(u.groups.begin(), u.groups.end());
    v.shows_activity = may("read:users:activity");
    v.last_activity = moment_of(u.last_activity, p.h.time.now());
    v.edit_url = user_url(p, u.name);
    v.servers = servers_of(p, who, u, servers_shown);
    const auto count = p.h.servers.of_user(u.id).size();
    if (v.servers.size() == servers_shown && count > servers_shown)
        v.more = fmt::format("{} more on the user’s page", count - servers_shown);
    if (v.servers.empty()) v.servers.emplace_back(); // the line is the user's
    return v;
}

std::vector<admin_option> chosen_of(std::vector<admin_option> all, const std::string& value) {
    for (auto& o : all) o.chosen = o.value == value;
    return all;
}

// "?started=3" after a form that has done what it was asked.
std::string done_in_words(const http::name_values& query) {
    const auto count = [&](std::string_view name) {
        const auto text = field(query, name);
        return text.size() < 8 && std::ranges::all_of(
                                      text, [](char c) { return c >= '0' && c <= '9'; })
                   ? text
                   : std::string();
    };
    const auto say = [](const std::string& n, std::string_view what) {
        return fmt::format("{} {} {}.", n, n == "1" ? "server" : "servers", what);
    };
    if (const auto n = count("started"); !n.empty()) return say(n, "asked to start");
    if (const auto n = count("stopped"); !n.empty()) return say(n, "asked to stop");
    if (const auto n = count("added"); !n.empty())
        return fmt::format("{} {} added.", n, n == "1" ? "user" : "users");
    return "";
}

response show_list(site_pages p, const hub::principal& who, const request& r, const list_request& asked,
                   admin_outcome outcome, int status, bool live) {
    response cookies;
    const auto f = frame_of(p, r, cookies, "admin");
    const auto at = [&](std::size_t offset) {
        const auto query = asked.query(offset);
        return p.path("admin") + (query.empty() ? "" : "?" + query);
    };
    const auto page = hub::find_users(p.h, *who.scopes, asked.q);
    const auto& q = asked.q;
    admin_view v;
    v.action = p.path("admin");
    if (who.scopes->has("start:servers") || who.scopes->has("delete:servers"))
        v.bulk_action = p.path("admin/selected");
    v.back = asked.query();
    v.name_filter = q.name_filter;
    v.states = chosen_of({{"", "Any"},
                          {"active", "Active"},
                          {"ready", "Ready"},
                          {"pending", "Starting or stopping"},
                          {"inactive", "None active"}},
                         asked.state);
    v.sorts = chosen_of({{"name", "Name"},
                         {"-name", "Name, backwards"},
                         {"-last_activity", "Last active first"},
                         {"last_activity", "Last active last"},
                         {"id", "Oldest first"},
                         {"-id", "Newest first"}},
                        asked.sort);
    for (const auto* u : page.users) {
        v.busy = v.busy || hub::is_in_state(p.h, u->id, hub::user_state::pending);
        v.users.push_back(view_of(p, who, *u));
    }
    v.range = range_in_words(q.offset, page.users.size(), page.total, "users");
    if (q.offset > 0) v.previous_url = at(q.offset > q.limit ? q.offset - q.limit : 0);
    if (q.offset + page.users.size() < page.total && !page.users.empty()) v.next_url = at(q.offset + q.limit);
    if (who.scopes->has("admin:users")) v.add_url = p.path("admin/add");
    if (who.scopes->has("list:groups")) v.groups_url = p.path("admin/groups");
    if (who.scopes->has("delete:servers")) v.stop_all_url = p.path("admin/stop-all");
    v.outcome = std::move(outcome);
    v.live = live;
    return show(p, std::move(cookies), status, p.draw.admin(f, v), true);
}

asio::awaitable<response> list(site_pages p, hub::principal who, request r) {
    co_return show_list(p, who, r, list_request::of(r.query), {done_in_words(r.query), {}}, 200, true);
}

// What came of several starts or stops.
struct tally {
    std::size_t done = 0;
    std::vector<std::string> failed;
    int status = 200; // the first failure's
    void fail(const std::string& whose, const failure& f) {
        if (failed.empty()) status = status_of(f);
        failed.push_back(fmt::format("{}: {}", whose, f.message));
    }
};

using work = asio::awaitable<result<void>> (*)(site_pages p, hub::principal who, std::string user,
                                               std::string server);

std::string whose(const std::string& user, const std::string& server) {
    return server.empty() ? user : fmt::format("{}, server {}", user, server);
}

asio::awaitable<result<void>> start_one(site_pages p, hub::principal who, std::string user,
                                        std::string server) {
    const auto* u = p.h.who.find(user);
    if (!u || !may_server(p, who, "start:servers", user, server))
        co_return fail(errc::not_found, "There is no such server, or you may not start it.");
    hub::start_order order;
    order.user_id = u->id;
    order.server = server;
    auto done = co_await hub::start_server(p.h, std::move(order));
    if (done) p.h.log.info("admin.started", {{"user", user}, {"server", server}, {"by", who.name}});
    co_return done;
}

asio::awaitable<result<void>> stop_one(site_pages p, hub::principal who, std::string user,
                                       std::string server) {
    const auto* u = p.h.who.find(user);
    if (!u || !may_server(p, who, "delete:servers", user, server))
        co_return fail(errc::not_found, "There is no such server, or you may not stop it.");
    auto done = co_await hub::stop_server(p.h, {u->id, server}, false);
    if (!done) co_return fail(done.error());
    p.h.log.info("admin.stopped", {{"user", user}, {"server", server}, {"by", who.name}});
    co_return result<void>{};
}

// Back to where the form was, or the list with what failed.
response told(site_pages p, const hub::principal& who, const request& r, const tally& t,
              std::string_view verb) {
    const auto form = form_of(r);
    const auto asked = list_request::of(http::parse_urlencoded(field(form, "back")));
    const auto done = t.done > 0 ? fmt::format("{}={}", verb, t.done) : std::string();
    if (!t.failed.empty())
        return show_list(p, who, r, asked, {done_in_words(http::parse_urlencoded(done)), t.failed}, t.status,
                         false);
    if (field(form, "to") == "user") return http::make_redirect(user_url(p, r.param("user")), see_other);
    const auto query = asked.query();
    return http::make_redirect(
        fmt::format("{}?{}{}{}", p.path("admin"), query, query.empty() ? "" : "&", done), see_other);
}

response told_one(site_pages p, const hub::principal& who, const request& r, const result<void>& done,
                  std::string_view verb) {
    tally t;
    if (done)
        ++t.done;
    else
        t.fail(whose(r.param("user"), r.param("server")), done.error());
    return told(p, who, r, t, verb);
}

// A server that needs options is started from the form that asks for them.
asio::awaitable<response> start(site_pages p, hub::principal who, request r) {
    const auto user = r.param("user"), server = r.param("server");
    const auto done = co_await start_one(p, who, user, server);
    if (!done && done.error().code == errc::invalid_argument)
        co_return http::make_redirect(hub::spawn_path(p.h.config.base_url, user, server), see_other);
    co_return told_one(p, who, r, done, "started");
}

asio::awaitable<response> stop(site_pages p, hub::principal who, request r) {
    const auto done = co_await stop_one(p, who, r.param("user"), r.param("server"));
    co_return told_one(p, who, r, done, "stopped");
}

struct named_server {
    std::string user, server;
};

// The servers of the users that the form selects: to start, the default ones that do not run; to stop,
// whatever is active.
std::vector<named_server> selected(site_pages p, const http::name_values& form, bool to_start) {
    std::vector<named_server> out;
    for (const auto& [name, value] : form) {
        const auto* u = name == "user" ? p.h.who.find(value) : nullptr;
        if (!u) continue;
        const auto* usual = p.h.servers.find({u->id, ""});
        if (to_start && (!usual || !usual->active())) out.push_back({u->name, ""});
        if (to_start) continue;
        for (const auto* s : p.h.servers.of_user(u->id))
            if (s->active()) out.push_back({u->name, s->key.name});
    }
    return out;
}

asio::awaitable<response> act_on_selected(site_pages p, hub::principal who, request r) {
    const auto form = form_of(r);
    const bool to_start = field(form, "do") == "start";
    if (!to_start && field(form, "do") != "stop")
        co_return error_page(p, r, 400, "The form does not say what to do.", "Go back and try again.");
    tally t;
    const auto servers = selected(p, form, to_start);
    for (const auto& s : servers) {
        const auto done = co_await (to_start ? start_one : stop_one)(p, who, s.user, s.server);
        if (done)
            ++t.done;
        else
            t.fail(whose(s.user, s.server), done.error());
    }
    if (servers.empty()) {
        t.status = 400;
        t.failed.emplace_back(field(form, "user").empty() ? "Nobody is selected: tick the users first."
                              : to_start                  ? "Every selected user’s server runs already."
                                         : "None of the selected users has a server that runs.");
    }
    co_return told(p, who, r, t, to_start ? "started" : "stopped");
}

std::vector<named_server> stoppable(site_pages p, const hub::principal& who) {
    std::vector<named_server> out;
    for (const auto* s : p.h.servers.all())
        if (s->active() && may_server(p, who, "delete:servers", s->user_name, s->key.name))
            out.push_back({s->user_name, s->key.name});
    return out;
}

asio::awaitable<response> ask_stop_all(site_pages p, hub::principal who, request r) {
    const auto count = stoppable(p, who).size();
    ask_view v;
    v.title = "Stop all?";
    v.question = count == 1 ? "Stop the one server that runs?" : fmt::format("Stop all {} servers?", count);
    v.consequence = "Servers that wait or start are ended too. What is not saved in a notebook is lost.";
    v.action = p.path("admin/stop-all");
    v.verb = "Stop all";
    v.back_url = p.path("admin");
    co_return ask_page(p, r, v);
}

asio::awaitable<response> stop_all(site_pages p, hub::principal who, request r) {
    tally t;
    for (const auto& s : stoppable(p, who)) {
        const auto done = co_await stop_one(p, who, s.user, s.server);
        if (done)
            ++t.done;
        else if (done.error().code != errc::not_found) // it has ended meanwhile
            t.fail(whose(s.user, s.server), done.error());
    }
    co_return told(p, who, r, t, "stopped");
}

} // namespace

void add_admin_pages(http::router& routes, site_pages p) {
    add_page(routes, p, "GET", "/hub/admin", for_administrators<list>);
    for (const std::string below : {"/{user}", "/{user}/{server}"}) {
        add_page(routes, p, "POST", "/hub/admin/start" + below, for_administrators<start>);
        add_page(routes, p, "POST", "/hub/admin/stop" + below, for_administrators<stop>);
    }
    add_page(routes, p, "POST", "/hub/admin/selected", for_administrators<act_on_selected>);
    add_page(routes, p, "GET", "/hub/admin/stop-all", for_administrators<ask_stop_all>);
    add_page(routes, p, "POST", "/hub/admin/stop-all", for_administrators<stop_all>);
    add_admin_user_pages(routes, p);
    add_admin_group_pages(routes, p);
}

} // namespace berth::pages
