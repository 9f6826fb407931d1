// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"

#include <string>
#include <string_view>

namespace berth::config {

// This program's own file.
result<std::string> own_path();
// A helper program beside it, or in ../libexec/berth: not_found names both places.
result<std::string> helper_path(std::string_view name);

} // namespace berth::config
