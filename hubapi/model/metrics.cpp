// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/metrics.hpp"

#include "daemon/runtime/metrics.hpp"
#include "hubapi/model/hub.hpp"

#include <map>
#include <tuple>

namespace berth::hub {
namespace {

double in_seconds(duration d) { return std::chrono::duration<double>(d).count(); }

const std::vector<double>& spawn_bounds() {
    static const std::vector<double> bounds{.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 180, 300, 600};
    return bounds;
}

} // namespace

struct hub_metrics::state {
    // What dashboards draw is there from the beginning, at nought.
    explicit state(metrics_registry& r) : registry(r) {
        for (const bool success : {true, false}) {
            spawn(success);
            login(success);
        }
        stop();
    }

    // Series by route, method and code: a bounded set, since routes are patterns.
    histogram& request(std::string_view method, std::string_view pattern, int status) {
        // For every request: nothing is copied for a series that is there.
        const auto known = known_method(method);
        if (auto at = requests.find(std::tuple(known, pattern, status)); at != requests.end()) return at->second;
        auto h = registry.histogram("jupyterhub_request_duration_seconds", "Request duration for all HTTP requests",
                                    {{"method", std::string(known)}, {"handler", std::string(pattern)}, {"code", std::to_string(status)}});
        return requests.emplace(std::tuple(std::string(known), std::string(pattern), status), h).first->second;
    }
    static std::string_view known_method(std::string_view m) {
        for (std::string_view known : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
            if (m == known) return known;
        return "other";
    }
    static std::string outcome(bool success) { return success ? "success" : "failure"; }
    histogram spawn(bool success) {
        return registry.histogram("jupyterhub_server_spawn_duration_seconds", "Time taken for server spawning operation", {{"status", outcome(success)}},
                                  spawn_bounds());
    }
    histogram login(bool success) {
        return registry.histogram("jupyterhub_login_duration_seconds", "Time taken for login", {{"status", outcome(success)}});
    }
    histogram stop() { return registry.histogram("jupyterhub_server_stop_seconds", "Time taken for server stopping operation", {{"status", outcome(true)}}); }

    metrics_registry& registry;
    std::map<std::tuple<std::string, std::string, int>, histogram, std::less<>> requests;
};

hub_metrics::hub_metrics(metrics_registry& registry) : state_(std::make_unique<state>(registry)) {}
hub_metrics::~hub_metrics() = default;

void hub_metrics::answered(std::string_view method, std::string_view pattern, int status, std::chrono::nanoseconds took) {
    state_->request(method, pattern, status).observe(std::chrono::duration<double>(took).count());
}

void hub_metrics::login_finished(bool success, duration took) {
    state_->login(success).observe(in_seconds(took));
}

void hub_metrics::culled() {
    state_->registry.counter("berth_culled_servers_total", "Servers that were ended for being idle, old, or long in starting").add();
}

void hub_metrics::started(duration took) {
    state_->registry.histogram("jupyterhub_hub_startup_duration_seconds", "Time taken for Hub to start").observe(in_seconds(took));
}

void hub_metrics::spawn_finished(const std::string& cluster, bool success, duration took) {
    state_->spawn(success).observe(in_seconds(took));
    state_->registry.counter("berth_spawns_total", "Servers that became ready or failed",
                             {{"cluster", cluster}, {"result", success ? "ready" : "failed"}}).add();
}

void hub_metrics::stop_finished(const std::string& cluster, duration took) {
    (void)cluster;
    state_->stop().observe(in_seconds(took));
}

void hub_metrics::polled(const std::string& cluster, bool healthy, duration took) {
    state_->registry.histogram("berth_cluster_listing_seconds", "Time that a cluster's listing of jobs took",
                               {{"cluster", cluster}, {"result", healthy ? "ok" : "no_answer"}}).observe(in_seconds(took));
}

std::string hub_metrics::render(hub& h) {
    auto& r = state_->registry;
    std::size_t running = 0;
    std::map<scheduler::phase, std::size_t> phases;
    for (const auto* s : h.servers.all()) {
        running += s->ready();
        ++phases[s->state];
    }
    r.gauge("jupyterhub_running_servers", "The number of user servers currently running").set(static_cast<double>(running));
    r.gauge("jupyterhub_total_users", "Total number of users").set(static_cast<double>(h.who.users().size()));
    const auto now = h.time.now();
    for (const auto& [period, length] : {std::pair{"24h", std::chrono::hours(24)}, {"7d", std::chrono::hours(24 * 7)}, {"30d", std::chrono::hours(24 * 30)}}) {
        double active = 0;
        for (const auto& [id, u] : h.who.users()) active += u.last_activity && now - *u.last_activity < length;
        r.gauge("jupyterhub_active_users", "Number of users who were active in the specified time period", {{"period", period}}).set(active);
    }
    for (auto p : {scheduler::phase::preparing, scheduler::phase::submitting, scheduler::phase::queued, scheduler::phase::launching,
                   scheduler::phase::ready, scheduler::phase::stopping})
        r.gauge("berth_servers", "Servers by the phase of their life", {{"phase", std::string(to_string(p))}})
            .set(static_cast<double>(phases[p]));
    if (h.disk) {
        r.gauge("berth_database_writable", "0 while the database cannot be written").set(h.disk->trouble() ? 0 : 1);
        r.gauge("berth_database_waiting", "Changes that wait for the disk").set(static_cast<double>(h.disk->pending()));
    }
    return r.render();
}

} // namespace berth::hub
