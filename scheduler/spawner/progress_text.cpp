// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/progress_text.hpp"

#include "daemon/runtime/time_text.hpp"
#include "scheduler/spawner/reason_text.hpp"

namespace berth::scheduler {
namespace {

constexpr std::string_view queued_begin = "Queued";

} // namespace

std::string queued_text(const job_status& job) {
    std::string out(queued_begin);
    if (const auto why = reason_text(job.reason); !why.empty()) out += ": " + why;
    if (job.expected_start) {
        std::string t = iso8601(*job.expected_start).substr(0, 16);
        t.replace(10, 1, " ");
        out += ", expected to start at " + t + " UTC";
    }
    return out;
}

std::string kind_in_words(std::string_view kind) {
    if (kind == "slurm") return "Slurm";
    if (kind == "firecrest") return "FirecREST";
    if (kind == "local") return "this machine";
    return std::string(kind);
}

bool add_progress(server& s, time_point at, stage where, std::string message) {
    const int percent = static_cast<int>(where);
    if (!s.progress.empty()) {
        auto& last = s.progress.back();
        if (last.message == message && last.percent == percent) return false;
        if (last.message.starts_with(queued_begin) && message.starts_with(queued_begin)) {
            last = {at, percent, std::move(message)};
            return true;
        }
    }
    if (s.progress.size() >= max_progress_entries) s.progress.erase(s.progress.begin() + 1);
    s.progress.push_back({at, percent, std::move(message)});
    return true;
}

} // namespace berth::scheduler
