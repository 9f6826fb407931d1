// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/sealed_flow.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"

#include <array>
#include <charconv>
#include <memory>
#include <openssl/evp.h>
#include <stdexcept>

namespace berth::auth {
namespace {

constexpr std::size_t nonce_bytes = 12, tag_bytes = 16, longest_cookie = 8192;

struct freed {
    void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
using cipher = std::unique_ptr<EVP_CIPHER_CTX, freed>;

unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }
const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

std::string encrypt(std::string_view key, std::string_view plain) {
    const auto nonce = random_bytes(nonce_bytes);
    std::string out(plain.size(), '\0'), tag(tag_bytes, '\0');
    const cipher c(EVP_CIPHER_CTX_new());
    int size = 0, rest = 0;
    if (!c || EVP_EncryptInit_ex2(c.get(), EVP_aes_256_gcm(), bytes(key), bytes(nonce), nullptr) != 1 ||
        EVP_EncryptUpdate(c.get(), bytes(out), &size, bytes(plain), static_cast<int>(plain.size())) != 1 ||
        EVP_EncryptFinal_ex(c.get(), bytes(out) + size, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes, tag.data()) != 1)
        throw std::runtime_error("AES-256-GCM failed");
    return nonce + out + tag;
}

std::optional<secret> decrypt(std::string_view key, std::string_view sealed) {
    if (sealed.size() < nonce_bytes + tag_bytes) return std::nullopt;
    const auto nonce = sealed.substr(0, nonce_bytes);
    const auto body = sealed.substr(nonce_bytes, sealed.size() - nonce_bytes - tag_bytes);
    std::string tag(sealed.substr(sealed.size() - tag_bytes)), out(body.size(), '\0');
    const cipher c(EVP_CIPHER_CTX_new());
    int size = 0, rest = 0;
    const bool good =
        c && EVP_DecryptInit_ex2(c.get(), EVP_aes_256_gcm(), bytes(key), bytes(nonce), nullptr) == 1 &&
        EVP_DecryptUpdate(c.get(), bytes(out), &size, bytes(body), static_cast<int>(body.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(c.get(), bytes(out) + size, &rest) == 1;
    secret plain(std::move(out));
    return good ? std::optional(std::move(plain)) : std::nullopt;
}

} // namespace

flow_sealer::flow_sealer(const secret& key)
    : key_(hmac_sha256(key.reveal(), "berth: cookies of a sign-in under way, AES-256-GCM")) {}

secret flow_sealer::seal(const sign_in_flow& flow) const {
    std::string plain = std::to_string(flow.began.time_since_epoch().count());
    for (const auto part : {std::string_view(flow.state), std::string_view(flow.nonce),
                            flow.verifier.reveal(), std::string_view(flow.next)}) {
        plain += '\n';
        plain += part;
    }
    const secret wiped(std::move(plain));
    return secret(base64url_encode(encrypt(key_.reveal(), wiped.reveal())));
}

std::optional<sign_in_flow> flow_sealer::open(const secret& cookie) const {
    if (cookie.reveal().size() > longest_cookie) return std::nullopt;
    const auto sealed = base64url_decode(cookie.reveal());
    const auto plain = sealed ? decrypt(key_.reveal(), *sealed) : std::nullopt;
    if (!plain) return std::nullopt;
    std::array<std::string_view, 5> parts;
    auto rest = plain->reveal();
    for (auto& part : parts) {
        // The last one takes all that is left.
        const auto end = &part == &parts.back() ? rest.npos : rest.find('\n');
        part = rest.substr(0, end);
        rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
    }
    duration::rep count = 0;
    std::from_chars(parts[0].data(), parts[0].data() + parts[0].size(), count);
    return sign_in_flow{.began = time_point(duration(count)),
                        .state = std::string(parts[1]),
                        .nonce = std::string(parts[2]),
                        .next = std::string(parts[4]),
                        .verifier = secret(std::string(parts[3]))};
}

} // namespace berth::auth
