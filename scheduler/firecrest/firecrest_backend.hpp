// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/log.hpp"
#include "scheduler/backend.hpp"
#include "scheduler/firecrest/calls.hpp"
#include "scheduler/firecrest/job_rows.hpp"
#include "scheduler/script/batch_settings.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace berth::scheduler {

class firecrest_listing;

// [cluster.NAME] with backend = "firecrest".
struct firecrest_settings : batch_settings {
    std::string cluster; // NAME, for sentences
    std::string system;  // as FirecREST calls it: "daint"
    std::string
        poll_account; // the hub user of a service account that asks for everybody's jobs; "": each owner asks
    std::string work_dir = "/users/{user}";    // where jobs start and their logs lie; absolute
    std::string node_name_template = "{node}"; // how the hub reaches a node; without {node}: a constant host
    std::string job_prefix;                    // "berth-<hub_id>-": which jobs are this hub's
};

// Jobs through FirecREST v2, with each user's own access token. A submit whose answer got lost is
// outcome_unknown, and its job is found by its name in a listing. One listing asks once for everybody's jobs
// (or once an owner, without a poll_account), and by id for those that are missing in it: it is complete only
// in the end. Nothing secret is in a job's environment as FirecREST sees it: variables travel in the script.
// Lives on the hub thread; what it is given outlives it.
class firecrest_backend final : public backend {
  public:
    firecrest_backend(boost::asio::any_io_executor executor, http_client& http, clock& time,
                      token_source& tokens, call_settings calls, firecrest_settings settings);

    boost::asio::awaitable<result<submitted>> submit(job_spec spec) override;
    boost::asio::awaitable<result<std::vector<job_status>>> list(std::vector<job_ref> interested) override;
    // With the owner's token, or the poll_account's where that cannot be had or may not.
    boost::asio::awaitable<result<void>> cancel(job_ref job) override;
    boost::asio::awaitable<result<std::string>> log_tail(job_ref job, std::size_t max_bytes) override;
    boost::asio::awaitable<std::vector<finding>> check() override;
    void change(const batch_settings& next) override;
    std::string kind() const override { return "firecrest"; }

  private:
    boost::asio::awaitable<result<std::vector<job_row>>> rows(std::string identity, std::string path);
    boost::asio::awaitable<void> ask_owners(firecrest_listing& l, std::span<const std::string> owners);
    boost::asio::awaitable<void> ask_for_absent(firecrest_listing& l, std::span<const job_ref> jobs);
    boost::asio::awaitable<result<void>> cancel_as(std::string identity, std::string job_id);
    boost::asio::awaitable<result<std::string>> get(std::string path);
    result<std::string> work_dir_of(const std::string& user) const;
    std::string log_file_of(const std::string& work_dir, const std::string& job_name) const;
    std::string address_of(const std::string& node) const;
    std::string compute(std::string_view rest) const;

    firecrest_settings s_;
    firecrest_calls calls_;
    std::map<std::string, std::string> names_; // by id, of the last listing: ids are given again
};

} // namespace berth::scheduler
