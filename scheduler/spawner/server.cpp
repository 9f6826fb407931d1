// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/server.hpp"

namespace berth::scheduler {

std::string_view to_string(phase p) {
    switch (p) {
    case phase::stopped: return "stopped";
    case phase::preparing: return "preparing";
    case phase::submitting: return "submitting";
    case phase::queued: return "queued";
    case phase::launching: return "launching";
    case phase::ready: return "ready";
    case phase::stopping: return "stopping";
    }
    return "stopped";
}

std::string_view server::pending() const {
    switch (state) {
    case phase::preparing:
    case phase::submitting:
    case phase::queued:
    case phase::launching: return "spawn";
    case phase::stopping: return "stop";
    case phase::stopped:
    case phase::ready: return "";
    }
    return "";
}

} // namespace berth::scheduler
