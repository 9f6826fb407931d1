// SPDX-License-Identifier: BSD-3-Clause
// Servers as other accounts, through the launcher as a helper. Needs root; skipped without.
#include "tests/scheduler/local/fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::scheduler {
namespace {

namespace fs = std::filesystem;

class privileged : public local_fixture {
  protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root";
        const passwd* hub = getpwnam("daemon"); // stands for the hub's account
        const passwd* user = getpwnam("nobody");
        if (!hub || !user) GTEST_SKIP() << "needs the accounts daemon and nobody";
        hub_uid = hub->pw_uid;
        hub_gid = hub->pw_gid;
        user_uid = user->pw_uid;
        fs::permissions(root, fs::perms(0711));
        fs::create_directories(dir("berth-t-1"));
        ASSERT_EQ(chown(dir("berth-t-1").c_str(), hub_uid, hub_gid), 0);
        helper = std::make_unique<helper_process>(
            io.get_executor(), log, "local",
            std::vector<std::string>{LAUNCHER, "serve", std::to_string(hub_uid), std::to_string(hub_gid)});
        ASSERT_TRUE(helper->start());
    }
    launch_order order(const std::string& shell) {
        launch_order o;
        o.dir = dir("berth-t-1");
        o.argv = {"sh", "-c", shell};
        o.env = {{"PATH", "/usr/bin:/bin"}};
        o.cwd = root.string() + "/home/nobody";
        o.grace_ms = 300;
        o.user = "nobody";
        return o;
    }
    result<nlohmann::json> call(const std::string& verb, nlohmann::json arguments) {
        return run(helper->call(verb, std::move(arguments), std::chrono::seconds(20)));
    }
    uid_t owner(const std::string& path) {
        struct stat s{};
        return stat(path.c_str(), &s) == 0 ? s.st_uid : static_cast<uid_t>(-1);
    }

    null_logger log;
    uid_t hub_uid = 0, user_uid = 0;
    gid_t hub_gid = 0;
    std::unique_ptr<helper_process> helper;
};

TEST_F(privileged, a_server_runs_as_its_user_and_writes_as_the_hub) {
    auto got = call("start", to_json(order("id -u; pwd; exec sleep 60")));
    ASSERT_TRUE(got) << got.error().message;
    ASSERT_TRUE(until([&] { return read(dir("berth-t-1") + "/log").find("home") != std::string::npos; }));
    EXPECT_EQ(read(dir("berth-t-1") + "/log"),
              std::to_string(user_uid) + "\n" + root.string() + "/home/nobody\n");
    for (const auto* file : {"/log", "/pid.json", "/lock"})
        EXPECT_EQ(owner(dir("berth-t-1") + file), hub_uid) << file;
    EXPECT_EQ(owner(root.string() + "/home/nobody"), user_uid);
    const auto pids = *read_pid(dir("berth-t-1"));
    EXPECT_EQ(owner("/proc/" + std::to_string(pids.server.pid)), user_uid);
    ASSERT_TRUE(call("cancel", {{"dir", dir("berth-t-1")}, {"grace_ms", 300}}));
    ASSERT_TRUE(until([&] { return read_exit(dir("berth-t-1")).has_value(); }));
    EXPECT_EQ(owner(dir("berth-t-1") + "/exit.json"), hub_uid);
    EXPECT_FALSE(lives(pids.server));
}

TEST_F(privileged, refuses_root_strangers_and_nobody_in_particular) {
    auto o = order("true");
    o.user = "root";
    EXPECT_EQ(call("start", to_json(o)).error().code, errc::denied);
    o.user = "no-such-account";
    EXPECT_EQ(call("start", to_json(o)).error().code, errc::not_found);
    o.user = "";
    EXPECT_EQ(call("start", to_json(o)).error().code, errc::invalid_argument);
    EXPECT_EQ(call("start", nlohmann::json::object()).error().code, errc::invalid_argument);
    EXPECT_EQ(call("dance", nlohmann::json::object()).error().code, errc::invalid_argument);
}

TEST_F(privileged, signals_no_process_that_a_forged_file_names) {
    const auto me = *process_now(getpid());
    ASSERT_TRUE(write_pid(dir("berth-t-1"), {boot_id(), me, me, wall_now()}));
    ASSERT_EQ(chown((dir("berth-t-1") + "/pid.json").c_str(), hub_uid, hub_gid), 0);
    EXPECT_EQ(call("cancel", {{"dir", dir("berth-t-1")}, {"grace_ms", 0}}).error().code, errc::denied);
    fs::remove(dir("berth-t-1") + "/pid.json"); // or the fixture would believe it
}

TEST_F(privileged, follows_no_link_out_of_a_state_directory) {
    fs::create_symlink("/etc/berth-should-not-be-written", dir("berth-t-1") + "/log");
    EXPECT_FALSE(call("start", to_json(order("echo hello; exec sleep 60"))));
    EXPECT_FALSE(fs::exists("/etc/berth-should-not-be-written"));
}

} // namespace
} // namespace berth::scheduler
