// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/common/pending_reasons.hpp"

#include <algorithm>
#include <array>

namespace berth::scheduler {
namespace {

constexpr std::array<std::string_view, 14> hopeless{
    "PartitionNodeLimit", "PartitionTimeLimit",  "PartitionConfig",
    "BadConstraints",     "InvalidAccount",      "InvalidQOS",
    "QOSNotAllowed",      "AccountNotAllowed",   "DependencyNeverSatisfied",
    "ReservationDeleted", "MaxMemPerLimit",      "QOSMinCpuNotSatisfied",
    "DeadLine",           "AssociationTimeLimit"};

bool about(std::string_view reason, std::string_view part) {
    return reason.find(part) != std::string_view::npos;
}

} // namespace

bool never_starts(std::string_view reason) {
    if (std::ranges::find(hopeless, reason) != hopeless.end()) return true;
    // "AssocMaxCpuPerJobLimit", "QOSMaxGRESPerNode", "QOSMinGRES": limits of one job, not of all that run now
    const bool limit = reason.starts_with("Assoc") || reason.starts_with("QOS");
    return limit && (about(reason, "PerJob") || about(reason, "PerNode") || reason.starts_with("QOSMin"));
}

} // namespace berth::scheduler
