// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/user_query.hpp"

#include "daemon/runtime/encoding.hpp"

#include <algorithm>
#include <ranges>

namespace berth::hub {

namespace {

// Tests one user against what the caller may see and what was asked for.
class chooser {
  public:
    chooser(const hub& h, const auth::scope_set& scopes, const user_query& q)
        : h_(h)
        , scopes_(scopes)
        , q_(q)
        , part_(to_lower_ascii(q.name_filter))
        , all_(scopes.everywhere("list:users")) {}

    // Everybody is chosen.
    bool trivial() const { return all_ && q_.state == user_state::any && part_.empty(); }

    bool operator()(const user& u) const {
        if (!part_.empty() && to_lower_ascii(u.name).find(part_) == std::string::npos) return false;
        if (!all_ && !scopes_.covers("list:users", auth::target::of_user(u.name), h_.who)) return false;
        return is_in_state(h_, u.id, q_.state);
    }

  private:
    const hub& h_;
    const auth::scope_set& scopes_;
    const user_query& q_;
    const std::string part_;
    const bool all_;
};

// Takes users in their order; the whole list is walked only where the total must be counted.
class collector {
  public:
    collector(const chooser& fits, const user_query& q) : fits_(fits), q_(q) {}

    // False: the page is full, and nobody needs to be counted.
    bool take(const user& u) {
        if (!fits_.trivial() && !fits_(u)) return true;
        if (out_.total++ >= q_.offset && out_.users.size() < q_.limit) out_.users.push_back(&u);
        return !fits_.trivial() || out_.users.size() < q_.limit;
    }

    user_page done(std::size_t everybody) {
        if (fits_.trivial()) out_.total = everybody;
        return std::move(out_);
    }

  private:
    const chooser& fits_;
    const user_query& q_;
    user_page out_;
};

template<class Range, class User>
void walk(const Range& range, bool descending, collector& into, User user_of) {
    const auto take = [&](const auto& item) { return into.take(*user_of(item)); };
    if (descending)
        (void)std::ranges::all_of(range | std::views::reverse, take);
    else
        (void)std::ranges::all_of(range, take);
}

// No farther than to the page's end is anything sorted. What does not fit is dropped first.
user_page by_activity(const hub& h, const chooser& fits, const user_query& q) {
    std::vector<const user*> list;
    list.reserve(h.who.users().size());
    for (const auto& [id, u] : h.who.users())
        if (fits.trivial() || fits(u)) list.push_back(&u);
    const auto before = [&](const user* a, const user* b) {
        if (a->last_activity == b->last_activity) return a->id < b->id;
        return (a->last_activity < b->last_activity) != q.descending;
    };
    const auto from = std::min(q.offset, list.size()), to = from + std::min(q.limit, list.size() - from);
    std::ranges::partial_sort(list, list.begin() + static_cast<std::ptrdiff_t>(to), before);
    return {
        {list.begin() + static_cast<std::ptrdiff_t>(from), list.begin() + static_cast<std::ptrdiff_t>(to)},
        list.size()};
}

} // namespace

bool is_in_state(const hub& h, std::int64_t user_id, user_state state) {
    if (state == user_state::any) return true;
    const auto mine = h.servers.of_user(user_id);
    switch (state) {
    case user_state::ready: return std::ranges::any_of(mine, [](const auto* s) { return s->ready(); });
    case user_state::pending:
        return std::ranges::any_of(mine, [](const auto* s) { return !s->pending().empty(); });
    default: break;
    }
    const bool active = std::ranges::any_of(mine, [](const auto* s) { return s->active(); });
    return active == (state == user_state::active);
}

user_page find_users(const hub& h, const auth::scope_set& scopes, const user_query& q) {
    const chooser fits(h, scopes, q);
    if (q.order == user_order::last_activity) return by_activity(h, fits, q);
    collector page(fits, q);
    if (q.order == user_order::name)
        walk(h.who.users_by_name(), q.descending, page,
             [&](const auto& item) { return h.who.find(item.second); });
    else
        walk(h.who.users(), q.descending, page, [](const auto& item) { return &item.second; });
    return page.done(h.who.users().size());
}

} // namespace berth::hub
