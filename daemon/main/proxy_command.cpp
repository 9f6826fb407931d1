// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/command_support.hpp"
#include "daemon/main/door.hpp"
#include "daemon/main/program_path.hpp"
#include "daemon/main/watchdog.hpp"
#include "daemon/proxy/front_door.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::config {
namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

// Ports below 1024 are bound and certificates read; from here on root is not needed.
void settle_down(const account& a, const data_dir& d, logger& log) {
    if (::geteuid() != 0) return;
    if (::chown(d.file("proxy.sock").c_str(), a.uid, a.gid) != 0)
        log.warning("proxy.socket_owner", {{"user", a.name}});
    if (auto ok = become(a); !ok) log.error("proxy.still_root", {{"error", ok.error()}});
}

// The public socket of a supervisor (systemd's socket units), in place of one of our own.
result<proxy::inheritance> from_supervisor(const proxy::settings& s) {
    proxy::inheritance out;
    const int n = ::sd_listen_fds(1);
    if (n > 1)
        return fail(
            errc::invalid_argument,
            fmt::format("the supervisor hands over {} sockets; one is needed, such as ListenStream=[::]:443",
                        n));
    if (n != 1) return out;
    out.listen = unique_fd(SD_LISTEN_FDS_START);
    out.listen_address = s.listen.address;
    return out;
}

// The same command again, to take over from us: its standard input is the line. What is ours alone of the
// environment stays behind.
result<proxy::launched_successor> launch_successor(const common_options& o) {
    auto self = own_path();
    if (!self) return fail(self.error());
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(errc::io_error, fmt::format("no sockets for a successor: {}", std::strerror(errno)));
    unique_fd ours(ends[0]), theirs(ends[1]);
    child_options c;
    c.argv = {*self, "proxy", "--successor"};
    if (!o.config_file.empty()) c.argv.insert(c.argv.end(), {"--config", o.config_file});
    if (!o.data_dir.empty()) c.argv.insert(c.argv.end(), {"--data-dir", o.data_dir});
    c.environment = current_environment();
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID"})
        c.environment.erase(name);
    c.in.fd = theirs.get();
    c.out.fd = STDOUT_FILENO;
    c.err.fd = STDERR_FILENO;
    auto child = spawn_process(c);
    if (!child) return fail(child.error());
    if (auto ok = await_start(child->started, c); !ok) return fail(ok.error());
    return proxy::launched_successor{child->pid, std::move(ours)};
}

result<proxy::settings> settings_now(const common_options& o, const data_dir& d, adjustable_logger& log) {
    auto c = read(o.config_file);
    if (!c) return fail(errc::invalid_argument, c.error().front().to_text());
    log.change(c->level, c->format);
    return door_settings(*c, d);
}

int run_door(const common_options& o, const surroundings& in, bool successor) {
    const auto log = make_stderr_logger(in.c.level, in.c.format);
    auto settings = door_settings(in.c, in.d);
    auto from = successor ? proxy::receive_inheritance(unique_fd(STDIN_FILENO)) : from_supervisor(settings);
    if (!from) return complain(from.error());
    std::uint64_t watchdog = 0;
    ::sd_watchdog_enabled(0, &watchdog);
    proxy::run_hooks hooks;
    hooks.ready = [&](const proxy::front_door&) {
        if (in.owner) settle_down(*in.owner, in.d, *log);
        ::sd_notifyf(0, "MAINPID=%d\nREADY=1\nSTATUS=Open", static_cast<int>(::getpid()));
    };
    hooks.alive = notify_watchdog;
    hooks.alive_every = std::chrono::microseconds(watchdog / 3);
    hooks.read_settings = [&] { return settings_now(o, in.d, *log); };
    hooks.launch = [&] { return launch_successor(o); };
    return proxy::run_front_door(std::move(settings), *log, std::move(*from), std::move(hooks));
}

int replace_door(const surroundings& in) {
    if (!door_answers(in.d))
        return complain(
            {errc::unavailable, fmt::format("no front door answers on {}", in.d.file("proxy.sock"))});
    asio::io_context io;
    null_logger log;
    system_clock time;
    http_client http(io.get_executor(), log);
    proxy::route_client door(http, time, log, {door_api(in.c, in.d), in.d.proxy_token, 30s, 1});
    auto done = asio::co_spawn(io, door.replace_door(), asio::use_future);
    io.run();
    const auto pid = done.get();
    if (!pid) return complain(pid.error());
    fmt::print("the front door is process {} now; the old one ends with its last connection\n", *pid);
    return 0;
}

// As configurable-http-proxy: neither a configuration nor a data directory.
int run_as_chp(const common_options& o, const proxy_options& p) {
    if (!o.config_file.empty() || !o.data_dir.empty() || p.replace || p.successor)
        return complain({errc::invalid_argument, "configurable-http-proxy's options do not go with --config, --data-dir or --replace"},
                        exit_configuration);
    const char* token = std::getenv("CONFIGPROXY_AUTH_TOKEN");
    const auto level = chp_log_level(p.chp);
    if (!level) return complain(level.error(), exit_configuration);
    auto settings = chp_settings(p.chp, token ? token : "");
    if (!settings) return complain(settings.error(), exit_configuration);
    const auto log = make_stderr_logger(*level, log_format::text);
    if (settings->api_token.empty()) log->warning("proxy.api_is_open", {{"remedy", "set CONFIGPROXY_AUTH_TOKEN"}});
    std::optional<proxy::front_door> redirects;
    if (auto s = redirect_settings(p.chp)) {
        redirects.emplace(std::move(*s), *log);
        if (auto ok = redirects->start(); !ok) return complain(ok.error());
    }
    if (!p.chp.pid_file.empty()) {
        std::ofstream file(p.chp.pid_file);
        if (!(file << ::getpid()).flush())
            return complain({errc::io_error, fmt::format("cannot write --pid-file {}: {}", p.chp.pid_file, std::strerror(errno))});
    }
    proxy::run_hooks hooks;
    hooks.ready = [](const proxy::front_door&) { ::sd_notify(0, "READY=1"); };
    const int status = proxy::run_front_door(std::move(*settings), *log, {}, std::move(hooks));
    if (!p.chp.pid_file.empty()) ::unlink(p.chp.pid_file.c_str());
    return status;
}

} // namespace

int proxy_command(const common_options& o, const proxy_options& p) {
    ::umask(0077);
    std::signal(SIGPIPE, SIG_IGN);
    if (p.as_chp) return run_as_chp(o, p);
    auto c = read_or_complain(o);
    if (!c) return exit_configuration;
    const auto in = open_or_complain(std::move(*c));
    if (!in) return in.error();
    return p.replace ? replace_door(*in) : run_door(o, *in, p.successor);
}

} // namespace berth::config
