// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/local/local_jobs.hpp"

#include "daemon/runtime/pidfd.hpp"
#include "scheduler/local/shepherd.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace berth::scheduler {
namespace fs = std::filesystem;
namespace {

constexpr duration young = std::chrono::seconds(15); // without a pid: its launcher may be on its way
constexpr duration keep_at_least = std::chrono::minutes(5);
constexpr const char* loopback = "127.0.0.1";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

bool is_plain_name(const std::string& name) {
    return !name.empty() && name.size() <= 200 && name[0] != '.' && name.find('/') == name.npos &&
           name.find('\0') == name.npos;
}

// JUPYTERHUB_SERVICE_URL comes as "http://127.0.0.1:0/user/al/"; here its port is known.
void set_port(std::map<std::string, std::string>& env, int port) {
    auto at = env.find("JUPYTERHUB_SERVICE_URL");
    if (at == env.end()) return;
    if (auto colon = at->second.find(":0/"); colon != std::string::npos)
        at->second.replace(colon, 3, fmt::format(":{}/", port));
}

result<void> make_private(const std::string& dir) {
    if (mkdir(dir.c_str(), 0700) == 0) return {};
    return fail(errno == EEXIST ? errc::already_exists : errc::io_error,
                fmt::format("{}: {}", dir, std::strerror(errno)));
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

bool is_job_name(const std::string& name) { return is_plain_name(name); }

local_jobs::local_jobs(local_options options) : options_(std::move(options)), boot_(boot_id()) {
    options_.data_dir = fs::absolute(options_.data_dir).lexically_normal().string();
    root_ = options_.data_dir + "/local";
}

std::string local_jobs::dir_of(const std::string& job_name) const { return root_ + "/" + job_name; }

result<void> local_jobs::check() const {
    std::error_code ec;
    fs::create_directories(options_.data_dir, ec);
    if (auto made = make_private(root_); !made && made.error().code != errc::already_exists) return made;
    if (access(root_.c_str(), R_OK | W_OK | X_OK) != 0)
        return fail(errc::io_error, fmt::format("{}: {}", root_, std::strerror(errno)));
    return {};
}

result<launch_order> local_jobs::begin(const job_spec& spec) {
    if (!is_plain_name(spec.job_name))
        return fail(errc::invalid_argument, "A job's name must do for a directory");
    if (!is_plain_name(spec.user))
        return fail(errc::invalid_argument, fmt::format("\"{}\" cannot be an account's name", spec.user));
    if (auto ready = check(); !ready) return fail(errc::unavailable, ready.error().message);
    auto port = ports_.take();
    if (!port) return fail(port.error());
    const std::string dir = dir_of(spec.job_name);
    job fresh;
    fresh.file = {spec.user, *port, wall_now()};
    auto made = make_private(dir);
    if (made) made = write_job(dir, fresh.file);
    if (!made) {
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
    std::scoped_lock lock(mutex_);
    jobs_.insert_or_assign(spec.job_name, std::move(fresh));
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

void local_jobs::forget(const std::string& job_name) {
    std::scoped_lock lock(mutex_);
    auto at = jobs_.find(job_name);
    if (at == jobs_.end()) return;
    ports_.release(at->second.file.port);
    std::error_code ec;
    fs::remove_all(dir_of(job_name), ec);
    jobs_.erase(at);
}

// --- listing ------------------------------

result<std::vector<job_status>> local_jobs::list(const std::set<std::string>& keep) {
    if (auto ready = check(); !ready) return fail(errc::unavailable, ready.error().message);
    std::scoped_lock lock(mutex_);
    scan();
    for (auto& [name, j] : jobs_)
        if (!j.looked) look(name, j);
    poll_shepherds();
    std::erase_if(jobs_, [](const auto& entry) { return entry.second.gone; });
    collect_garbage(keep);
    std::vector<job_status> out;
    const auto now = wall_now();
    for (const auto& [name, j] : jobs_)
        if (j.looked || now - j.file.created < young || is_locked(dir_of(name))) out.push_back(j.status);
    return out;
}

// Reads the directory when something has come or gone in it.
void local_jobs::scan() {
    struct stat s{};
    if (stat(root_.c_str(), &s) != 0) return;
    if (s.st_mtim.tv_sec == scanned_.tv_sec && s.st_mtim.tv_nsec == scanned_.tv_nsec) return;
    scanned_ = s.st_mtim;
    std::set<std::string> there;
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator(root_, ec)) {
        const auto name = entry.path().filename().string();
        if (!is_plain_name(name)) continue;
        there.insert(name);
        if (jobs_.contains(name)) continue;
        auto file = read_job(entry.path());
        if (!file) continue; // not yet complete, or not ours
        job j;
        j.file = *file;
        jobs_.emplace(name, std::move(j));
    }
    for (auto& [name, j] : jobs_) j.gone = !there.contains(name);
}

void local_jobs::look(const std::string& name, job& j) {
    j.status.job_name = name;
    j.status.user = j.file.user;
    j.status.state = "starting";
    j.pids = read_pid(dir_of(name));
    if (!j.pids) return;
    j.looked = true;
    auto& s = j.status;
    s.job_id = std::to_string(j.pids->server.pid);
    s.phase = job_phase::running;
    s.state = "running";
    s.started = j.pids->began;
    s.node = s.address = loopback;
    s.port = j.file.port;
    ports_.keep(j.file.port);
    if (j.pids->boot == boot_) j.shepherd = unique_fd(pidfd_open(j.pids->shepherd.pid, 0));
    if (j.shepherd && !lives(j.pids->shepherd)) j.shepherd.reset();
}

void local_jobs::poll_shepherds() {
    std::vector<pollfd> fds;
    std::vector<std::pair<const std::string*, job*>> whose;
    for (auto& [name, j] : jobs_) {
        if (!j.looked || j.over) continue;
        if (!j.shepherd) {
            finish(name, j);
            continue;
        }
        fds.push_back({j.shepherd.get(), POLLIN, 0});
        whose.emplace_back(&name, &j);
    }
    if (fds.empty() || ::poll(fds.data(), fds.size(), 0) <= 0) return;
    for (std::size_t i = 0; i < fds.size(); ++i) {
        if (fds[i].revents == 0) continue;
        whose[i].second->shepherd.reset();
        finish(*whose[i].first, *whose[i].second);
    }
}

// Its shepherd is not there (any more).
void local_jobs::finish(const std::string& name, job& j) {
    auto& s = j.status;
    const auto e = read_exit(dir_of(name));
    if (!e && j.pids->boot == boot_ && lives(j.pids->server)) {
        s.reason = "without its shepherd";
        return;
    }
    j.over = true;
    s.phase = job_phase::over;
    s.state = e ? "exited" : "LOST";
    s.reason.clear();
    if (!e && j.pids->boot != boot_) s.reason = "the machine was restarted";
    if (e) {
        s.exit_code = e->exit_code;
        s.signal = e->signal;
    }
    s.ended = e ? e->ended : wall_now();
    ports_.release(j.file.port);
}

void local_jobs::collect_garbage(const std::set<std::string>& keep) {
    std::vector<std::pair<time_point, std::string>> ended;
    for (const auto& [name, j] : jobs_)
        if (j.over) ended.emplace_back(*j.status.ended, name);
    if (ended.size() <= options_.keep_ended) return;
    std::ranges::sort(ended);
    ended.resize(ended.size() - options_.keep_ended);
    const auto now = wall_now();
    for (const auto& [when, name] : ended) {
        if (keep.contains(name) || now - when < keep_at_least) continue;
        std::error_code ec;
        fs::remove_all(dir_of(name), ec);
        jobs_.erase(name);
    }
}

// --- the rest ------------------------------

result<void> local_jobs::end(const std::string& job_name) {
    if (!is_plain_name(job_name)) return {};
    const auto dir = dir_of(job_name);
    if (access(dir.c_str(), F_OK) != 0) return {};
    return end_job(dir, static_cast<int>(options_.grace.count() / 1000), std::nullopt);
}

result<std::string> local_jobs::log_tail(const std::string& job_name, std::size_t max_bytes) const {
    if (!is_plain_name(job_name)) return std::string();
    unique_fd fd(open((dir_of(job_name) + "/log").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) return std::string();
    const auto size = lseek(fd.get(), 0, SEEK_END);
    const auto from = std::max<off_t>(0, size - static_cast<off_t>(max_bytes));
    std::string out(max_bytes, '\0');
    const auto got = pread(fd.get(), out.data(), out.size(), from);
    if (got < 0)
        return fail(errc::io_error, fmt::format("{}/log: {}", dir_of(job_name), std::strerror(errno)));
    out.resize(static_cast<std::size_t>(got));
    return out;
}

} // namespace berth::scheduler
