// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/agent/job_record.hpp"

#include "scheduler/common/pending_reasons.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <memory>
#include <pwd.h>
#include <sys/wait.h>

// In libslurm, but not in the slurm.h of 22.05.
extern "C" {
char* slurm_job_state_string(uint32_t state);
char* slurm_job_reason_string(int reason);
}

namespace berth::slurm_agent {
namespace {

using nlohmann::json;

std::string text(const char* s) { return s ? s : ""; }

std::string user_name(uid_t uid) {
    passwd entry{}, *found = nullptr;
    char buffer[16384];
    if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) != 0 || !found) return "";
    return found->pw_name;
}

const char* phase_of(std::uint32_t state) {
    const auto base = state & JOB_STATE_BASE;
    if (base > JOB_SUSPENDED) return "over";
    // Nodes that are booting for the job do not run it yet.
    return base == JOB_PENDING || (state & JOB_CONFIGURING) ? "queued" : "running";
}

std::string state_word(std::uint32_t state) {
    const auto base = state & JOB_STATE_BASE;
    if (base == JOB_RUNNING && (state & JOB_CONFIGURING)) return "CONFIGURING";
    return text(slurm_job_state_string(base));
}

std::string reason_word(std::uint32_t reason) {
    return reason == WAIT_NO_REASON ? "" : text(slurm_job_reason_string(static_cast<int>(reason)));
}

// Nothing where Slurm has no word: a job that ended otherwise than by itself has 0 there.
void set_exit(json& out, std::uint32_t state, std::uint32_t status) {
    const int s = static_cast<int>(status);
    if (status == 0 && (state & JOB_STATE_BASE) != JOB_COMPLETE) return;
    if (status == NO_VAL || WTERMSIG(s) >= 32)
        return; // slurmd's own codes of failed launches look like signals
    if (WIFSIGNALED(s))
        out["signal"] = WTERMSIG(s);
    else
        out["exit_code"] = WEXITSTATUS(s);
}

} // namespace

std::string script_node(const slurm_job_info_t& j) {
    if (j.batch_host && *j.batch_host) return j.batch_host;
    if (!j.nodes || !*j.nodes) return "";
    const std::unique_ptr<hostlist, decltype(&slurm_hostlist_destroy)> nodes(slurm_hostlist_create(j.nodes),
                                                                             &slurm_hostlist_destroy);
    const std::unique_ptr<char, decltype(&std::free)> first(
        nodes ? slurm_hostlist_shift(nodes.get()) : nullptr, &std::free);
    return first ? first.get() : "";
}

std::string user_of(const slurm_job_info_t& j) {
    return j.user_name && *j.user_name ? j.user_name : user_name(j.user_id);
}

json to_json(const slurm_job_info_t& j, const std::map<std::string, std::string>& addresses) {
    const std::string phase = phase_of(j.job_state);
    json out{{"job_id", std::to_string(j.job_id)},
             {"job_name", text(j.name)},
             {"user", user_of(j)},
             {"phase", phase},
             {"state", state_word(j.job_state)},
             {"reason", reason_word(j.state_reason)},
             {"restarts", j.restart_cnt}};
    const auto time = [&](const char* key, time_t t) {
        if (t > 0) out[key] = static_cast<std::int64_t>(t);
    };
    if (phase == "queued") {
        out["never_starts"] = scheduler::never_starts(out["reason"].get_ref<const std::string&>());
        time("expected_start", j.start_time);
        return out;
    }
    time("started", j.start_time);
    const auto node = script_node(j);
    if (!node.empty()) out["node"] = node;
    if (phase == "running") {
        time("ends_at", j.time_limit == INFINITE ? 0 : j.end_time);
        const auto address = addresses.find(node);
        if (!node.empty()) out["address"] = address == addresses.end() ? node : address->second;
        return out;
    }
    time("ended", j.end_time);
    if (!node.empty()) set_exit(out, j.job_state, j.exit_code); // what never ran has Slurm's own number there
    return out;
}

bool is_over(const slurmdb_job_rec_t& j) { return (j.state & JOB_STATE_BASE) > JOB_SUSPENDED && j.end > 0; }

json to_json(const slurmdb_job_rec_t& j) {
    json out{{"job_id", std::to_string(j.jobid)},
             {"job_name", text(j.jobname)},
             {"user", j.user && *j.user ? j.user : user_name(j.uid)},
             {"phase", "over"},
             {"state", state_word(j.state)},
             {"reason", ""},
             {"ended", static_cast<std::int64_t>(j.end)},
             {"restarts", 0}};
    if (j.start > 0) out["started"] = static_cast<std::int64_t>(j.start);
    if (j.nodes && *j.nodes && text(j.nodes) != "None assigned") {
        out["node"] = text(j.nodes);
        set_exit(out, j.state, j.exitcode);
    }
    return out;
}

} // namespace berth::slurm_agent
