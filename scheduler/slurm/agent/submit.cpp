// SPDX-License-Identifier: BSD-3-Clause
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

// The sentence of a refusal: the field's name and value before Slurm's words where one is meant.
failure refusal(int error, const nlohmann::json& fields, const response& r) {
    auto f = action_failure(error);
    const auto field = refused_field(error);
    const char* key = field == "memory" ? "memory_mib" : field == "runtime" ? "runtime_s" : field.c_str();
    if (const auto value = fields.find(key); !field.empty() && value != fields.end())
        f.message = fmt::format("{} {}: {}", field, field == key ? value->dump() : "as asked for", f.message);
    else if (!field.empty())
        f.message = fmt::format("{}: {}", field, f.message);
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

answer send(job_request& request, const nlohmann::json& fields, const std::string& log) {
    submit_response_msg_t* raw = nullptr;
    errno = 0;
    const int rc = slurm_submit_batch_job(request.get(), &raw);
    const int error = errno;
    const response r(raw, &slurm_free_submit_response_response_msg);
    if (rc != SLURM_SUCCESS || !r) return fail(refusal(error, fields, r));
    return nlohmann::json{{"job_id", std::to_string(r->job_id)}, {"warning", warning_of(*r)}, {"log", log}};
}

} // namespace

answer submit(const settings& s, const nlohmann::json& arguments) {
    const auto job_name = arguments.at("job_name").get<std::string>();
    if (const auto mine = check_job_name(s, job_name); !mine) return fail(mine.error());
    const auto a = find_account(s, arguments.at("user").get<std::string>());
    if (!a) return fail(a.error());
    const auto log = prepare_log(s, *a, job_name);
    if (!log) return fail(log.error());
    if (const auto token = arguments.value("credential", std::string()); !token.empty()) use_token(token);
    if (const auto open = open_session_rehearsed(s); !open) return fail(open.error());
    job_request request;
    const auto fields = arguments.value("fields", nlohmann::json::object());
    if (const auto set = request.set_job(*a, arguments, *log); !set) return fail(set.error());
    if (const auto set = request.set_fields(fields); !set) return fail(set.error());
    return send(request, fields, *log);
}

} // namespace berth::slurm_agent
