// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"
#include "scheduler/slurm/agent/account.hpp"

#include <nlohmann/json_fwd.hpp>
#include <slurm/slurm.h>

#include <deque>
#include <string>
#include <vector>

namespace berth::slurm_agent {

// A job description and the strings that it points into.
class job_request {
  public:
    job_request();
    job_request(const job_request&) = delete;
    job_request& operator=(const job_request&) = delete;

    // Whose job, where it runs, what it runs and with which environment.
    result<void> set_job(const account& a, const nlohmann::json& arguments, const std::string& log);
    // The fields of job_fields; invalid_argument for an option that is not known.
    result<void> set_fields(const nlohmann::json& fields);

    job_desc_msg_t* get() { return &desc_; }
    char* keep(std::string text); // valid as long as this object

  private:
    void set_environment(const account& a, const nlohmann::json& given);

    job_desc_msg_t desc_;
    std::deque<std::string> strings_;
    std::vector<char*> environment_;
};

// One sbatch option ("--exclusive", "--licenses=x:1", "-w node3"). sbatch reads these itself; the API does
// not know them.
result<void> apply_option(job_request& r, const std::string& option);

// "gpu:2,nvme" as the API wants it: "gres:gpu:2,gres:nvme".
std::string gres_list(const std::string& text);

} // namespace berth::slurm_agent
