// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/stop_point.hpp"
#include "scheduler/slurm/agent/job_log.hpp"
#include "scheduler/slurm/agent/job_request.hpp"
#include "scheduler/slurm/agent/session.hpp"
#include "scheduler/slurm/agent/slurm_error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <memory>

namespace berth::slurm_agent {
namespace {

using response = std::unique_ptr<submit_response_msg_t, decltype(&slurm_free_submit_response_response_msg)>;

// What was asked for in a field, for people; "" when it was left to Slurm.
std::string asked_for(const std::string& field, const nlohmann::json& fields) {
    if (field == "memory" && fields.contains("memory_mib")) return fields["memory_mib"].dump() + " MB";
    if (field == "runtime" && fields.contains("runtime_s"))
        return fmt::format("{} minutes", (fields["runtime_s"].get<std::uint64_t>() + 59) / 60);
    const auto value = fields.find(field);
    return value == fields.end() ? "" : value->dump();
}

// The sentence of a refusal: the field and its value before Slurm's words where one is meant.
failure refusal(int error, const nlohmann::json& fields, const std::string& user, const response& r) {
    auto f = action_failure(error);
    if (const auto field = refused_field(error); !field.empty()) {
        const auto value = asked_for(field, fields);
        f.message = value.empty() ? fmt::format("{} (the default of {}): {}", field, user, f.message)
                                  : fmt::format("{} {}: {}", field, value, f.message);
    }
    if (r && r->job_submit_user_msg && *r->job_submit_user_msg)
        f.message += fmt::format(" ({})", r->job_submit_user_msg);
    return f;
}

std::string warning_of(const submit_response_msg_t& r) {
    std::string out;
    if (r.error_code != SLURM_SUCCESS)
        out = fmt::format("{}", slurm_strerror(static_cast<int>(r.error_code)));
    if (r.job_submit_user_msg && *r.job_submit_user_msg)
        out += fmt::format("{}{}", out.empty() ? "" : "; ", r.job_submit_user_msg);
    return out;
}

answer send(job_request& request, const nlohmann::json& fields, const account& a, const std::string& log) {
    submit_response_msg_t* raw = nullptr;
    stop_point("agent.before_submit");
    errno = 0;
    const int rc = slurm_submit_batch_job(request.get(), &raw);
    const int error = errno;
    stop_point("agent.submitted");
    const response r(raw, &slurm_free_submit_response_response_msg);
    if (rc != SLURM_SUCCESS || !r) return fail(refusal(error, fields, a.name, r));
    return nlohmann::json{{"job_id", std::to_string(r->job_id)}, {"warning", warning_of(*r)}, {"log", log}};
}

answer submit_as(const settings& s, const account& a, const nlohmann::json& arguments,
                 const std::string& log) {
    job_request request;
    const auto fields = arguments.value("fields", nlohmann::json::object());
    if (const auto set = request.set_job(a, arguments, log); !set) return fail(set.error());
    if (const auto set = request.set_fields(fields); !set) return fail(set.error());
    if (const auto open = open_session_rehearsed(s); !open) return fail(open.error());
    return send(request, fields, a, log);
}

} // namespace

answer submit(const settings& s, const nlohmann::json& arguments) {
    const auto job_name = arguments.at("job_name").get<std::string>();
    if (const auto mine = check_job_name(s, job_name); !mine) return fail(mine.error());
    const auto a = find_account(s, arguments.at("user").get<std::string>());
    if (!a) return fail(a.error());
    const auto log = prepare_log(s, *a, job_name);
    if (!log) return fail(log.error());
    auto sent = submit_as(s, *a, arguments, *log);
    if (!sent && sent.error().code != errc::outcome_unknown) discard_log(*a, *log);
    return sent;
}

} // namespace berth::slurm_agent
