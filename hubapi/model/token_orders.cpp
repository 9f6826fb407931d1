// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/token_orders.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::hub {
namespace asio = boost::asio;

namespace {

constexpr std::size_t longest_note = 1000;

result<std::vector<std::string>> raw_scopes(const hub& h, const token_order& order) {
    if (order.scopes && order.roles)
        return fail(errc::invalid_argument, "Can only assign one of scopes or roles when creating tokens.");
    if (order.scopes) {
        if (auto ok = auth::check_known(*order.scopes, h.may.custom_scopes()); !ok) return fail(ok.error());
        return *order.scopes;
    }
    const auto names = order.roles.value_or(std::vector<std::string>(1, "token"));
    std::vector<std::string> out;
    for (const auto& name : names) {
        const auto at = h.may.roles().find(name);
        if (at == h.may.roles().end()) return fail(errc::invalid_argument, "No such role: " + name);
        out.insert(out.end(), at->second.scopes.begin(), at->second.scopes.end());
    }
    return out;
}

// Names what was asked for beyond the owner's own scopes; "" when nothing was.
std::string excess(const hub& h, const std::vector<std::string>& raw, const user& u, const auth::scope_set& owner) {
    const auth::scope_owner who{auth::scope_owner::kind::user, u.name, "", ""};
    std::string out;
    for (const auto& one : auth::expand(raw, who, h.may.custom_scopes()).to_strings()) {
        const std::vector<std::string> alone(1, one);
        if (!auth::is_subset(auth::expand(alone, who, h.may.custom_scopes()), owner, h.who)) out += (out.empty() ? "" : ",") + one;
    }
    return out;
}

} // namespace

asio::awaitable<result<auth::token_store::issued>> create_token(hub& h, token_order order) {
    const auto* u = h.who.find(order.user_id);
    if (!u) co_return fail(errc::not_found, "no such user");
    auto raw = raw_scopes(h, order);
    if (!raw) co_return fail(raw.error());
    if (const auto more = excess(h, *raw, *u, *h.may.of_user(*u)); !more.empty())
        co_return fail(errc::invalid_argument, fmt::format("Not assigning requested scopes {} not held by User {}", more, u->name));
    if (order.note.size() > longest_note)
        co_return fail(errc::invalid_argument, fmt::format("the note has {} bytes; {} are allowed", order.note.size(), longest_note));
    static constexpr auto longest = std::chrono::hours(24 * 36500);
    if (order.expires_in && *order.expires_in > longest) co_return fail(errc::invalid_argument, "expires_in is more than a hundred years");
    auth::token_record t;
    t.user_id = u->id;
    t.note = order.note;
    t.scopes = std::move(*raw);
    if (order.expires_in) t.expires_at = h.time.now() + *order.expires_in;
    co_return co_await h.tokens.issue(std::move(t));
}

asio::awaitable<result<void>> revoke_token(hub& h, std::int64_t id) {
    const auto* t = h.tokens.find(id);
    if (!t) co_return fail(errc::not_found, "no such token");
    std::vector<std::int64_t> ids(1, id);
    if (t->client_id != "jupyterhub" && t->user_id) {
        ids.clear();
        for (const auto* other : h.tokens.of_user(*t->user_id))
            if (other->client_id == t->client_id) ids.push_back(other->id);
    }
    co_return co_await h.tokens.revoke(std::move(ids));
}

} // namespace berth::hub
