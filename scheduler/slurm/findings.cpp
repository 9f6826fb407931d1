// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/findings.hpp"

#include "scheduler/script/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace berth::scheduler {
namespace {

using nlohmann::json;

std::string release(const std::string& version) {
    return version.substr(0, version.find('.', version.find('.') + 1));
}

const json* find_partition(const json& nodes, const std::optional<std::string>& name) {
    for (const auto& p : nodes.at("partitions"))
        if (name ? p.value("name", "") == *name : p.value("default", false)) return &p;
    return nullptr;
}

finding about_limit(const json& partition, const job_fields& defaults) {
    const auto name = partition.value("name", "");
    const auto most = partition.value("max_runtime_s", std::int64_t{0});
    if (defaults.runtime && most > 0 && defaults.runtime->count() > most)
        return {false,
                fmt::format("the default runtime {} is more than partition {} allows ({})",
                            runtime_text(*defaults.runtime), name, runtime_text(std::chrono::seconds(most))),
                "lower runtime in the cluster's defaults, or choose another partition"};
    return {true,
            fmt::format("partition {}: {} nodes, {} cores", name, partition.value("nodes", 0),
                        partition.value("cpus", 0)),
            ""};
}

std::string node_states(const json& nodes) {
    std::vector<std::string> words;
    for (const auto& [state, count] : nodes.at("nodes").items())
        words.push_back(fmt::format("{} {}", count.get<int>(), state));
    return fmt::format("nodes: {}", fmt::join(words, ", "));
}

std::vector<finding> read_partitions(const json& nodes, const job_fields& defaults) {
    std::vector<finding> out{{true, node_states(nodes), ""}};
    const auto* partition = find_partition(nodes, defaults.partition);
    if (!partition) {
        std::vector<std::string> names;
        for (const auto& p : nodes.at("partitions")) names.push_back(p.value("name", ""));
        const auto remedy =
            fmt::format("set partition in the cluster's defaults to one of {}", fmt::join(names, ", "));
        out.push_back({false,
                       defaults.partition
                           ? fmt::format("there is no partition {}", *defaults.partition)
                           : "Slurm has no default partition, and the cluster's defaults name none",
                       remedy});
        return out;
    }
    if (!partition->value("up", false))
        out.push_back({false, fmt::format("partition {} is not up", partition->value("name", "")),
                       "jobs wait until it is: scontrol update PartitionName=... State=UP"});
    out.push_back(about_limit(*partition, defaults));
    return out;
}

std::vector<finding> read_controller(const json& hello, bool user_tokens) {
    std::vector<finding> out;
    const auto version = hello.value("version", ""), library = hello.value("library", "");
    out.push_back({true,
                   fmt::format("slurmctld of {} at {} answers (Slurm {})", hello.value("cluster", ""),
                               hello.value("controller", ""), version),
                   ""});
    if (release(version) != release(library))
        out.push_back(
            {false, fmt::format("berth-slurm-agent is built for Slurm {}, slurmctld is {}", library, version),
             "build it against this site's libslurm; other releases work only while their protocols "
             "overlap"});
    const auto uid = hello.value("uid", -1L), slurm_uid = hello.value("slurm_uid", -1L);
    if (user_tokens && uid == 0)
        out.push_back({false, "the agent runs as root, although users' tokens are enough",
                       "set [hub] user, or start berth as an ordinary user"});
    else if (user_tokens || uid == 0)
        out.push_back({true, fmt::format("the agent runs as uid {}", uid), ""});
    else if (uid == slurm_uid)
        out.push_back({true,
                       "the agent runs as SlurmUser: it submits for everyone, but cannot read jobs' logs or "
                       "check homes",
                       ""});
    else
        out.push_back({false,
                       fmt::format("the agent runs as uid {}, which may not submit jobs for others", uid),
                       "start berth as root (it drops to [hub] user), or set identity = \"jwt\""});
    out.push_back({true,
                   hello.value("accounting", false)
                       ? "slurmdbd tells the end of jobs that slurmctld has forgotten"
                       : fmt::format("no slurmdbd: how a job ended is known for {} s only",
                                     hello.value("min_job_age", 0)),
                   ""});
    return out;
}

finding malformed(const json::exception& e) {
    return {false, fmt::format("the agent's answer is malformed: {}", e.what()),
            "use berth and berth-slurm-agent of one build"};
}

} // namespace

finding silent_agent(const failure& f) {
    const auto about = [&](std::string_view word) { return f.message.find(word) != std::string::npos; };
    if (about("slurm_conf"))
        return {false, f.message, "name the file in the cluster's table: slurm_conf = \"/path/slurm.conf\""};
    if (about("libslurm cannot work"))
        return {false, f.message, "correct slurm.conf; `scontrol ping` shows the same error"};
    if (about("token"))
        return {
            false, f.message,
            "slurmctld must know the identity provider's keys: AuthAltTypes=auth/jwt and "
            "AuthAltParameters=jwks=FILE in slurm.conf; the user's name stands in the token's claim `sun`"};
    if (about("munge"))
        return {false, f.message, "check `systemctl status munge` and `munge -n | unmunge` on this machine"};
    if (about("1800") || about("slurmctld"))
        return {false, f.message, "check `scontrol ping` on this machine, and slurmctld on its own"};
    return {false, f.message, "see berth's log; `berth-slurm-agent` must be installed beside `berth`"};
}

finding not_asked(const failure& f) {
    return {true,
            fmt::format("slurmctld was not asked ({}): poll_account would name an account whose token can",
                        f.message),
            ""};
}

std::vector<finding> about_controller(const json& hello, bool user_tokens) {
    try {
        return read_controller(hello, user_tokens);
    } catch (const json::exception& e) {
        return {malformed(e)};
    }
}

std::vector<finding> about_partitions(const json& nodes, const job_fields& defaults) {
    try {
        return read_partitions(nodes, defaults);
    } catch (const json::exception& e) {
        return {malformed(e)};
    }
}

} // namespace berth::scheduler
