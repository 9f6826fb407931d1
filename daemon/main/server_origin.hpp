// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "scheduler/spawner/server.hpp"

#include <string>

namespace berth::config {

// Where a server listens, as an address without path: "http://10.1.2.3:8888", "http://[fd00::1]:8888".
std::string server_origin(const scheduler::server& s);

} // namespace berth::config
