// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/local/order.hpp"
#include "scheduler/local/ports.hpp"
#include "tests/scheduler/local/fixture.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace berth::scheduler {
namespace {

class job_files : public local_fixture {};

TEST_F(job_files, are_read_as_written_and_private) {
    const std::string d = root.string();
    ASSERT_TRUE(write_job(d, {"al", 5000, wall_time(std::chrono::seconds(5))}));
    ASSERT_TRUE(write_pid(d, {"boot", {10, 20}, {11, 21}, wall_time(std::chrono::seconds(6))}));
    ASSERT_TRUE(write_exit(d, {std::nullopt, 9, wall_time(std::chrono::seconds(7))}));
    EXPECT_EQ(read_job(d)->port, 5000);
    EXPECT_EQ(read_pid(d)->server, (process_id{11, 21}));
    EXPECT_EQ(read_exit(d)->signal, 9);
    EXPECT_FALSE(read_exit(d)->exit_code);
    struct stat s{};
    ASSERT_EQ(stat((d + "/pid.json").c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 0777, 0600u);
}

TEST_F(job_files, an_end_can_be_told_when_nothing_new_fits_on_the_disk) {
    const std::string d = root.string();
    ASSERT_TRUE(reserve_exit(d));
    std::filesystem::create_directory(d + "/exit.json.new"); // no new file can be made
    ASSERT_TRUE(write_exit(d, {7, std::nullopt, wall_time(std::chrono::seconds(7))}));
    EXPECT_EQ(read_exit(d)->exit_code, 7);
    EXPECT_FALSE(std::filesystem::exists(d + "/exit.reserved"));
}

TEST_F(job_files, damaged_ones_say_nothing) {
    const std::string d = root.string();
    for (const char* text : {"", "{", "[]", "{}", R"({"shepherd":{"pid":-1,"start":1},"server":{"pid":0}})",
                             R"({"shepherd":7})"}) {
        std::ofstream(d + "/pid.json") << text;
        EXPECT_FALSE(read_pid(d)) << text;
    }
    EXPECT_FALSE(read_job(d + "/nowhere"));
}

TEST_F(job_files, a_process_is_known_by_number_and_start) {
    const auto me = process_now(getpid());
    ASSERT_TRUE(me);
    EXPECT_TRUE(lives(*me));
    EXPECT_FALSE(lives({getpid(), me->start + 1})) << "another process with our number";
    const pid_t child = fork();
    if (child == 0) _exit(0);
    const auto zombie = [&] { return !process_now(child).has_value(); };
    EXPECT_TRUE(until(zombie)) << "a zombie has ended";
    waitpid(child, nullptr, 0);
    EXPECT_FALSE(process_now(child));
}

TEST_F(job_files, a_lock_has_one_holder) {
    auto held = lock_job(root.string());
    ASSERT_TRUE(held);
    EXPECT_TRUE(is_locked(root.string()));
    EXPECT_EQ(lock_job(root.string()).error().code, errc::conflict);
    held->reset();
    EXPECT_FALSE(is_locked(root.string()));
}

TEST(port_pool, never_gives_one_out_twice) {
    port_pool p;
    std::set<int> all;
    for (int i = 0; i < 500; ++i) {
        auto port = p.take();
        ASSERT_TRUE(port);
        EXPECT_TRUE(all.insert(*port).second);
    }
}

TEST(launch_order, is_read_as_written_and_judged) {
    launch_order o;
    o.dir = "/d";
    o.argv = {"a", "b c"};
    o.env = {{"X", "quotes \" and\nlines"}};
    o.cwd = "/home";
    auto back = order_from_json(to_json(o));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->argv, o.argv);
    EXPECT_EQ(back->env, o.env);
    o.cwd = "relative";
    EXPECT_EQ(order_from_json(to_json(o)).error().code, errc::invalid_argument);
    EXPECT_EQ(order_from_json(nlohmann::json::parse("[]")).error().code, errc::invalid_argument);
    EXPECT_EQ(order_from_json(nlohmann::json::parse(R"({"dir":1})")).error().code, errc::invalid_argument);
    EXPECT_EQ(answer_from_json(nullptr).error().code, errc::outcome_unknown);
}

} // namespace
} // namespace berth::scheduler
