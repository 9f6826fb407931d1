// SPDX-License-Identifier: BSD-3-Clause
// Jobs that slurmctld has already dropped (MinJobAge), from slurmdbd.
#include "scheduler/slurm/agent/job_record.hpp"
#include "scheduler/slurm/agent/session.hpp"
#include "scheduler/slurm/agent/slurm_error.hpp"

#include <nlohmann/json.hpp>
#include <slurm/slurm_errno.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <map>
#include <memory>
#include <set>

namespace berth::slurm_agent {
namespace {

constexpr std::size_t most_at_once = 200;
constexpr time_t looked_back = 400 * 86400; // longer than any job may run

using slurm_list = std::unique_ptr<xlist, decltype(&slurm_list_destroy)>;
using slurm_iterator = std::unique_ptr<listIterator, decltype(&slurm_list_iterator_destroy)>;

bool has_accounting() {
    slurm_conf_t* raw = nullptr;
    if (slurm_load_ctl_conf(0, &raw) != SLURM_SUCCESS) return false;
    const std::unique_ptr<slurm_conf_t, decltype(&slurm_free_ctl_conf)> conf(raw, &slurm_free_ctl_conf);
    return conf->accounting_storage_type &&
           std::string_view(conf->accounting_storage_type).ends_with("slurmdbd");
}

// The names are unique per attempt, which the ids are not. A name with any record that has not ended is not
// over.
nlohmann::json ended_among(List records, const std::set<std::string>& names) {
    std::map<std::string, const slurmdb_job_rec_t*> last;
    std::set<std::string> alive;
    const slurm_iterator at(slurm_list_iterator_create(records), &slurm_list_iterator_destroy);
    while (const auto* j = static_cast<const slurmdb_job_rec_t*>(slurm_list_next(at.get()))) {
        if (!j->jobname || !names.contains(j->jobname)) continue;
        if (!is_over(*j)) alive.insert(j->jobname);
        auto& newest = last[j->jobname];
        if (!newest || newest->end <= j->end) newest = j;
    }
    auto out = nlohmann::json::array();
    for (const auto& [name, j] : last)
        if (!alive.contains(name)) out.push_back(to_json(*j));
    return out;
}

} // namespace

answer ended_jobs(const settings& s, const nlohmann::json& jobs) {
    std::set<std::string> names;
    for (const auto& job : jobs) {
        auto name = job.at("job_name").get<std::string>();
        if (const auto mine = check_job_name(s, name); !mine) return fail(mine.error());
        if (names.size() < most_at_once) names.insert(std::move(name));
    }
    if (const auto open = open_session(s); !open) return fail(open.error());
    if (names.empty() || !has_accounting()) return nlohmann::json::object();
    uint16_t flags = 0;
    void* connection = slurmdb_connection_get(&flags);
    if (!connection) return fail(question_failure(errno));
    std::deque<std::string> kept(names.begin(), names.end());
    const slurm_list wanted(slurm_list_create(nullptr), &slurm_list_destroy);
    for (auto& name : kept) slurm_list_append(wanted.get(), name.data());
    slurmdb_job_cond_t condition{};
    condition.jobname_list = wanted.get();
    condition.usage_start = std::time(nullptr) - looked_back;
    condition.db_flags = SLURMDB_JOB_FLAG_NOTSET; // zero would mean: only jobs that nothing started
    condition.flags = JOBCOND_FLAG_NO_STEP | JOBCOND_FLAG_NO_TRUNC;
    errno = 0;
    const slurm_list found(slurmdb_jobs_get(connection, &condition), &slurm_list_destroy);
    if (!found) return fail(question_failure(errno != 0 ? errno : ESLURM_DB_CONNECTION));
    auto told = ended_among(found.get(), names);
    slurmdb_connection_close(&connection);
    return nlohmann::json{{"jobs", std::move(told)}};
}

} // namespace berth::slurm_agent
