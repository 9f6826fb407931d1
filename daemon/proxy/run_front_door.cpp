// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/front_door.hpp"

#include <csignal>
#include <ctime>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <utility>

namespace berth::proxy {
namespace {

// Two descriptors a connection: the default of 1,024 would end at 500 browsers.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

std::pair<time_t, time_t> changed_at(const http::tls_files& files) {
    struct stat certificate{}, key{};
    if (!files.certificate.empty()) stat(files.certificate.c_str(), &certificate);
    if (!files.key.empty()) stat(files.key.c_str(), &key);
    return {certificate.st_mtime, key.st_mtime};
}

void reload(front_door& door, logger& log) {
    if (auto ok = door.reload_tls(); !ok)
        log.error("proxy.certificates_kept", {{"reason", ok.error()}});
    else
        log.info("proxy.certificates_loaded");
}

} // namespace

int run_front_door(settings config, logger& log, const std::function<void(const front_door&)>& ready) {
    sigset_t signals;
    sigemptyset(&signals);
    for (int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, s);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    raise_descriptor_limit();
    const auto files = config.listen.tls;
    const auto grace = config.drain_time;
    front_door door(std::move(config), log);
    door.on_shutdown([main = pthread_self()] { pthread_kill(main, SIGTERM); });
    if (auto ok = door.start(); !ok) {
        log.error("proxy.not_started", {{"reason", ok.error()}});
        return 1;
    }
    if (ready) ready(door);
    auto seen = changed_at(files);
    for (;;) {
        const timespec wait{10, 0};
        const int s = sigtimedwait(&signals, nullptr, &wait);
        if (s == SIGTERM || s == SIGINT) break;
        const auto now = changed_at(files);
        if (s == SIGHUP || now != seen) reload(door, log);
        seen = now;
    }
    door.stop(grace);
    return 0;
}

} // namespace berth::proxy
