// SPDX-License-Identifier: BSD-3-Clause
// /hub/admin/add and /hub/admin/users/...: users made, changed, deleted.
#include "hubapi/model/user_changes.hpp"
#include "hubapi/pages/admin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>

namespace berth::pages {

namespace {

constexpr int see_other = 303;
using group_names = std::set<std::string, std::less<>>;

response show_add(site_pages p, const hub::principal& who, const request& r, int status, admin_add_view v) {
    response cookies;
    const auto f = frame_of(p, r, cookies, "admin");
    v.action = p.path("admin/add");
    v.back_url = p.path("admin");
    v.may_grant = hub::may_grant_admin(p.h, who);
    return show(p, std::move(cookies), status, p.draw.admin_add(f, v), true);
}

asio::awaitable<response> ask_add(site_pages p, hub::principal who, request r) {
    if (!who.scopes->has("admin:users")) co_return error_page(p, r, 403);
    co_return show_add(p, who, r, 200, {});
}

// The names as they will be, once it is clear that this viewer may make them.
result<std::vector<std::string>> names_to_add(site_pages p, const hub::principal& who,
                                              const std::string& text, bool admin) {
    const auto given = names_in(text);
    if (given.empty()) return fail(errc::invalid_argument, "Say at least one name.");
    auto names = hub::valid_user_names(given);
    if (!names) return names;
    if (admin && !hub::may_grant_admin(p.h, who))
        return fail(errc::denied, "Only admins can grant admin permissions");
    for (const auto& name : *names)
        if (!may_user(p, who, "admin:users", name))
            return fail(errc::denied, fmt::format("You may not add the user {}.", name));
    return names;
}

asio::awaitable<response> add(site_pages p, hub::principal who, request r) {
    const auto form = form_of(r);
    admin_add_view v;
    v.names = field(form, "names");
    v.admin = !field(form, "admin").empty();
    auto names = names_to_add(p, who, v.names, v.admin);
    auto made = names ? co_await p.h.who.create_users(*names, v.admin)
                      : result<std::vector<std::int64_t>>(std::unexpected(names.error()));
    if (made && made->empty())
        made = fail(errc::already_exists,
                    names->size() == 1 ? "This user exists already." : "All of these users exist already.");
    if (!made) {
        v.error = made.error().message;
        co_return show_add(p, who, r, status_of(made.error()), std::move(v));
    }
    p.h.log.info("admin.users_added", {{"count", made->size()}, {"by", who.name}});
    co_return http::make_redirect(fmt::format("{}?added={}", p.path("admin"), made->size()), see_other);
}

// The user that the address names, if this viewer may know of it.
const hub::user* user_of(site_pages p, const hub::principal& who, const request& r) {
    const auto* u = p.h.who.find(r.param("user"));
    return u && may_user(p, who, "list:users", u->name) ? u : nullptr;
}

bool may_regroup(site_pages p, const hub::principal& who, const hub::user& u) {
    return who.scopes->has("groups") && may_user(p, who, "read:users:groups", u.name);
}

response show_user(site_pages p, const hub::principal& who, const request& r, int status, const hub::user& u,
                   admin_user_view v) {
    response cookies;
    const auto f = frame_of(p, r, cookies, "admin");
    v.action = user_url(p, u.name);
    v.back_url = p.path("admin");
    v.user = u.name;
    if (may_user(p, who, "delete:users", u.name) && who.user_id != u.id) v.delete_url = v.action + "/delete";
    v.may_grant = hub::may_grant_admin(p.h, who);
    v.may_edit = may_user(p, who, "admin:users", u.name) && (!u.admin || v.may_grant);
    v.may_group = may_regroup(p, who, u);
    v.servers = servers_of(p, who, u, std::numeric_limits<std::size_t>::max());
    return show(p, std::move(cookies), status, p.draw.admin_user(f, v), true);
}

asio::awaitable<response> edit(site_pages p, hub::principal who, request r) {
    const auto* u = user_of(p, who, r);
    if (!u) co_return error_page(p, r, 404);
    admin_user_view v;
    v.name = u->name;
    v.admin = u->admin;
    v.groups = one_a_line({u->groups.begin(), u->groups.end()});
    co_return show_user(p, who, r, 200, *u, std::move(v));
}

// Whether the viewer may change the membership in each group that differs, and make those that are missing.
result<void> check_groups(site_pages p, const hub::principal& who, const group_names& before,
                          const group_names& wanted) {
    group_names differing;
    std::ranges::set_symmetric_difference(before, wanted, std::inserter(differing, differing.end()));
    for (const auto& name : differing) {
        if (!hub::valid_group_name(name)) return fail(errc::invalid_argument, "Invalid group name: " + name);
        const auto scope = p.h.who.find_group(name) ? "groups" : "admin:groups";
        if (!may_group(p, who, scope, name))
            return fail(errc::denied, fmt::format("You may not change the group {}.", name));
    }
    return {};
}

asio::awaitable<result<void>> change(site_pages p, hub::principal who, std::int64_t id,
                                     http::name_values form) {
    const auto* u = p.h.who.find(id);
    const auto lines = lines_in(field(form, "groups"));
    const group_names wanted(lines.begin(), lines.end());
    const bool regroup =
        http::find_value(form, "groups").has_value() && may_regroup(p, who, *u) && wanted != u->groups;
    if (regroup)
        if (auto ok = check_groups(p, who, u->groups, wanted); !ok) co_return ok;
    if (const auto name = http::find_value(form, "name")) {
        if (!may_user(p, who, "admin:users", u->name))
            co_return fail(errc::denied, "You may not change this user.");
        hub::user_change c;
        c.name = *name;
        if (hub::may_grant_admin(p.h, who)) c.admin = !field(form, "admin").empty();
        if (auto done = co_await hub::change_user(p.h, who, id, std::move(c)); !done) co_return done;
    }
    if (regroup)
        if (auto done = co_await p.h.who.set_groups(id, wanted); !done) co_return done;
    co_return result<void>{};
}

asio::awaitable<response> save(site_pages p, hub::principal who, request r) {
    const auto* u = user_of(p, who, r);
    if (!u) co_return error_page(p, r, 404);
    const auto id = u->id;
    const auto form = form_of(r);
    const auto done = co_await change(p, who, id, form);
    u = p.h.who.find(id);
    if (!u) co_return error_page(p, r, 404);
    if (done) {
        p.h.log.info("admin.user_changed", {{"user", u->name}, {"by", who.name}});
        co_return http::make_redirect(user_url(p, u->name), see_other);
    }
    admin_user_view v;
    v.name = field(form, "name");
    v.admin = !field(form, "admin").empty();
    v.groups = field(form, "groups");
    v.error = done.error().message;
    co_return show_user(p, who, r, status_of(done.error()), *u, std::move(v));
}

asio::awaitable<response> ask_delete(site_pages p, hub::principal who, request r) {
    const auto* u = user_of(p, who, r);
    if (!u || !may_user(p, who, "delete:users", u->name)) co_return error_page(p, r, 404);
    ask_view v;
    v.title = "Delete?";
    v.question = fmt::format("Delete the user “{}”?", u->name);
    v.consequence = "Servers stop, tokens and sign-ins end, and the hub forgets the user. Files stay.";
    v.action = user_url(p, u->name) + "/delete";
    v.verb = "Delete";
    v.back_url = user_url(p, u->name);
    co_return ask_page(p, r, v);
}

asio::awaitable<response> do_delete(site_pages p, hub::principal who, request r) {
    const auto* u = user_of(p, who, r);
    if (!u || !may_user(p, who, "delete:users", u->name)) co_return error_page(p, r, 404);
    if (auto done = co_await hub::delete_user(p.h, who, u->id); !done)
        co_return failure_page(p, r, done.error());
    co_return http::make_redirect(p.path("admin"), see_other);
}

} // namespace

void add_admin_user_pages(http::router& routes, site_pages p) {
    add_page(routes, p, "GET", "/hub/admin/add", for_administrators<ask_add>);
    add_page(routes, p, "POST", "/hub/admin/add", for_administrators<add>);
    add_page(routes, p, "GET", "/hub/admin/users/{user}", for_administrators<edit>);
    add_page(routes, p, "POST", "/hub/admin/users/{user}", for_administrators<save>);
    add_page(routes, p, "GET", "/hub/admin/users/{user}/delete", for_administrators<ask_delete>);
    add_page(routes, p, "POST", "/hub/admin/users/{user}/delete", for_administrators<do_delete>);
}

} // namespace berth::pages
