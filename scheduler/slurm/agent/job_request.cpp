// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/agent/job_request.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>

namespace berth::slurm_agent {
namespace {

constexpr std::size_t largest_script = 4u << 20; // slurmctld's own limit

// A given variable wins over the account's; SLURM_* would change how slurmd itself starts the job.
std::map<std::string, std::string> environment_of(const account& a, const nlohmann::json& given) {
    std::map<std::string, std::string> out{{"HOME", a.home},
                                           {"USER", a.name},
                                           {"LOGNAME", a.name},
                                           {"SHELL", a.shell.empty() ? "/bin/sh" : a.shell},
                                           {"PATH", "/usr/local/bin:/usr/bin:/bin"}};
    for (const auto& [name, value] : given.items())
        if (!name.starts_with("SLURM_") && name.find('=') == std::string::npos && !name.empty())
            out[name] = value.get<std::string>();
    return out;
}

constexpr std::int64_t most_of_anything = 0xfffffff0; // Slurm's own values begin above it

} // namespace

job_request::job_request() { slurm_init_job_desc_msg(&desc_); }

char* job_request::keep(std::string text) { return strings_.emplace_back(std::move(text)).data(); }

std::string gres_list(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at <= text.size();) {
        const auto comma = std::min(text.find(',', at), text.size());
        const auto item = text.substr(at, comma - at);
        if (!out.empty()) out += ',';
        out += item.starts_with("gres:") || item == "none" ? item : "gres:" + item;
        at = comma + 1;
    }
    return out;
}

result<void> job_request::set_job(const account& a, const nlohmann::json& arguments, const std::string& log) {
    auto script = arguments.at("script").get<std::string>();
    if (script.size() > largest_script)
        return fail(errc::invalid_argument, "the job script is larger than 4 MiB");
    desc_.user_id = a.uid;
    desc_.group_id = a.gid; // without it root's jobs would run with group 0
    desc_.name = keep(arguments.at("job_name").get<std::string>());
    desc_.comment = keep("notebook server of " + a.name);
    desc_.script = keep(std::move(script));
    desc_.work_dir = keep(a.home);
    desc_.std_in = keep("/dev/null");
    desc_.std_out = desc_.std_err = keep(log);
    desc_.open_mode = OPEN_MODE_APPEND; // the file made for it, and what an earlier launch wrote, stay
    desc_.requeue = 0;
    set_environment(a, arguments.value("environment", nlohmann::json::object()));
    return {};
}

void job_request::set_environment(const account& a, const nlohmann::json& given) {
    for (const auto& [name, value] : environment_of(a, given))
        environment_.push_back(keep(name + "=" + value));
}

result<void> job_request::set_fields(const nlohmann::json& fields) {
    // A conversion of what is no whole number, or too large a one, would be undefined.
    for (const auto* name : {"nprocs", "cpus", "nodes", "memory_mib", "runtime_s"})
        if (const auto f = fields.find(name);
            f != fields.end() && (!f->is_number_integer() || f->get<std::int64_t>() < 0 ||
                                  f->get<std::int64_t>() > most_of_anything))
            return fail(errc::invalid_argument,
                        fmt::format("{} is to be a whole number, not {}", name, f->dump()));
    const auto text = [&](const char* name, char*& member) {
        if (const auto f = fields.find(name); f != fields.end()) member = keep(f->get<std::string>());
    };
    text("partition", desc_.partition);
    text("account", desc_.account);
    text("qos", desc_.qos);
    text("reservation", desc_.reservation);
    text("constraint", desc_.features);
    if (const auto gres = fields.find("gres"); gres != fields.end())
        desc_.tres_per_node = keep(gres_list(gres->get<std::string>()));
    const auto nprocs = fields.value("nprocs", 1u), cpus = fields.value("cpus", 1u);
    desc_.min_nodes = desc_.max_nodes = fields.value("nodes", 1u);
    desc_.num_tasks = nprocs;
    desc_.cpus_per_task = static_cast<std::uint16_t>(std::min(cpus, 0xfff0u));
    desc_.min_cpus = nprocs * cpus;
    if (fields.contains("cpus"))
        environment_.push_back(keep(fmt::format("SLURM_CPUS_PER_TASK={}", cpus))); // as sbatch
    desc_.environment = environment_.data();
    desc_.env_size = static_cast<std::uint32_t>(environment_.size());
    if (const auto memory = fields.find("memory_mib"); memory != fields.end())
        desc_.pn_min_memory = memory->get<std::uint64_t>();
    if (const auto runtime = fields.find("runtime_s"); runtime != fields.end())
        desc_.time_limit = static_cast<std::uint32_t>((runtime->get<std::uint64_t>() + 59) / 60);
    for (const auto& option : fields.value("options", nlohmann::json::array()))
        if (auto applied = apply_option(*this, option.get<std::string>()); !applied) return applied;
    return {};
}

} // namespace berth::slurm_agent
