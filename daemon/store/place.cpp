// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/store/place.hpp"

#include <fmt/format.h>

#include <optional>
#include <sys/stat.h>

namespace berth::store {
namespace {

std::optional<std::pair<unsigned long, unsigned long>> identity_of(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return std::nullopt;
    return std::pair<unsigned long, unsigned long>(info.st_dev, info.st_ino);
}

} // namespace

place::place(std::vector<std::string> files) {
    for (auto& path : files)
        if (const auto found = identity_of(path)) files_.emplace_back(std::move(path), *found);
}

result<void> place::still_there() const {
    for (const auto& [path, known] : files_) {
        if (const auto now = identity_of(path); now && *now == known) continue;
        return fail(errc::io_error,
                    fmt::format("the database's file {} was deleted, moved or replaced while the hub "
                                "uses it: put it back, or restart berth to use what is there now",
                                path));
    }
    return {};
}

} // namespace berth::store
