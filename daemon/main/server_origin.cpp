// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/server_origin.hpp"

#include <fmt/format.h>

namespace berth::config {

std::string server_origin(const scheduler::server& s) {
    const bool v6 = s.host.find(':') != std::string::npos;
    return fmt::format("http://{}:{}", v6 ? "[" + s.host + "]" : s.host, s.port);
}

} // namespace berth::config
