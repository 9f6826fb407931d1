// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/command_support.hpp"
#include "daemon/main/door.hpp"
#include "daemon/proxy/front_door.hpp"

#include <systemd/sd-daemon.h>

#include <csignal>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::config {
namespace {

// Ports below 1024 are bound and certificates read; from here on root is not needed.
void settle_down(const account& a, const data_dir& d, logger& log) {
    if (::geteuid() != 0) return;
    if (::chown(d.file("proxy.sock").c_str(), a.uid, a.gid) != 0) log.warning("proxy.socket_owner", {{"user", a.name}});
    if (auto ok = become(a); !ok) log.error("proxy.still_root", {{"error", ok.error()}});
}

} // namespace

int proxy_command(const common_options& o) {
    auto c = read_or_complain(o);
    if (!c) return exit_configuration;
    ::umask(0077);
    std::signal(SIGPIPE, SIG_IGN);
    const auto in = open_or_complain(std::move(*c));
    if (!in) return in.error();
    const auto log = make_stderr_logger(in->c.level, in->c.format);
    return proxy::run_front_door(door_settings(in->c, in->d), *log, [&](const proxy::front_door&) {
        if (in->owner) settle_down(*in->owner, in->d, *log);
        ::sd_notify(0, "READY=1");
    });
}

} // namespace berth::config
