// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/tls_context.hpp"

#include <cstring>
#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace berth::proxy {
namespace {

std::string openssl_words() {
    char text[256] = "no reason given";
    if (const auto e = ERR_peek_last_error()) ERR_error_string_n(e, text, sizeof text);
    ERR_clear_error();
    return text;
}

int choose_http11(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                  unsigned in_size, void*) {
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, size, ours, sizeof ours - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

} // namespace

result<tls_context> load_tls(const http::tls_files& files) {
    ERR_clear_error();
    tls_context ctx(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX_set_min_proto_version(ctx.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(ctx.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                    SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(ctx.get(), choose_http11, nullptr);
    const auto& key = files.key.empty() ? files.certificate : files.key;
    if (SSL_CTX_use_certificate_chain_file(ctx.get(), files.certificate.c_str()) != 1)
        return fail(errc::invalid_argument,
                    fmt::format("cannot use the certificate {}: {}", files.certificate, openssl_words()));
    if (SSL_CTX_use_PrivateKey_file(ctx.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
        return fail(errc::invalid_argument,
                    fmt::format("cannot use the key in {}: {}", key, openssl_words()));
    if (SSL_CTX_check_private_key(ctx.get()) != 1)
        return fail(errc::invalid_argument, fmt::format("the key in {} does not belong to the certificate {}",
                                                        key, files.certificate));
    return ctx;
}

} // namespace berth::proxy
