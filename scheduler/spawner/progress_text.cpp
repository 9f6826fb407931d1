// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/progress_text.hpp"

#include "daemon/runtime/time_text.hpp"

#include <array>

namespace berth::scheduler {
namespace {

struct reason_words {
    std::string_view reason, words;
};
// squeue(1), JOB REASON CODES.
constexpr std::array<reason_words, 12> reasons = {{
    {"Resources", "waiting for resources"},
    {"Priority", "waiting behind jobs of higher priority"},
    {"Dependency", "waiting for another job"},
    {"BeginTime", "waiting for its begin time"},
    {"Licenses", "waiting for a licence"},
    {"Reservation", "waiting for its reservation"},
    {"ReqNodeNotAvail", "the nodes asked for are not available"},
    {"PartitionDown", "the partition is down"},
    {"PartitionInactive", "the partition is inactive"},
    {"JobHeldUser", "held by the user"},
    {"JobHeldAdmin", "held by an administrator"},
    {"None", "waiting to be looked at"},
}};

constexpr std::string_view queued_begin = "Queued";

} // namespace

std::string_view reason_in_words(std::string_view reason) {
    for (const auto& r : reasons)
        if (r.reason == reason) return r.words;
    if (reason.starts_with("QOS") || reason.starts_with("Assoc"))
        return "a limit of the account or QOS is reached";
    return "";
}

std::string queued_text(const job_status& job) {
    std::string out(queued_begin);
    const auto words = reason_in_words(job.reason);
    if (!words.empty()) out += ": " + std::string(words);
    if (!job.reason.empty() && job.reason != "None")
        out += (words.empty() ? ": " : " (") + job.reason + (words.empty() ? "" : ")");
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
