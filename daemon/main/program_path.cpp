// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/program_path.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <unistd.h>

namespace berth::config {

result<std::string> own_path() {
    std::error_code ec;
    const auto path = std::filesystem::read_symlink("/proc/self/exe", ec);
    if (ec) return fail(errc::io_error, "cannot find this program's own file: " + ec.message());
    auto text = path.string();
    // Replaced by an upgrade while we run: the new file is the one to start.
    static constexpr std::string_view gone = " (deleted)";
    if (text.ends_with(gone)) text.erase(text.size() - gone.size());
    return text;
}

result<std::string> helper_path(std::string_view name) {
    auto self = own_path();
    if (!self) return self;
    const auto folder = std::filesystem::path(*self).parent_path();
    const auto beside = folder / name, below = (folder / ".." / "libexec" / "berth" / name).lexically_normal();
    for (const auto& candidate : {beside, below})
        if (::access(candidate.c_str(), X_OK) == 0) return candidate.string();
    return fail(errc::not_found, fmt::format("{} is neither {} nor {}; install it beside berth", name, beside.string(), below.string()));
}

} // namespace berth::config
