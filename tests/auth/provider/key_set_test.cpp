// SPDX-License-Identifier: BSD-3-Clause
#include "auth/provider/json_web_token.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"
#include "tests/auth/provider/signing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::auth {
namespace {

using nlohmann::json;

// Making keys takes a while: the same for all tests.
const signing_key& rsa() {
    static const auto key = signing_key::rsa("rsa");
    return key;
}
const signing_key& elliptic() {
    static const auto key = signing_key::elliptic("ec");
    return key;
}
const json payload{{"sub", "alice"}, {"n", 1}};

key_set both() { return *key_set::parse(jwks({rsa().jwk(), elliptic().jwk()})); }

std::string hs256(const std::string& secret, const json& head = {{"alg", "HS256"}, {"kid", "rsa"}}) {
    const auto text = unsigned_token(head, payload);
    return text + "." + base64url_encode(hmac_sha256(secret, text));
}

TEST(KeySet, OpensWhatItsKeysSigned) {
    for (const auto* key : {&rsa(), &elliptic()}) {
        const auto opened = both().open(key->sign(payload));
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_EQ(opened->text("sub"), "alice");
    }
    // Signatures in DER differ in length, raw ones never do: once is not enough.
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(both().open(elliptic().sign({{"i", i}}))) << i;
}

TEST(KeySet, TakesNothingElse) {
    const auto good = rsa().sign(payload), ec = elliptic().sign(payload);
    const auto text = unsigned_token({{"alg", "RS256"}, {"kid", "rsa"}}, payload);
    const auto stranger = signing_key::rsa("rsa");
    const auto cut = good.substr(0, good.rfind('.') + 1);
    auto changed = good;
    changed[good.find('.') + 3] ^= 1;
    struct row {
        const char* what;
        std::string token;
    };
    for (const auto& [what, token] : std::vector<row>{
             {"another key under the same id", stranger.sign(payload)},
             {"a changed payload", changed},
             {"no signature", cut},
             {"alg none", unsigned_token({{"alg", "none"}}, payload) + "."},
             {"alg none with a key id", unsigned_token({{"alg", "none"}, {"kid", "rsa"}}, payload) + "."},
             {"alg None", unsigned_token({{"alg", "None"}, {"kid", "rsa"}}, payload) + "."},
             {"HS256 with the public key", hs256(rsa().public_pem())},
             {"HS256 with the modulus", hs256(*base64url_decode(rsa().jwk()["n"].get<std::string>()))},
             {"RS256 with an elliptic key", elliptic().sign(payload, {{"alg", "RS256"}})},
             {"ES256 with an RSA key", rsa().sign(payload, {{"alg", "ES256"}})},
             {"RS384", rsa().sign(payload, {{"alg", "RS384"}})},
             {"PS256", rsa().sign(payload, {{"alg", "PS256"}})},
             {"crit", rsa().sign(payload, {{"crit", {"exp"}}})},
             {"ES256 in DER", ec.substr(0, ec.rfind('.') + 1) + base64url_encode(std::string(70, '0'))},
             {"ES256 of zeros", ec.substr(0, ec.rfind('.') + 1) + base64url_encode(std::string(64, '\0'))},
             {"a key of one's own in the head", stranger.sign(payload, {{"jwk", stranger.jwk()}})},
             {"no JSON in the head", "bm90anNvbg." + good.substr(good.find('.') + 1)},
             {"a list as payload", rsa().sign(json::array({1}))},
             {"two parts", text},
             {"four parts", good + ".x"},
             {"padding", good + "="},
             {"nothing", ""},
             {"dots", ".."},
             {"too long", rsa().sign({{"x", std::string(20000, 'x')}})},
         }) {
        const auto opened = both().open(token);
        ASSERT_FALSE(opened) << what;
        EXPECT_EQ(opened.error().code, errc::unauthenticated) << what << ": " << opened.error().message;
        EXPECT_THAT(opened.error().message, testing::Not(testing::HasSubstr("alice"))) << what;
    }
}

TEST(KeySet, UnknownKeysAreToldApart) {
    const auto other = signing_key::rsa("other");
    EXPECT_EQ(both().open(other.sign(payload)).error().code, errc::not_found);
    // Without an id all keys are tried.
    EXPECT_TRUE(both().open(rsa().sign(payload, {{"kid", nullptr}})));
    EXPECT_EQ(both().open(other.sign(payload, {{"kid", nullptr}})).error().code, errc::not_found);
    EXPECT_EQ(key_set().open(rsa().sign(payload)).error().code, errc::not_found);
}

TEST(KeySet, LeavesOutKeysThatAreNotForThis) {
    const auto size = [](const json& key) { return key_set::parse(jwks({key}))->size(); };
    EXPECT_EQ(size(rsa().jwk()), 1u);
    EXPECT_EQ(size(rsa().jwk({{"alg", "RS256"}, {"key_ops", {"verify"}}})), 1u);
    struct row {
        const char* what;
        json key;
    };
    auto no_use = rsa().jwk();
    no_use.erase("use");
    EXPECT_EQ(size(no_use), 1u);
    for (const auto& [what, key] : std::vector<row>{
             {"for encryption", rsa().jwk({{"use", "enc"}})},
             {"of RSA-OAEP", rsa().jwk({{"alg", "RSA-OAEP"}})},
             {"of PS256", rsa().jwk({{"alg", "PS256"}})},
             {"for signing only", rsa().jwk({{"key_ops", {"sign"}}})},
             {"RSA of 1024 bits", signing_key::rsa("small", 1024).jwk()},
             {"exponent 1", rsa().jwk({{"e", "AQ"}})},
             {"no exponent", rsa().jwk({{"e", nullptr}})},
             {"P-384", signing_key::elliptic("p384", "P-384").jwk()},
             {"P-384 that says P-256", signing_key::elliptic("p384", "P-384").jwk({{"crv", "P-256"}})},
             {"a point off the curve", elliptic().jwk({{"y", elliptic().jwk()["x"]}})},
             {"symmetric", {{"kty", "oct"}, {"kid", "x"}, {"k", "c2VjcmV0"}}},
             {"no object", "text"},
             {"base64 with blanks", rsa().jwk({{"n", "AQ AB"}})},
         })
        EXPECT_EQ(size(key), 0u) << what;
    EXPECT_EQ(key_set::parse(jwks({rsa().jwk({{"use", "enc"}}), elliptic().jwk()}))->size(), 1u);
    for (const auto* text : {"", "[]", "{}", "{\"keys\":{}}", "<html>"})
        EXPECT_FALSE(key_set::parse(text)) << text;
}

TEST(KeySet, ReadsHeads) {
    const auto head = read_token_head(rsa().sign(payload, {{"typ", "at+jwt"}}));
    ASSERT_TRUE(head);
    EXPECT_EQ(head->algorithm, "RS256");
    EXPECT_EQ(head->key_id, "rsa");
    EXPECT_EQ(head->type, "at+jwt");
    for (const auto* text : {"", "abc", "a.b.c", "0123456789abcdef0123456789abcdef"})
        EXPECT_FALSE(read_token_head(text)) << text;
}

} // namespace
} // namespace berth::auth
