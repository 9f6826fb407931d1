// SPDX-License-Identifier: BSD-3-Clause
// Keys and tokens as a provider makes them, good and bad ones.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <string>
#include <vector>

namespace berth::auth {

class signing_key {
  public:
    static signing_key rsa(std::string id, unsigned bits = 2048);
    static signing_key elliptic(std::string id, const char* curve = "P-256");

    // As a JWKS holds it; `more` is laid over it.
    nlohmann::json jwk(const nlohmann::json& more = nlohmann::json::object()) const;
    // RS256 or ES256; `head` is laid over the usual one.
    std::string sign(const nlohmann::json& payload,
                     const nlohmann::json& head = nlohmann::json::object()) const;
    // Of any text, as it stands in a token.
    std::string signature(const std::string& text) const;
    std::string public_pem() const;

  private:
    std::string id_;
    bool elliptic_ = false;
    std::shared_ptr<EVP_PKEY> key_;
};

std::string jwks(const std::vector<nlohmann::json>& keys);
// head.payload, to be signed.
std::string unsigned_token(const nlohmann::json& head, const nlohmann::json& payload);

} // namespace berth::auth
