// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/agent/slurm_error.hpp"

#include <fmt/format.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include <cerrno>
#include <cstdlib>

namespace berth::slurm_agent {
namespace {

// Slurm's refusals are those of slurmctld's own ranges.
bool refusal(int e) { return (e >= 2000 && e < 3000) || (e >= 7000 && e < 11000); }

errc code_of(int e) {
    switch (e) {
    case ESLURM_ACCESS_DENIED:
    case ESLURM_USER_ID_MISSING:
    case ESLURM_GROUP_ID_MISSING: return errc::denied;
    case ESLURM_INVALID_JOB_ID: return errc::not_found;
    case ESLURM_ACCOUNTING_POLICY: return errc::limit_exceeded;
    // slurmctld took the request and did nothing, for reasons that pass
    case ESLURM_WRITING_TO_FILE:
    case ESLURM_IN_STANDBY_MODE:
    case ESLURM_IN_STANDBY_USE_BACKUP:
    case ESLURM_SUBMISSIONS_DISABLED:
    // it was never asked
    case SLURMCTLD_COMMUNICATIONS_CONNECTION_ERROR:
    case SLURM_COMMUNICATIONS_CONNECTION_ERROR:
    case SLURM_PROTOCOL_AUTHENTICATION_ERROR:
    case SLURM_PROTOCOL_VERSION_ERROR:
    case EAGAIN:
    case ECONNREFUSED: return errc::unavailable;
    default: break;
    }
    if (refusal(e)) return errc::invalid_argument;
    if (e >= ESLURM_AUTH_CRED_INVALID && e <= ESLURM_AUTH_SKIP) return errc::unavailable;
    return errc::outcome_unknown; // time-outs, resets, what a newer Slurm may say
}

std::string words_of(int e) {
    const char* text = slurm_strerror(e);
    std::string words = fmt::format("Slurm: {} ({})", text ? text : "unknown error", e);
    switch (e) {
    case SLURM_PROTOCOL_AUTHENTICATION_ERROR: return words + "; is munged running on this machine?";
    case SLURMCTLD_COMMUNICATIONS_CONNECTION_ERROR: return words + "; is slurmctld running?";
    case SLURM_PROTOCOL_VERSION_ERROR: return words + "; the agent is built for another release of Slurm";
    default: return words;
    }
}

} // namespace

failure action_failure(int e) { return {code_of(e), words_of(e)}; }

failure question_failure(int e) {
    if (e == SLURM_PROTOCOL_SOCKET_ZERO_BYTES_SENT && std::getenv("SLURM_JWT"))
        return {errc::unauthenticated,
                fmt::format(
                    "slurmctld does not accept the token: it has expired, or is not one of its provider's; "
                    "{}",
                    words_of(e))};
    const auto code = code_of(e);
    return {code == errc::outcome_unknown ? errc::unavailable : code, words_of(e)};
}

std::string refused_field(int e) {
    switch (e) {
    case ESLURM_INVALID_PARTITION_NAME:
    case ESLURM_DEFAULT_PARTITION_NOT_SET:
    case ESLURM_JOB_MISSING_REQUIRED_PARTITION_GROUP:
    case ESLURM_REQUESTED_PART_CONFIG_UNAVAILABLE:
    case ESLURM_PARTITION_NOT_AVAIL:
    case ESLURM_PARTITION_DOWN: return "partition";
    case ESLURM_INVALID_ACCOUNT:
    case ESLURM_PARTITION_ASSOC: return "account";
    case ESLURM_INVALID_QOS:
    case ESLURM_QOS_THRES: return "qos";
    case ESLURM_INVALID_TIME_LIMIT:
    case ESLURM_MISSING_TIME_LIMIT: return "runtime";
    case ESLURM_INVALID_NODE_COUNT: return "nodes";
    case ESLURM_BAD_TASK_COUNT: return "nprocs";
    case ESLURM_TOO_MANY_REQUESTED_CPUS:
    case ESLURM_INVALID_CPU_COUNT: return "cpus";
    case ESLURM_INVALID_TASK_MEMORY: return "memory";
    case ESLURM_INVALID_FEATURE:
    case ESLURM_BATCH_CONSTRAINT: return "constraint";
    case ESLURM_INVALID_GRES:
    case ESLURM_DUPLICATE_GRES:
    case ESLURM_INVALID_GRES_TYPE:
    case ESLURM_UNSUPPORTED_GRES:
    case ESLURM_INSUFFICIENT_GRES: return "gres";
    case ESLURM_RESERVATION_ACCESS:
    case ESLURM_RESERVATION_INVALID:
    case ESLURM_RESERVATION_BUSY:
    case ESLURM_RESERVATION_NOT_USABLE: return "reservation";
    default: return "";
    }
}

} // namespace berth::slurm_agent
