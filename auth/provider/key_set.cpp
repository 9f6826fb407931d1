// SPDX-License-Identifier: BSD-3-Clause
#include "auth/provider/json_web_token.hpp"

#include "auth/provider/public_key.hpp"
#include "daemon/runtime/encoding.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace berth::auth {
namespace {

using nlohmann::json;

constexpr std::size_t longest_token = 16 << 10, most_keys = 100;

struct known_key {
    std::string id;
    public_key key;
};

// The object's text under that name; "" when there is none or it is something else.
std::string text_of(const json& object, const char* name) {
    const auto it = object.find(name);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}
std::string bytes_of(const json& object, const char* name) {
    return base64url_decode(text_of(object, name)).value_or("");
}

bool is_for_signatures(const json& jwk, std::string_view algorithm) {
    const auto use = text_of(jwk, "use"), only = text_of(jwk, "alg");
    const auto operations = jwk.find("key_ops");
    return (use.empty() || use == "sig") && (only.empty() || only == algorithm) &&
           (operations == jwk.end() ||
            (operations->is_array() && std::ranges::find(*operations, "verify") != operations->end()));
}

public_key read_key(const json& jwk) {
    if (!jwk.is_object()) return {};
    const auto type = text_of(jwk, "kty");
    if (type == "RSA" && is_for_signatures(jwk, "RS256"))
        return public_key::rsa(bytes_of(jwk, "n"), bytes_of(jwk, "e"));
    if (type == "EC" && text_of(jwk, "crv") == "P-256" && is_for_signatures(jwk, "ES256"))
        return public_key::p256(bytes_of(jwk, "x"), bytes_of(jwk, "y"));
    return {};
}

// Head, payload and signature, still encoded.
std::optional<std::array<std::string_view, 3>> parts_of(std::string_view token) {
    const auto first = token.find('.');
    const auto second = first == token.npos ? first : token.find('.', first + 1);
    if (second == token.npos || token.size() > longest_token || token.contains('=')) return std::nullopt;
    return std::array{token.substr(0, first), token.substr(first + 1, second - first - 1),
                      token.substr(second + 1)};
}

std::optional<json> read_head(std::string_view encoded) {
    const auto text = base64url_decode(encoded);
    if (!text) return std::nullopt;
    auto head = json::parse(*text, nullptr, false);
    if (!head.is_object() || text_of(head, "alg").empty()) return std::nullopt;
    return head;
}

auto refuse(std::string why) { return fail(errc::unauthenticated, std::move(why)); }

// The algorithm of a head that may be trusted this far.
result<signature_algorithm> acceptable(const json& head) {
    if (head.contains("crit")) return refuse("the token has extensions that must be understood and are not");
    const auto name = text_of(head, "alg");
    if (name == "RS256") return signature_algorithm::rs256;
    if (name == "ES256") return signature_algorithm::es256;
    return refuse("the token is not signed with RS256 or ES256");
}

} // namespace

struct key_set::keys {
    std::vector<known_key> all;
};

result<key_set> key_set::parse(std::string_view jwks_json) {
    const auto document = json::parse(jwks_json, nullptr, false);
    if (!document.is_object() || !document.contains("keys") || !document["keys"].is_array())
        return fail(errc::invalid_argument, "the provider's keys are no JWKS (a JSON object with \"keys\")");
    auto found = std::make_shared<keys>();
    for (const auto& jwk : document["keys"]) {
        if (found->all.size() == most_keys) break;
        if (auto key = read_key(jwk)) found->all.push_back({text_of(jwk, "kid"), std::move(key)});
    }
    key_set out;
    out.keys_ = std::move(found);
    return out;
}

std::size_t key_set::size() const { return keys_ ? keys_->all.size() : 0; }

bool key_set::has(std::string_view key_id) const {
    return keys_ && std::ranges::find(keys_->all, key_id, &known_key::id) != keys_->all.end();
}

result<claims> key_set::open(std::string_view compact_token) const {
    const auto parts = parts_of(compact_token);
    const auto head = parts ? read_head((*parts)[0]) : std::nullopt;
    if (!head) return refuse("this is no signed token");
    const auto algorithm = acceptable(*head);
    if (!algorithm) return fail(algorithm.error());
    const auto payload = base64url_decode((*parts)[1]), signature = base64url_decode((*parts)[2]);
    if (!payload || !signature || !json::parse(*payload, nullptr, false).is_object())
        return refuse("the token is damaged");

    const bool named = head->contains("kid");
    const auto id = text_of(*head, "kid");
    if (named && !has(id)) return fail(errc::not_found, "the provider publishes no such key");
    const auto signed_text = compact_token.substr(0, compact_token.rfind('.'));
    const auto made_it = [&](const known_key& k) {
        return (!named || k.id == id) && k.key.algorithm() == *algorithm &&
               k.key.made(*signature, signed_text);
    };
    if (keys_ && std::ranges::any_of(keys_->all, made_it)) return claims(*payload);
    if (!named) return fail(errc::not_found, "none of the provider's keys signed the token");
    return refuse("the token's signature is wrong");
}

std::optional<token_head> read_token_head(std::string_view compact_token) {
    const auto parts = parts_of(compact_token);
    const auto head = parts ? read_head((*parts)[0]) : std::nullopt;
    if (!head || !base64url_decode((*parts)[1]) || !base64url_decode((*parts)[2])) return std::nullopt;
    return token_head{text_of(*head, "alg"), text_of(*head, "kid"), text_of(*head, "typ")};
}

} // namespace berth::auth
