// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"
#include "daemon/store/store.hpp"

#include <memory>
#include <string>
#include <vector>

namespace berth::store {

// One SQLite database over SOCI: WAL, every commit synced, foreign keys on. Blocks. Used by one thread at a
// time. Failures: conflict for a broken constraint, io_error (disk, permissions, damage) with the file and a
// remedy, internal for SQL that is wrong. They hold SQLite's words and the SQL, never a parameter's value.
class connection {
  public:
    // "sqlite:/path" or "sqlite::memory:". A new file is made with mode 0600, one that is looser is
    // tightened. `vfs`: the file system that /path is in (surroundings.hpp).
    static result<std::unique_ptr<connection>> open(const std::string& url, const std::string& vfs = "");
    ~connection();

    result<void> execute(const statement& s);
    result<std::vector<row>> query(const statement& s);
    // Whether what is written still goes to the files that a restart will read (place.hpp).
    result<void> still_there() const;
    // Whether what was found at the open has been synced: else a power cut may still undo what is read.
    bool opened_synced() const { return opened_synced_; }
    // Since the open or a commit that failed nothing has been synced: what a crash would find is uncertain,
    // also where it is what a change would make of it. SQLite writes nothing then: `touch` makes it.
    bool is_unsure() const { return unsure_; }
    void set_unsure(bool unsure) { unsure_ = unsure; }
    result<void> touch(); // within a transaction: a change that is one
    // SQL without parameters: BEGIN, COMMIT, SAVEPOINT ..., schema.
    result<void> run(const std::string& sql);

    // The file, for messages; ":memory:" for none.
    const std::string& path() const;

  private:
    struct state;
    explicit connection(std::unique_ptr<state> s);
    result<void> check_pages();
    std::unique_ptr<state> state_;
    bool opened_synced_ = false, unsure_ = false;
};

} // namespace berth::store
