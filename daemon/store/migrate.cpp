// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/store/migrate.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::store {
namespace {

bool blank(std::string_view s) { return s.find_first_not_of(" \t\r\n") == std::string_view::npos; }

// Split at lines that hold only ";".
std::vector<std::string> statements_of(std::string_view step) {
    std::vector<std::string> out{""};
    while (!step.empty()) {
        const auto end = std::min(step.find('\n'), step.size());
        auto line = step.substr(0, end);
        step.remove_prefix(std::min(end + 1, step.size()));
        if (const auto semicolon = line.find(';');
            semicolon != line.npos && blank(line.substr(0, semicolon)) && blank(line.substr(semicolon + 1)))
            out.emplace_back();
        else
            out.back().append(line).append("\n");
    }
    std::erase_if(out, blank);
    return out;
}

result<std::int64_t> version_of(connection& db, const std::string& room) {
    auto rows = db.query({"SELECT version FROM schema_version WHERE room = :room", {{"room", room}}});
    if (!rows) return fail(rows.error());
    return rows->empty() ? 0 : integer(rows->front(), "version");
}

result<void> take_step(connection& db, const migrations& m, std::int64_t to) {
    auto done = db.run("BEGIN IMMEDIATE");
    for (const auto& sql : statements_of(m.steps[static_cast<std::size_t>(to - 1)]))
        if (done) done = db.run(sql);
    if (done)
        done = db.execute({"INSERT INTO schema_version (room, version) VALUES (:room, :version) "
                           "ON CONFLICT (room) DO UPDATE SET version = excluded.version",
                           {{"room", m.room}, {"version", to}}});
    if (done) done = db.run("COMMIT");
    if (done) return done;
    (void)db.run("ROLLBACK"); // may already have happened
    return fail(done.error().code, fmt::format("taking the tables of \"{}\" to version {}: {}", m.room, to,
                                               done.error().message));
}

} // namespace

result<void> migrate(connection& db, const std::vector<migrations>& rooms) {
    auto done =
        db.run("CREATE TABLE IF NOT EXISTS schema_version (room TEXT PRIMARY KEY, version BIGINT NOT NULL)");
    if (!done) return done;
    for (const auto& m : rooms) {
        const auto version = version_of(db, m.room);
        if (!version) return fail(version.error());
        if (*version > static_cast<std::int64_t>(m.steps.size()))
            return fail(errc::conflict,
                        fmt::format("the database {} was written by a newer program (tables of \"{}\" at "
                                    "version {}, this one "
                                    "knows {}): run that program, or restore the backup made before it ran",
                                    db.path(), m.room, *version, m.steps.size()));
    }
    for (const auto& m : rooms)
        for (auto at = version_of(db, m.room); !at || *at < static_cast<std::int64_t>(m.steps.size());
             ++*at) {
            if (!at) return fail(at.error());
            if (done = take_step(db, m, *at + 1); !done) return done;
        }
    return {};
}

} // namespace berth::store
