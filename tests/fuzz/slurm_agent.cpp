// SPDX-License-Identifier: BSD-3-Clause
// What the hub asks of the Slurm agent, at the agent, up to libslurm's door. And what the hub would ask
// arrives there as it was meant.
#include "daemon/runtime/encoding.hpp"
#include "scheduler/slurm/agent/job_request.hpp"
#include "scheduler/slurm/wire.hpp"
#include "tests/fuzz/support.hpp"

#include <nlohmann/json.hpp>

#include <cstring>

namespace {

using namespace berth;
using fuzz::check;
using nlohmann::json;

const slurm_agent::account al{
    .name = "al", .home = "/home/al", .shell = "/bin/bash", .uid = 1234, .gid = 1235};

bool take(slurm_agent::job_request& r, const json& arguments) {
    try { // as verbs.cpp does
        return r.set_job(al, arguments, "/home/al/log") &&
               r.set_fields(arguments.value("fields", json::object()));
    } catch (const json::exception&) {
        return false;
    }
}

void check_account(slurm_agent::job_request& r) {
    const auto& d = *r.get();
    check(d.user_id == al.uid && d.group_id == al.gid, "the job is the account's");
    check(d.name && d.script && d.std_out && d.work_dir == al.home, "what must be set is set");
    for (std::uint32_t i = 0; i < d.env_size; ++i)
        check(d.environment[i] && std::strchr(d.environment[i], '='), "an environment of assignments");
}

// A line each for script, partition and a variable's value.
void check_both_ways(std::string_view bytes) {
    fuzz::lines in(bytes);
    scheduler::job_spec spec;
    spec.job_name = "berth-a";
    spec.user = "al";
    const auto script = in.decoded(), partition = in.decoded(), value = in.decoded();
    const auto together = script + "\n" + partition + "\n" + value;
    if (!is_valid_utf8(together) || together.find('\0') != std::string::npos) return;
    spec.fields.partition = partition;
    spec.fields.memory_mib = 2048;
    spec.fields.runtime = std::chrono::minutes(90);
    spec.environment["X"] = value;
    const auto sent = json::parse(scheduler::submit_arguments(spec, script).dump());
    slurm_agent::job_request r;
    check(take(r, sent), "the agent takes what the hub asks");
    const auto& d = *r.get();
    check(d.script == script && d.partition == partition && d.pn_min_memory == 2048 && d.time_limit == 90,
          "fields arrive as they were meant");
    bool there = false;
    for (std::uint32_t i = 0; i < d.env_size; ++i) there = there || d.environment[i] == "X=" + value;
    check(there, "a variable arrives as it was meant");
}

} // namespace

void fuzz(std::string_view bytes) {
    const auto arguments = json::parse(bytes, nullptr, false);
    slurm_agent::job_request r;
    if (!arguments.is_discarded() && take(r, arguments)) check_account(r);
    check_both_ways(bytes);
    slurm_agent::job_request option;
    (void)slurm_agent::apply_option(option, std::string(bytes.substr(0, bytes.find('\n'))));
}
