// SPDX-License-Identifier: BSD-3-Clause
// One public key of a JWKS, and what it says of a signature (RFC 7518 sections 3.3, 3.4, 6). Private to the
// room.
#pragma once

#include <memory>
#include <string_view>

struct evp_pkey_st;

namespace berth::auth {

enum class signature_algorithm { rs256, es256 };

// A value; copies share the key.
class public_key {
  public:
    // Raw big-endian numbers. Nothing (false) when they make no key: RSA below 2048 bits, a point off the
    // curve.
    static public_key rsa(std::string_view modulus, std::string_view exponent);
    static public_key p256(std::string_view x, std::string_view y);

    explicit operator bool() const { return key_ != nullptr; }
    signature_algorithm algorithm() const { return algorithm_; }
    // `signature` as in the token: for ES256 r and s, 32 bytes each.
    bool made(std::string_view signature, std::string_view text) const;

  private:
    std::shared_ptr<evp_pkey_st> key_;
    signature_algorithm algorithm_ = signature_algorithm::rs256;
};

} // namespace berth::auth
