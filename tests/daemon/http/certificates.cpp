// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/http/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <memory>
#include <unistd.h>

namespace berth::http::test {
namespace {

using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using cert_ptr = std::unique_ptr<X509, decltype(&X509_free)>;

key_ptr make_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

void extend(X509* c, X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, c, nullptr, nullptr, 0);
    auto* e = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    X509_add_ext(c, e, -1);
    X509_EXTENSION_free(e);
}

cert_ptr make_certificate(const char* name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, bool authority,
                          long days) {
    static long serial = 1;
    cert_ptr c(X509_new(), X509_free);
    X509_set_version(c.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(c.get()), -30 * 86400);
    X509_gmtime_adj(X509_getm_notAfter(c.get()), days * 86400);
    X509_set_pubkey(c.get(), key);
    auto* subject = X509_get_subject_name(c.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1,
                               -1, 0);
    X509* signer = issuer == nullptr ? c.get() : issuer;
    X509_set_issuer_name(c.get(), X509_get_subject_name(signer));
    extend(c.get(), signer, NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!authority) extend(c.get(), signer, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_sign(c.get(), issuer_key, EVP_sha256());
    return c;
}

template<class Write>
std::string pem(Write write) {
    std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
    write(bio.get());
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* c) {
    return pem([&](BIO* b) { PEM_write_bio_X509(b, c); });
}
std::string pem_of(EVP_PKEY* k) {
    return pem([&](BIO* b) { PEM_write_bio_PrivateKey(b, k, nullptr, nullptr, 0, nullptr, nullptr); });
}

} // namespace

certificates::certificates() {
    static int count = 0;
    folder = std::filesystem::temp_directory_path() /
             ("http-tls-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(folder);
    const auto root_key = make_key(), middle_key = make_key(), leaf_key = make_key();
    const auto root_cert = make_certificate("root", root_key.get(), nullptr, root_key.get(), true, 30);
    const auto middle =
        make_certificate("middle", middle_key.get(), root_cert.get(), root_key.get(), true, 30);
    root = pem_of(root_cert.get());
    intermediate = pem_of(middle.get());
    leaf = pem_of(
        make_certificate("localhost", leaf_key.get(), middle.get(), middle_key.get(), false, 30).get());
    expired = pem_of(
        make_certificate("localhost", leaf_key.get(), middle.get(), middle_key.get(), false, -1).get());
    key = pem_of(leaf_key.get());
    other_key = pem_of(make_key().get());
}

certificates::~certificates() { std::filesystem::remove_all(folder); }

std::string certificates::write(const std::string& name, const std::string& text) const {
    const auto path = folder / name;
    std::ofstream(path) << text;
    return path.string();
}

} // namespace berth::http::test
