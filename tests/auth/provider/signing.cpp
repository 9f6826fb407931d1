// SPDX-License-Identifier: BSD-3-Clause
#include "tests/auth/provider/signing.hpp"

#include "daemon/runtime/encoding.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdexcept>

namespace berth::auth {
namespace {

using nlohmann::json;

unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

std::string number(const BIGNUM* n, int size) {
    std::string out(static_cast<std::size_t>(size), '\0');
    BN_bn2binpad(n, bytes(out), size);
    return out;
}

std::string part_of(EVP_PKEY* key, const char* name, int size = 0) {
    BIGNUM* n = nullptr;
    EVP_PKEY_get_bn_param(key, name, &n);
    auto out = number(n, size > 0 ? size : BN_num_bytes(n));
    BN_free(n);
    return base64url_encode(out);
}

// DER to r and s.
std::string raw(std::string der) {
    const auto* at = const_cast<const unsigned char*>(bytes(der));
    auto* both = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    auto out = number(ECDSA_SIG_get0_r(both), 32) + number(ECDSA_SIG_get0_s(both), 32);
    ECDSA_SIG_free(both);
    return out;
}

} // namespace

signing_key signing_key::rsa(std::string id, unsigned bits) {
    signing_key out;
    out.id_ = std::move(id);
    out.key_.reset(EVP_RSA_gen(bits), EVP_PKEY_free);
    return out;
}

signing_key signing_key::elliptic(std::string id, const char* curve) {
    signing_key out;
    out.id_ = std::move(id);
    out.elliptic_ = true;
    out.key_.reset(EVP_EC_gen(curve), EVP_PKEY_free);
    return out;
}

json signing_key::jwk(const json& more) const {
    json out{{"kid", id_}, {"use", "sig"}};
    if (elliptic_) {
        const int size = (EVP_PKEY_get_bits(key_.get()) + 7) / 8;
        out.update({{"kty", "EC"},
                    {"crv", size == 32 ? "P-256" : "P-384"},
                    {"x", part_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, size)},
                    {"y", part_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, size)}});
    } else {
        out.update({{"kty", "RSA"},
                    {"n", part_of(key_.get(), OSSL_PKEY_PARAM_RSA_N)},
                    {"e", part_of(key_.get(), OSSL_PKEY_PARAM_RSA_E)}});
    }
    out.update(more);
    return out;
}

std::string signing_key::signature(const std::string& text) const {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    std::string out(1024, '\0');
    std::size_t size = out.size();
    if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), bytes(out), &size, reinterpret_cast<const unsigned char*>(text.data()),
                       text.size()) != 1)
        throw std::runtime_error("cannot sign");
    out.resize(size);
    return base64url_encode(elliptic_ ? raw(out) : out);
}

std::string signing_key::sign(const json& payload, const json& head) const {
    json all{{"alg", elliptic_ ? "ES256" : "RS256"}, {"typ", "JWT"}, {"kid", id_}};
    all.update(head);
    for (auto it = all.begin(); it != all.end();) it = it->is_null() ? all.erase(it) : std::next(it);
    const auto text = unsigned_token(all, payload);
    return text + "." + signature(text);
}

std::string signing_key::public_pem() const {
    std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PUBKEY(out.get(), key_.get());
    char* data = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string jwks(const std::vector<json>& keys) { return json{{"keys", keys}}.dump(); }

std::string unsigned_token(const json& head, const json& payload) {
    return base64url_encode(head.dump()) + "." + base64url_encode(payload.dump());
}

} // namespace berth::auth
