// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"
#include "daemon/runtime/secret.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>

namespace berth::scheduler {

// Access tokens for clusters that work with each user's own. Implemented over the hub's credentials; on the
// hub thread; outlives the back ends.
class token_source {
  public:
    virtual ~token_source() = default;

    // A token of the account (a hub user's name) with at least a minute of life, where the provider makes
    // them live that long. Kept and refreshed behind this call: asking is cheap. Failures: login_required
    // (must sign in at the identity provider), not_found (no such user, or by the rules it has none),
    // unavailable (the provider is away), denied (the provider refuses the hub or the service account).
    virtual boost::asio::awaitable<result<secret>> token_of(std::string user) = 0;

    // The cluster has refused this token although it should be good: the next `token_of` asks the provider
    // for another. Nothing happens when the user has another one by now.
    virtual void distrust(std::string_view user, const secret& refused) = 0;
};

} // namespace berth::scheduler
