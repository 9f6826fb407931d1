// SPDX-License-Identifier: BSD-3-Clause
// All jobs of this hub with one RPC, and the addresses of the nodes that they run on.
#include "scheduler/slurm/agent/job_record.hpp"
#include "scheduler/slurm/agent/session.hpp"
#include "scheduler/slurm/agent/slurm_error.hpp"

#include <nlohmann/json.hpp>
#include <slurm/slurm_errno.h>

#include <cerrno>
#include <map>
#include <memory>
#include <set>
#include <span>

namespace berth::slurm_agent {
namespace {

using job_list = std::unique_ptr<job_info_msg_t, decltype(&slurm_free_job_info_msg)>;
using node_list = std::unique_ptr<node_info_msg_t, decltype(&slurm_free_node_info_msg)>;

// Up to this many nodes are asked for one by one; beyond it one RPC for all nodes is cheaper.
constexpr std::size_t few_nodes = 8;

bool ours(const settings& s, const slurm_job_info_t& j) {
    return j.name && std::string_view(j.name).starts_with(s.prefix) && !s.prefix.empty();
}

std::set<std::string> nodes_in_use(const settings& s, std::span<const slurm_job_info_t> jobs) {
    std::set<std::string> out;
    for (const auto& j : jobs)
        if (ours(s, j) && (j.job_state & JOB_STATE_BASE) == JOB_RUNNING)
            if (auto node = script_node(j); !node.empty()) out.insert(std::move(node));
    return out;
}

void note_addresses(const node_info_msg_t& m, std::map<std::string, std::string>& out) {
    for (const auto& n : std::span(m.node_array, m.record_count))
        if (n.name && n.node_addr && *n.node_addr) out[n.name] = n.node_addr;
}

// A node that is not told stays without an address; its name is then used as one.
std::map<std::string, std::string> addresses_of(const std::set<std::string>& nodes) {
    std::map<std::string, std::string> out;
    node_info_msg_t* raw = nullptr;
    if (nodes.size() > few_nodes) {
        if (slurm_load_node(0, &raw, SHOW_ALL) == SLURM_SUCCESS)
            note_addresses(*node_list(raw, &slurm_free_node_info_msg), out);
        return out;
    }
    for (auto name : nodes)
        if (slurm_load_node_single(&raw, name.data(), SHOW_ALL) == SLURM_SUCCESS)
            note_addresses(*node_list(raw, &slurm_free_node_info_msg), out);
    return out;
}

} // namespace

answer list(const settings& s, const nlohmann::json& arguments) {
    if (const auto ended = arguments.find("ended"); ended != arguments.end()) return ended_jobs(s, *ended);
    if (const auto open = open_session(s); !open) return fail(open.error());
    job_info_msg_t* raw = nullptr;
    errno = 0;
    if (slurm_load_jobs(arguments.value("last_update", std::int64_t{0}), &raw, SHOW_ALL) != SLURM_SUCCESS) {
        if (errno == SLURM_NO_CHANGE_IN_DATA) return nlohmann::json{{"unchanged", true}};
        return fail(question_failure(errno));
    }
    const job_list all(raw, &slurm_free_job_info_msg);
    const std::span jobs(all->job_array, all->record_count);
    const auto addresses = addresses_of(nodes_in_use(s, jobs));
    auto told = nlohmann::json::array();
    for (const auto& j : jobs)
        if (ours(s, j)) told.push_back(to_json(j, addresses));
    return nlohmann::json{{"last_update", static_cast<std::int64_t>(all->last_update)},
                          {"jobs", std::move(told)}};
}

} // namespace berth::slurm_agent
