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

constexpr duration keep_at_least = std::chrono::minutes(5);
constexpr const char* loopback = "127.0.0.1";

} // namespace

result<void> make_private(const std::string& dir) {
    if (mkdir(dir.c_str(), 0700) == 0) return {};
    return fail(errno == EEXIST ? errc::already_exists : errc::io_error,
                fmt::format("{}: {}", dir, std::strerror(errno)));
}

bool is_job_name(const std::string& name) {
    return !name.empty() && name.size() <= 200 && name[0] != '.' && name.find('/') == name.npos &&
           name.find('\0') == name.npos;
}

local_jobs::local_jobs(local_options options) : options_(std::move(options)), boot_(boot_id()) {
    options_.data_dir = fs::absolute(options_.data_dir).lexically_normal().string();
    root_ = options_.data_dir + "/local";
}

std::string local_jobs::dir_of(const std::string& job_name) const { return root_ + "/" + job_name; }

// Made once: a directory that vanishes later is no sign that its jobs have ended, and is not put in the way of its return.
result<void> local_jobs::check() const {
    if (!made_) {
        std::error_code ec;
        fs::create_directories(options_.data_dir, ec);
        if (auto made = make_private(root_); !made && made.error().code != errc::already_exists) return made;
    }
    made_ = true;
    if (access(root_.c_str(), R_OK | W_OK | X_OK) != 0)
        return fail(errc::io_error, fmt::format("{}: {}", root_, std::strerror(errno)));
    return {};
}

// --- listing ------------------------------

result<std::vector<job_status>> local_jobs::list(const std::set<std::string>& keep) {
    if (auto ready = check(); !ready) return fail(errc::unavailable, ready.error().message);
    std::scoped_lock lock(mutex_);
    scan();
    for (auto& [name, j] : jobs_)
        if (!j.looked) look(name, j);
    for (auto& [name, j] : jobs_)
        if (!j.looked && !j.being_launched && take_back(dir_of(name))) {
            if (j.ours) ports_.release(j.file.port);
            j.gone = true;
        }
    poll_shepherds();
    std::erase_if(jobs_, [](const auto& entry) { return entry.second.gone; });
    collect_garbage(keep);
    std::vector<job_status> out;
    for (const auto& [name, j] : jobs_)
        if (!j.being_launched || j.looked) out.push_back(j.status);
    return out;
}

// An order that nobody has begun to carry out, of an earlier hub or one whose launcher did not answer.
// Without its directory a launcher that comes to it late cannot begin: so it is known not to run, and may be
// given anew.
bool local_jobs::take_back(const std::string& dir) {
    const auto lock = lock_job(dir);
    if (!lock || read_pid(dir) || read_exit(dir)) return false;
    std::error_code ec;
    fs::remove_all(dir, ec);
    return !ec;
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
        if (!is_job_name(name)) continue;
        there.insert(name);
        if (jobs_.contains(name)) continue;
        auto file = read_job(entry.path());
        if (!file) continue; // not yet complete, or not ours
        job j;
        j.file = *file;
        jobs_.emplace(name, std::move(j));
    }
    for (auto& [name, j] : jobs_) j.gone = !j.being_launched && !there.contains(name);
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
    if (!is_job_name(job_name)) return {};
    const auto dir = dir_of(job_name);
    if (access(dir.c_str(), F_OK) != 0) return {};
    return end_job(dir, static_cast<int>(options_.grace.count() / 1000), std::nullopt);
}

result<std::string> local_jobs::log_tail(const std::string& job_name, std::size_t max_bytes) const {
    if (!is_job_name(job_name)) return std::string();
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
