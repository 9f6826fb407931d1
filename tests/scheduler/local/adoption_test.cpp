// SPDX-License-Identifier: BSD-3-Clause
// What a hub that comes back finds of its servers.
#include "scheduler/local/shepherd.hpp"
#include "tests/scheduler/local/fixture.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <unistd.h>

namespace berth::scheduler {
namespace {

class adoption : public local_fixture {
  protected:
    job_ref ref(const std::string& name) { return {"", name, "al", {}}; }
};

TEST_F(adoption, a_running_server_is_found_and_can_be_ended) {
    job_status before;
    {
        local_backend first(options());
        ASSERT_TRUE(run(first.submit(spec("berth-t-1", "exec sleep 60"))));
        before = *seen(first, "berth-t-1");
    }
    local_backend second(options());
    auto j = seen(second, "berth-t-1");
    ASSERT_TRUE(j);
    EXPECT_EQ(*j, before);
    ASSERT_TRUE(run(second.cancel(ref("berth-t-1"))));
    ASSERT_TRUE(over(second, "berth-t-1"));
    EXPECT_EQ(seen(second, "berth-t-1")->signal, SIGTERM);
}

TEST_F(adoption, the_exit_code_is_known_of_what_ended_meanwhile) {
    {
        local_backend first(options());
        ASSERT_TRUE(run(first.submit(spec("berth-t-1", "exit 42"))));
    }
    ASSERT_TRUE(until([&] { return read_exit(dir("berth-t-1")).has_value(); }));
    local_backend second(options());
    auto j = seen(second, "berth-t-1");
    ASSERT_TRUE(j);
    EXPECT_EQ(j->phase, job_phase::over);
    EXPECT_EQ(j->exit_code, 42);
}

TEST_F(adoption, another_process_with_the_same_number_is_not_ours) {
    std::filesystem::create_directories(dir("berth-t-1"));
    ASSERT_TRUE(write_job(dir("berth-t-1"), {"al", 5000, wall_now()}));
    auto me = *process_now(getpid());
    ++me.start;
    ASSERT_TRUE(write_pid(dir("berth-t-1"), {boot_id(), me, me, wall_now()}));
    local_backend here(options());
    auto j = seen(here, "berth-t-1");
    ASSERT_TRUE(j);
    EXPECT_EQ(j->phase, job_phase::over);
    EXPECT_EQ(j->state, "LOST");
    EXPECT_TRUE(run(here.cancel(ref("berth-t-1")))) << "and is not signalled: this test goes on";
}

// Killed between its order and the launcher, or between the launcher and its first word.
TEST_F(adoption, an_order_that_nobody_has_begun_is_taken_back) {
    std::filesystem::create_directories(dir("berth-t-1"));
    ASSERT_TRUE(write_job(dir("berth-t-1"), {"al", 5000, wall_now()}));
    local_backend here(options());
    EXPECT_FALSE(seen(here, "berth-t-1"));
    launch_order late;
    late.dir = dir("berth-t-1");
    late.argv = {"/bin/sleep", "60"};
    late.cwd = "/tmp";
    const auto begun = start_under_shepherd(late, std::nullopt);
    ASSERT_FALSE(begun) << "by a launcher that comes to it after all";
    EXPECT_EQ(begun.error().code, errc::io_error);
}

TEST_F(adoption, an_order_that_is_being_carried_out_is_left_alone) {
    std::filesystem::create_directories(dir("berth-t-1"));
    ASSERT_TRUE(write_job(dir("berth-t-1"), {"al", 5000, wall_now()}));
    const auto held = lock_job(dir("berth-t-1"));
    ASSERT_TRUE(held);
    local_backend here(options());
    auto j = seen(here, "berth-t-1");
    ASSERT_TRUE(j);
    EXPECT_EQ(j->state, "starting");
}

TEST_F(adoption, after_a_reboot_no_number_is_ours) {
    std::filesystem::create_directories(dir("berth-t-1"));
    ASSERT_TRUE(write_job(dir("berth-t-1"), {"al", 5000, wall_now()}));
    const auto me = *process_now(getpid());
    ASSERT_TRUE(write_pid(dir("berth-t-1"), {"another-boot", me, me, wall_now()}));
    local_backend here(options());
    auto j = seen(here, "berth-t-1");
    ASSERT_TRUE(j);
    EXPECT_EQ(j->phase, job_phase::over);
    EXPECT_EQ(j->reason, "the machine was restarted");
    EXPECT_TRUE(run(here.cancel(ref("berth-t-1"))));
}

TEST_F(adoption, a_server_without_its_shepherd_lives_on_and_can_be_ended) {
    local_backend here(options());
    ASSERT_TRUE(run(here.submit(spec("berth-t-1", "trap '' TERM; echo up; while :; do sleep 0.05; done"))));
    ASSERT_TRUE(until([&] { return read(dir("berth-t-1") + "/log") == "up\n"; }));
    const auto shepherd = read_pid(dir("berth-t-1"))->shepherd;
    ASSERT_TRUE(seen(here, "berth-t-1"));
    kill(shepherd.pid, SIGKILL);
    ASSERT_TRUE(until([&] { return !lives(shepherd); }));
    ASSERT_TRUE(until([&] { return seen(here, "berth-t-1")->reason == "without its shepherd"; }));
    EXPECT_EQ(seen(here, "berth-t-1")->phase, job_phase::running);
    EXPECT_EQ(run(here.cancel(ref("berth-t-1"))).error().code, errc::unavailable)
        << "asked politely; again later";
    local_backend second(options()); // knows by the file that it was asked
    ASSERT_TRUE(until([&] { return run(second.cancel(ref("berth-t-1"))).has_value(); }));
    ASSERT_TRUE(over(here, "berth-t-1"));
    EXPECT_EQ(seen(here, "berth-t-1")->state, "LOST");
}

TEST_F(adoption, a_shepherd_holds_nothing_of_the_hub_open) {
    local_backend here(options());
    ASSERT_TRUE(run(here.submit(spec("berth-t-1", "exec sleep 60"))));
    const auto pids = *read_pid(dir("berth-t-1"));
    for (auto pid : {pids.shepherd.pid, pids.server.pid})
        for (const auto& fd : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
            const auto target = std::filesystem::read_symlink(fd).string();
            EXPECT_TRUE(target == "/dev/null" || target.starts_with(dir("berth-t-1")) ||
                        target.starts_with("anon_inode:[pidfd]"))
                << target;
        }
    EXPECT_EQ(getsid(pids.shepherd.pid), getsid(pids.shepherd.pid));
    EXPECT_NE(getsid(pids.shepherd.pid), getsid(0));
    EXPECT_EQ(getsid(pids.server.pid), pids.server.pid);
}

} // namespace
} // namespace berth::scheduler
