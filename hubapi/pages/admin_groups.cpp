// SPDX-License-Identifier: BSD-3-Clause
// /hub/admin/groups: groups made, changed, deleted.
#include "hubapi/model/user_changes.hpp"
#include "hubapi/pages/admin.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace berth::pages {

namespace {

using nlohmann::json;
constexpr int see_other = 303;
constexpr std::size_t groups_shown = 100;
using user_ids = std::vector<std::int64_t>;

response show_groups(site_pages p, const hub::principal& who, const request& r, int status,
                     admin_groups_view v) {
    response cookies;
    const auto f = frame_of(p, r, cookies, "admin");
    const auto offset = list_request::of(r.query).q.offset;
    const auto at = [&](std::size_t other) {
        return fmt::format("{}?offset={}", p.path("admin/groups"), other);
    };
    std::size_t total = 0;
    for (const auto& [id, g] : p.h.who.groups()) {
        if (!may_group(p, who, "list:groups", g.name)) continue;
        if (total++ >= offset && v.groups.size() < groups_shown)
            v.groups.push_back({g.name, group_url(p, g.name), g.members.size()});
    }
    v.range = range_in_words(offset, v.groups.size(), total, "groups");
    if (offset > 0) v.previous_url = at(offset > groups_shown ? offset - groups_shown : 0);
    if (!v.groups.empty() && offset + v.groups.size() < total) v.next_url = at(offset + groups_shown);
    v.back_url = p.path("admin");
    if (who.scopes->has("admin:groups")) v.action = p.path("admin/groups");
    return show(p, std::move(cookies), status, p.draw.admin_groups(f, v), true);
}

asio::awaitable<response> groups(site_pages p, hub::principal who, request r) {
    if (!who.scopes->has("list:groups")) co_return error_page(p, r, 403);
    co_return show_groups(p, who, r, 200, {});
}

result<user_ids> ids_of(site_pages p, const std::vector<std::string>& names) {
    user_ids out;
    for (const auto& name : names) {
        const auto* u = p.h.who.find(name);
        if (!u) return fail(errc::invalid_argument, "No such user: " + name);
        out.push_back(u->id);
    }
    return out;
}

asio::awaitable<result<void>> make_group(site_pages p, hub::principal who, std::string name,
                                         std::vector<std::string> members) {
    if (!hub::valid_group_name(name)) co_return fail(errc::invalid_argument, "Invalid group name: " + name);
    if (!may_group(p, who, "admin:groups", name))
        co_return fail(errc::denied, "You may not make this group.");
    auto ids = ids_of(p, members);
    if (!ids) co_return fail(ids.error());
    std::vector<std::string> one;
    one.push_back(std::move(name));
    co_return co_await p.h.who.create_groups(std::move(one), std::move(*ids));
}

asio::awaitable<response> create(site_pages p, hub::principal who, request r) {
    if (!who.scopes->has("list:groups")) co_return error_page(p, r, 403);
    const auto form = form_of(r);
    admin_groups_view v;
    v.name = field(form, "name");
    v.members = field(form, "members");
    const auto lines = lines_in(v.name);
    const auto name = lines.empty() ? std::string() : lines.front();
    const auto done = co_await make_group(p, who, name, names_in(v.members));
    if (done) {
        p.h.log.info("admin.group_created", {{"group", name}, {"by", who.name}});
        co_return http::make_redirect(p.path("admin/groups"), see_other);
    }
    v.error = done.error().message;
    co_return show_groups(p, who, r, status_of(done.error()), std::move(v));
}

// The group that the address names, if this viewer may see what is in it.
const hub::group* group_of(site_pages p, const hub::principal& who, const request& r) {
    const auto* g = p.h.who.find_group(r.param("group"));
    return g && may_group(p, who, "read:groups", g->name) ? g : nullptr;
}

response show_group(site_pages p, const hub::principal& who, const request& r, int status,
                    const std::string& name, admin_group_view v) {
    response cookies;
    const auto f = frame_of(p, r, cookies, "admin");
    v.group = name;
    v.action = group_url(p, name);
    v.back_url = p.path("admin/groups");
    v.may_edit = may_group(p, who, "groups", name);
    if (may_group(p, who, "delete:groups", name)) v.delete_url = v.action + "/delete";
    return show(p, std::move(cookies), status, p.draw.admin_group(f, v), true);
}

// Properties as JSON, an object no deeper than the API takes.
result<json> read_properties(const std::string& text) {
    constexpr int deepest = 64;
    bool too_deep = false;
    const auto shallow = [&](int depth, json::parse_event_t, json&) {
        too_deep = too_deep || depth > deepest;
        return !too_deep;
    };
    auto properties = json::parse(text, shallow, false);
    if (too_deep || properties.is_discarded() || !properties.is_object())
        return fail(errc::invalid_argument,
                    "The properties must be a JSON object, for example {\"project\": \"csstaff\"}");
    return properties;
}

asio::awaitable<response> edit(site_pages p, hub::principal who, request r) {
    const auto* g = group_of(p, who, r);
    if (!g) co_return error_page(p, r, 404);
    admin_group_view v;
    std::vector<std::string> members;
    for (const auto id : g->members)
        if (const auto* u = p.h.who.find(id)) members.push_back(u->name);
    std::ranges::sort(members);
    v.members = one_a_line(members);
    const auto properties = json::parse(g->properties, nullptr, false);
    v.properties = properties.is_discarded() ? g->properties : properties.dump(2);
    co_return show_group(p, who, r, 200, g->name, std::move(v));
}

user_ids without(const user_ids& all, const user_ids& others) {
    user_ids out;
    std::ranges::copy_if(all, std::back_inserter(out),
                         [&](auto id) { return !std::ranges::binary_search(others, id); });
    return out;
}

asio::awaitable<result<void>> change(site_pages p, std::string name, http::name_values form) {
    const auto* g = p.h.who.find_group(name);
    auto wanted = ids_of(p, names_in(field(form, "members")));
    if (!wanted) co_return fail(wanted.error());
    std::ranges::sort(*wanted);
    const auto properties = read_properties(field(form, "properties"));
    if (!properties) co_return fail(properties.error());
    const user_ids before(g->members.begin(), g->members.end());
    const auto text = properties->dump();
    const bool other_properties = text != g->properties;
    if (auto done = co_await p.h.who.add_members(name, without(*wanted, before)); !done) co_return done;
    if (auto done = co_await p.h.who.remove_members(name, without(before, *wanted)); !done) co_return done;
    if (other_properties)
        if (auto done = co_await p.h.who.set_properties(name, text); !done) co_return done;
    co_return result<void>{};
}

asio::awaitable<response> save(site_pages p, hub::principal who, request r) {
    const auto* g = group_of(p, who, r);
    if (!g) co_return error_page(p, r, 404);
    const auto name = g->name;
    if (!may_group(p, who, "groups", name)) co_return error_page(p, r, 403);
    const auto form = form_of(r);
    const auto done = co_await change(p, name, form);
    if (done) {
        p.h.log.info("admin.group_changed", {{"group", name}, {"by", who.name}});
        co_return http::make_redirect(group_url(p, name), see_other);
    }
    admin_group_view v;
    v.members = field(form, "members");
    v.properties = field(form, "properties");
    v.error = done.error().message;
    co_return show_group(p, who, r, status_of(done.error()), name, std::move(v));
}

asio::awaitable<response> ask_delete(site_pages p, hub::principal who, request r) {
    const auto* g = group_of(p, who, r);
    if (!g || !may_group(p, who, "delete:groups", g->name)) co_return error_page(p, r, 404);
    ask_view v;
    v.title = "Delete?";
    v.question = fmt::format("Delete the group “{}”?", g->name);
    v.consequence = "Its members lose what they may do by it, and its properties are forgotten.";
    v.action = group_url(p, g->name) + "/delete";
    v.verb = "Delete";
    v.back_url = group_url(p, g->name);
    co_return ask_page(p, r, v);
}

asio::awaitable<response> do_delete(site_pages p, hub::principal who, request r) {
    const auto* g = group_of(p, who, r);
    if (!g || !may_group(p, who, "delete:groups", g->name)) co_return error_page(p, r, 404);
    if (auto done = co_await hub::delete_group(p.h, who, g->name); !done)
        co_return failure_page(p, r, done.error());
    co_return http::make_redirect(p.path("admin/groups"), see_other);
}

} // namespace

void add_admin_group_pages(http::router& routes, site_pages p) {
    add_page(routes, p, "GET", "/hub/admin/groups", for_administrators<groups>);
    add_page(routes, p, "POST", "/hub/admin/groups", for_administrators<create>);
    add_page(routes, p, "GET", "/hub/admin/groups/{group}", for_administrators<edit>);
    add_page(routes, p, "POST", "/hub/admin/groups/{group}", for_administrators<save>);
    add_page(routes, p, "GET", "/hub/admin/groups/{group}/delete", for_administrators<ask_delete>);
    add_page(routes, p, "POST", "/hub/admin/groups/{group}/delete", for_administrators<do_delete>);
}

} // namespace berth::pages
