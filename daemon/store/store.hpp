// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace berth::store {

// null, integer, real, text. Times are stored as integers: microseconds since the epoch (see `stored`).
using value = std::variant<std::nullptr_t, std::int64_t, double, std::string>;
using row = std::map<std::string, value, std::less<>>; // by column name

// One SQL statement with named parameters (":name"). Plain SQL that SQLite and PostgreSQL both take; upserts
// as INSERT ... ON CONFLICT (...) DO UPDATE SET ....
struct statement {
    std::string sql;
    std::map<std::string, value> parameters;
};
// What becomes durable together or not at all.
using changes = std::vector<statement>;

// A room's tables: its n-th entry is the SQL that takes its schema from version n to n+1 (several statements
// allowed, split at lines that hold only ";"). Entries are never edited once released, only appended.
struct migrations {
    std::string room;
    std::vector<std::string> steps;
};

// Helpers between columns and types. Reading a column that is missing or of another type throws (a bug).
value stored(time_point t);
value stored(const std::optional<time_point>& t);
value stored_bool(bool b);
std::int64_t integer(const row& r, std::string_view column);
std::string text(const row& r, std::string_view column); // "" for null
bool boolean(const row& r, std::string_view column);
time_point time(const row& r, std::string_view column);
std::optional<time_point> optional_time(const row& r, std::string_view column);
std::optional<std::int64_t> optional_integer(const row& r, std::string_view column);

// The database, owned by a thread of its own. All calls come from the hub thread (one executor) and never
// block it. Read whole at start; afterwards memory is the truth for reading and this is the truth for
// restarting.
class database {
  public:
    virtual ~database() = default;

    // Rows of a query, in order. For start-up. Integers come as int64 whatever the column's declared type.
    virtual boost::asio::awaitable<result<std::vector<row>>> query(statement s) = 0;

    // Returns when the changes are on disk (fsync). Commits that arrive together share one transaction; each
    // caller's changes are applied in the order of calls. When one caller's statements fail, only that caller
    // gets the failure. limit_exceeded when more than 10,000 commits wait; io_error (disk full, read-only,
    // ...): nothing was changed.
    virtual boost::asio::awaitable<result<void>> commit(changes c) = 0;

    // Written within a second or with the next commit; of several under one key the last one counts. For
    // last_activity.
    virtual void write_behind(std::string key, statement s) = 0;

    // Writes what is waiting and closes. Further calls fail with cancelled.
    virtual boost::asio::awaitable<void> close() = 0;

    // Calls waiting or under way; and the failure that the disk gave last, until it works again: for health
    // and metrics.
    virtual std::size_t pending() const = 0;
    virtual std::optional<failure> trouble() const = 0;

    // False when the disk did not sync what was found at the open: a power cut may still undo what queries
    // show, until it is written again.
    virtual bool opened_synced() const { return true; }
};

// Opens (creates, 0600) and migrates. `url`: "sqlite:/path/berth.sqlite" or "sqlite::memory:". Blocks: called
// once, before the event loop runs. Failures name the file and the remedy; a schema newer than this program
// is refused.
result<std::unique_ptr<database>> open(boost::asio::any_io_executor executor, logger& log,
                                       const std::string& url, std::vector<migrations> rooms);

} // namespace berth::store
