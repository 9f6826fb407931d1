// SPDX-License-Identifier: BSD-3-Clause
// An access token that is renewed when somebody needs it: what users' credentials and service accounts share.
// Private to the room.
#pragma once

#include "auth/credentials/flight.hpp"
#include "auth/provider/identity_provider.hpp"

#include <optional>

namespace berth::auth {

struct access;

// After a failure nobody asks for 1 s, doubling to 60 s; each time between half and all of it, so that what
// failed together does not come back together. Pure; the seed decides.
class backoff {
  public:
    explicit backoff(std::uint64_t seed) : seed_(seed) {}
    void failed(time_point now);
    void succeeded() { failures_ = 0; }
    // Not when the clock has gone back behind the failure.
    bool holds(time_point now) const { return failures_ > 0 && now >= since_ && now < until_; }

  private:
    std::uint64_t seed_;
    int failures_ = 0;
    time_point since_{}, until_{};
};

// An access token's life as far as it is told.
struct token_life {
    time_point came{};
    std::optional<time_point> ends;

    // At least `wanted` is left. Nothing told: for five minutes. Not when the clock has gone back behind the
    // token's coming: nobody knows then how old it is.
    bool has(duration wanted, time_point now) const;
    // The provider gave it a moment ago: there is no fresher one to be had.
    bool is_new(time_point now) const;
    // Not known to end within `need`: for when there is no other.
    bool may_do(duration need, time_point now) const;
    // Until when it is to be used.
    std::optional<time_point> end() const { return ends; }
};

// From the answer, or else from the token's own `exp` when it is a JWT (which the provider gave us: nobody
// else's word).
token_life life_of(const token_grant& g, time_point now);

struct renewable {
    secret token;
    token_life life;
    backoff pause;
    std::optional<failure> trouble;  // of the last attempt
    std::shared_ptr<flight> renewal; // under way
    bool storing = false;            // the renewal's answer is here and not yet on disk
    bool distrusted = false;         // somebody who takes such tokens has refused this one

    explicit renewable(std::uint64_t seed) : pause(seed) {}
    access give() const;
    // Good for what is wanted, or as good as the provider makes them.
    bool is_fresh(duration wanted, time_point now) const;
    bool is_usable(duration need, time_point now) const {
        return !token.empty() && !distrusted && life.may_do(need, now);
    }
    // Only if it still is the one that was refused.
    void distrust(const secret& refused) { distrusted = distrusted || refused == token; }
    void took(secret access_token, token_life new_life);
    void failed(failure why, time_point now);
};

// Tells once that the provider's tokens live shorter than what is wanted of them.
class short_life_notice {
  public:
    void look(const renewable& r, duration wanted, time_point now, logger& log);

  private:
    bool told_ = false;
};

} // namespace berth::auth
