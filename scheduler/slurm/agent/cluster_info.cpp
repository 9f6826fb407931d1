// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/agent/session.hpp"
#include "scheduler/slurm/agent/slurm_error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include <cerrno>
#include <memory>
#include <span>
#include <unistd.h>

extern "C" char* slurm_node_state_string(uint32_t state); // in libslurm, not in slurm.h

namespace berth::slurm_agent {
namespace {

using nlohmann::json;

std::string text(const char* s) { return s ? s : ""; }

std::string library_version() {
    constexpr long v = SLURM_VERSION_NUMBER;
    return fmt::format("{}.{:02}.{}", SLURM_VERSION_MAJOR(v), SLURM_VERSION_MINOR(v), SLURM_VERSION_MICRO(v));
}

json to_json(const partition_info_t& p) {
    json out{{"name", text(p.name)},
             {"up", (p.state_up & PARTITION_UP) == PARTITION_UP},
             {"default", (p.flags & PART_FLAG_DEFAULT) != 0},
             {"nodes", p.total_nodes},
             {"cpus", p.total_cpus}};
    if (p.max_time != INFINITE && p.max_time != NO_VAL) out["max_runtime_s"] = std::uint64_t{p.max_time} * 60;
    return out;
}

} // namespace

answer hello(const settings& s, const nlohmann::json&) {
    json out{{"uid", geteuid()}, {"library", library_version()}};
    const auto conf_path = find_conf(s);
    if (!conf_path) return fail(conf_path.error());
    out["conf"] = *conf_path;
    if (const auto open = open_session_rehearsed(s); !open) return fail(open.error());
    slurm_conf_t* raw = nullptr;
    errno = 0;
    if (slurm_load_ctl_conf(0, &raw) != SLURM_SUCCESS) return fail(question_failure(errno));
    const std::unique_ptr<slurm_conf_t, decltype(&slurm_free_ctl_conf)> conf(raw, &slurm_free_ctl_conf);
    out["cluster"] = text(conf->cluster_name);
    out["version"] = text(conf->version);
    out["slurm_uid"] = conf->slurm_user_id;
    out["min_job_age"] = conf->min_job_age;
    out["accounting"] = text(conf->accounting_storage_type).ends_with("slurmdbd");
    const auto host = conf->control_cnt > 0 && conf->control_machine ? text(conf->control_machine[0]) : "";
    out["controller"] = fmt::format("{}:{}", host, conf->slurmctld_port);
    return out;
}

answer nodes(const settings& s, const nlohmann::json&) {
    if (const auto open = open_session(s); !open) return fail(open.error());
    json out{{"partitions", json::array()}, {"nodes", json::object()}};
    partition_info_msg_t* parts = nullptr;
    errno = 0;
    if (slurm_load_partitions(0, &parts, SHOW_ALL) != SLURM_SUCCESS) return fail(question_failure(errno));
    for (const auto& p : std::span(parts->partition_array, parts->record_count))
        out["partitions"].push_back(to_json(p));
    slurm_free_partition_info_msg(parts);
    node_info_msg_t* machines = nullptr;
    if (slurm_load_node(0, &machines, SHOW_ALL) != SLURM_SUCCESS) return fail(question_failure(errno));
    for (const auto& n : std::span(machines->node_array, machines->record_count)) {
        if (!n.name) continue;
        auto& count = out["nodes"][text(slurm_node_state_string(n.node_state))];
        count = count.is_null() ? 1 : count.get<int>() + 1;
    }
    slurm_free_node_info_msg(machines);
    return out;
}

} // namespace berth::slurm_agent
