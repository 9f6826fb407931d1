// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/result.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace berth::hub {

// What an authorization code stands for (RFC 6749 section 4.1).
struct grant {
    std::int64_t user_id = 0;
    std::string client_id, server, redirect_uri, session_id; // server: "al/n1", since client ids may be the same
    std::vector<std::string> scopes;      // raw
    std::string challenge, challenge_method; // PKCE (RFC 7636); "" when none was sent
};

// Authorization codes: 30 letters and digits, good once and for 300 seconds. In memory: a browser whose code is lost by a
// restart is sent round again by its server. Bounded; the oldest go first. On the hub thread.
class code_table {
  public:
    explicit code_table(clock& time) : time_(time) {}

    std::string issue(grant g);
    // The grant while the code is good, without using it up; nullptr otherwise.
    const grant* find(std::string_view code);
    void use_up(std::string_view code);

  private:
    void drop_expired();
    struct entry {
        grant what;
        time_point expires{};
    };
    clock& time_;
    std::map<std::string, entry, std::less<>> codes_;
    std::deque<std::pair<time_point, std::string>> by_age_; // all live as long: the oldest is in front
};

// True when the verifier matches the challenge: method "S256" or "plain" (RFC 7636 section 4.6).
bool pkce_matches(const grant& g, std::string_view verifier);

} // namespace berth::hub
