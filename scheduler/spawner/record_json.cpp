// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/record_json.hpp"

#include <nlohmann/json.hpp>

namespace berth::scheduler {
namespace {

using nlohmann::json;

json parsed(const std::string& text) { return json::parse(text, nullptr, false); }

std::string dumped(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

template<class T>
void put(json& j, const char* key, const std::optional<T>& v) {
    if (v) j[key] = *v;
}
void put(json& j, const char* key, const std::optional<time_point>& v) {
    if (v) j[key] = v->time_since_epoch().count();
}
void put(json& j, const char* key, const std::string& v) {
    if (!v.empty()) j[key] = v;
}

template<class T>
void take(const json& j, const char* key, T& v) {
    auto at = j.find(key);
    if (at == j.end()) return;
    if constexpr (std::is_same_v<T, std::string>) {
        if (at->is_string()) v = at->get<std::string>();
    } else if constexpr (std::is_same_v<T, bool>) {
        if (at->is_boolean()) v = at->get<bool>();
    } else {
        if (at->is_number_integer()) v = at->get<T>();
    }
}
template<class T>
void take(const json& j, const char* key, std::optional<T>& v) {
    if (!j.contains(key)) return;
    T value{};
    take(j, key, value);
    v = value;
}
void take(const json& j, const char* key, time_point& v) {
    std::int64_t us = 0;
    take(j, key, us);
    v = time_point(duration(us));
}
void take(const json& j, const char* key, std::optional<time_point>& v) {
    if (!j.contains(key)) return;
    time_point t;
    take(j, key, t);
    v = t;
}

} // namespace

std::string to_json_text(const job_fields& f) {
    json j = json::object();
    put(j, "partition", f.partition);
    put(j, "account", f.account);
    put(j, "qos", f.qos);
    put(j, "reservation", f.reservation);
    put(j, "constraint", f.constraint);
    put(j, "gres", f.gres);
    put(j, "nodes", f.nodes);
    put(j, "nprocs", f.nprocs);
    put(j, "cpus", f.cpus);
    put(j, "memory_mib", f.memory_mib);
    if (f.runtime) j["runtime"] = f.runtime->count();
    put(j, "srun", f.srun);
    if (!f.options.empty()) j["options"] = f.options;
    put(j, "prologue", f.prologue);
    put(j, "epilogue", f.epilogue);
    return dumped(j);
}

job_fields fields_from_json(const std::string& text) {
    job_fields f;
    const json j = parsed(text);
    if (!j.is_object()) return f;
    take(j, "partition", f.partition);
    take(j, "account", f.account);
    take(j, "qos", f.qos);
    take(j, "reservation", f.reservation);
    take(j, "constraint", f.constraint);
    take(j, "gres", f.gres);
    take(j, "nodes", f.nodes);
    take(j, "nprocs", f.nprocs);
    take(j, "cpus", f.cpus);
    take(j, "memory_mib", f.memory_mib);
    std::optional<std::int64_t> runtime;
    take(j, "runtime", runtime);
    if (runtime) f.runtime = std::chrono::seconds(*runtime);
    take(j, "srun", f.srun);
    if (j.contains("options") && j["options"].is_array())
        for (const auto& o : j["options"])
            if (o.is_string()) f.options.push_back(o.get<std::string>());
    take(j, "prologue", f.prologue);
    take(j, "epilogue", f.epilogue);
    return f;
}

std::string to_json_text(const std::optional<job_status>& job) {
    if (!job) return "";
    json j = {{"phase", static_cast<int>(job->phase)}};
    put(j, "job_id", job->job_id);
    put(j, "job_name", job->job_name);
    put(j, "user", job->user);
    put(j, "state", job->state);
    put(j, "reason", job->reason);
    if (job->never_starts) j["never_starts"] = true;
    put(j, "expected_start", job->expected_start);
    put(j, "started", job->started);
    put(j, "ends_at", job->ends_at);
    put(j, "ended", job->ended);
    put(j, "node", job->node);
    put(j, "address", job->address);
    put(j, "port", job->port);
    put(j, "exit_code", job->exit_code);
    put(j, "signal", job->signal);
    if (job->restarts != 0) j["restarts"] = job->restarts;
    return dumped(j);
}

std::optional<job_status> job_from_json(const std::string& text) {
    const json j = parsed(text);
    if (!j.is_object()) return std::nullopt;
    job_status s;
    int phase_number = 0;
    take(j, "phase", phase_number);
    if (phase_number >= 0 && phase_number <= static_cast<int>(job_phase::over))
        s.phase = static_cast<job_phase>(phase_number);
    take(j, "job_id", s.job_id);
    take(j, "job_name", s.job_name);
    take(j, "user", s.user);
    take(j, "state", s.state);
    take(j, "reason", s.reason);
    take(j, "never_starts", s.never_starts);
    take(j, "expected_start", s.expected_start);
    take(j, "started", s.started);
    take(j, "ends_at", s.ends_at);
    take(j, "ended", s.ended);
    take(j, "node", s.node);
    take(j, "address", s.address);
    take(j, "port", s.port);
    take(j, "exit_code", s.exit_code);
    take(j, "signal", s.signal);
    take(j, "restarts", s.restarts);
    return s;
}

std::string to_json_text(const std::optional<spawn_failure>& f) {
    if (!f) return "";
    json j = {{"sentence", f->sentence}, {"at", f->at.time_since_epoch().count()}};
    put(j, "state", f->state);
    put(j, "reason", f->reason);
    put(j, "exit_code", f->exit_code);
    put(j, "signal", f->signal);
    put(j, "log_tail", f->log_tail);
    if (f->refused) j["refused"] = true;
    if (f->was_ready) j["was_ready"] = true;
    return dumped(j);
}

std::optional<spawn_failure> failure_from_json(const std::string& text) {
    const json j = parsed(text);
    if (!j.is_object()) return std::nullopt;
    spawn_failure f;
    take(j, "sentence", f.sentence);
    take(j, "at", f.at);
    take(j, "state", f.state);
    take(j, "reason", f.reason);
    take(j, "exit_code", f.exit_code);
    take(j, "signal", f.signal);
    take(j, "log_tail", f.log_tail);
    take(j, "refused", f.refused);
    take(j, "was_ready", f.was_ready);
    return f;
}

std::string to_json_text(const std::vector<progress_entry>& progress) {
    json j = json::array();
    for (const auto& p : progress) j.push_back({p.at.time_since_epoch().count(), p.percent, p.message});
    return dumped(j);
}

std::vector<progress_entry> progress_from_json(const std::string& text) {
    std::vector<progress_entry> out;
    const json j = parsed(text);
    if (!j.is_array()) return out;
    for (const auto& e : j)
        if (e.is_array() && e.size() == 3 && e[0].is_number_integer() && e[1].is_number_integer() &&
            e[2].is_string())
            out.push_back(
                {time_point(duration(e[0].get<std::int64_t>())), e[1].get<int>(), e[2].get<std::string>()});
    return out;
}

std::string to_json_text(const std::vector<start_key>& keys) {
    if (keys.empty()) return "";
    json j = json::array();
    for (const auto& k : keys) j.push_back({k.key, k.order});
    return dumped(j);
}

std::vector<start_key> start_keys_from_json(const std::string& text) {
    std::vector<start_key> out;
    const json j = parsed(text);
    if (!j.is_array()) return out;
    for (const auto& e : j)
        if (e.is_array() && e.size() == 2 && e[0].is_string() && e[1].is_string())
            keep_start_key(out, {e[0].get<std::string>(), e[1].get<std::string>()});
    return out;
}

} // namespace berth::scheduler
