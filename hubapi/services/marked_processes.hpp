// SPDX-License-Identifier: BSD-3-Clause
// Processes that are known by a variable of their environment, which their children inherit. So whatever a
// service has left behind is found without any file about it, also after the hub was killed at any instant.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace berth::hub {

// How many processes of this machine have exactly this text, "NAME=VALUE", among those that their program
// began with. `or_longer`: also texts that begin with it. Only processes that we may look into.
std::size_t count_marked(const std::string& text, bool or_longer = false);

// SIGTERM to each of them, SIGKILL to those that are still there after `grace`. Blocks until they have gone,
// 2 s longer than `grace` at most. Returns how many there were.
std::size_t end_marked(const std::string& text, std::chrono::milliseconds grace, bool or_longer = false);

} // namespace berth::hub
