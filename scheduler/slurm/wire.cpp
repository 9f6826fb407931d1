// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/wire.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace berth::scheduler {
namespace {

using nlohmann::json;

constexpr std::int64_t last_second = 253'402'300'799; // of the year 9999

json fields_json(const job_fields& f) {
    auto out = json::object();
    const auto add = [&](const char* name, const auto& value) {
        if (value) out[name] = *value;
    };
    add("partition", f.partition);
    add("account", f.account);
    add("qos", f.qos);
    add("reservation", f.reservation);
    add("constraint", f.constraint);
    add("gres", f.gres);
    add("nodes", f.nodes);
    add("nprocs", f.nprocs);
    add("cpus", f.cpus);
    add("memory_mib", f.memory_mib);
    if (f.runtime) out["runtime_s"] = f.runtime->count();
    if (!f.options.empty()) out["options"] = f.options;
    return out;
}

// Nothing for a number that does not lie between `low` and `high`: one odd number costs no listing. What is
// no number throws.
std::optional<std::int64_t> number_at(const json& of, const char* key, std::int64_t low, std::int64_t high) {
    const auto n = of.find(key);
    if (n == of.end()) return std::nullopt;
    const auto approximate = n->get<double>();
    if (!n->is_number_integer() || approximate < static_cast<double>(low) ||
        approximate > static_cast<double>(high))
        return std::nullopt;
    return n->get<std::int64_t>();
}

std::optional<time_point> time_at(const json& job, const char* key) {
    const auto s = number_at(job, key, 0, last_second);
    return s ? std::optional(time_point(std::chrono::seconds(*s))) : std::nullopt;
}

std::optional<int> small_at(const json& job, const char* key) {
    const auto n = number_at(job, key, -(1 << 30), 1 << 30);
    return n ? std::optional(static_cast<int>(*n)) : std::nullopt;
}

job_phase phase_of(const std::string& word) {
    if (word == "running") return job_phase::running;
    return word == "over" ? job_phase::over : job_phase::queued;
}

job_status read_job(const json& job) {
    job_status s;
    s.job_id = job.at("job_id").get<std::string>();
    s.job_name = job.at("job_name").get<std::string>();
    s.user = job.at("user").get<std::string>();
    s.phase = phase_of(job.at("phase").get<std::string>());
    s.state = job.value("state", std::string());
    s.reason = job.value("reason", std::string());
    s.never_starts = job.value("never_starts", false);
    s.expected_start = time_at(job, "expected_start");
    s.started = time_at(job, "started");
    s.ends_at = time_at(job, "ends_at");
    s.ended = time_at(job, "ended");
    s.node = job.value("node", std::string());
    s.address = job.value("address", std::string());
    s.exit_code = small_at(job, "exit_code");
    s.signal = small_at(job, "signal");
    s.restarts = small_at(job, "restarts").value_or(0);
    return s;
}

// The agent is ours, but of another build perhaps: what it says is not trusted to be well formed.
template<class T, class Read>
result<T> guarded(Read read) {
    try {
        return read();
    } catch (const json::exception& e) {
        return fail(errc::internal, std::string("the Slurm agent's answer is malformed: ") + e.what());
    }
}

} // namespace

json submit_arguments(const job_spec& spec, const std::string& script) {
    return {{"job_name", spec.job_name},
            {"user", spec.user},
            {"script", script},
            {"environment", spec.environment},
            {"fields", fields_json(spec.fields)}};
}

json cancel_arguments(const job_ref& job) {
    return {{"job_id", job.job_id}, {"job_name", job.job_name}, {"user", job.user}};
}

result<slurm_listing> read_listing(const json& answer) {
    return guarded<slurm_listing>([&] {
        slurm_listing out;
        out.unchanged = answer.value("unchanged", false);
        out.last_update = number_at(answer, "last_update", 0, last_second).value_or(0);
        if (const auto jobs = answer.find("jobs"); jobs != answer.end())
            for (const auto& job : *jobs) out.jobs.push_back(read_job(job));
        return out;
    });
}

result<submitted> read_submitted(const json& answer) {
    return guarded<submitted>([&] {
        return submitted{answer.at("job_id").get<std::string>(), answer.value("warning", std::string())};
    });
}

} // namespace berth::scheduler
