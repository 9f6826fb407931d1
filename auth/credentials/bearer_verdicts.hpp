// SPDX-License-Identifier: BSD-3-Clause
// What verifying a bearer token gave, remembered by the token's digest. Private to the room.
#pragma once

#include "daemon/runtime/clock.hpp"

#include <map>
#include <optional>
#include <string>

namespace berth::auth {

// At most 1,000 of each kind: strangers' bad tokens do not push out the good ones. When full, the one goes
// that would go first anyway.
class bearer_verdicts {
  public:
    void remember_good(std::string digest, std::string user, time_point until, time_point now);
    void remember_bad(std::string digest, time_point until, time_point now);
    bool knows(const std::string& digest, time_point now) const;
    std::optional<std::string> user_of(const std::string& digest, time_point now) const;

  private:
    struct verdict {
        std::string user;
        time_point until;
    };
    using table = std::map<std::string, verdict>;
    static void put(table& where, std::string digest, verdict v, time_point now);
    static const verdict* look(const table& where, const std::string& digest, time_point now);
    table good_, bad_;
};

} // namespace berth::auth
