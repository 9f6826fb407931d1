// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <slurm/slurm.h>
#include <slurm/slurmdb.h>

#include <map>
#include <string>

namespace berth::slurm_agent {

// A job as `list` tells of it (verbs.hpp). `addresses`: NodeName to NodeAddr.
nlohmann::json to_json(const slurm_job_info_t& j, const std::map<std::string, std::string>& addresses);

// The same from the accounting's record, of a job that is over.
nlohmann::json to_json(const slurmdb_job_rec_t& j);

// Whether the accounting's record is of a job that has ended.
bool is_over(const slurmdb_job_rec_t& j);

// The node where the job's script runs; "" while it does not.
std::string script_node(const slurm_job_info_t& j);

// Its user's name, "" when this machine does not know the uid.
std::string user_of(const slurm_job_info_t& j);

} // namespace berth::slurm_agent
