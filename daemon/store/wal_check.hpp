// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"

#include <string>

namespace berth::store {

// Whether the write-ahead log beside the database at `path` holds everything that was committed, as far as
// can be told. SQLite reads a log up to the first frame whose checksum is wrong and passes over the rest in
// silence: right for a transaction that was being written at a crash, and the loss of acknowledged changes
// when the file was damaged or cut afterwards. io_error with a remedy then. Before SQLite opens the database,
// and never while this process has it open.
result<void> check_wal(const std::string& path);

} // namespace berth::store
