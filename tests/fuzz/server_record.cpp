// SPDX-License-Identifier: BSD-3-Clause
// The columns of the database that hold JSON, whatever a damaged or older one holds. What is read can be
// written, and is read as the same again.
#include "scheduler/spawner/record_json.hpp"
#include "tests/fuzz/support.hpp"

void fuzz(std::string_view bytes) {
    using namespace berth::scheduler;
    using berth::fuzz::check;
    const std::string text(bytes);
    const auto fields = fields_from_json(text);
    check(fields_from_json(to_json_text(fields)) == fields, "fields");
    const auto job = job_from_json(text);
    check(job_from_json(to_json_text(job)) == job, "a job");
    const auto failure = failure_from_json(text);
    check(failure_from_json(to_json_text(failure)) == failure, "a failure");
    const auto progress = progress_from_json(text);
    check(progress_from_json(to_json_text(progress)) == progress, "progress");
    const auto keys = start_keys_from_json(text);
    check(start_keys_from_json(to_json_text(keys)) == keys, "start keys");
}
