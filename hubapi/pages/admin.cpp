// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/pages/admin.hpp"

#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/urls.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

namespace berth::pages {

namespace {

constexpr std::size_t usual_limit = 50, largest_limit = 200;

std::size_t number_of(const http::name_values& query, std::string_view name, std::size_t otherwise) {
    const auto text = field(query, name);
    std::size_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc{} && end == text.data() + text.size() ? value : otherwise;
}

// "10,000"
std::string grouped(std::size_t value) {
    auto text = std::to_string(value);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), ",");
    return text;
}

std::vector<std::string> split(std::string_view text, std::string_view between) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find_first_of(between, at), text.size());
        const auto word = std::string(trim(text.substr(at, end - at)));
        if (!word.empty() && std::ranges::find(out, word) == out.end()) out.push_back(word);
        at = end + 1;
    }
    return out;
}

// What the scheduler knows of it, while there is something to know.
void tell_job(admin_server& line, const scheduler::server& s, const surroundings& about) {
    if (!s.active() && !s.failure) return;
    line.cluster = s.cluster;
    const auto kind = about.cluster_kind.find(s.cluster);
    if (kind != about.cluster_kind.end() && kind->second != "local") line.job = s.job_id;
    if (s.active() && s.job) {
        line.node = s.job->node;
        if (s.state == scheduler::phase::queued)
            line.why = reason_line(scheduler_name(about, s.cluster), *s.job);
    }
    if (!s.active()) line.why = s.failure->sentence;
}

admin_server line_of(site_pages p, const hub::principal& who, const scheduler::server& s,
                     const surroundings& about) {
    const auto may = [&](std::string_view scope) {
        return may_server(p, who, scope, s.user_name, s.key.name);
    };
    const auto url = [&](std::string_view verb) {
        return action_url(about, fmt::format("admin/{}", verb), s);
    };
    admin_server line;
    line.title = server_title(s.key.name, s.display_name);
    line.state = chip_of(s);
    tell_job(line, s, about);
    if (s.ready() && may("access:servers")) line.open_url = s.url_path;
    if (!s.active() && may("start:servers")) line.start_action = url("start");
    if (s.active() && s.state != scheduler::phase::stopping && may("delete:servers"))
        line.stop_action = url("stop");
    line.stop_verb = s.ready() ? "Stop" : "Cancel";
    return line;
}

} // namespace

list_request list_request::of(const http::name_values& query) {
    static const std::map<std::string, hub::user_state> states{{"active", hub::user_state::active},
                                                               {"ready", hub::user_state::ready},
                                                               {"pending", hub::user_state::pending},
                                                               {"inactive", hub::user_state::inactive}};
    static const std::map<std::string, hub::user_order> orders{
        {"id", hub::user_order::id},
        {"name", hub::user_order::name},
        {"last_activity", hub::user_order::last_activity}};
    list_request l;
    l.q.order = hub::user_order::name;
    if (const auto at = states.find(field(query, "state")); at != states.end())
        std::tie(l.state, l.q.state) = *at;
    const auto sort = field(query, "sort");
    const bool descending = sort.starts_with('-');
    if (const auto at = orders.find(sort.substr(descending ? 1 : 0)); at != orders.end()) {
        l.sort = sort;
        l.q.order = at->second;
        l.q.descending = descending;
    }
    l.q.name_filter = std::string(trim(field(query, "name_filter")));
    l.q.offset = number_of(query, "offset", 0);
    l.q.limit = std::clamp<std::size_t>(number_of(query, "limit", usual_limit), 1, largest_limit);
    return l;
}

std::string list_request::query(std::size_t offset) const {
    http::name_values out;
    if (!q.name_filter.empty()) out.emplace_back("name_filter", q.name_filter);
    if (!state.empty()) out.emplace_back("state", state);
    if (sort != "name") out.emplace_back("sort", sort);
    if (offset > 0) out.emplace_back("offset", std::to_string(offset));
    if (q.limit != usual_limit) out.emplace_back("limit", std::to_string(q.limit));
    return http::to_urlencoded(out);
}

response only_for_administrators(site_pages p, const request& r) {
    return error_page(p, r, 403, "This page is for administrators of the hub.",
                      "If you should be one, ask those who run the hub.");
}

bool may_user(site_pages p, const hub::principal& who, std::string_view scope, std::string_view user) {
    return who.scopes->covers(scope, auth::target::of_user(std::string(user)), p.h.who);
}

bool may_server(site_pages p, const hub::principal& who, std::string_view scope, std::string_view user,
                std::string_view server) {
    return who.scopes->covers(scope, auth::target::of_server(std::string(user), std::string(server)),
                              p.h.who);
}

bool may_group(site_pages p, const hub::principal& who, std::string_view scope, std::string_view group) {
    return who.scopes->covers(scope, auth::target::of_group(std::string(group)), p.h.who);
}

std::vector<admin_server> servers_of(site_pages p, const hub::principal& who, const hub::user& u,
                                     std::size_t limit) {
    const auto about = p.about();
    const auto mine = p.h.servers.of_user(u.id);
    std::vector<admin_server> out;
    if ((mine.empty() || !mine.front()->key.name.empty()) && may_server(p, who, "read:servers", u.name, "")) {
        scheduler::server never;
        never.key = {u.id, ""};
        never.user_name = u.name;
        out.push_back(line_of(p, who, never, about));
    }
    for (const auto* s : mine)
        if (out.size() < limit && may_server(p, who, "read:servers", u.name, s->key.name))
            out.push_back(line_of(p, who, *s, about));
    return out;
}

std::string user_url(site_pages p, std::string_view user) {
    return p.path("admin/users/") + hub::escape_name(user);
}
std::string group_url(site_pages p, std::string_view group) {
    return p.path("admin/groups/") + percent_encode(group);
}

std::vector<std::string> names_in(std::string_view text) { return split(text, " \t\r\n,;"); }
std::vector<std::string> lines_in(std::string_view text) { return split(text, "\r\n"); }
std::string one_a_line(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, "\n"));
}

std::string range_in_words(std::size_t offset, std::size_t shown, std::size_t total, std::string_view what) {
    if (shown == 0) return fmt::format("{} {}", grouped(total), what);
    return fmt::format("{} to {} of {} {}", grouped(offset + 1), grouped(offset + shown), grouped(total),
                       what);
}

response ask_page(site_pages p, const request& r, const ask_view& v) {
    response cookies;
    const auto f = frame_of(p, r, cookies, "admin");
    return show(p, std::move(cookies), 200, p.draw.ask(f, v), true);
}

} // namespace berth::pages
