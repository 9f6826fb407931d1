// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/stop_point.hpp"
#include "scheduler/slurm/agent/job_record.hpp"
#include "scheduler/slurm/agent/session.hpp"
#include "scheduler/slurm/agent/slurm_error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <slurm/slurm_errno.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <memory>
#include <span>
#include <vector>

namespace berth::slurm_agent {
namespace {

using job_list = std::unique_ptr<job_info_msg_t, decltype(&slurm_free_job_info_msg)>;

struct wanted {
    std::uint32_t id = 0; // 0: not known
    std::string name, user;
};

result<std::uint32_t> id_of(const std::string& text) {
    std::uint32_t id = 0;
    if (text.empty()) return id;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size())
        return fail(errc::invalid_argument, fmt::format("\"{}\" is not a Slurm job id", text));
    return id;
}

// The ids of the live jobs that are meant. Empty when there is none (any more), or the id is another job's by
// now.
result<std::vector<std::uint32_t>> find(const wanted& w) {
    job_info_msg_t* raw = nullptr;
    errno = 0;
    const int rc = w.id != 0 ? slurm_load_job(&raw, w.id, SHOW_ALL) : slurm_load_jobs(0, &raw, SHOW_ALL);
    if (rc != SLURM_SUCCESS) {
        if (errno == ESLURM_INVALID_JOB_ID) return std::vector<std::uint32_t>();
        return fail(question_failure(errno));
    }
    const job_list all(raw, &slurm_free_job_info_msg);
    std::vector<std::uint32_t> out;
    for (const auto& j : std::span(all->job_array, all->record_count)) {
        if (!j.name || w.name != j.name || (j.job_state & JOB_STATE_BASE) > JOB_SUSPENDED) continue;
        if (user_of(j) != w.user)
            return fail(errc::denied, fmt::format("job {} is not one of {}", j.job_id, w.user));
        out.push_back(j.job_id);
    }
    return out;
}

} // namespace

answer cancel(const settings& s, const nlohmann::json& arguments) {
    const auto id = id_of(arguments.value("job_id", std::string()));
    if (!id) return fail(id.error());
    const wanted w{*id, arguments.at("job_name").get<std::string>(), arguments.at("user").get<std::string>()};
    if (const auto mine = check_job_name(s, w.name); !mine) return fail(mine.error());
    if (const auto open = open_session_rehearsed(s); !open) return fail(open.error());
    const auto ids = find(w);
    if (!ids) return fail(ids.error());
    stop_point("agent.before_cancel");
    for (const auto job : *ids) {
        errno = 0;
        if (slurm_kill_job(job, SIGKILL, 0) == SLURM_SUCCESS) continue;
        if (errno != ESLURM_ALREADY_DONE && errno != ESLURM_INVALID_JOB_ID)
            return fail(action_failure(errno));
    }
    stop_point("agent.cancelled");
    return nlohmann::json{{"gone", ids->empty()}};
}

} // namespace berth::slurm_agent
