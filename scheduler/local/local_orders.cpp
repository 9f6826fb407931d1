// SPDX-License-Identifier: BSD-3-Clause
// Orders: made, given to the launcher, forgotten.
#include "scheduler/local/local_jobs.hpp"

#include "daemon/runtime/encoding.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <sys/socket.h>
#include <sys/wait.h>

namespace berth::scheduler {
namespace fs = std::filesystem;
namespace {

// JUPYTERHUB_SERVICE_URL comes as "http://127.0.0.1:0/user/al/"; here its port is known.
void set_port(std::map<std::string, std::string>& env, int port) {
    auto at = env.find("JUPYTERHUB_SERVICE_URL");
    if (at == env.end()) return;
    if (auto colon = at->second.find(":0/"); colon != std::string::npos)
        at->second.replace(colon, 3, fmt::format(":{}/", port));
}

bool send_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto n = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return shutdown(fd, SHUT_WR) == 0;
}

std::string receive_all(int fd) {
    std::string out;
    char buffer[4096];
    for (;;) {
        const auto n = recv(fd, buffer, sizeof buffer, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return out;
        out.append(buffer, static_cast<std::size_t>(n));
    }
}

void limit_waits(int fd, duration limit) {
    const timeval t{static_cast<time_t>(limit.count() / 1'000'000),
                    static_cast<suseconds_t>(limit.count() % 1'000'000)};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

} // namespace

result<launch_order> local_jobs::begin(const job_spec& spec) {
    if (!is_job_name(spec.job_name))
        return fail(errc::invalid_argument, "A job's name must do for a directory");
    if (!is_job_name(spec.user))
        return fail(errc::invalid_argument, fmt::format("\"{}\" cannot be an account's name", spec.user));
    if (auto ready = check(); !ready) return fail(errc::unavailable, ready.error().message);
    auto port = ports_.take();
    if (!port) return fail(port.error());
    const std::string dir = dir_of(spec.job_name);
    job fresh;
    fresh.file = {spec.user, *port, wall_now()};
    fresh.being_launched = fresh.ours = true;
    const auto file = fresh.file;
    {
        std::scoped_lock lock(mutex_);
        if (!jobs_.try_emplace(spec.job_name, std::move(fresh)).second) {
            ports_.release(*port);
            return fail(errc::already_exists, fmt::format("{} is there already", dir));
        }
    }
    auto made = make_private(dir);
    const bool ours = made.has_value();
    if (made) made = write_job(dir, file);
    if (!made) {
        std::error_code ec;
        if (ours) fs::remove_all(dir, ec);
        std::scoped_lock lock(mutex_);
        jobs_.erase(spec.job_name);
        ports_.release(*port);
        return fail(made.error());
    }
    launch_order order;
    order.dir = dir;
    order.argv = spec.command;
    order.env = spec.environment;
    order.cwd = replaced(replaced(options_.home_dir, "{data_dir}", options_.data_dir), "{user}", spec.user);
    order.cwd = fs::absolute(order.cwd).lexically_normal().string();
    order.grace_ms = static_cast<int>(options_.grace.count() / 1000);
    if (options_.run_as_user) order.user = spec.user;
    order.env["HOME"] = order.cwd;
    order.env["USER"] = order.env["LOGNAME"] = spec.user;
    set_port(order.env, *port);
    return order;
}

result<pid_t> local_jobs::launch(const launch_order& order) const {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(errc::unavailable, fmt::format("no socket for the launcher: {}", std::strerror(errno)));
    unique_fd ours(ends[0]), theirs(ends[1]);
    child_options launcher;
    launcher.argv = {options_.launcher, "run"};
    launcher.in.fd = launcher.out.fd = theirs.get();
    launcher.err.fd = STDERR_FILENO;
    launcher.caller_waits = true; // on a thread of the pool, and there may be hundreds
    auto started = spawn_process(launcher);
    if (!started) return fail(errc::unavailable, started.error().message);
    theirs.reset();
    limit_waits(ours.get(), options_.start_deadline);
    const bool sent = send_all(ours.get(), to_json(order).dump());
    const auto text = sent ? receive_all(ours.get()) : std::string();
    auto runs = await_start(started->started, launcher);
    if (text.empty()) kill(started->pid, SIGKILL); // our child, not waited for yet
    waitpid(started->pid, nullptr, 0);
    if (!runs) return fail(errc::unavailable, runs.error().message);
    return answer_from_json(nlohmann::json::parse(text, nullptr, false));
}

void local_jobs::launched(const std::string& job_name) {
    std::scoped_lock lock(mutex_);
    if (auto at = jobs_.find(job_name); at != jobs_.end()) at->second.being_launched = false;
}

void local_jobs::forget(const std::string& job_name) {
    std::scoped_lock lock(mutex_);
    auto at = jobs_.find(job_name);
    if (at == jobs_.end()) return;
    ports_.release(at->second.file.port);
    std::error_code ec;
    fs::remove_all(dir_of(job_name), ec);
    jobs_.erase(at);
}

} // namespace berth::scheduler
