// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/server.hpp"
#include "daemon/runtime/result.hpp"

#include <memory>

struct ssl_ctx_st;

namespace berth::proxy {

using tls_context = std::shared_ptr<ssl_ctx_st>;

// Certificate chain and key, read now: TLS 1.2 and later, HTTP/1.1 only. The failure names the file and what
// is wrong with it. Thread-safe once made.
result<tls_context> load_tls(const http::tls_files& files);

} // namespace berth::proxy
