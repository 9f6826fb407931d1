// SPDX-License-Identifier: BSD-3-Clause
// Named places where a test stops a process in order to kill it exactly there:
// stop_point("submit.before_send"). Nothing at all unless CMake's BERTH_STOP_POINTS is ON, which it never is
// in what is installed.
//
// BERTH_STOP_POINT_DIR names a directory. A test arms a point by making the file DIR/<name>, at any time. The
// process that comes by first renames it to DIR/<name>.<pid> and stops itself; SIGCONT lets it go on.
#pragma once

#include <string_view>

#ifdef BERTH_STOP_POINTS
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>
#endif

namespace berth {

// The point's name is `name` followed by `of`.
#ifdef BERTH_STOP_POINTS
inline void stop_point(std::string_view name, std::string_view of = {}) {
    const char* const dir = std::getenv("BERTH_STOP_POINT_DIR");
    if (!dir) return;
    const std::string armed = std::string(dir) + "/" + std::string(name) + std::string(of);
    if (std::rename(armed.c_str(), (armed + "." + std::to_string(getpid())).c_str()) == 0) raise(SIGSTOP);
}
#else
constexpr void stop_point(std::string_view, std::string_view = {}) {}
#endif

} // namespace berth
