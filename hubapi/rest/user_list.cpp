// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/models.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/pagination.hpp"
#include "hubapi/rest/routes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

struct query {
    std::string state, name_filter, sort = "id";
    bool descending = false, include_stopped = false;
    page_request page;
};

result<query> read_query(const request& r) {
    query q;
    q.state = http::find_value(r.query, "state").value_or("");
    if (!q.state.empty() && q.state != "active" && q.state != "ready" && q.state != "inactive")
        return fail(errc::invalid_argument, fmt::format("Unrecognized state filter: '{}'", q.state));
    q.name_filter = to_lower_ascii(http::find_value(r.query, "name_filter").value_or(""));
    if (auto sort = http::find_value(r.query, "sort"); sort && !sort->empty()) {
        q.descending = sort->starts_with('-');
        q.sort = sort->substr(q.descending ? 1 : 0);
        if (q.sort != "id" && q.sort != "name" && q.sort != "last_activity")
            return fail(errc::invalid_argument, fmt::format("sort must be 'id', 'name', or 'last_activity', not '{}'", q.sort));
    }
    q.include_stopped = asks_for_stopped(r);
    auto page = read_page(r);
    if (!page) return fail(page.error());
    q.page = *page;
    return q;
}

enum class condition { any, active, inactive };

bool has_active(hub& h, std::int64_t id) {
    return std::ranges::any_of(h.servers.of_user(id), [](const auto* s) { return s->active(); });
}

bool has_ready(hub& h, std::int64_t id) {
    return std::ranges::any_of(h.servers.of_user(id), [](const auto* s) { return s->ready(); });
}

// Tests one user against what the caller may see and what was asked for.
class chooser {
  public:
    chooser(hub& h, const principal& caller, const query& q)
        : h_(h), caller_(caller), q_(q), all_(caller.scopes->everywhere("list:users")),
          state_(q.state.empty() ? condition::any : q.state == "inactive" ? condition::inactive : condition::active) {}

    bool trivial() const { return all_ && state_ == condition::any && q_.name_filter.empty(); }

    bool operator()(const user& u) const {
        if (!q_.name_filter.empty() && to_lower_ascii(u.name).find(q_.name_filter) == std::string::npos) return false;
        if (!all_ && !caller_.scopes->covers("list:users", auth::target::of_user(u.name), h_.who)) return false;
        return state_ == condition::any || has_active(h_, u.id) == (state_ == condition::active);
    }

  private:
    hub& h_;
    const principal& caller_;
    const query& q_;
    bool all_;
    condition state_;
};

using chosen = std::vector<const user*>;

// last_activity: users that never were active come first when ascending and last when descending.
void sort_by_activity(chosen& list, bool descending) {
    std::ranges::sort(list, [&](const user* a, const user* b) {
        const auto x = std::pair(a->last_activity, a->id), y = std::pair(b->last_activity, b->id);
        return descending ? y < x : x < y;
    });
}

chosen in_order(hub& h, const query& q) {
    chosen list;
    list.reserve(h.who.users().size());
    if (q.sort == "name")
        for (const auto& [name, id] : h.who.users_by_name()) list.push_back(h.who.find(id));
    else
        for (const auto& [id, u] : h.who.users()) list.push_back(&u);
    if (q.sort == "last_activity")
        sort_by_activity(list, q.descending);
    else if (q.descending)
        std::ranges::reverse(list);
    return list;
}

// The users of the page and how many there are in all.
std::pair<chosen, std::size_t> choose(hub& h, const principal& caller, const query& q) {
    const chooser fits(h, caller, q);
    chosen page;
    if (fits.trivial() && q.sort == "id" && !q.descending) { // the usual question: no copy of the whole list
        auto at = h.who.users().begin();
        for (std::size_t i = 0; i < q.page.offset && at != h.who.users().end(); ++i) ++at;
        for (; at != h.who.users().end() && page.size() < q.page.limit; ++at) page.push_back(&at->second);
        return {std::move(page), h.who.users().size()};
    }
    std::size_t total = 0;
    for (const auto* u : in_order(h, q)) {
        if (!fits(*u)) continue;
        if (total++ >= q.page.offset && page.size() < q.page.limit) page.push_back(u);
    }
    // JupyterHub pages through active users and then drops those that are not ready; the total counts the active.
    if (q.state == "ready") std::erase_if(page, [&](const user* u) { return !has_ready(h, u->id); });
    return {std::move(page), total};
}

asio::awaitable<response> list_users(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"list:users"})) co_return std::move(*no);
    auto q = read_query(r);
    if (!q) co_return error_answer(q.error());
    const auto [page, total] = choose(h, caller, *q);
    user_view view;
    view.include_stopped = q->include_stopped;
    std::string items;
    items.reserve(page.size() * 320);
    json_writer w(items);
    w.open('[');
    for (const auto* u : page) write_user(w, h, *u, caller, view);
    w.close(']');
    co_return page_answer(r, q->page, total, std::move(items));
}

} // namespace

void add_user_list_routes(http::router& routes, hub& h) { add_api(routes, h, "GET", "/hub/api/users", list_users); }

} // namespace berth::hub
