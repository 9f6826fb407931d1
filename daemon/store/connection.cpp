// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/store/connection.hpp"

#include "daemon/store/place.hpp"
#include "daemon/store/sqlite_errors.hpp"
#include "daemon/store/wal_check.hpp"

#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>

namespace berth::store {
namespace {

constexpr std::size_t cached_statements =
    256; // rooms use a fixed set of SQL texts; more means that one builds its SQL

// A parameter where soci::use can find it until the statement has run.
struct bound {
    long long integer = 0;
    double real = 0;
    std::string text;
    soci::indicator state = soci::i_ok;
};

void bind(soci::statement& st, const std::string& name, const value& v, bound& at) {
    if (const auto* i = std::get_if<std::int64_t>(&v)) {
        at.integer = *i;
        st.exchange(soci::use(at.integer, at.state, name));
    } else if (const auto* d = std::get_if<double>(&v)) {
        at.real = *d;
        st.exchange(soci::use(at.real, at.state, name));
    } else {
        if (const auto* s = std::get_if<std::string>(&v))
            at.text = *s;
        else
            at.state = soci::i_null;
        st.exchange(soci::use(at.text, at.state, name));
    }
}

// SOCI does not export the type information that UBSan's check of the cast would need.
[[clang::no_sanitize("vptr")]] sqlite_api::sqlite3_stmt* native(soci::statement& st) {
    return static_cast<soci::sqlite3_statement_backend*>(st.get_backend())->stmt_;
}

// Read by the value's own type: SOCI goes by the column's declaration, and cuts what it says is "integer" to
// 32 bits.
value native_cell(sqlite_api::sqlite3_stmt* st, int column) {
    switch (sqlite3_column_type(st, column)) {
    case SQLITE_NULL: return nullptr;
    case SQLITE_INTEGER: return static_cast<std::int64_t>(sqlite3_column_int64(st, column));
    case SQLITE_FLOAT: return sqlite3_column_double(st, column);
    default: {
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(st, column));
        return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(st, column)))
                     : std::string();
    }
    }
}

row native_row(sqlite_api::sqlite3_stmt* st) {
    row out;
    for (int i = 0; i < sqlite3_column_count(st); ++i)
        out.emplace(sqlite3_column_name(st, i), native_cell(st, i));
    return out;
}

result<void> prepare_file(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        ::close(fd);
        return {};
    }
    // An existing file is not opened here: closing it would drop the locks of another connection of this
    // process.
    struct stat info{};
    if (errno != EEXIST || ::stat(path.c_str(), &info) != 0)
        return fail(explain_sqlite(SQLITE_CANTOPEN, path, std::strerror(errno)));
    if ((info.st_mode & 0077) != 0 && ::chmod(path.c_str(), 0600) != 0)
        return fail(errc::io_error,
                    fmt::format("the database {} may be read by others (mode {:04o}): chmod 600 {}", path,
                                info.st_mode & 07777, path));
    return {};
}

result<std::string> path_of(const std::string& url) {
    static constexpr std::string_view scheme = "sqlite:";
    auto path = url.starts_with(scheme) ? url.substr(scheme.size()) : std::string();
    if (path == ":memory:" || (path.starts_with('/') && path.find_first_of("\"\n") == std::string::npos))
        return path;
    return fail(
        errc::invalid_argument,
        fmt::format("\"{}\" is no database that this program knows: write \"sqlite:/path/to/berth.sqlite\"",
                    url));
}

} // namespace

struct connection::state {
    std::string path;
    place files; // none in memory and in a simulation
    soci::session session;
    std::unordered_map<std::string, soci::statement> statements;

    soci::statement& prepared(const std::string& sql) {
        if (const auto at = statements.find(sql); at != statements.end()) return at->second;
        if (statements.size() >= cached_statements) statements.clear();
        soci::statement st(session);
        st.alloc();
        st.prepare(sql);
        return statements.emplace(sql, st).first->second;
    }

    failure explain(const soci::soci_error& e, const std::string& sql) {
        // what() would add the parameters' values.
        const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&e);
        auto out = explain_sqlite(sqlite ? sqlite->result() : SQLITE_ERROR, path, e.get_error_message());
        if (out.code == errc::internal) out.message += fmt::format("; in: {}", sql);
        return out;
    }
};

connection::connection(std::unique_ptr<state> s) : state_(std::move(s)) {}
connection::~connection() = default;
const std::string& connection::path() const { return state_->path; }

result<std::unique_ptr<connection>> connection::open(const std::string& url, const std::string& vfs) {
    const auto path = path_of(url);
    if (!path) return fail(path.error());
    const bool on_disk = *path != ":memory:" && vfs.empty();
    if (on_disk) {
        if (const auto ready = prepare_file(*path); !ready) return fail(ready.error());
        if (const auto whole = check_wal(*path); !whole) return fail(whole.error());
    }
    auto s = std::make_unique<state>();
    s->path = *path;
    const auto name = vfs.empty() ? *path : fmt::format("file:{}?vfs={}", *path, vfs);
    try {
        s->session.open(soci::sqlite3, fmt::format("db=\"{}\" timeout=5", name));
    } catch (const soci::soci_error& e) {
        return fail(s->explain(e, "open"));
    }
    auto made = std::unique_ptr<connection>(new connection(std::move(s)));
    for (const auto* sql :
         {"PRAGMA busy_timeout=5000", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
          "PRAGMA foreign_keys=ON", "PRAGMA trusted_schema=OFF", "PRAGMA journal_size_limit=67108864"})
        if (const auto done = made->query({sql, {}}); !done) return fail(done.error());
    // What a killed process had written and not synced is read here, and relied on: it becomes durable first.
    // A disk that cannot do it now is no reason to refuse; who relies on it writes it again.
    made->opened_synced_ = made->query({"PRAGMA wal_checkpoint(PASSIVE)", {}}).has_value();
    made->unsure_ = !made->opened_synced_;
    if (!on_disk) return made;
    if (const auto sound = made->check_pages(); !sound) return fail(sound.error());
    made->state_->files = place({*path, *path + "-wal"});
    return made;
}

// SQLite looks at a page when it needs it: a damaged one would be found in the middle of a change.
result<void> connection::check_pages() {
    const auto found = query({"PRAGMA quick_check(1)", {}});
    if (!found) return fail(found.error());
    const auto words = found->empty() ? std::string() : text(found->front(), "quick_check");
    if (words == "ok") return {};
    return fail(explain_sqlite(SQLITE_CORRUPT, state_->path, words));
}

result<void> connection::touch() {
    const auto now = query({"PRAGMA user_version", {}});
    if (!now) return fail(now.error());
    const auto version = now->empty() ? 0 : integer(now->front(), "user_version");
    return run(fmt::format("PRAGMA user_version = {}", (version + 1) % 1'000'000'000));
}

result<void> connection::still_there() const { return state_->files.still_there(); }

result<void> connection::execute(const statement& s) {
    const auto rows = query(s);
    if (!rows) return fail(rows.error());
    return {};
}

result<std::vector<row>> connection::query(const statement& s) {
    try {
        auto st = state_->prepared(s.sql);
        auto* raw = native(st);
        if (raw != nullptr && sqlite3_bind_parameter_count(raw) != static_cast<int>(s.parameters.size()))
            return fail(errc::internal,
                        fmt::format("{} parameters given, {} named in: {}", s.parameters.size(),
                                    sqlite3_bind_parameter_count(raw), s.sql));
        std::vector<bound> parameters(s.parameters.size()); // never resized: SOCI keeps pointers into it
        auto at = parameters.begin();
        for (const auto& [name, v] : s.parameters) bind(st, name, v, *at++);
        long long first = 0; // SOCI fetches rows only when something takes a column
        soci::indicator first_state = soci::i_ok;
        const bool has_rows = sqlite3_column_count(raw) > 0;
        if (has_rows) st.exchange(soci::into(first, first_state));
        st.define_and_bind();
        std::vector<row> out;
        for (bool more = st.execute(true) && has_rows; more; more = st.fetch())
            out.push_back(native_row(raw));
        st.bind_clean_up();
        sqlite3_reset(raw);
        return out;
    } catch (const soci::soci_error& e) {
        state_->statements.erase(s.sql); // with whatever it still holds bound
        return fail(state_->explain(e, s.sql));
    }
}

result<void> connection::run(const std::string& sql) { return execute({sql, {}}); }

} // namespace berth::store
