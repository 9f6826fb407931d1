// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/tls_context.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace berth::http {
namespace {

std::string openssl_words() {
    std::array<char, 256> text{};
    const auto code = ERR_peek_last_error();
    ERR_error_string_n(code, text.data(), text.size());
    ERR_clear_error();
    return code == 0 ? "no details" : text.data();
}

// OpenSSL would ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

// "http/1.1" is all that is spoken here. A client that offers other protocols only goes on without ALPN.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                    unsigned count, void*) {
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, size, ours, sizeof ours - 1, in, count) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

result<void> readable(const std::string& path, std::string_view what) {
    if (::access(path.c_str(), R_OK) == 0) return {};
    const int error = errno;
    const auto* remedy = error == ENOENT ? "check the path in [tls]"
                                         : "make the file readable for the account that Berth runs as";
    return fail(errc::invalid_argument,
                fmt::format("cannot read the TLS {} {}: {}; {}", what, path, std::strerror(error), remedy));
}

tls_context make_context() {
    tls_context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    auto* c = context.get();
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF); // tickets do it without memory of ours
    SSL_CTX_set_default_passwd_cb(c, no_passphrase);
    SSL_CTX_set_alpn_select_cb(c, choose_protocol, nullptr);
    return context;
}

// What is wrong with the certificate's dates, or "".
std::string date_warning(SSL_CTX* context, const std::string& path) {
    const X509* leaf = SSL_CTX_get0_certificate(context);
    if (leaf == nullptr) return {};
    if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0)
        return fmt::format("the TLS certificate {} has expired: browsers refuse it; renew it and reload",
                           path);
    if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0)
        return fmt::format("the TLS certificate {} is not valid yet: check the machine's clock", path);
    std::time_t soon = std::time(nullptr) + 7 * 24 * 3600;
    if (X509_cmp_time(X509_get0_notAfter(leaf), &soon) < 0)
        return fmt::format("the TLS certificate {} expires within 7 days: renew it", path);
    return {};
}

} // namespace

result<loaded_tls> load_tls(const tls_files& files) {
    const std::string& key = files.key.empty() ? files.certificate : files.key;
    if (auto ok = readable(files.certificate, "certificate"); !ok) return fail(ok.error());
    if (auto ok = readable(key, "key"); !ok) return fail(ok.error());
    ERR_clear_error();
    loaded_tls out{make_context(), ""};
    auto* c = out.context.get();
    if (SSL_CTX_use_certificate_chain_file(c, files.certificate.c_str()) != 1)
        return fail(
            errc::invalid_argument,
            fmt::format(
                "{} holds no usable PEM certificate ({}); it must start with the server's own certificate, "
                "followed by the intermediate ones",
                files.certificate, openssl_words()));
    if (SSL_CTX_use_PrivateKey_file(c, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        const bool mismatch = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH;
        const auto words = openssl_words();
        if (mismatch)
            return fail(
                errc::invalid_argument,
                fmt::format(
                    "the TLS key in {} does not belong to the certificate in {}; the two files must be "
                    "from the same request, with the server's own certificate first",
                    key, files.certificate));
        const auto* remedy =
            files.key.empty() ? "name the key's file as tls.key, or append the key to the certificate's file"
                              : "it must be a PEM private key without a passphrase";
        return fail(errc::invalid_argument,
                    fmt::format("{} holds no usable TLS key ({}); {}", key, words, remedy));
    }
    if (SSL_CTX_check_private_key(c) != 1)
        return fail(errc::invalid_argument,
                    fmt::format("the TLS key in {} does not belong to the certificate in {}", key,
                                files.certificate));
    out.warning = date_warning(c, files.certificate);
    return out;
}

} // namespace berth::http
