// SPDX-License-Identifier: BSD-3-Clause
#include "tests/scheduler/local/fixture.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

namespace berth::scheduler {
namespace {

class local : public local_fixture {
  protected:
    local_backend here{options()};
};

TEST_F(local, runs_a_server_with_port_home_and_log) {
    auto s =
        spec("berth-t-1",
             "echo url $JUPYTERHUB_SERVICE_URL; echo home $HOME $(pwd) $USER; echo oops >&2; exec sleep 60");
    auto got = run(here.submit(s));
    ASSERT_TRUE(got) << got.error().message;
    auto j = seen(here, "berth-t-1");
    ASSERT_TRUE(j);
    EXPECT_EQ(j->phase, job_phase::running);
    EXPECT_EQ(j->job_id, got->job_id);
    EXPECT_EQ(j->user, "al");
    EXPECT_EQ(j->address, "127.0.0.1");
    ASSERT_TRUE(j->port);
    const std::string home = root.string() + "/home/al";
    ASSERT_TRUE(until([&] { return read(dir("berth-t-1") + "/log").find("oops") != std::string::npos; }));
    auto log = run(here.log_tail({got->job_id, "berth-t-1", "al", {}}, 8192));
    ASSERT_TRUE(log);
    EXPECT_EQ(*log, "url http://127.0.0.1:" + std::to_string(*j->port) + "/user/al/\nhome " + home + " " +
                        home + " al\noops\n");
    EXPECT_EQ(run(here.log_tail({got->job_id, "berth-t-1", "al", {}}, 5)), "oops\n");
    struct stat st{};
    ASSERT_EQ(stat(home.c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 0777, 0700u);
    ASSERT_EQ(stat((dir("berth-t-1") + "/log").c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 0777, 0600u);
    ASSERT_EQ(stat(dir("berth-t-1").c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 0777, 0700u);
}

TEST_F(local, keeps_the_environment_off_disk_and_command_lines) {
    auto s = spec("berth-t-1", "exec sleep 60");
    s.environment["JUPYTERHUB_API_TOKEN"] = "very-secret-token";
    ASSERT_TRUE(run(here.submit(s)));
    for (const auto& file : std::filesystem::directory_iterator(dir("berth-t-1")))
        EXPECT_THAT(read(file.path()), testing::Not(testing::HasSubstr("very-secret-token"))) << file.path();
    const auto shepherd = read_pid(dir("berth-t-1"))->shepherd.pid;
    EXPECT_THAT(read("/proc/" + std::to_string(shepherd) + "/cmdline"),
                testing::Not(testing::HasSubstr("very-secret")));
}

TEST_F(local, tells_exit_codes_and_signals) {
    ASSERT_TRUE(run(here.submit(spec("berth-t-0", "exit 0"))));
    ASSERT_TRUE(run(here.submit(spec("berth-t-7", "exit 7"))));
    ASSERT_TRUE(run(here.submit(spec("berth-t-k", "kill -SEGV $$"))));
    ASSERT_TRUE(over(here, "berth-t-0"));
    ASSERT_TRUE(over(here, "berth-t-7"));
    ASSERT_TRUE(over(here, "berth-t-k"));
    EXPECT_EQ(seen(here, "berth-t-0")->exit_code, 0);
    EXPECT_EQ(seen(here, "berth-t-7")->exit_code, 7);
    EXPECT_EQ(seen(here, "berth-t-7")->state, "exited");
    EXPECT_EQ(seen(here, "berth-t-k")->signal, SIGSEGV);
    EXPECT_FALSE(seen(here, "berth-t-k")->exit_code);
    EXPECT_TRUE(seen(here, "berth-t-7")->ended);
}

TEST_F(local, refuses_what_cannot_be_started) {
    auto s = spec("berth-t-1", "");
    s.command = {"no-such-command-here"};
    auto got = run(here.submit(s));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::invalid_argument);
    EXPECT_THAT(got.error().message, testing::HasSubstr("no-such-command-here"));
    EXPECT_FALSE(seen(here, "berth-t-1"));
    EXPECT_FALSE(std::filesystem::exists(dir("berth-t-1")));
    for (const std::string bad : {"../x", "", "a/b", ".hidden"}) {
        auto evil = spec("berth-t-2", "true");
        evil.user = bad;
        EXPECT_EQ(run(here.submit(evil)).error().code, errc::invalid_argument) << bad;
        EXPECT_EQ(run(here.submit(spec(bad, "true"))).error().code, errc::invalid_argument) << bad;
    }
}

TEST_F(local, a_missing_launcher_means_nothing_has_happened) {
    auto o = options();
    o.launcher = "/nowhere/launcher";
    local_backend broken(o);
    auto got = run(broken.submit(spec("berth-t-1", "true")));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::unavailable);
    EXPECT_FALSE(std::filesystem::exists(dir("berth-t-1")));
    const auto findings = run(broken.check());
    EXPECT_FALSE(findings.at(1).good);
}

TEST_F(local, a_launcher_that_says_nothing_leaves_the_outcome_unknown) {
    auto o = options();
    o.launcher = "/bin/true";
    local_backend mute(o);
    EXPECT_EQ(run(mute.submit(spec("berth-t-1", "true"))).error().code, errc::outcome_unknown);
}

TEST_F(local, a_name_is_started_once) {
    ASSERT_TRUE(run(here.submit(spec("berth-t-1", "exec sleep 60"))));
    const auto before = *seen(here, "berth-t-1");
    EXPECT_EQ(run(here.submit(spec("berth-t-1", "exec sleep 60"))).error().code, errc::outcome_unknown);
    EXPECT_EQ(seen(here, "berth-t-1")->job_id, before.job_id);
}

TEST_F(local, a_directory_that_is_away_ends_no_job_and_finds_its_place_again) {
    const auto got = run(here.submit(spec("berth-t-1", "exec sleep 60")));
    ASSERT_TRUE(got);
    const std::string jobs = std::filesystem::path(dir("x")).parent_path().string();
    std::filesystem::rename(jobs, jobs + "-away");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(run(here.list({})).error().code, errc::unavailable);
    EXPECT_FALSE(std::filesystem::exists(jobs));
    std::filesystem::rename(jobs + "-away", jobs);
    ASSERT_TRUE(seen(here, "berth-t-1"));
    EXPECT_EQ(seen(here, "berth-t-1")->job_id, got->job_id);
}

TEST_F(local, a_cancel_ends_the_polite) {
    auto got = run(here.submit(
        spec("berth-t-1", "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.05; done")));
    ASSERT_TRUE(got);
    ASSERT_TRUE(until([&] { return read(dir("berth-t-1") + "/log") == "up\n"; }));
    ASSERT_TRUE(run(here.cancel({got->job_id, "berth-t-1", "al", {}})));
    ASSERT_TRUE(over(here, "berth-t-1"));
    EXPECT_EQ(seen(here, "berth-t-1")->exit_code, 3);
    EXPECT_THAT(read(dir("berth-t-1") + "/log"), testing::EndsWith("bye\n"));
    EXPECT_TRUE(run(here.cancel({got->job_id, "berth-t-1", "al", {}}))) << "twice is a success";
    EXPECT_TRUE(run(here.cancel({"1", "berth-t-none", "al", {}})));
}

TEST_F(local, a_cancel_ends_the_stubborn_after_the_grace) {
    auto got = run(here.submit(spec("berth-t-1", "trap '' TERM; echo up; while :; do sleep 0.05; done")));
    ASSERT_TRUE(got);
    ASSERT_TRUE(until([&] { return read(dir("berth-t-1") + "/log") == "up\n"; }));
    ASSERT_TRUE(run(here.cancel({got->job_id, "berth-t-1", "al", {}})));
    ASSERT_TRUE(over(here, "berth-t-1"));
    EXPECT_EQ(seen(here, "berth-t-1")->signal, SIGKILL);
}

TEST_F(local, ends_what_a_server_leaves_behind) {
    auto got = run(here.submit(spec("berth-t-1", "setsid sleep 300 & echo $!; exit 0")));
    ASSERT_TRUE(got);
    ASSERT_TRUE(over(here, "berth-t-1"));
    const int left = std::stoi(read(dir("berth-t-1") + "/log"));
    EXPECT_FALSE(process_now(left));
}

TEST_F(local, forgets_only_old_ends_that_nobody_asks_for) {
    auto o = options();
    o.keep_ended = 1;
    local_backend tidy(o);
    for (const auto* name : {"berth-t-1", "berth-t-2", "berth-t-3"}) {
        ASSERT_TRUE(run(tidy.submit(spec(name, "exit 0"))));
        ASSERT_TRUE(over(tidy, name));
    }
    EXPECT_TRUE(seen(tidy, "berth-t-1")) << "its log may still be wanted";
    for (const auto* name : {"berth-t-1", "berth-t-2"}) {
        auto e = *read_exit(dir(name));
        e.ended -= std::chrono::hours(1);
        ASSERT_TRUE(write_exit(dir(name), e));
    }
    local_backend later(o);
    auto jobs = run(later.list({{"", "berth-t-1", "al", {}}}));
    ASSERT_TRUE(jobs);
    EXPECT_TRUE(std::filesystem::exists(dir("berth-t-1"))) << "somebody is interested";
    EXPECT_FALSE(std::filesystem::exists(dir("berth-t-2")));
    EXPECT_TRUE(std::filesystem::exists(dir("berth-t-3")));
}

TEST_F(local, many_at_once_get_ports_of_their_own) {
    std::set<int> ports;
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(run(here.submit(spec("berth-t-" + std::to_string(i), "exec sleep 60"))));
    auto jobs = run(here.list({}));
    ASSERT_TRUE(jobs);
    for (const auto& j : *jobs) EXPECT_TRUE(ports.insert(*j.port).second);
    EXPECT_EQ(ports.size(), 20u);
}

} // namespace
} // namespace berth::scheduler
