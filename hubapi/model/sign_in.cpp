// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/sign_in.hpp"

#include <fmt/format.h>

namespace berth::hub {

boost::asio::awaitable<result<auth::identity>> check_password(hub& h, std::string name, secret password, std::string peer) {
    const auto known = auth::normalise_username(name);
    if (!known) co_return fail(errc::unauthenticated, known.error().message);
    if (const auto wait = h.throttle.attempt(*known, peer); wait > duration::zero()) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
        co_return fail(errc::limit_exceeded, fmt::format("Too many failed attempts. Try again in {} seconds.", seconds));
    }
    auto who = co_await h.passwords.check(*known, std::move(password));
    if (who)
        h.throttle.passed(*known, peer);
    else if (who.error().code != errc::unauthenticated)
        h.throttle.undecided(*known, peer);
    if (!who) co_return who;
    if (auto ok = auth::admit(h.config.admission, *who); !ok) co_return fail(ok.error());
    co_return who;
}

// A provider's roles are of many programs: the hub's own, "admin" above all, are not given by a name that they share.
static std::set<std::string, std::less<>> known_roles(const hub& h, const std::vector<std::string>& claimed) {
    std::set<std::string, std::less<>> out;
    for (const auto& name : claimed)
        if (h.may.roles().contains(name) && !auth::is_default_role(name)) out.insert(name);
    return out;
}

boost::asio::awaitable<result<std::int64_t>> account_of(hub& h, arrival a) {
    const auto admitted = auth::admit(h.config.admission, a.who);
    if (!admitted) co_return fail(admitted.error());
    const bool admin = admitted->admin || a.admin;
    if (!h.who.find(a.who.name))
        if (auto made = co_await h.who.create_users({a.who.name}, admin); !made) co_return fail(made.error());
    const auto* u = h.who.find(a.who.name);
    if (!u) co_return fail(errc::internal, "the account is gone");
    const auto id = u->id;
    if (admin && !u->admin)
        if (auto done = co_await h.who.set_admin(id, true); !done) co_return fail(done.error());
    std::set<std::string, std::less<>> groups(a.who.groups.begin(), a.who.groups.end());
    u = h.who.find(id);
    if (a.groups_told && u && u->groups != groups)
        if (auto done = co_await h.who.set_groups(id, std::move(groups)); !done) co_return fail(done.error());
    if (auto done = co_await h.who.set_claimed_roles(id, known_roles(h, a.roles)); !done) co_return fail(done.error());
    co_return id;
}

} // namespace berth::hub
