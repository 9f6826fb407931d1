// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/spawner/record.hpp"

#include "daemon/runtime/log.hpp"
#include "scheduler/spawner/record_json.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

record full_record() {
    record r;
    auto& s = r.s;
    s.key = {7, "n1"};
    s.user_name = "al";
    r.account = "old-al";
    s.url_path = "/user/al/n1/";
    s.display_name = "N \"one\"";
    s.cluster = "hpc";
    s.profile = "small";
    s.user_options = R"({"a":1})";
    s.fields.partition = "debug";
    s.fields.nodes = 2;
    s.fields.memory_mib = 2048;
    s.fields.runtime = std::chrono::seconds(3600);
    s.fields.srun = "";
    s.fields.options = {"--exclusive", "--x"};
    r.at = server_step::launching;
    s.state = phase::launching;
    s.wanted = true;
    s.remove_when_stopped = true;
    s.attempt = "abc";
    s.job_name = "berth-h-abc";
    s.job_id = "12";
    s.job.emplace();
    s.job->job_id = "12";
    s.job->phase = job_phase::running;
    s.job->state = "RUNNING";
    s.job->node = "node1";
    s.job->ends_at = time_point(std::chrono::seconds(99));
    s.job->port = 5;
    s.job->restarts = 2;
    s.host = "10.0.0.1";
    s.port = 4000;
    r.reported_host = "10.0.0.9";
    r.frozen = std::chrono::seconds(3);
    s.created = time_point(std::chrono::seconds(1));
    s.started = time_point(std::chrono::seconds(2));
    s.phase_since = time_point(std::chrono::seconds(3));
    s.ready_at = time_point(std::chrono::seconds(4));
    s.last_activity = time_point(std::chrono::seconds(5));
    r.stop_asked = time_point(std::chrono::seconds(6));
    s.failure = spawn_failure{"Out of memory",
                              "OUT_OF_MEMORY",
                              "x",
                              1,
                              9,
                              "tail\n",
                              time_point(std::chrono::seconds(7)),
                              true,
                              true};
    s.progress = {{time_point(std::chrono::seconds(8)), 10, "Server requested"}};
    return r;
}

void expect_same(const record& a, const record& b) {
    EXPECT_EQ(save_server(a).parameters, save_server(b).parameters);
    EXPECT_EQ(a.s.fields, b.s.fields);
    EXPECT_EQ(a.s.job, b.s.job);
    EXPECT_EQ(a.s.failure, b.s.failure);
    EXPECT_EQ(a.s.progress, b.s.progress);
    EXPECT_EQ(a.s.state, b.s.state);
    EXPECT_EQ(a.at, b.at);
    EXPECT_EQ(a.frozen, b.frozen);
    EXPECT_EQ(a.s.phase_since, b.s.phase_since);
}

template<class T>
T finish(boost::asio::io_context& io, boost::asio::awaitable<T> task) {
    std::optional<T> out;
    boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr, T value) { out = std::move(value); });
    io.restart();
    while (!out) io.run_one();
    return std::move(*out);
}

TEST(server_rows, survive_a_real_database) {
    boost::asio::io_context io;
    null_logger log;
    auto work = boost::asio::make_work_guard(io);
    auto db = store::open(io.get_executor(), log, "sqlite::memory:", {server_tables()});
    ASSERT_TRUE(db) << db.error().message;
    auto r = full_record();
    ASSERT_TRUE(finish(io, (*db)->commit({save_server(r)})));
    r.s.job->state = "COMPLETING";
    ASSERT_TRUE(
        finish(io, (*db)->commit({save_server(r), save_job(r), save_activity(r.s.key, *r.s.last_activity)})));
    auto rows = finish(io, (*db)->query(select_servers()));
    ASSERT_TRUE(rows) << rows.error().message;
    ASSERT_EQ(rows->size(), 1u);
    expect_same(record_from(rows->front()), r);
    // A poll's news goes with its address, or not at all.
    r.s.job->node = "node9";
    r.s.host = "10.0.0.9";
    r.s.port = 7;
    r.reported_host.clear();
    ASSERT_TRUE(finish(io, (*db)->commit({save_job(r)})));
    expect_same(record_from(finish(io, (*db)->query(select_servers()))->front()), r);
    // Of another attempt: not written.
    auto old = r;
    old.s.attempt = "old";
    old.s.job->state = "PENDING";
    ASSERT_TRUE(finish(io, (*db)->commit({save_job(old)})));
    expect_same(record_from(finish(io, (*db)->query(select_servers()))->front()), r);
    ASSERT_TRUE(finish(io, (*db)->commit({delete_server(r.s.key)})));
    EXPECT_TRUE(finish(io, (*db)->query(select_servers()))->empty());
}

TEST(record_json, damaged_columns_read_as_empty) {
    for (const std::string bad :
         {"", "{", "[]", "7", "null", R"({"phase":"x","job_id":5})", R"([[1,2],"x",{}])"}) {
        EXPECT_EQ(fields_from_json(bad), job_fields{});
        EXPECT_TRUE(progress_from_json(bad).empty());
        auto j = job_from_json(bad);
        EXPECT_TRUE(!j || *j == job_status{}) << bad;
        auto f = failure_from_json(bad);
        EXPECT_TRUE(!f || *f == spawn_failure{}) << bad;
    }
}

} // namespace
} // namespace berth::scheduler
