// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"

#include <string>
#include <string_view>

namespace berth::config {

// "127.0.0.1:8000", "[::]:443", "unix:/path", "fd:3". invalid_argument says what is wrong and shows these forms.
result<void> check_listen_address(std::string_view address);
// True for loopback addresses, Unix sockets and inherited sockets (whose owner has decided).
bool is_loopback(std::string_view listen);
// "10.0.0.0/8", "::1/128", "192.0.2.7".
bool is_cidr(std::string_view text);
// How other machines reach it over plain http or TLS: "http://127.0.0.1:8000". An any-address becomes this machine's
// host name. "" for Unix and inherited sockets.
std::string url_of(std::string_view listen, bool tls);

} // namespace berth::config
