// SPDX-License-Identifier: BSD-3-Clause
// From [cluster.NAME] to back ends, and the privileged helpers that some of them need.
#pragma once

#include "daemon/main/configuration.hpp"
#include "daemon/main/data_dir.hpp"
#include "daemon/runtime/http_client.hpp"
#include "daemon/runtime/helper_keeper.hpp"
#include "daemon/runtime/helper_process.hpp"
#include "scheduler/backend.hpp"
#include "scheduler/script/batch_settings.hpp"
#include "scheduler/token_source.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <map>
#include <memory>
#include <string>

namespace berth::config {

// Programs beside the daemon. They keep the privileges of its start, but for Slurm's agent where users' tokens are enough.
struct privileged_helpers {
    std::unique_ptr<helper_keeper> keeper; // where privileges are given up: starts again those that have died
    std::unique_ptr<helper_process> pam;                                // for method = "pam"
    std::map<std::string, std::unique_ptr<helper_process>> per_cluster; // the Slurm agent, the local launcher
};

// Starts what the configuration needs, before privileges are given up. A failure names the program and what is missing.
result<privileged_helpers> start_helpers(boost::asio::any_io_executor executor, logger& log, const configuration& c,
                                         const std::optional<account>& owner, const data_dir& d);

// One back end for each cluster, by name.
using backends = std::map<std::string, std::unique_ptr<scheduler::backend>>;
// Of a cluster with batch scripts; reads the template's file. The failure names what is wrong in it or in the port range.
result<scheduler::batch_settings> batch_settings_of(const cluster_keys& k);

// What back ends work with; all of it outlives them.
struct backend_means {
    boost::asio::any_io_executor executor;
    clock& time;
    logger& log;
    http_client& http;
    scheduler::token_source& tokens;
    privileged_helpers& helpers;
};
result<backends> make_backends(const backend_means& with, const configuration& c, const data_dir& d);

} // namespace berth::config
