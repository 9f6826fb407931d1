// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/store/connection.hpp"

namespace berth::store {

// Takes every room's tables to their newest version, each step in a transaction of its own with its version
// number in
//   schema_version(room, version).
// conflict when the database is newer than this program; nothing is changed then.
result<void> migrate(connection& db, const std::vector<migrations>& rooms);

} // namespace berth::store
