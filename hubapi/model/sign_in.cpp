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

} // namespace berth::hub
