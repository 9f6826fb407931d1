// SPDX-License-Identifier: BSD-3-Clause
#include "auth/provider/public_key.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <string>

namespace berth::auth {
namespace {

template<auto Free>
struct freed {
    template<class T>
    void operator()(T* p) const {
        Free(p);
    }
};
using number = std::unique_ptr<BIGNUM, freed<BN_free>>;
using builder = std::unique_ptr<OSSL_PARAM_BLD, freed<OSSL_PARAM_BLD_free>>;
using parameters = std::unique_ptr<OSSL_PARAM, freed<OSSL_PARAM_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, freed<EVP_PKEY_CTX_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, freed<EVP_MD_CTX_free>>;
using ecdsa_signature = std::unique_ptr<ECDSA_SIG, freed<ECDSA_SIG_free>>;

constexpr int least_rsa_bits = 2048, most_rsa_bits = 8192;
constexpr std::size_t coordinate = 32; // bytes of P-256

const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

number to_number(std::string_view s) {
    return number(BN_bin2bn(bytes(s), static_cast<int>(s.size()), nullptr));
}

std::shared_ptr<EVP_PKEY> from_parameters(const char* type, OSSL_PARAM_BLD* from) {
    const parameters params(OSSL_PARAM_BLD_to_param(from));
    const key_context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
        return nullptr;
    return {key, EVP_PKEY_free};
}

// As OpenSSL takes it: DER. Empty when it is not r and s.
std::string der_of(std::string_view signature) {
    if (signature.size() != 2 * coordinate) return {};
    const ecdsa_signature both(ECDSA_SIG_new());
    auto r = to_number(signature.substr(0, coordinate)), s = to_number(signature.substr(coordinate));
    if (!both || !r || !s || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
    (void)r.release(); // now the signature's
    (void)s.release();
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(both.get(), &der);
    if (size <= 0) return {};
    std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return out;
}

} // namespace

public_key public_key::rsa(std::string_view modulus, std::string_view exponent) {
    public_key out;
    const builder b(OSSL_PARAM_BLD_new());
    const auto n = to_number(modulus), e = to_number(exponent);
    if (!b || !n || !e || BN_num_bits(n.get()) < least_rsa_bits || BN_num_bits(n.get()) > most_rsa_bits ||
        !BN_is_odd(e.get()) || BN_is_one(e.get()) || BN_num_bits(e.get()) > 64 ||
        OSSL_PARAM_BLD_push_BN(b.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(b.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return out;
    out.key_ = from_parameters("RSA", b.get());
    out.algorithm_ = signature_algorithm::rs256;
    return out;
}

public_key public_key::p256(std::string_view x, std::string_view y) {
    public_key out;
    if (x.size() != coordinate || y.size() != coordinate) return out;
    const auto point = "\x04" + std::string(x) + std::string(y); // SEC 1, uncompressed
    const builder b(OSSL_PARAM_BLD_new());
    if (!b || OSSL_PARAM_BLD_push_utf8_string(b.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(b.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
        return out;
    out.key_ = from_parameters("EC", b.get());
    out.algorithm_ = signature_algorithm::es256;
    return out;
}

bool public_key::made(std::string_view signature, std::string_view text) const {
    if (!key_) return false;
    const bool elliptic = algorithm_ == signature_algorithm::es256;
    const auto given = elliptic ? der_of(signature) : std::string(signature);
    const digest_context context(EVP_MD_CTX_new());
    return !given.empty() && context &&
           EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
           EVP_DigestVerify(context.get(), bytes(given), given.size(), bytes(text), text.size()) == 1;
}

} // namespace berth::auth
