// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/reload_plan.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace berth::config {
namespace {

template<auto Part, auto Member>
bool take(configuration& to, const configuration& from) {
    to.*Part.*Member = from.*Part.*Member;
    return true;
}

template<auto Member>
bool take_whole(configuration& to, const configuration& from) {
    to.*Member = from.*Member;
    return true;
}

constexpr auto hub_part = &configuration::hub;

template<auto Member>
bool take_rule(configuration& to, const configuration& from) {
    to.login.rules.*Member = from.login.rules.*Member;
    return true;
}

bool take_admins(configuration& to, const configuration& from) {
    to.hub.admin_users = from.hub.admin_users;
    return take_rule<&auth::admission::admin_users>(to, from);
}

cluster_keys* find_cluster(configuration& c, const std::string& name) {
    const auto at = std::ranges::find(c.clusters, name, &cluster_keys::name);
    return at == c.clusters.end() ? nullptr : &*at;
}

// What a cluster is asked for; not which it is.
template<auto Member>
bool take_of_clusters(configuration& to, const configuration& from) {
    for (const auto& k : from.clusters)
        if (auto* known = find_cluster(to, k.name); known && known->backend == k.backend)
            known->*Member = k.*Member;
    return true;
}

bool take_defaults(configuration& to, const configuration& from) {
    take_of_clusters<&cluster_keys::defaults>(to, from);
    for (const auto& k : to.clusters) to.catalogue.clusters[k.name] = k.defaults;
    return true;
}

// A profile of a cluster that is not there yet would be offered in vain.
bool take_profiles(configuration& to, const configuration& from) {
    for (const auto& p : from.catalogue.profiles)
        if (!p.cluster.empty() && !find_cluster(to, p.cluster)) return false;
    to.catalogue.profiles = from.catalogue.profiles;
    to.culling.of_profiles = from.culling.of_profiles;
    return true;
}

constexpr live_key table[] = {
    {"announcement", take_whole<&configuration::site>},
    {"cluster.*.cmd", take_of_clusters<&cluster_keys::settings>},
    {"cluster.*.defaults", take_defaults},
    {"cluster.*.environment", take_of_clusters<&cluster_keys::environment>},
    {"cluster.*.launch_timeout", take_of_clusters<&cluster_keys::settings>},
    {"cluster.*.poll_interval", take_of_clusters<&cluster_keys::settings>},
    {"cluster.*.poll_interval_max", take_of_clusters<&cluster_keys::settings>},
    {"cluster.*.port_range", take_of_clusters<&cluster_keys::port_range>},
    {"cluster.*.queue_timeout", take_of_clusters<&cluster_keys::settings>},
    {"cluster.*.script", take_of_clusters<&cluster_keys::script>},
    {"culler", take_whole<&configuration::culling>},
    {"custom_scope.*", take_whole<&configuration::custom_scopes>},
    {"hub.active_server_limit", take<hub_part, &hub_keys::active_server_limit>},
    {"hub.admin_users", take_admins},
    {"hub.allow_named_servers", take<hub_part, &hub_keys::allow_named_servers>},
    {"hub.concurrent_spawn_limit", take<hub_part, &hub_keys::concurrent_spawn_limit>},
    {"hub.connect_url", take<hub_part, &hub_keys::connect_url>},
    {"hub.cookie_max_age", take<hub_part, &hub_keys::cookie_max_age>},
    {"hub.implicit_spawn", take<hub_part, &hub_keys::implicit_spawn>},
    {"hub.named_server_limit_per_user", take<hub_part, &hub_keys::named_server_limit_per_user>},
    {"hub.oauth_require_pkce", take<hub_part, &hub_keys::oauth_require_pkce>},
    {"hub.shutdown_on_logout", take<hub_part, &hub_keys::shutdown_on_logout>},
    {"hub.stop_servers_on_exit", take<hub_part, &hub_keys::stop_servers_on_exit>},
    {"log.format", take_whole<&configuration::format>},
    {"log.level", take_whole<&configuration::level>},
    {"login.admin_groups", take_rule<&auth::admission::admin_groups>},
    {"login.allow_all", take_rule<&auth::admission::allow_all>},
    {"login.allowed_groups", take_rule<&auth::admission::allowed_groups>},
    {"login.allowed_users", take_rule<&auth::admission::allowed_users>},
    {"login.blocked_users", take_rule<&auth::admission::blocked_users>},
    {"profile.*", take_profiles},
    {"proxy.trusted_proxies", nullptr},
    {"role.*", take_whole<&configuration::roles>},
    {"service.*", take_whole<&configuration::services>},
    {"tls.certificate", nullptr},
    {"tls.key", nullptr},
};

std::string_view first_part(std::string_view dotted) { return dotted.substr(0, dotted.find('.')); }

// "cluster.*.cmd" and "cluster.hpc.cmd"; "announcement" and "announcement.home".
bool matches(std::string_view pattern, std::string_view key) {
    while (!pattern.empty()) {
        if (key.empty()) return false;
        const auto want = first_part(pattern), have = first_part(key);
        if (want != "*" && want != have) return false;
        pattern.remove_prefix(std::min(want.size() + 1, pattern.size()));
        key.remove_prefix(std::min(have.size() + 1, key.size()));
    }
    return true;
}

// The cluster that a key belongs to, or "".
std::string cluster_of(std::string_view key) {
    if (!key.starts_with("cluster.")) return "";
    return "cluster." + std::string(first_part(key.substr(8)));
}

std::set<std::string> clusters_in(const key_digests& keys) {
    std::set<std::string> out;
    for (const auto& [key, digest] : keys)
        if (auto name = cluster_of(key); !name.empty()) out.insert(std::move(name));
    return out;
}

// A cluster whose back end has changed is another one.
bool is_another_cluster(const configuration& running, const configuration& read, const std::string& key) {
    if (!key.starts_with("cluster.")) return false;
    const std::string name(first_part(std::string_view(key).substr(8)));
    const auto here = std::ranges::find(running.clusters, name, &cluster_keys::name);
    const auto there = std::ranges::find(read.clusters, name, &cluster_keys::name);
    return here == running.clusters.end() || there == read.clusters.end() || here->backend != there->backend;
}

bool take_key(reload_plan& plan, const std::string& key, const configuration& read) {
    const auto row = std::ranges::find_if(table, [&](const auto& r) { return matches(r.pattern, key); });
    if (row == std::end(table) || is_another_cluster(plan.next, read, key)) return false;
    // A section that is there for one of them only switches TLS on or off.
    if (key.starts_with("tls.") && plan.next.tls.certificate.empty() != read.tls.certificate.empty())
        return false;
    return !row->take || row->take(plan.next, read);
}

} // namespace

std::span<const live_key> live_keys() { return table; }

std::vector<std::string> changed_keys(const key_digests& a, const key_digests& b) {
    const auto here = clusters_in(a), there = clusters_in(b);
    std::set<std::string> out;
    const auto compare = [&](const key_digests& one, const key_digests& other) {
        for (const auto& [key, digest] : one) {
            if (const auto at = other.find(key); at != other.end() && at->second == digest) continue;
            const auto cluster = cluster_of(key);
            out.insert(!cluster.empty() && here.contains(cluster) != there.contains(cluster) ? cluster : key);
        }
    };
    compare(a, b);
    compare(b, a);
    return {out.begin(), out.end()};
}

reload_plan plan_reload(const configuration& running, const configuration& read) {
    reload_plan plan{running, {}, {}};
    for (const auto& key : changed_keys(running.keys, read.keys)) {
        const bool now = take_key(plan, key, read);
        (now ? plan.now : plan.later).push_back(key);
        // What waits is told again with the next reload.
        if (!now) continue;
        if (const auto at = read.keys.find(key); at != read.keys.end())
            plan.next.keys[key] = at->second;
        else
            plan.next.keys.erase(key);
    }
    return plan;
}

} // namespace berth::config
