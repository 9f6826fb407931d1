// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/sealing.hpp"

#include "daemon/runtime/digest.hpp"

#include <memory>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdexcept>

namespace berth {
namespace {

constexpr std::size_t nonce_bytes = 12, tag_bytes = 16;

struct freed {
    void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
using cipher = std::unique_ptr<EVP_CIPHER_CTX, freed>;

unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }
const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
int size_of(std::string_view s) { return static_cast<int>(s.size()); }

void must(bool done) {
    if (!done) throw std::runtime_error("AES-256-GCM failed");
}

} // namespace

std::string seal(const secret& key, std::string_view plain, std::string_view context) {
    must(key.reveal().size() == sealing_key_bytes);
    const auto nonce = random_bytes(nonce_bytes);
    std::string text(plain.size(), '\0'), tag(tag_bytes, '\0');
    const cipher c(EVP_CIPHER_CTX_new());
    int n = 0;
    must(c &&
         EVP_EncryptInit_ex2(c.get(), EVP_aes_256_gcm(), bytes(key.reveal()), bytes(nonce), nullptr) == 1);
    must(EVP_EncryptUpdate(c.get(), nullptr, &n, bytes(context), size_of(context)) == 1);
    must(EVP_EncryptUpdate(c.get(), bytes(text), &n, bytes(plain), size_of(plain)) == 1);
    must(EVP_EncryptFinal_ex(c.get(), bytes(text) + n, &n) == 1);
    must(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes, tag.data()) == 1);
    return nonce + text + tag;
}

std::optional<secret> unseal(const secret& key, std::string_view sealed, std::string_view context) {
    must(key.reveal().size() == sealing_key_bytes);
    if (sealed.size() < nonce_bytes + tag_bytes) return std::nullopt;
    const auto nonce = sealed.substr(0, nonce_bytes);
    const auto text = sealed.substr(nonce_bytes, sealed.size() - nonce_bytes - tag_bytes);
    std::string tag(sealed.substr(sealed.size() - tag_bytes)), plain(text.size(), '\0');
    const cipher c(EVP_CIPHER_CTX_new());
    int n = 0;
    must(c &&
         EVP_DecryptInit_ex2(c.get(), EVP_aes_256_gcm(), bytes(key.reveal()), bytes(nonce), nullptr) == 1);
    must(EVP_DecryptUpdate(c.get(), nullptr, &n, bytes(context), size_of(context)) == 1);
    must(EVP_DecryptUpdate(c.get(), bytes(plain), &n, bytes(text), size_of(text)) == 1);
    must(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1);
    const bool authentic = EVP_DecryptFinal_ex(c.get(), bytes(plain) + n, &n) == 1;
    secret out(plain);
    OPENSSL_cleanse(plain.data(), plain.size());
    if (!authentic) return std::nullopt;
    return out;
}

} // namespace berth
