// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/command_support.hpp"
#include "daemon/main/door.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

namespace berth::config {
namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

result<void> stop_hub(const data_dir& d, const configuration& c, bool servers) {
    const auto pid = running_hub(d);
    if (!pid) {
        fmt::print("no hub runs on {}\n", d.path);
        return {};
    }
    if (servers) {
        auto answer = call_hub(d, c, "POST", "hub/api/shutdown", R"({"servers": true})");
        if (!answer) return fail(answer.error());
    } else if (::kill(*pid, SIGTERM) != 0) {
        return fail(errc::denied, fmt::format("may not stop process {}; run this as root or as the hub's user", *pid));
    }
    fmt::print("stopping the hub (process {}) ", *pid);
    for (int i = 0; i < 300 && running_hub(d); ++i) {
        if (i % 10 == 0) fmt::print("."), std::fflush(stdout);
        std::this_thread::sleep_for(100ms);
    }
    fmt::print("\n");
    if (running_hub(d)) return fail(errc::timed_out, fmt::format("the hub (process {}) has not ended within 30 s", *pid));
    return {};
}

result<void> close_door(const data_dir& d, const configuration& c) {
    if (c.proxy.external || !door_answers(d)) return {};
    asio::io_context io;
    null_logger log;
    system_clock time;
    http_client http(io.get_executor(), log);
    proxy::route_client door(http, time, log, {door_api(c, d), d.proxy_token});
    auto done = asio::co_spawn(io, door.shut_down(), asio::use_future);
    io.run();
    if (auto ok = done.get(); !ok) return ok;
    for (int i = 0; i < 150 && door_answers(d); ++i) std::this_thread::sleep_for(100ms);
    fmt::print("the front door is closed\n");
    return {};
}

} // namespace

int stop_command(const common_options& o, const stop_options& s) {
    auto c = read_or_complain(o);
    if (!c) return exit_configuration;
    const auto in = open_or_complain(std::move(*c));
    if (!in) return in.error();
    if (auto ok = stop_hub(in->d, in->c, s.servers); !ok) return complain(ok.error());
    if (s.hub_only) return 0;
    if (auto ok = close_door(in->d, in->c); !ok) return complain(ok.error());
    return 0;
}

} // namespace berth::config
