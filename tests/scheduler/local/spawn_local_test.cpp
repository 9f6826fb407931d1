// SPDX-License-Identifier: BSD-3-Clause
// The spawner over real processes: a wave of servers, a hub that dies under it, and their end.
#include "tests/scheduler/local/fixture.hpp"
#include "tests/scheduler/support/fakes.hpp"

namespace berth::scheduler {
namespace {

class spawn_local : public local_fixture {
  protected:
    // Everything answers as soon as it runs.
    struct yes final : prober {
        boost::asio::awaitable<result<void>> probe(server) override { co_return result<void>{}; }
    };
    std::unique_ptr<spawner> make_hub(backend& b) {
        cluster_settings s;
        s.command = {"sleep", "300"};
        spawner::parts p{io.get_executor(), time, log, db, launches, door, web, {}, "hub1", {}, nullptr, {}};
        p.clusters["local"] = cluster{&b, local_settings(s)};
        auto hub = std::make_unique<spawner>(std::move(p));
        if (auto loaded = run(hub->load()); !loaded) throw std::runtime_error(loaded.error().message);
        hub->run();
        return hub;
    }
    start_request request(std::int64_t user) {
        start_request q;
        q.key = {user, ""};
        q.user_name = "user" + std::to_string(user);
        q.url_path = "/user/" + q.user_name + "/";
        q.cluster = "local";
        return q;
    }
    bool turn_until(const std::function<bool()>& condition) {
        return until([&] {
            io.restart();
            io.run_for(std::chrono::milliseconds(5));
            return condition();
        });
    }
    system_clock time;
    capturing_logger log;
    fake::disk db{io.get_executor()};
    fake::support launches{io.get_executor()};
    fake::front_door door;
    yes web;
};

TEST_F(spawn_local, a_wave_survives_its_hub_and_stops) {
    constexpr int wave = 12;
    {
        local_backend here(options());
        auto hub = make_hub(here);
        for (int u = 1; u <= wave; ++u) ASSERT_TRUE(run(hub->start(request(u))));
        ASSERT_TRUE(turn_until([&] { return door.routes.size() == wave; }));
        ASSERT_TRUE(turn_until([&] { return hub->pending_count() == 0; }));
        hub.reset();
        io.restart();
        io.run_for(std::chrono::milliseconds(50));
    }
    local_backend again(options());
    auto hub = make_hub(again);
    ASSERT_TRUE(turn_until([&] { return log.count("spawn.resumed") == wave; }));
    for (int u = 1; u <= wave; ++u) EXPECT_TRUE(hub->find({u, ""})->ready());
    for (int u = 1; u <= wave; ++u) ASSERT_TRUE(run(hub->stop({u, ""}, true)));
    EXPECT_TRUE(turn_until([&] { return hub->all().empty(); }));
    EXPECT_EQ(launches.retired.size(), static_cast<std::size_t>(wave));
    for (const auto& j : *run(again.list({}))) EXPECT_EQ(j.phase, job_phase::over);
}

} // namespace
} // namespace berth::scheduler
