// SPDX-License-Identifier: BSD-3-Clause
// The backend and the agent against a real Slurm: run as root with SLURM_CONF of a cluster that knows alice,
// bob and carol as slurm-test-env makes them (carol has no account). Skipped elsewhere.
#include "scheduler/slurm/slurm_backend.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <future>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace berth;
using namespace berth::scheduler;
using testing::HasSubstr;
namespace asio = boost::asio;

namespace {

constexpr const char* prefix = "berth-livetest-";

class slurm_live : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0 || !std::getenv("SLURM_CONF") || !getpwnam("alice"))
            GTEST_SKIP() << "no Slurm cluster here (root, SLURM_CONF, user alice)";
        agent_ = std::make_unique<helper_process>(io_.get_executor(), log_, "slurm",
                                                  slurm_agent_argv(SLURM_AGENT, prefix, ""));
        ASSERT_TRUE(agent_->start());
        slurm_settings settings;
        settings.cluster = "hpc";
        settings.script = {"live", "#!/bin/bash\n{{cmd}}\n"};
        backend_ = std::make_unique<slurm_backend>(*agent_, time_, log_, settings);
    }
    void TearDown() override {
        for (const auto& job : submitted_) (void)run(backend_->cancel(job));
    }
    template<class T>
    T run(asio::awaitable<T> task) {
        auto done = asio::co_spawn(io_, std::move(task), asio::use_future);
        while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) io_.run_one();
        return done.get();
    }
    job_spec spec(const std::string& user, std::vector<std::string> command) {
        job_spec s;
        s.job_name = fmt::format("{}{}-{}-{}", prefix, getpid(),
                                 std::chrono::steady_clock::now().time_since_epoch().count(), ++count_);
        s.user = user;
        s.command = std::move(command);
        s.environment = {{"SCOPES", R"(["a!b=c/", "d"])"}, {"TOKEN", "s3cret"}};
        s.fields.memory_mib = 64;
        s.fields.runtime = std::chrono::minutes(5);
        return s;
    }
    job_ref submit(const job_spec& s) {
        const auto done = run(backend_->submit(s));
        EXPECT_TRUE(done) << done.error().message;
        submitted_.push_back({done ? done->job_id : "", s.job_name, s.user, {}});
        return submitted_.back();
    }
    // The job once `right` says so; as it is after a minute otherwise.
    template<class Right>
    job_status wait_until(const job_ref& job, Right right) {
        job_status last;
        for (int i = 0; i < 300; ++i) {
            const auto jobs = run(backend_->list({job}));
            EXPECT_TRUE(jobs) << jobs.error().message;
            if (!jobs) return last;
            const auto found = std::ranges::find(*jobs, job.job_name, &job_status::job_name);
            if (found != jobs->end()) last = *found;
            if (right(last)) return last;
            run(time_.sleep_for(std::chrono::milliseconds(200)));
        }
        ADD_FAILURE() << job.job_name << " is still " << last.state << " " << last.reason;
        return last;
    }
    failure refusal(const job_spec& s) {
        const auto done = run(backend_->submit(s));
        EXPECT_FALSE(done) << "accepted";
        if (done) submitted_.push_back({done->job_id, s.job_name, s.user, {}});
        return done ? failure{} : done.error();
    }

    asio::io_context io_;
    null_logger log_;
    system_clock time_;
    std::unique_ptr<helper_process> agent_;
    std::unique_ptr<slurm_backend> backend_;
    std::vector<job_ref> submitted_;
    int count_ = 0;
};

bool over(const job_status& j) { return j.phase == job_phase::over; }
bool running(const job_status& j) { return j.phase == job_phase::running; }

} // namespace

TEST_F(slurm_live, a_job_runs_as_its_user_with_its_environment) {
    const auto job = submit(
        spec("alice", {"bash", "-c", "id -un; id -gn; pwd; echo \"$SCOPES\"; echo \"$HOME\"; exit 7"}));
    const auto end = wait_until(job, over);
    EXPECT_EQ(end.state, "FAILED");
    EXPECT_EQ(end.exit_code, 7);
    EXPECT_EQ(end.user, "alice");
    EXPECT_EQ(*run(backend_->log_tail(job, 4096)),
              "alice\nalice\n/home/alice\n[\"a!b=c/\", \"d\"]\n/home/alice\n");
    struct stat st{};
    ASSERT_EQ(stat(("/home/alice/.berth/" + job.job_name + ".log").c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 0777, 0600u);
    EXPECT_EQ(st.st_uid, getpwnam("alice")->pw_uid);
    // Others' logs are not told.
    EXPECT_EQ(run(backend_->log_tail({job.job_id, job.job_name, "bob", {}}, 4096)).value_or("none"), "");
}

TEST_F(slurm_live, a_running_job_has_a_node_and_an_end_and_can_be_cancelled_twice) {
    const auto job = submit(spec("bob", {"sleep", "300"}));
    const auto now = wait_until(job, running);
    EXPECT_NE(now.node, "");
    EXPECT_NE(now.address, "");
    ASSERT_TRUE(now.started && now.ends_at);
    EXPECT_EQ(*now.ends_at - *now.started, std::chrono::minutes(5));
    EXPECT_FALSE(run(backend_->cancel({job.job_id, job.job_name, "alice", {}})));        // not hers
    EXPECT_TRUE(run(backend_->cancel({job.job_id, "berth-livetest-other", "bob", {}}))); // that one is gone
    EXPECT_EQ(wait_until(job, running).state, "RUNNING");
    EXPECT_TRUE(run(backend_->cancel(job)));
    EXPECT_EQ(wait_until(job, over).state, "CANCELLED");
    EXPECT_TRUE(run(backend_->cancel(job)));
}

TEST_F(slurm_live, a_job_whose_id_got_lost_is_cancelled_by_its_name) {
    const auto job = submit(spec("bob", {"sleep", "300"}));
    EXPECT_TRUE(run(backend_->cancel({"", job.job_name, "bob", {}})));
    EXPECT_EQ(wait_until(job, over).state, "CANCELLED");
}

TEST_F(slurm_live, refusals_in_slurms_own_words) {
    auto s = spec("alice", {"true"});
    s.fields.partition = "nope";
    EXPECT_THAT(refusal(s).message, HasSubstr("partition \"nope\": Slurm: Invalid partition name"));
    s = spec("carol", {"true"});
    EXPECT_THAT(refusal(s).message, HasSubstr("account (the default of carol): Slurm: Invalid account"));
    s = spec("bob", {"true"});
    s.fields.qos = "high";
    EXPECT_THAT(refusal(s).message, HasSubstr("qos \"high\""));
    s.fields = {};
    s.fields.gres = "gpu:1";
    EXPECT_THAT(refusal(s).message, HasSubstr("gres \"gpu:1\""));
    s.fields = {};
    s.fields.options = {"--uid=0"};
    EXPECT_EQ(refusal(s).code, errc::invalid_argument);
    EXPECT_EQ(refusal(spec("root", {"true"})).code, errc::denied);
    EXPECT_EQ(refusal(spec("no-such-account", {"true"})).code, errc::not_found);
    s = spec("alice", {"true"});
    s.job_name = "other-1";
    EXPECT_EQ(refusal(s).code, errc::denied);
}

TEST_F(slurm_live, a_job_over_the_partitions_limit_never_starts) {
    auto s = spec("alice", {"true"});
    s.fields.partition = "debug";
    s.fields.runtime = std::chrono::hours(24 * 300);
    const auto job = submit(s);
    const auto waiting =
        wait_until(job, [](const job_status& j) { return j.reason == "PartitionTimeLimit"; });
    EXPECT_EQ(waiting.phase, job_phase::queued);
    EXPECT_TRUE(waiting.never_starts);
}

TEST_F(slurm_live, options_reach_the_job) {
    auto s = spec("alice", {"bash", "-c", "echo $SLURM_JOB_NODELIST $SLURM_NTASKS $SLURM_CPUS_PER_TASK"});
    s.fields.options = {"--nodelist=node2"};
    s.fields.nprocs = 1;
    s.fields.cpus = 2;
    const auto job = submit(s);
    wait_until(job, over);
    EXPECT_EQ(*run(backend_->log_tail(job, 4096)), "node2 1 2\n");
}

TEST_F(slurm_live, the_accounting_knows_the_end_of_a_job) {
    const auto hello = run(agent_->call("hello", nlohmann::json::object(), std::chrono::seconds(10)));
    ASSERT_TRUE(hello) << hello.error().message;
    if (!hello->value("accounting", false)) GTEST_SKIP() << "no slurmdbd here";
    const auto job = submit(spec("alice", {"bash", "-c", "exit 3"}));
    wait_until(job, over);
    auto told = nlohmann::json::array();
    for (int i = 0; i < 100 && told.empty(); ++i) { // slurmctld tells slurmdbd when it has time
        nlohmann::json ended{
            {"ended", {{{"job_id", job.job_id}, {"job_name", job.job_name}, {"user", "alice"}}}}};
        const auto answer = run(agent_->call("list", ended, std::chrono::seconds(10)));
        ASSERT_TRUE(answer) << answer.error().message;
        told = answer->value("jobs", nlohmann::json::array());
        if (told.empty()) run(time_.sleep_for(std::chrono::milliseconds(200)));
    }
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0]["state"], "FAILED");
    EXPECT_EQ(told[0]["exit_code"], 3);
}

TEST_F(slurm_live, check_finds_the_cluster_in_order) {
    for (const auto& f : run(backend_->check())) EXPECT_TRUE(f.good) << f.what << ": " << f.remedy;
}
