// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/store/writer.hpp"

namespace berth::store {
namespace {

result<void> apply(connection& db, const changes& wanted) {
    for (const auto& s : wanted)
        if (auto done = db.execute(s); !done) return done;
    return {};
}

// An io_error that is the answer is the group's; any other failure is the member's own and left in its
// outcome.
result<void> apply_member(connection& db, group_member& member) {
    if (auto begun = db.run("SAVEPOINT member"); !begun) return begun;
    member.outcome = apply(db, *member.wanted);
    if (!member.outcome && member.outcome.error().code == errc::io_error) return member.outcome;
    if (!member.outcome)
        if (auto undone = db.run("ROLLBACK TO member"); !undone) return undone;
    return db.run("RELEASE member");
}

result<void> apply_group(connection& db, std::vector<group_member>& group) {
    if (auto there = db.still_there(); !there) return there;
    if (auto begun = db.run("BEGIN IMMEDIATE"); !begun) return begun;
    if (db.is_unsure())
        if (auto done = db.touch(); !done) return done;
    for (auto& member : group)
        if (auto done = apply_member(db, member); !done) return done;
    return db.run("COMMIT");
}

// A constraint that is deferred to COMMIT breaks there, for all: each alone then finds out whose it was.
result<void> write_singly(connection& db, std::vector<group_member>& group) {
    result<void> disk;
    for (auto& member : group) {
        std::vector<group_member> alone{member};
        const auto done = write_group(db, alone);
        if (!done) disk = done;
        member.outcome = alone.front().outcome;
    }
    return disk;
}

} // namespace

result<void> write_group(connection& db, std::vector<group_member>& group) {
    auto done = apply_group(db, group);
    db.set_unsure(!done);
    if (done) return {};
    (void)db.run("ROLLBACK"); // SQLite may have done so itself
    if (done.error().code != errc::io_error && group.size() > 1) return write_singly(db, group);
    for (auto& member : group) member.outcome = done;
    return done.error().code == errc::io_error ? done : result<void>{};
}

} // namespace berth::store
