// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/command_support.hpp"
#include "daemon/main/door.hpp"
#include "daemon/main/hub_process.hpp"
#include "daemon/main/listen_address.hpp"
#include "daemon/main/watchdog.hpp"
#include "daemon/runtime/digest.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::config {
namespace asio = boost::asio;

namespace {

// Every connection is a descriptor: as many as the system allows.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Without a configuration: how to come in, told once.
void print_welcome(const configuration& c) {
    fmt::print("Berth is ready:  {}{}\n", url_of(c.hub.listen, false), c.hub.base_url);
    fmt::print("Sign in with any name and this password:  {}\n", c.login.dummy_password.reveal());
    fmt::print("(Ctrl-C ends the hub; notebooks and the front door stay. `berth stop` closes the front door "
               "too.)\n");
    std::fflush(stdout);
}

// Says to systemd what goes on, and when it has begun.
void notify_reloading() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    ::sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=Reading the configuration",
                 static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000);
}

// Tells systemd's watchdog, where there is one, that the event loop turns.
asio::awaitable<void> beat() {
    std::uint64_t limit_us = 0;
    const bool wanted = ::sd_watchdog_enabled(0, &limit_us) > 0;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        if (wanted) notify_watchdog();
        timer.expires_after(wanted ? std::chrono::microseconds(limit_us / 3) : std::chrono::hours(24));
        co_await timer.async_wait(asio::use_awaitable);
    }
}

// SIGTERM, SIGINT or the API's shutdown; SIGHUP is a reload. True: stop the servers too.
asio::awaitable<bool> wait_for_end(hub_process& hub, asio::signal_set& signals) {
    using namespace asio::experimental::awaitable_operators;
    signals.add(SIGTERM);
    signals.add(SIGINT);
    for (;;) {
        auto woken = co_await (signals.async_wait(asio::use_awaitable) || hub.shutdown_asked());
        if (woken.index() == 1) co_return std::get<1>(woken);
        if (std::get<0>(woken) != SIGHUP) co_return false;
        notify_reloading();
        co_await hub.reload();
        ::sd_notify(0, "READY=1\nSTATUS=Serving");
    }
}

asio::awaitable<void> run(hub_process& hub, const configuration& c, asio::signal_set& signals, int& status) {
    using namespace asio::experimental::awaitable_operators;
    if (auto ok = co_await hub.start(); !ok) {
        status = complain(ok.error());
        co_return;
    }
    ::sd_notify(0, "READY=1\nSTATUS=Serving");
    if (c.file.empty()) print_welcome(c);
    const auto ended = co_await (wait_for_end(hub, signals) || beat());
    const bool servers_too = ended.index() == 0 && std::get<0>(ended);
    ::sd_notify(0, "STOPPING=1\nSTATUS=Finishing requests");
    co_await hub.stop(servers_too);
}

// The password of a hub without configuration: random, so that no other user of this machine comes in.
void choose_password(configuration& c) {
    if (c.file.empty()) c.login.dummy_password = secret(random_alnum(12));
}

} // namespace

int serve_command(const common_options& o, const serve_options& s) {
    auto c = read_or_complain(o);
    if (!c) return exit_configuration;
    choose_password(*c);
    ::umask(0077);
    std::signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    const auto in = open_or_complain(std::move(*c));
    if (!in) return in.error();
    const auto log = make_stderr_logger(in->c.level, in->c.format);
    const auto lock = lock_hub(in->d, in->owner);
    if (!lock) return complain(lock.error());
    asio::io_context io(1);
    auto helpers = start_helpers(io.get_executor(), *log, in->c, in->owner, in->d);
    if (!helpers) return complain(helpers.error());
    hub_options options{.door_apart = s.door_apart};
    if (!s.door_apart && !in->c.proxy.external && !door_answers(in->d)) {
        auto door = start_door(in->c, in->d);
        if (!door) return complain(door.error());
        options.door = std::move(*door);
    }
    if (in->owner)
        if (auto ok = become(*in->owner); !ok) return complain(ok.error());
    if (in->c.hub.connect_url.empty() && url_of(in->c.hub.listen, false).empty())
        log->warning("hub.connect_url_missing",
                     {{"remedy", "set [hub] connect_url: notebook servers cannot find the hub"}});
    if (::geteuid() == 0)
        log->warning("hub.runs_as_root", {{"remedy", "set [hub] user to an account of its own"}});
    asio::signal_set signals(io, SIGHUP); // a reload asked for while the hub starts is carried out when it has
    hub_process hub(io, *log, in->c, in->d, *helpers, std::move(options));
    if (auto ok = hub.open(); !ok) return complain(ok.error());
    int status = 0;
    asio::co_spawn(io, run(hub, in->c, signals, status), [&](const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
        io.stop();
    });
    io.run();
    return status;
}

} // namespace berth::config
