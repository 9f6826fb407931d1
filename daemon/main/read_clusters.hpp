// SPDX-License-Identifier: BSD-3-Clause
// [cluster.NAME] and [[profile]].
#pragma once

#include "daemon/main/configuration.hpp"

namespace berth::config {

// `accounts`: those that a poll_account can be.
std::vector<cluster_keys> read_clusters(section& root, const std::vector<auth::service_account>& accounts);
// [profile.cull] goes to `culling`.
std::vector<scheduler::profile> read_profiles(section& root, const std::vector<cluster_keys>& clusters, hub::cull_settings& culling);
hub::cull_limits read_cull_limits(section& s);

// Processes on this machine, for a hub without configuration.
cluster_keys built_in_cluster();

} // namespace berth::config
