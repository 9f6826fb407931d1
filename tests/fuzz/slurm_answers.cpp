// SPDX-License-Identifier: BSD-3-Clause
// What the Slurm agent answers, at the hub: it is of another build perhaps. What is taken can be stored,
// fetched and shown.
#include "daemon/runtime/time_text.hpp"
#include "scheduler/slurm/wire.hpp"
#include "scheduler/spawner/record_json.hpp"
#include "tests/fuzz/support.hpp"

#include <nlohmann/json.hpp>

namespace {

using namespace berth::scheduler;
using berth::fuzz::check;

void check_job(const job_status& job) {
    const auto again = job_from_json(to_json_text(job));
    check(again && *again == job, "a job that is stored is read as the same again");
    for (const auto& t : {job.expected_start, job.started, job.ends_at, job.ended})
        if (t)
            check(berth::parse_iso8601(berth::iso8601(*t)) == *t,
                  "a time that is shown is read as the same again");
}

} // namespace

void fuzz(std::string_view bytes) {
    const auto answer = nlohmann::json::parse(bytes, nullptr, false);
    if (answer.is_discarded()) return;
    if (const auto list = read_listing(answer))
        for (const auto& job : list->jobs) check_job(job);
    (void)read_submitted(answer);
}
