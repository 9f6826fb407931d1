// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/clusters.hpp"

#include "daemon/main/program_path.hpp"
#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/secret_file.hpp"
#include "scheduler/firecrest/firecrest_backend.hpp"
#include "scheduler/local/local_backend.hpp"
#include "scheduler/slurm/slurm_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>

namespace berth::config {
namespace {

// A helper that the configuration needs.
struct needed_helper {
    std::string name, cluster; // "": not a cluster's
    helper_command argv;
};

std::string job_prefix(const data_dir& d) { return fmt::format("berth-{}-", d.hub_id); }

// With the users' own tokens the agent needs no privileges, and is to have none.
bool has_ordinary_agent(const cluster_keys& k) { return k.backend == "slurm" && k.identity == "jwt"; }

result<needed_helper> slurm_agent(const configuration& c, const cluster_keys& k, const data_dir& d) {
    auto program = helper_path("berth-slurm-agent");
    if (!program) return fail(program.error());
    auto argv = scheduler::slurm_agent_argv(*program, job_prefix(d), k.slurm_conf);
    if (has_ordinary_agent(k)) argv.insert(argv.end(), {"--never-root", c.hub.user});
    return needed_helper{"berth-slurm-agent " + k.name, k.name, std::move(argv)};
}

// After privileges have been given up. It is started again by the same rights when it has died.
result<std::unique_ptr<helper_process>> start_ordinary_agent(const backend_means& with, const configuration& c, const cluster_keys& k, const data_dir& d) {
    if (::geteuid() == 0 && c.hub.user.empty())
        return fail(errc::denied, "identity = \"jwt\" does without root: set [hub] user, or start berth as an ordinary user");
    auto agent = slurm_agent(c, k, d);
    if (!agent) return fail(agent.error());
    auto out = std::make_unique<helper_process>(with.executor, with.log, agent->name, agent->argv);
    if (auto ok = out->start(); !ok) return fail(ok.error());
    return out;
}

// The files of local servers belong to the account that the daemon drops to.
result<needed_helper> local_launcher(const cluster_keys& k, const std::optional<account>& owner) {
    if (::geteuid() != 0)
        return fail(errc::denied, fmt::format("[cluster.{}] run_as_user = true needs root: start berth as root, with [hub] user set", k.name));
    auto program = helper_path("berth-local-launcher");
    if (!program) return fail(program.error());
    helper_command argv{*program, "serve", std::to_string(owner ? owner->uid : ::getuid()), std::to_string(owner ? owner->gid : ::getgid())};
    return needed_helper{"berth-local-launcher " + k.name, k.name, std::move(argv)};
}

result<std::vector<needed_helper>> what_is_needed(const configuration& c, const std::optional<account>& owner, const data_dir& d) {
    std::vector<needed_helper> out;
    if (c.login.method == "pam") {
        auto program = helper_path("berth-pam-helper");
        if (!program) return fail(program.error());
        out.push_back({"berth-pam-helper", "", {*program}});
    }
    for (const auto& k : c.clusters) {
        if (k.backend == "firecrest" || has_ordinary_agent(k) || (k.backend == "local" && !k.run_as_user)) continue;
        auto helper = k.backend == "slurm" ? slurm_agent(c, k, d) : local_launcher(k, owner);
        if (!helper) return fail(helper.error());
        out.push_back(std::move(*helper));
    }
    return out;
}

result<std::unique_ptr<helper_keeper>> start_keeper(const std::vector<needed_helper>& needed) {
    auto program = helper_path("berth-keeper");
    if (!program) return fail(program.error());
    std::vector<helper_command> commands;
    for (const auto& n : needed) commands.push_back(n.argv);
    return helper_keeper::start(*program, commands);
}

result<std::unique_ptr<scheduler::backend>> make_local(const configuration& c, const cluster_keys& k, const data_dir& d, helper_process* helper) {
    auto launcher = helper_path("berth-local-launcher");
    if (!launcher) return fail(launcher.error());
    const auto locals = std::ranges::count(c.clusters, "local", &cluster_keys::backend);
    scheduler::local_options o;
    o.launcher = *launcher;
    o.home_dir = replaced(k.home_dir, "{data_dir}", d.path);
    // Each cluster keeps its jobs apart, so that none takes another's for orphans.
    o.data_dir = locals > 1 ? d.file("cluster-" + k.name) : d.path;
    if (locals > 1)
        if (auto ok = make_private_directory(o.data_dir); !ok) return fail(ok.error());
    o.run_as_user = k.run_as_user;
    return std::make_unique<scheduler::local_backend>(std::move(o), helper);
}

result<std::unique_ptr<scheduler::backend>> make_firecrest(const backend_means& with, const cluster_keys& k, const data_dir& d) {
    scheduler::firecrest_settings s;
    s.cluster = k.name;
    s.system = k.system;
    s.poll_account = k.poll_account;
    s.work_dir = k.work_dir;
    s.node_name_template = k.node_name_template;
    s.job_prefix = job_prefix(d);
    auto batch = batch_settings_of(k);
    if (!batch) return fail(batch.error());
    static_cast<scheduler::batch_settings&>(s) = std::move(*batch);
    scheduler::call_settings calls;
    calls.url = k.url;
    calls.ca_file = k.ca_file;
    return std::make_unique<scheduler::firecrest_backend>(with.executor, with.http, with.time, with.tokens, std::move(calls), std::move(s));
}

result<std::unique_ptr<scheduler::backend>> make_slurm(const backend_means& with, const cluster_keys& k, const data_dir& d, helper_process& agent) {
    scheduler::slurm_settings s;
    s.cluster = k.name;
    s.job_prefix = job_prefix(d);
    auto batch = batch_settings_of(k);
    if (!batch) return fail(batch.error());
    static_cast<scheduler::batch_settings&>(s) = std::move(*batch);
    if (has_ordinary_agent(k)) s.tokens = &with.tokens;
    s.poll_account = k.poll_account;
    return std::make_unique<scheduler::slurm_backend>(agent, with.time, with.log, std::move(s));
}

} // namespace

result<scheduler::batch_settings> batch_settings_of(const cluster_keys& k) {
    scheduler::batch_settings out;
    auto script = scheduler::load_template(k.script);
    if (!script) return fail(script.error());
    out.script = std::move(*script);
    auto launch = scheduler::parse_port_range(k.port_range);
    if (!launch) return fail(launch.error());
    out.launch = std::move(*launch);
    out.defaults = k.defaults;
    return out;
}

result<privileged_helpers> start_helpers(boost::asio::any_io_executor executor, logger& log, const configuration& c,
                                         const std::optional<account>& owner, const data_dir& d) {
    privileged_helpers out;
    auto needed = what_is_needed(c, owner, d);
    if (!needed) return fail(needed.error());
    if (owner && owner->uid != ::geteuid() && !needed->empty()) {
        auto keeper = start_keeper(*needed);
        if (!keeper) return fail(keeper.error());
        out.keeper = std::move(*keeper);
    }
    for (std::size_t i = 0; i < needed->size(); ++i) {
        const auto& n = (*needed)[i];
        auto helper = std::make_unique<helper_process>(executor, log, n.name, n.argv);
        if (auto ok = helper->start(); !ok) return fail(ok.error());
        if (out.keeper) helper->start_anew_through([keeper = out.keeper.get(), i](int socket) { return keeper->start_helper(i, socket); });
        (n.cluster.empty() ? out.pam : out.per_cluster[n.cluster]) = std::move(helper);
    }
    return out;
}

namespace {

result<std::unique_ptr<scheduler::backend>> make_backend(const backend_means& with, const configuration& c, const cluster_keys& k, const data_dir& d) {
    if (has_ordinary_agent(k)) {
        auto agent = start_ordinary_agent(with, c, k, d);
        if (!agent) return fail(agent.error());
        with.helpers.per_cluster[k.name] = std::move(*agent);
    }
    const auto at = with.helpers.per_cluster.find(k.name);
    auto* helper = at == with.helpers.per_cluster.end() ? nullptr : at->second.get();
    if (k.backend == "firecrest") return make_firecrest(with, k, d);
    if (k.backend == "slurm") return make_slurm(with, k, d, *helper);
    return make_local(c, k, d, helper);
}

} // namespace

result<backends> make_backends(const backend_means& with, const configuration& c, const data_dir& d) {
    backends out;
    for (const auto& k : c.clusters) {
        auto made = make_backend(with, c, k, d);
        if (!made) return fail(made.error().code, fmt::format("[cluster.{}]: {}", k.name, made.error().message));
        out[k.name] = std::move(*made);
    }
    return out;
}

} // namespace berth::config
