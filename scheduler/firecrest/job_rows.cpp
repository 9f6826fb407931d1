// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/firecrest/job_rows.hpp"

#include "scheduler/common/pending_reasons.hpp"
#include "scheduler/firecrest/answer_text.hpp"
#include "scheduler/firecrest/host_list.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace berth::scheduler {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 12> waiting{"PENDING",
                                                   "CONFIGURING",
                                                   "REQUEUED",
                                                   "REQUEUE_FED",
                                                   "REQUEUE_HOLD",
                                                   "RESV_DEL_HOLD",
                                                   "SPECIAL_EXIT",
                                                   "Q",
                                                   "H",
                                                   "W",
                                                   "T",
                                                   "M"};
constexpr std::array<std::string_view, 12> ended{"COMPLETED", "FAILED",        "CANCELLED", "TIMEOUT",
                                                 "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "BOOT_FAIL",
                                                 "DEADLINE",  "REVOKED",       "F",         "X"};
constexpr std::array<std::string_view, 10> at_work{
    "RUNNING", "COMPLETING", "SUSPENDED", "SIGNALING", "STAGE_OUT", "STOPPED", "RESIZING", "R", "S", "E"};

bool one_of(const auto& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

std::string_view first_word(std::string_view state) {
    state = state.substr(0, state.find(' '));
    while (state.ends_with('+')) state.remove_suffix(1);
    return state;
}

const json& part(const json& object, const char* name) {
    static const json none = json::object();
    const auto at = object.find(name);
    return at != object.end() && at->is_object() ? *at : none;
}

std::optional<int> number(const json& object, const char* name) {
    const auto at = object.find(name);
    return at != object.end() && at->is_number_integer() ? std::optional(at->get<int>()) : std::nullopt;
}

std::optional<time_point> moment(const json& object, const char* name) {
    const auto at = object.find(name);
    if (at == object.end() || !at->is_number_integer() || at->get<std::int64_t>() <= 0) return std::nullopt;
    return time_point(std::chrono::seconds(std::min<std::int64_t>(at->get<std::int64_t>(), 1LL << 33)));
}

bool has_running_task(const json& job) {
    const auto tasks = job.find("tasks");
    if (tasks == job.end() || !tasks->is_array()) return false;
    return std::ranges::any_of(*tasks, [](const json& t) {
        return t.is_object() && first_word(text(part(t, "status"), "state")) == "RUNNING";
    });
}

void read_times(job_status& s, const json& time) {
    const auto start = moment(time, "start");
    (s.phase == job_phase::queued ? s.expected_start : s.started) = start;
    if (s.phase == job_phase::over) s.ended = moment(time, "end");
    if (const auto limit = number(time, "limit"); limit && start && s.phase == job_phase::running)
        s.ends_at = *start + std::chrono::seconds(*limit);
}

std::string reason_of(const json& status) {
    auto reason = text(status, "stateReason");
    return reason == "None" || reason == "(null)" ? std::string() : reason;
}

job_row read_row(const json& job) {
    job_row out;
    auto& s = out.status;
    const auto& status = part(job, "status");
    const auto state = text(status, "state");
    const auto tasks_run = has_running_task(job);
    s.job_id = text(job, "jobId");
    s.job_name = text(job, "name");
    s.user = text(job, "user");
    s.state = std::string(first_word(state));
    s.node = first_host(text(job, "nodes"));
    s.phase = phase_of_state(state, tasks_run || !s.node.empty());
    // A young job: "PENDING" of squeue's past, "allocation" of a slurmdbd that has not heard its name.
    out.unnamed = s.job_name == "allocation" && text(job, "partition").empty();
    if (s.phase == job_phase::queued && tasks_run) {
        s.phase = job_phase::running;
        s.state = "RUNNING";
    }
    s.reason = reason_of(status);
    s.never_starts = s.phase == job_phase::queued && never_starts(s.reason);
    if (s.phase == job_phase::over) {
        s.exit_code = number(status, "exitCode");
        s.signal = number(status, "interruptSignal").value_or(0) > 0 ? number(status, "interruptSignal")
                                                                     : std::nullopt;
    }
    read_times(s, part(job, "time"));
    return out;
}

} // namespace

job_phase phase_of_state(std::string_view state, bool has_started) {
    const auto word = first_word(state);
    if (one_of(ended, word)) return job_phase::over;
    if (one_of(at_work, word)) return job_phase::running;
    if (one_of(waiting, word)) return job_phase::queued;
    return has_started ? job_phase::running : job_phase::queued;
}

result<std::vector<job_row>> read_jobs(std::string_view body) {
    const auto told = json::parse(body, nullptr, false);
    const auto jobs = told.is_object() ? told.find("jobs") : told.end();
    if (!told.is_object() || jobs == told.end() || !jobs->is_array())
        return fail(errc::unavailable, "FirecREST's answer is no list of jobs");
    std::vector<job_row> out;
    for (const auto& job : *jobs)
        if (job.is_object() && !text(job, "jobId").empty()) out.push_back(read_row(job));
    return out;
}

} // namespace berth::scheduler
