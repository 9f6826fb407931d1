// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/services/marked_processes.hpp"

#include "daemon/runtime/pidfd.hpp"
#include "daemon/runtime/spawn.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

namespace berth::hub {
namespace {

namespace fs = std::filesystem;

// /proc/PID/environ: texts, each with a NUL behind it. Empty for a process that has ended.
bool is_marked(pid_t pid, std::string_view text, bool or_longer) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/environ", std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(in), {}};
    for (std::size_t at = 0; at < all.size();) {
        const auto end = std::min(all.find('\0', at), all.size());
        const auto one = std::string_view(all).substr(at, end - at);
        if (or_longer ? one.starts_with(text) : one == text) return true;
        at = end + 1;
    }
    return false;
}

// The descriptor is opened before the look: the process that was looked at is the one that gets the signal.
std::vector<unique_fd> find_marked(const std::string& text, bool or_longer) {
    std::vector<unique_fd> out;
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator("/proc", ec)) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const auto pid = static_cast<pid_t>(std::stol(name));
        if (pid == ::getpid()) continue;
        unique_fd process(::pidfd_open(pid, 0));
        if (process && is_marked(pid, text, or_longer)) out.push_back(std::move(process));
    }
    return out;
}

} // namespace

std::size_t count_marked(const std::string& text, bool or_longer) {
    return find_marked(text, or_longer).size();
}

std::size_t end_marked(const std::string& text, std::chrono::milliseconds grace, bool or_longer) {
    using steady = std::chrono::steady_clock;
    const auto began = steady::now();
    auto there = find_marked(text, or_longer);
    const auto count = there.size();
    for (const auto& process : there) ::pidfd_send_signal(process.get(), SIGTERM, nullptr, 0);
    while (!there.empty() && steady::now() < began + grace + std::chrono::seconds(2)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        there = find_marked(text, or_longer);
        if (steady::now() < began + grace) continue;
        for (const auto& process : there) ::pidfd_send_signal(process.get(), SIGKILL, nullptr, 0);
    }
    return count;
}

} // namespace berth::hub
