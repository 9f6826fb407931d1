// SPDX-License-Identifier: BSD-3-Clause
#include "tests/scheduler/slurm/fixture.hpp"

using namespace berth;
using namespace berth::scheduler;
using testing::HasSubstr;

using slurm_backend_test = slurm_fixture;

TEST_F(slurm_backend_test, submits_with_the_environment_beside_the_script) {
    answers("submit", {{"ok", {{"job_id", "12"}, {"warning", "held"}}}});
    const auto done = run(backend_->submit(spec()));
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->job_id, "12");
    EXPECT_EQ(done->warning, "held");
    const auto sent = asked("submit").at(0);
    EXPECT_EQ(sent["environment"]["JUPYTERHUB_API_TOKEN"], "s3cret");
    EXPECT_EQ(sent["script"].get<std::string>().find("s3cret"), std::string::npos);
    EXPECT_EQ(sent["fields"], json({{"partition", "debug"}, {"runtime_s", 3600}}));
    EXPECT_FALSE(sent.contains("credential"));
}

TEST_F(slurm_backend_test, passes_refusals_and_unknown_outcomes_on) {
    for (const auto code : {errc::invalid_argument, errc::denied, errc::limit_exceeded, errc::not_found,
                            errc::outcome_unknown}) {
        answers("submit", {{"error", {{"code", to_string(code)}, {"message", "Slurm: words (1)"}}}});
        const auto done = run(backend_->submit(spec()));
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, code);
        EXPECT_EQ(done.error().message, "Slurm: words (1)");
    }
    answers("submit", {{"ok", {{"id", 12}}}}); // it may have been submitted
    EXPECT_EQ(run(backend_->submit(spec())).error().code, errc::outcome_unknown);
    auto without_command = spec();
    without_command.command.clear();
    EXPECT_EQ(run(backend_->submit(without_command)).error().code, errc::invalid_argument);
}

TEST_F(slurm_backend_test, asks_for_changes_and_once_a_minute_for_everything) {
    answers("list", {{"ok", {{"last_update", 1000}, {"jobs", {job("berth-x-1", "queued", "PENDING")}}}}});
    ASSERT_EQ(run(backend_->list({}))->size(), 1u);
    answers("list", {{"ok", {{"unchanged", true}}}});
    time_.advance(std::chrono::seconds(2));
    const auto same = run(backend_->list({}));
    ASSERT_TRUE(same);
    ASSERT_EQ(same->size(), 1u);
    EXPECT_EQ(same->at(0).state, "PENDING");
    time_.advance(std::chrono::seconds(59));
    run(backend_->list({}));
    const auto sent = asked("list");
    EXPECT_EQ(sent.at(0)["last_update"], 0);
    EXPECT_EQ(sent.at(1)["last_update"], 1000);
    EXPECT_EQ(sent.at(2)["last_update"], 0);
}

TEST_F(slurm_backend_test, a_listing_that_failed_is_no_listing) {
    answers("list", {{"error", {{"code", "outcome_unknown"}, {"message", "stopped"}}}});
    EXPECT_EQ(run(backend_->list({})).error().code, errc::unavailable);
    answers("list", {{"ok", {{"last_update", 5}, {"jobs", {{{"job_id", 7}}}}}}});
    EXPECT_EQ(run(backend_->list({})).error().code, errc::internal);
}

TEST_F(slurm_backend_test, the_accounting_tells_of_jobs_that_slurmctld_forgot) {
    answers("list", {{"ok", {{"last_update", 5}, {"jobs", json::array()}}}});
    auto over = job("berth-x-1", "over", "TIMEOUT");
    over["exit_code"] = 0;
    answers("ended", {{"ok", {{"jobs", {over}}}}});
    const std::vector<job_ref> interested{{"7", "berth-x-1", "al", {}}, {"8", "berth-x-2", "al", {}}};
    auto jobs = run(backend_->list(interested));
    ASSERT_TRUE(jobs);
    ASSERT_EQ(jobs->size(), 1u);
    EXPECT_EQ(jobs->at(0).phase, job_phase::over);
    EXPECT_EQ(jobs->at(0).state, "TIMEOUT");
    ASSERT_EQ(asked("ended").size(), 1u);
    EXPECT_EQ(asked("ended")[0]["ended"].size(), 2u);
    // What is known is not asked again; the rest after a while only.
    EXPECT_EQ(run(backend_->list(interested))->size(), 1u);
    EXPECT_EQ(asked("ended").size(), 1u);
    time_.advance(std::chrono::seconds(31));
    run(backend_->list(interested));
    ASSERT_EQ(asked("ended").size(), 2u);
    EXPECT_EQ(asked("ended")[1]["ended"].size(), 1u);
    // What nobody is interested in any more is forgotten.
    EXPECT_EQ(run(backend_->list({}))->size(), 0u);
}

TEST_F(slurm_backend_test, a_silent_accounting_does_not_spoil_the_listing) {
    answers("list", {{"ok", {{"last_update", 5}, {"jobs", {job("berth-x-2", "running", "RUNNING")}}}}});
    answers("ended", unavailable);
    const auto jobs = run(backend_->list({{"7", "berth-x-1", "al", {}}}));
    ASSERT_TRUE(jobs);
    EXPECT_EQ(jobs->size(), 1u);
    EXPECT_EQ(log_.count("slurm.accounting_silent"), 1u);
}

TEST_F(slurm_backend_test, a_dead_controller_is_asked_less_often) {
    answers("list", unavailable);
    answers("cancel", {{"ok", {{"gone", true}}}});
    for (int i = 0; i < 5; ++i) {
        const auto r = run(backend_->list({}));
        EXPECT_EQ(r.error().code, errc::unavailable);
        EXPECT_THAT(r.error().message, HasSubstr("1800"));
    }
    EXPECT_EQ(asked("list").size(), 2u);
    EXPECT_EQ(run(backend_->cancel({"7", "berth-x-1", "al", {}})).error().code, errc::unavailable);
    time_.advance(std::chrono::seconds(3));
    EXPECT_TRUE(run(backend_->cancel({"7", "berth-x-1", "al", {}})));
    answers("list", {{"ok", {{"last_update", 5}, {"jobs", json::array()}}}});
    EXPECT_TRUE(run(backend_->list({})));
}

TEST_F(slurm_backend_test, reads_the_log) {
    answers("log", {{"ok", {{"text", "one\ntwo\n"}}}});
    EXPECT_EQ(*run(backend_->log_tail({"7", "berth-x-1", "al", {}}, 100)), "one\ntwo\n");
    EXPECT_EQ(asked("log")[0], json({{"job_name", "berth-x-1"}, {"user", "al"}, {"max_bytes", 100}}));
    answers("log", {{"ok", json::array()}});
    EXPECT_FALSE(run(backend_->log_tail({"7", "berth-x-1", "al", {}}, 100)));
}

TEST_F(slurm_backend_test, checks) {
    answers("hello", unavailable);
    auto found = run(backend_->check());
    ASSERT_EQ(found.size(), 1u);
    EXPECT_FALSE(found[0].good);
    EXPECT_THAT(found[0].remedy, HasSubstr("scontrol ping"));
    answers("hello", {{"ok",
                       {{"uid", 0},
                        {"slurm_uid", 64},
                        {"library", "22.05.8"},
                        {"version", "22.05.3"},
                        {"cluster", "c"},
                        {"controller", "h:6817"},
                        {"accounting", true}}}});
    answers("nodes", {{"ok",
                       {{"partitions", {{{"name", "debug"}, {"up", true}, {"default", true}}}},
                        {"nodes", {{"IDLE", 2}}}}}});
    found = run(backend_->check());
    for (const auto& f : found) EXPECT_TRUE(f.good) << f.what;
    EXPECT_EQ(found[0].what, "slurmctld of c at h:6817 answers (Slurm 22.05.3)");
}
