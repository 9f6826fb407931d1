// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/server.hpp"
#include "daemon/runtime/result.hpp"

#include <memory>
#include <string>

struct ssl_ctx_st;

namespace berth::http {

using tls_context = std::shared_ptr<ssl_ctx_st>;

struct loaded_tls {
    tls_context context;
    std::string warning; // e.g. an expired certificate; empty when all is well
};

// A server's context from PEM files: TLS 1.2 and later, ALPN http/1.1, little memory for idle connections.
// A failure names the file and what to do about it.
result<loaded_tls> load_tls(const tls_files& files);

} // namespace berth::http
