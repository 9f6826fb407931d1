// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/wire.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace berth;
using namespace berth::scheduler;
using nlohmann::json;

namespace {
time_point at(long s) { return time_point(std::chrono::seconds(s)); }
} // namespace

TEST(wire, every_field_of_a_job) {
    const auto read = read_listing(json::parse(R"({"last_update": 9, "jobs": [
        {"job_id":"1","job_name":"berth-a-1","user":"al","phase":"queued","state":"PENDING","reason":"Resources",
         "never_starts":true,"expected_start":100,"restarts":2},
        {"job_id":"2","job_name":"berth-a-2","user":"al","phase":"running","state":"RUNNING","started":50,"ends_at":110,
         "node":"node1","address":"10.0.0.1"},
        {"job_id":"3","job_name":"berth-a-3","user":"al","phase":"over","state":"FAILED","reason":"NonZeroExitCode",
         "ended":60,"exit_code":7},
        {"job_id":"4","job_name":"berth-a-4","user":"al","phase":"over","state":"CANCELLED","signal":15}]})"));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->last_update, 9);
    ASSERT_EQ(read->jobs.size(), 4u);
    const auto &queued = read->jobs[0], &running = read->jobs[1], &failed = read->jobs[2];
    EXPECT_EQ(queued.phase, job_phase::queued);
    EXPECT_TRUE(queued.never_starts);
    EXPECT_EQ(queued.expected_start, at(100));
    EXPECT_EQ(queued.restarts, 2);
    EXPECT_EQ(running.phase, job_phase::running);
    EXPECT_EQ(running.ends_at, at(110));
    EXPECT_EQ(running.address, "10.0.0.1");
    EXPECT_EQ(failed.phase, job_phase::over);
    EXPECT_EQ(failed.exit_code, 7);
    EXPECT_FALSE(failed.signal);
    EXPECT_EQ(read->jobs[3].signal, 15);
}

TEST(wire, malformed_answers_are_failures) {
    for (const auto* text :
         {R"({"jobs":[{}]})", R"({"jobs":[1]})", R"({"last_update":"x"})", R"([])", R"({"unchanged":1})",
          R"({"jobs":[{"job_id":1,"job_name":"x","user":"y","phase":"over"}]})"})
        EXPECT_FALSE(read_listing(json::parse(text))) << text;
    EXPECT_FALSE(read_submitted(json::parse(R"({"job_id":1})")));
    EXPECT_FALSE(read_submitted(nullptr));
}

TEST(wire, numbers_beyond_all_bounds_are_left_out) {
    for (const auto* number : {"9223372036854775807", "-9223372036854775808", "1e300", "253402300800"}) {
        const auto text = std::string(R"({"last_update":)") + number +
                          R"(,"jobs":[{"job_id":"1","job_name":"x","user":"y","phase":"over","ended":)" +
                          number + R"(,"exit_code":)" + number + R"(,"restarts":)" + number + "}]}";
        const auto read = read_listing(json::parse(text));
        ASSERT_TRUE(read) << number;
        EXPECT_FALSE(read->jobs[0].ended) << number;
        EXPECT_FALSE(read->jobs[0].exit_code) << number;
        EXPECT_EQ(read->jobs[0].restarts, 0) << number;
    }
}

TEST(wire, fields_that_are_set) {
    job_spec s;
    s.fields.memory_mib = 2048;
    s.fields.options = {"--exclusive"};
    s.fields.gres = "gpu:1";
    EXPECT_EQ(submit_arguments(s, "x")["fields"],
              json::parse(R"({"memory_mib":2048,"options":["--exclusive"],"gres":"gpu:1"})"));
}

TEST(wire, no_token_but_where_it_is_asked_for) {
    job_spec s;
    s.credential = secret("tok");
    EXPECT_FALSE(submit_arguments(s, "x").contains("credential"));
    EXPECT_FALSE(cancel_arguments({"1", "berth-a-1", "al", secret("tok")}).contains("credential"));
}
