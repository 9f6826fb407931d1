// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/store/sqlite_errors.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

namespace berth::store {

failure explain_sqlite(int code, const std::string& path, const std::string& words) {
    const auto disk = [&](const std::string& what, const std::string& remedy) {
        return failure{errc::io_error, fmt::format("the database {} {} ({}): {}", path, what, words, remedy)};
    };
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return {errc::conflict, "the database refused the change: " + words};
    case SQLITE_FULL: return disk("cannot grow", "free some space on its disk");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return disk("cannot be written",
                    fmt::format("make the file and its directory writable for uid {}, and see that its file "
                                "system is not mounted read-only",
                                geteuid()));
    case SQLITE_CANTOPEN:
        return disk("cannot be opened",
                    fmt::format("its directory must exist and be writable for uid {}", geteuid()));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return disk("is damaged or not a database",
                    "restore it from a backup, or move it away to begin with an empty one");
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return disk("is locked by another process", "end that process (fuser names it)");
    case SQLITE_IOERR: return disk("cannot be read or written", "look at the disk and the kernel's log");
    case SQLITE_NOMEM: return disk("cannot be used", "the machine is out of memory");
    default: return {errc::internal, fmt::format("the database {} refused: {}", path, words)};
    }
}

} // namespace berth::store
