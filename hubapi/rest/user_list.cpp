// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/models.hpp"
#include "hubapi/model/user_query.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/pagination.hpp"
#include "hubapi/rest/routes.hpp"

#include <fmt/format.h>

#include <map>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

result<user_query> read_query(const request& r, const page_request& page) {
    static const std::map<std::string, user_state> states{{"", user_state::any},
                                                          {"active", user_state::active},
                                                          {"ready", user_state::ready},
                                                          {"inactive", user_state::inactive}};
    static const std::map<std::string, user_order> orders{
        {"id", user_order::id}, {"name", user_order::name}, {"last_activity", user_order::last_activity}};
    user_query q;
    const auto state = http::find_value(r.query, "state").value_or("");
    if (!states.contains(state))
        return fail(errc::invalid_argument, fmt::format("Unrecognized state filter: '{}'", state));
    q.state = states.at(state);
    q.name_filter = http::find_value(r.query, "name_filter").value_or("");
    if (auto sort = http::find_value(r.query, "sort")) {
        q.descending = sort->starts_with('-');
        const auto by = sort->substr(q.descending ? 1 : 0);
        if (!orders.contains(by))
            return fail(errc::invalid_argument,
                        fmt::format("sort must be 'id', 'name', or 'last_activity', not '{}'", by));
        q.order = orders.at(by);
    }
    q.offset = page.offset;
    q.limit = page.limit;
    return q;
}

user_page choose(const hub& h, const principal& caller, user_query q) {
    if (q.state != user_state::ready) return find_users(h, *caller.scopes, q);
    // JupyterHub pages through active users and then drops those that are not ready; the total counts the
    // active.
    q.state = user_state::active;
    auto page = find_users(h, *caller.scopes, q);
    std::erase_if(page.users, [&](const user* u) { return !is_in_state(h, u->id, user_state::ready); });
    return page;
}

asio::awaitable<response> list_users(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"list:users"})) co_return std::move(*no);
    if (!caller.scopes->find("list:users")->servers.empty())
        co_return error_answer(403, "list:users cannot be filtered by servers");
    const auto where = read_page(r);
    const auto q = where ? read_query(r, *where) : result<user_query>(std::unexpected(where.error()));
    if (!q) co_return error_answer(q.error());
    const auto page = choose(h, caller, *q);
    user_view view;
    view.include_stopped = asks_for_stopped(r);
    std::string items;
    items.reserve(page.users.size() * 320);
    json_writer w(items);
    w.open('[');
    for (const auto* u : page.users) write_user(w, h, *u, caller, view);
    w.close(']');
    co_return page_answer(r, *where, page.total, std::move(items));
}

} // namespace

void add_user_list_routes(http::router& routes, hub& h) {
    add_api(routes, h, "GET", "/hub/api/users", list_users);
}

} // namespace berth::hub
