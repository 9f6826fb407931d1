// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/reason_text.hpp"

#include <fmt/format.h>

#include <array>

namespace berth::scheduler {
namespace {

struct reason_words {
    std::string_view reason, words;
};
// squeue(1), JOB REASON CODES.
constexpr std::array<reason_words, 26> reasons = {{
    {"Resources", "waiting for resources"},
    {"Priority", "waiting behind jobs of higher priority"},
    {"Dependency", "waiting for another job"},
    {"BeginTime", "waiting for its begin time"},
    {"Licenses", "waiting for a licence"},
    {"Reservation", "waiting for its reservation"},
    {"ReqNodeNotAvail", "the nodes asked for are not available"},
    {"PartitionDown", "the partition is down"},
    {"PartitionInactive", "the partition is inactive"},
    {"JobHeldUser", "held by the user"},
    {"JobHeldAdmin", "held by an administrator"},
    {"None", "waiting to be looked at"},
    {"PartitionTimeLimit", "more time than the partition allows"},
    {"AssociationTimeLimit", "more time than the account allows"},
    {"PartitionNodeLimit", "more or fewer nodes than the partition allows"},
    {"PartitionConfig", "the partition never gives a job what this one asks for: time, nodes, processors or memory"},
    {"BadConstraints", "no node has what the job asks for"},
    {"InvalidAccount", "the account does not exist"},
    {"InvalidQOS", "the QOS does not exist"},
    {"QOSNotAllowed", "the partition does not allow the QOS"},
    {"AccountNotAllowed", "the partition does not allow the account"},
    {"DependencyNeverSatisfied", "what it depends on will never be"},
    {"ReservationDeleted", "the reservation is gone"},
    {"MaxMemPerLimit", "more memory per processor or node than allowed"},
    {"QOSMinCpuNotSatisfied", "fewer processors than the QOS wants"},
    {"DeadLine", "its deadline cannot be met"},
}};

} // namespace

std::string_view reason_in_words(std::string_view reason) {
    for (const auto& r : reasons)
        if (r.reason == reason) return r.words;
    if (reason.starts_with("QOS") || reason.starts_with("Assoc"))
        return "a limit of the account or QOS is reached";
    return "";
}

std::string reason_text(std::string_view reason) {
    const auto words = reason_in_words(reason);
    if (words.empty()) return std::string(reason);
    return reason == "None" ? std::string(words) : fmt::format("{} ({})", words, reason);
}

} // namespace berth::scheduler
