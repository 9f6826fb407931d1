// SPDX-License-Identifier: BSD-3-Clause
// JSON web tokens of the identity provider (RFC 7515, 7517, 7519): parsing, signatures, claims. Pure.
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/result.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::auth {

// The claims of a token or of a userinfo answer: a JSON object, looked into by name. A name with dots goes
// down ("realm_access.roles") unless a claim has that very name. What is missing or of another type is "" or
// nothing.
class claims {
  public:
    claims();
    explicit claims(std::string json_object); // anything else than an object: no claims
    std::string text(std::string_view name) const;
    std::vector<std::string>
    list(std::string_view name) const; // an array of strings, or one string as a list of one
    std::optional<time_point> time(std::string_view name) const; // seconds since the epoch
    bool is_true(std::string_view name) const;                   // true, or "true"
    bool has(std::string_view name) const;
    const std::string& json() const { return json_; }
    // These, and of the others those whose names are not among them.
    claims completed_by(const claims& others) const;

  private:
    std::string json_;
    struct parsed;
    std::shared_ptr<const parsed> parsed_;
};

struct token_head {
    std::string algorithm, key_id, type;
};

// The provider's public keys (JWKS). Only keys for signatures count (use absent or "sig"; kty RSA with at
// least 2048 bits, EC with P-256). A value.
class key_set {
  public:
    static result<key_set>
    parse(std::string_view jwks_json); // unusable keys are left out; invalid_argument when it is no JWKS
    bool has(std::string_view key_id) const;
    std::size_t size() const;

    // The claims of a compact token whose signature one of the keys made. Algorithms RS256 and ES256 only,
    // whatever the head says; the key's type must fit the algorithm; a head with "crit" is refused.
    // not_found: a key id that is not here, or no key id and none of these made it (fetch the keys anew);
    // unauthenticated: everything else that is wrong, in a sentence that holds nothing of the token. At most
    // 16 KiB.
    result<claims> open(std::string_view compact_token) const;

  private:
    struct keys;
    std::shared_ptr<const keys> keys_;
};

// The head of a compact token, unverified; nothing when it is none: three base64url parts, the first a JSON
// object with "alg".
std::optional<token_head> read_token_head(std::string_view compact_token);

// What the claims of a verified token must say.
struct expectation {
    std::string issuer = {};   // exactly; "" is not looked at
    std::string audience = {}; // `aud` holds it; "" is not looked at
    std::string authorized_party =
        {}; // `azp` is it, or `client_id` where there is no azp; "" is not looked at
    std::optional<std::string> nonce = {};      // exactly
    duration leeway = std::chrono::seconds(30); // for exp, nbf and iat
    bool must_expire = true;                    // `exp` is there
};
// unauthenticated with a sentence that names the claim, what was expected and, but for nonce, what came.
result<void> check_claims(const claims& c, const expectation& e, time_point now);

} // namespace berth::auth
