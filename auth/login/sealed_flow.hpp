// SPDX-License-Identifier: BSD-3-Clause
// A sign-in under way, as its cookie holds it. Private to the room.
//
//   cookie = base64url(nonce 12 | AES-256-GCM(plain) | tag 16)
//   plain  = microseconds LF state LF nonce LF verifier LF next
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/secret.hpp"

#include <optional>
#include <string>

namespace berth::auth {

struct sign_in_flow {
    time_point began{};
    std::string state, nonce, next;
    secret verifier; // "" without PKCE
};

// A value; any thread.
class flow_sealer {
  public:
    // `key` is anybody's: what seals is derived from it for this use.
    explicit flow_sealer(const secret& key);
    secret seal(const sign_in_flow& flow) const;
    std::optional<sign_in_flow>
    open(const secret& cookie) const; // nothing when it was not sealed by this key

  private:
    secret key_;
};

} // namespace berth::auth
