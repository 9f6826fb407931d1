// SPDX-License-Identifier: BSD-3-Clause
// The simulated disk as SQLite's file system (sqlite3_vfs, https://www.sqlite.org/vfs.html). Shared memory is
// the process's own and goes with its last user, as it does when a machine starts anew.
#include "tests/simulation/disk.hpp"

#include <sqlite3.h>

#include <cstring>
#include <new>
#include <stdexcept>

namespace berth::simulation {
namespace {

disk* mounted = nullptr;
std::uint64_t salt = 1;

struct open_file : sqlite3_file {
    std::shared_ptr<disk::file> what;
    disk* where = nullptr;
    std::vector<std::unique_ptr<char[]>> shared; // of a database: regions of its wal-index
};

open_file& of(sqlite3_file* f) { return *static_cast<open_file*>(f); }

int close_file(sqlite3_file* f) {
    of(f).~open_file();
    return SQLITE_OK;
}

int read(sqlite3_file* f, void* to, int n, sqlite3_int64 offset) {
    const auto& bytes = of(f).what->bytes;
    const auto want = static_cast<std::size_t>(n), at = static_cast<std::size_t>(offset);
    if (of(f).where->is_off()) return SQLITE_IOERR_READ;
    const auto there = at < bytes.size() ? std::min(want, bytes.size() - at) : 0;
    std::memcpy(to, bytes.data() + (there ? at : 0), there);
    if (there == want) return SQLITE_OK;
    std::memset(static_cast<char*>(to) + there, 0, want - there);
    return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* f, const void* from, int n, sqlite3_int64 offset) {
    auto& o = of(f);
    const auto end = static_cast<std::size_t>(offset + n);
    if (o.where->health() == ailment::errors) return SQLITE_IOERR_WRITE;
    if (o.where->health() == ailment::full && end > o.what->bytes.size()) return SQLITE_FULL;
    const bool done =
        o.where->write(*o.what, from, static_cast<std::size_t>(n), static_cast<std::size_t>(offset));
    return done ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

int truncate(sqlite3_file* f, sqlite3_int64 size) {
    return of(f).where->truncate(*of(f).what, static_cast<std::size_t>(size)) ? SQLITE_OK
                                                                              : SQLITE_IOERR_TRUNCATE;
}

int sync(sqlite3_file* f, int) {
    const auto health = of(f).where->health();
    if (health == ailment::errors || health == ailment::sync_errors) return SQLITE_IOERR_FSYNC;
    return of(f).where->sync(*of(f).what) ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

int size(sqlite3_file* f, sqlite3_int64* out) {
    *out = static_cast<sqlite3_int64>(of(f).what->bytes.size());
    return SQLITE_OK;
}

int lock(sqlite3_file*, int) { return SQLITE_OK; }
int is_reserved(sqlite3_file*, int* out) {
    *out = 0;
    return SQLITE_OK;
}
int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return 512; }
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; } // as SQLite takes real disks

int map_shared(sqlite3_file* f, int region, int bytes, int extend, void volatile** out) {
    auto& regions = of(f).shared;
    const auto at = static_cast<std::size_t>(region);
    if (at >= regions.size()) {
        *out = nullptr;
        if (!extend) return SQLITE_OK;
        while (regions.size() <= at)
            regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(bytes)));
    }
    *out = regions[at].get();
    return SQLITE_OK;
}
int lock_shared(sqlite3_file*, int, int, int) { return SQLITE_OK; }
void barrier(sqlite3_file*) {}
int unmap_shared(sqlite3_file* f, int) {
    of(f).shared.clear();
    return SQLITE_OK;
}

const sqlite3_io_methods methods = {2,
                                    close_file,
                                    read,
                                    write,
                                    truncate,
                                    sync,
                                    size,
                                    lock,
                                    lock,
                                    is_reserved,
                                    control,
                                    sector_size,
                                    characteristics,
                                    map_shared,
                                    lock_shared,
                                    barrier,
                                    unmap_shared,
                                    nullptr,
                                    nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* out_flags) {
    f->pMethods = nullptr;
    if (!mounted || mounted->is_off() || !name) return SQLITE_CANTOPEN;
    auto what = mounted->find(name);
    if (!what && (flags & SQLITE_OPEN_CREATE) && mounted->health() != ailment::errors)
        what = mounted->create(name);
    if (!what) return SQLITE_CANTOPEN;
    auto* o = new (f) open_file{};
    o->what = std::move(what);
    o->where = mounted;
    o->pMethods = &methods;
    if (out_flags) *out_flags = flags;
    return SQLITE_OK;
}

int remove(sqlite3_vfs*, const char* name, int) {
    return mounted && mounted->remove(name) ? SQLITE_OK : SQLITE_IOERR_DELETE;
}

int access(sqlite3_vfs*, const char* name, int, int* out) {
    *out = mounted && mounted->find(name) ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int n, char* out) {
    sqlite3_snprintf(n, out, "%s", name);
    return SQLITE_OK;
}

// Salts of the log: they must differ from one another, not be secret.
int randomness(sqlite3_vfs*, int n, char* out) {
    for (int i = 0; i < n; ++i) out[i] = static_cast<char>((salt = salt * 6364136223846793005ULL + 1) >> 33);
    return n;
}
int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }
int current_time(sqlite3_vfs*, double* out) {
    *out = 2461000.5;
    return SQLITE_OK;
}
int last_error(sqlite3_vfs*, int, char*) { return 0; }

sqlite3_vfs file_system = {
    1,         sizeof(open_file), 512,     nullptr, "simulated", nullptr,    open,  remove,       access,
    full_path, nullptr,           nullptr, nullptr, nullptr,     randomness, sleep, current_time, last_error,
    nullptr,   nullptr,           nullptr, nullptr};

} // namespace

void configure_sqlite() {
    if (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_URI, 1) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK ||
        sqlite3_vfs_register(&file_system, 0) != SQLITE_OK)
        throw std::runtime_error("SQLite was in use before it was configured");
}

void mount(disk* d) {
    mounted = d;
    salt = 1;
}

} // namespace berth::simulation
