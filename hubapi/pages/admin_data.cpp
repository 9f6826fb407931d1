// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/pages/admin_views.hpp"
#include "hubapi/pages/page_data.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace berth::pages {

namespace {

data of_option(const admin_option& o) {
    data d;
    put(d, "value", o.value);
    put(d, "text", o.text);
    put(d, "chosen", o.chosen);
    return d;
}

// `id`: unique in the page.
data of_server(const admin_server& s, const std::string& id) {
    data d;
    put(d, "id", id);
    put(d, "title", printable(s.title));
    put(d, "kind", s.state.kind);
    put(d, "state", s.state.text);
    put(d, "cluster", s.cluster);
    put(d, "job", s.job);
    put(d, "node", s.node);
    put(d, "why", printable(s.why));
    put(d, "open_url", s.open_url);
    put(d, "start_action", s.start_action);
    put(d, "stop_action", s.stop_action);
    put(d, "stop_verb", s.stop_verb);
    return d;
}

void put_user(data& d, const admin_user& u) {
    put(d, "name", u.name);
    put(d, "admin", u.admin);
    put(d, "groups", fmt::format("{}", fmt::join(u.groups, ", ")));
    put(d, "shows_activity", u.shows_activity);
    put(d, "activity", u.last_activity);
    put(d, "edit_url", u.edit_url);
}

// A line for each server; what is the user's alone, such as the box that selects, stands on the first.
void add_rows(data& rows, const admin_user& u, const std::string& id) {
    bool first = true;
    for (std::size_t i = 0; i < u.servers.size(); ++i) {
        auto row = of_server(u.servers[i], fmt::format("{}-{}", id, i));
        put_user(row, u);
        put(row, "first", first);
        put(row, "more", i + 1 == u.servers.size() ? u.more : std::string());
        rows.push_back(row);
        first = false;
    }
}

void put_servers(data& d, const std::vector<admin_server>& servers) {
    data list(data::type::list);
    for (std::size_t i = 0; i < servers.size(); ++i)
        list.push_back(of_server(servers[i], fmt::format("s{}", i)));
    d.set("servers", list);
    put(d, "any_server", !servers.empty());
}

} // namespace

data of(const admin_view& v) {
    data d;
    put(d, "action", v.action);
    put(d, "bulk_action", v.bulk_action);
    put(d, "back", v.back);
    put(d, "name_filter", v.name_filter);
    put_list(d, "states", v.states, of_option);
    put_list(d, "sorts", v.sorts, of_option);
    data rows(data::type::list);
    for (std::size_t i = 0; i < v.users.size(); ++i) add_rows(rows, v.users[i], fmt::format("u{}", i));
    d.set("rows", rows);
    put(d, "any_row", !v.users.empty());
    put(d, "range", v.range);
    put(d, "previous_url", v.previous_url);
    put(d, "next_url", v.next_url);
    put(d, "add_url", v.add_url);
    put(d, "groups_url", v.groups_url);
    put(d, "stop_all_url", v.stop_all_url);
    put(d, "done", v.outcome.done);
    put_list(d, "failures", v.outcome.failed, [](const std::string& text) {
        data line;
        put(line, "text", printable(text));
        return line;
    });
    put(d, "live", std::string(!v.live ? "" : v.busy ? "3" : "20"));
    return d;
}

data of(const admin_add_view& v) {
    data d;
    put(d, "action", v.action);
    put(d, "back_url", v.back_url);
    put(d, "names", v.names);
    put(d, "error", v.error);
    put(d, "admin", v.admin);
    put(d, "may_grant", v.may_grant);
    return d;
}

data of(const admin_user_view& v) {
    data d;
    put(d, "action", v.action);
    put(d, "back_url", v.back_url);
    put(d, "delete_url", v.delete_url);
    put(d, "who", v.user);
    put(d, "name", v.name);
    put(d, "groups", v.groups);
    put(d, "admin", v.admin);
    put(d, "may_edit", v.may_edit);
    put(d, "may_grant", v.may_grant);
    put(d, "may_group", v.may_group);
    put(d, "may_save", v.may_edit || v.may_group);
    put(d, "error", v.error);
    put_servers(d, v.servers);
    return d;
}

data of(const admin_groups_view& v) {
    data d;
    put_list(d, "groups", v.groups, [](const admin_groups_view::row& g) {
        data row;
        put(row, "name", g.name);
        put(row, "url", g.url);
        put(row, "members", fmt::format("{}", g.members));
        return row;
    });
    put(d, "range", v.range);
    put(d, "previous_url", v.previous_url);
    put(d, "next_url", v.next_url);
    put(d, "back_url", v.back_url);
    put(d, "action", v.action);
    put(d, "name", v.name);
    put(d, "members", v.members);
    put(d, "error", v.error);
    return d;
}

data of(const admin_group_view& v) {
    data d;
    put(d, "group", v.group);
    put(d, "action", v.action);
    put(d, "back_url", v.back_url);
    put(d, "delete_url", v.delete_url);
    put(d, "members", v.members);
    put(d, "properties", v.properties);
    put(d, "may_edit", v.may_edit);
    put(d, "error", v.error);
    return d;
}

} // namespace berth::pages
