// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/read_clusters.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>

namespace berth::config {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

json to_json(const toml::node& n) {
    if (const auto* v = n.as_string()) return v->get();
    if (const auto* v = n.as_integer()) return v->get();
    if (const auto* v = n.as_boolean()) return v->get();
    if (const auto* v = n.as_floating_point()) return v->get();
    json list = json::array();
    if (const auto* v = n.as_array())
        for (const auto& item : *v) list.push_back(to_json(item));
    return list;
}

scheduler::job_fields read_fields(std::optional<section> s) {
    scheduler::job_fields out;
    if (!s) return out;
    s->each([&](std::string_view key, const toml::node& value) {
        if (auto ok = scheduler::set_field(out, std::string(key), to_json(value)); !ok) s->wrong(key, ok.error().message);
    });
    return out;
}

// A notebook server started by the hub's own PATH, so that a virtual environment's programs are found.
std::map<std::string, std::string> own_path() {
    const char* path = std::getenv("PATH");
    return {{"PATH", path && *path ? path : "/usr/local/bin:/usr/bin:/bin"}};
}

void read_local(section& s, cluster_keys& k) {
    k.run_as_user = s.flag("run_as_user", false);
    k.home_dir = s.text("home_dir", k.home_dir);
    k.settings.command = s.texts("cmd", {"jupyterhub-singleuser"});
    k.settings.launch_timeout = s.span("launch_timeout", 60s, 1s);
    k.settings.queue_timeout = s.span("queue_timeout", 60s, 1s);
    if (!k.environment.contains("PATH")) k.environment.merge(own_path());
}

void read_slurm(section& s, cluster_keys& k) {
    k.identity = s.one_of("identity", "root", {"root", "jwt"});
    k.slurm_conf = s.text("slurm_conf", "");
    k.settings.command = s.texts("cmd", {"batchspawner-singleuser", "jupyterhub-singleuser"});
    k.settings.poll_interval = s.span("poll_interval", 2s, 100ms);
    k.settings.poll_interval_max = s.span("poll_interval_max", 30s, 100ms);
    k.settings.queue_timeout = s.span("queue_timeout", 24h, 1s);
    k.settings.launch_timeout = s.span("launch_timeout", 5min, 1s);
    k.script = s.text("script", "");
    k.port_range = s.text("port_range", "0");
}

// The hub user of a service account, or "".
std::string read_poll_account(section& s, const std::vector<auth::service_account>& accounts) {
    auto user = s.text("poll_account", "");
    if (!user.empty() && std::ranges::find(accounts, user, &auth::service_account::user) == accounts.end())
        s.wrong("poll_account", fmt::format("there is no [[service_account]] with user = \"{}\"", user));
    return user;
}

void read_firecrest(section& s, cluster_keys& k) {
    k.url = s.text("url", "");
    while (k.url.ends_with('/')) k.url.pop_back();
    if (!k.url.starts_with("https://") && !k.url.starts_with("http://"))
        s.wrong("url", "is to be FirecREST's address, for example \"https://api.example.org/hpc/firecrest/v2\"");
    k.system = s.text("system", "");
    if (k.system.empty()) s.missing("system", "the cluster's name in FirecREST, for example \"daint\"");
    k.ca_file = s.text("ca_file", "");
    k.work_dir = s.text("work_dir", k.work_dir);
    if (!k.work_dir.starts_with('/') || k.work_dir.find('\'') != k.work_dir.npos) s.wrong("work_dir", "must be an absolute path without quotes");
    k.node_name_template = s.text("node_name_template", k.node_name_template);
    k.settings.command = s.texts("cmd", {"batchspawner-singleuser", "jupyterhub-singleuser"});
    k.settings.poll_interval = s.span("poll_interval", 10s, 100ms);
    k.settings.poll_interval_max = s.span("poll_interval_max", std::max<duration>(30s, k.settings.poll_interval), 100ms);
    k.settings.queue_timeout = s.span("queue_timeout", 24h, 1s);
    k.settings.launch_timeout = s.span("launch_timeout", 5min, 1s);
    k.settings.absent_spread = 20s; // a listing is complete only in the end
    k.script = s.text("script", "");
    k.port_range = s.text("port_range", "0");
}

cluster_keys read_cluster(const std::string& name, section& s, const std::vector<auth::service_account>& accounts) {
    cluster_keys k;
    k.name = name;
    k.backend = s.one_of("backend", "", {"local", "slurm", "firecrest"});
    if (!s.has("backend")) s.missing("backend", "\"local\", \"slurm\" or \"firecrest\"");
    k.environment = s.text_map("environment");
    k.defaults = read_fields(s.table("defaults"));
    if (k.backend == "slurm")
        read_slurm(s, k);
    else if (k.backend == "firecrest")
        read_firecrest(s, k);
    else
        read_local(s, k);
    if (k.backend == "firecrest" || k.identity == "jwt") k.poll_account = read_poll_account(s, accounts);
    if (k.settings.command.empty()) s.wrong("cmd", "must name the single-user server's program");
    if (k.backend != "local" && k.settings.poll_interval_max < k.settings.poll_interval) s.wrong("poll_interval_max", "is shorter than poll_interval");
    if (!k.backend.empty()) s.finish();
    return k;
}

const std::map<std::string, scheduler::choice_type, std::less<>>& choice_types() {
    using enum scheduler::choice_type;
    static const std::map<std::string, scheduler::choice_type, std::less<>> types{
        {"text", text}, {"integer", integer}, {"duration", duration}, {"memory", memory}, {"select", select}, {"boolean", boolean}};
    return types;
}

scheduler::choice read_choice(const std::string& field, section& s) {
    static const std::vector<std::string> fields{"partition", "account", "qos", "reservation", "constraint", "gres",
                                                 "nodes", "nprocs", "cpus", "memory", "runtime"};
    scheduler::choice c;
    c.field = field;
    if (std::ranges::find(fields, field) == fields.end())
        s.wrong("type", fmt::format("\"{}\" is no field that users may choose; these are: partition, account, qos, reservation, constraint, "
                                    "gres, nodes, nprocs, cpus, memory, runtime", field));
    const auto type = s.one_of("type", "text", {"text", "integer", "duration", "memory", "select", "boolean"});
    c.type = choice_types().at(type);
    c.title = s.text("title", "");
    c.options = s.texts("options");
    if (c.type == scheduler::choice_type::select && c.options.empty()) s.missing("options", "a select needs its list of values");
    c.pattern = s.text("pattern", "");
    c.min = s.scalar("min");
    c.max = s.scalar("max");
    c.initial = s.scalar("default");
    s.finish();
    for (const auto& [key, value] : {std::pair{"min", c.min}, std::pair{"max", c.max}, std::pair{"default", c.initial}}) {
        scheduler::job_fields scratch;
        if (!value) continue;
        if (auto ok = scheduler::set_field(scratch, field, json(*value)); !ok) s.wrong(key, ok.error().message);
    }
    return c;
}

} // namespace

cluster_keys built_in_cluster() {
    cluster_keys k;
    k.name = "local";
    k.backend = "local";
    k.settings.command.emplace_back("jupyterhub-singleuser");
    k.settings.launch_timeout = 60s;
    k.environment = own_path();
    return k;
}

std::vector<cluster_keys> read_clusters(section& root, const std::vector<auth::service_account>& accounts) {
    std::vector<cluster_keys> out;
    for (auto& [name, s] : root.named_tables("cluster")) out.push_back(read_cluster(name, s, accounts));
    return out;
}

hub::cull_limits read_cull_limits(section& s) {
    const auto limit = [&](const char* key) { return s.has(key) ? std::optional(s.span(key, 0s, 0s)) : std::nullopt; };
    return {limit("idle"), limit("max_age"), limit("pending")};
}

std::vector<scheduler::profile> read_profiles(section& root, const std::vector<cluster_keys>& clusters, hub::cull_settings& culling) {
    std::vector<scheduler::profile> out;
    scheduler::catalogue known;
    for (const auto& k : clusters) known.clusters[k.name] = k.defaults;
    for (auto& s : root.tables("profile")) {
        scheduler::profile p;
        p.name = s.text("name", "");
        if (p.name.empty()) s.missing("name", "every profile has one");
        if (std::ranges::any_of(out, [&](const auto& o) { return o.name == p.name; }))
            s.wrong("name", fmt::format("there are two profiles named \"{}\"", p.name));
        p.title = s.text("title", p.name);
        p.description = s.text("description", "");
        p.cluster = s.text("cluster", clusters.size() == 1 ? clusters.front().name : "");
        p.set = read_fields(s.table("set"));
        for (auto& [field, c] : s.named_tables("choose")) p.choose.push_back(read_choice(field, c));
        if (auto cull = s.table("cull")) {
            culling.of_profiles[p.name] = read_cull_limits(*cull);
            cull->finish();
        }
        s.finish();
        if (auto ok = scheduler::check_profile(known, p); !ok) s.wrong("name", ok.error().message);
        out.push_back(std::move(p));
    }
    return out;
}

} // namespace berth::config
