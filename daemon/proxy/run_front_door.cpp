// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/front_door.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <ctime>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <utility>

namespace berth::proxy {
namespace {

using steady = std::chrono::steady_clock;

constexpr duration look_at_files = std::chrono::seconds(10), look_at_drain = std::chrono::milliseconds(500);

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

// What other threads tell the main one; each is followed by a signal that wakes it.
struct notes {
    std::atomic<bool> handed_over{false}, alive{false};
    pthread_t main = pthread_self();
    void wake() const { pthread_kill(main, SIGUSR1); }
};

sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int s : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&signals, s);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

// The signal that came within `limit`, or -1.
int wait_for_signal(const sigset_t& signals, duration limit) {
    const auto s = std::chrono::floor<std::chrono::seconds>(limit);
    const timespec wait{s.count(), std::chrono::nanoseconds(limit - s).count()};
    return sigtimedwait(&signals, nullptr, &wait);
}

door_hooks hooks_for(notes& told, const run_hooks& hooks) {
    const auto end = [main = told.main] { pthread_kill(main, SIGTERM); };
    return {.shut_down = end,
            .read_settings = hooks.read_settings,
            .launch = hooks.launch,
            .handed_over =
                [&told] {
                    told.handed_over = true;
                    told.wake();
                },
            .abandoned = end};
}

void look_at_certificates(front_door& door, logger& log, std::pair<time_t, time_t>& seen) {
    const auto now = changed_at(door.tls_files());
    if (std::exchange(seen, now) == now) return;
    if (auto ok = door.reload_tls(); !ok)
        log.error("proxy.certificates_kept", {{"reason", ok.error()}});
    else
        log.info("proxy.certificates_loaded");
}

// Until somebody ends the door, or a successor has it.
void serve(front_door& door, logger& log, const sigset_t& signals, notes& told, const run_hooks& hooks) {
    const bool beats = hooks.alive && hooks.alive_every.count() > 0;
    auto seen = changed_at(door.tls_files());
    for (;;) {
        if (beats) {
            door.ask_all([&told] { told.alive = true; });
            if (told.alive.exchange(false)) hooks.alive();
        }
        const int s =
            wait_for_signal(signals, beats ? std::min(look_at_files, hooks.alive_every) : look_at_files);
        if (s == SIGTERM || s == SIGINT || told.handed_over) return;
        if (s == SIGUSR2) door.replace();
        if (s == SIGHUP) door.reload();
        look_at_certificates(door, log, seen);
    }
}

// True when all have gone by themselves.
bool drain(const front_door& door, const sigset_t& signals, duration limit) {
    const auto until = steady::now() + limit;
    while (steady::now() < until && door.now().connections > 0) {
        const int s = wait_for_signal(signals, look_at_drain);
        if (s == SIGTERM || s == SIGINT) return false;
    }
    return true;
}

} // namespace

int run_front_door(settings config, logger& log, inheritance from, run_hooks hooks) {
    const auto signals = block_signals();
    raise_descriptor_limit();
    auto grace = config.drain_time;
    const auto handover_time = config.handover_time;
    notes told;
    front_door door(std::move(config), log, std::move(from), hooks_for(told, hooks));
    if (auto ok = door.start(); !ok) {
        log.error("proxy.not_started", {{"reason", ok.error()}});
        return 1;
    }
    if (hooks.ready) hooks.ready(door);
    serve(door, log, signals, told, hooks);
    if (told.handed_over) {
        drain(door, signals, handover_time);
        grace = duration(0);
    }
    door.stop(grace);
    return 0;
}

} // namespace berth::proxy
