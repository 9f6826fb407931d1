// SPDX-License-Identifier: BSD-3-Clause
// What the database stands on. The hub takes the machine's; a simulation brings its own.
#pragma once

#include "daemon/store/store.hpp"
#include "daemon/store/worker.hpp"

#include <memory>
#include <string>
#include <vector>

namespace berth::store {

struct surroundings {
    // A file system that is registered with SQLite (sqlite3_vfs_register) in a process that takes URIs for
    // file names (SQLITE_CONFIG_URI); "": the machine's own.
    std::string vfs = "";
    std::unique_ptr<worker> work = nullptr; // null: a thread of its own
};

// As `open`.
result<std::unique_ptr<database>> open_in(surroundings where, logger& log, const std::string& url,
                                          std::vector<migrations> rooms);

} // namespace berth::store
