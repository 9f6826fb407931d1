// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"

#include <string>

namespace berth::store {

// What SQLite's result code (basic or extended) means to an operator: kind, file, SQLite's own `words`,
// remedy.
failure explain_sqlite(int code, const std::string& path, const std::string& words);

} // namespace berth::store
