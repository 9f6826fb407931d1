// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/disk.hpp"

#include <algorithm>
#include <cstring>

namespace berth::simulation {
namespace {
constexpr std::size_t sector = 512;
}

std::string_view to_string(ending e) {
    switch (e) {
    case ending::killed: return "killed";
    case ending::power_lost: return "power lost";
    case ending::power_torn: return "power lost, sectors torn";
    case ending::power_garbled: return "power lost, sectors garbled";
    }
    return "?";
}

void disk::load(const image& files) {
    files_.clear();
    for (const auto& [path, bytes] : files)
        files_[path] = std::make_shared<file>(file{bytes, bytes, true, {}});
}

disk::image disk::content() const {
    image out;
    for (const auto& [path, f] : files_) out[path] = f->bytes;
    return out;
}

std::shared_ptr<disk::file> disk::find(const std::string& path) const {
    const auto at = files_.find(path);
    return at == files_.end() ? nullptr : at->second;
}

bool disk::may_change() {
    if (!off_ && steps_left_ > 0 && --steps_left_ == 0) off_ = true;
    return !off_;
}

std::shared_ptr<disk::file> disk::create(const std::string& path) {
    if (!may_change()) return nullptr;
    return files_[path] = std::make_shared<file>();
}

bool disk::remove(const std::string& path) {
    if (!may_change()) return false;
    // SQLite removes its log only when nothing depends on it any more; whether the directory was synced after
    // that makes no difference to it.
    files_.erase(path);
    return true;
}

bool disk::write(file& f, const void* bytes, std::size_t n, std::size_t offset) {
    ++writes;
    if (!may_change()) return false;
    if (f.bytes.size() < offset + n) f.bytes.resize(offset + n);
    std::memcpy(f.bytes.data() + offset, bytes, n);
    f.unsynced.emplace_back(offset, n);
    return true;
}

bool disk::truncate(file& f, std::size_t size) {
    if (!may_change()) return false;
    f.bytes.resize(size);
    return true;
}

bool disk::sync(file& f) {
    if (!may_change()) return false;
    f.durable.resize(f.bytes.size());
    for (auto [offset, n] : f.unsynced)
        if (offset < f.bytes.size())
            std::memcpy(f.durable.data() + offset, f.bytes.data() + offset,
                        std::min(n, f.bytes.size() - offset));
    f.unsynced.clear();
    f.exists_durably = true;
    return true;
}

void disk::damage(file& f, ending e) {
    std::string out = f.durable;
    if (e != ending::power_lost)
        for (auto [offset, n] : f.unsynced)
            for (auto at = offset; at < offset + n; at = (at / sector + 1) * sector) {
                const auto end = std::min({offset + n, (at / sector + 1) * sector, f.bytes.size()});
                if (at >= end || chance_.chance(50)) continue;
                if (out.size() < end) out.resize(end);
                std::memcpy(out.data() + at, f.bytes.data() + at, end - at);
                if (e == ending::power_garbled && chance_.chance(20))
                    for (auto i = at; i < end; ++i) out[i] = static_cast<char>(chance_.roll());
            }
    f.bytes = std::move(out);
}

void disk::crash(ending e) {
    if (e != ending::killed)
        for (auto at = files_.begin(); at != files_.end();) {
            auto& f = *at->second;
            damage(f, e);
            const bool there = f.exists_durably || e != ending::power_lost;
            f.durable = f.bytes;
            f.unsynced.clear();
            f.exists_durably = true;
            at = there ? std::next(at) : files_.erase(at);
        }
    off_ = false;
    steps_left_ = -1;
}

} // namespace berth::simulation
