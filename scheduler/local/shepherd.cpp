// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/local/shepherd.hpp"

#include "daemon/runtime/pidfd.hpp"
#include "scheduler/local/account.hpp"
#include "scheduler/local/job_files.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace berth::scheduler {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// While it lives, files are made and opened as the state directory's owner.
class as_owner {
  public:
    explicit as_owner(const std::optional<state_owner>& owner) : privileged_(owner.has_value()) {
        if (!privileged_) return;
        if (setegid(owner->gid) != 0 || seteuid(owner->uid) != 0) _exit(1);
    }
    as_owner(const as_owner&) = delete;
    as_owner& operator=(const as_owner&) = delete;
    ~as_owner() {
        if (privileged_ && (seteuid(0) != 0 || setegid(0) != 0)) _exit(1);
    }

  private:
    bool privileged_;
};

std::string find_program(const std::string& name, const std::map<std::string, std::string>& env) {
    if (name.find('/') != name.npos) return name;
    auto at = env.find("PATH");
    std::string path = at == env.end() ? "/usr/local/bin:/usr/bin:/bin" : at->second;
    for (std::size_t begin = 0; begin <= path.size();) {
        const auto end = std::min(path.find(':', begin), path.size());
        const std::string candidate = path.substr(begin, end - begin) + "/" + name;
        if (candidate.starts_with('/') && access(candidate.c_str(), X_OK) == 0) return candidate;
        begin = end + 1;
    }
    return "";
}

void kill_group(pid_t leader, int number) { kill(-leader, number); }

sigset_t watched_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int n : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, n);
    return set;
}

// Waits for one of the watched signals; 0 when the time is up.
int next_signal(steady_clock::time_point until) {
    const auto left =
        std::max(std::chrono::duration_cast<std::chrono::nanoseconds>(until - steady_clock::now()),
                 std::chrono::nanoseconds(0));
    const timespec limit{static_cast<time_t>(left.count() / 1'000'000'000),
                         static_cast<long>(left.count() % 1'000'000'000)};
    const auto set = watched_signals();
    const int got = sigtimedwait(&set, nullptr, &limit);
    return got > 0 ? got : 0;
}

// Reaps whoever has ended. The server's wait status when it was among them.
std::optional<int> reap(pid_t server) {
    std::optional<int> out;
    int status = 0;
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG))
        if (pid == server) out = status;
    return out;
}

int wait_for_server(pid_t server, milliseconds grace) {
    auto deadline = steady_clock::time_point::max();
    bool asked = false;
    for (;;) {
        if (auto status = reap(server)) return *status;
        const auto soon = steady_clock::now() + std::chrono::hours(1);
        const int got = next_signal(std::min(deadline, soon));
        if ((got == SIGTERM || got == SIGINT) && !std::exchange(asked, true)) {
            kill_group(server, SIGTERM);
            deadline = steady_clock::now() + grace;
        }
        if (steady_clock::now() >= deadline) {
            kill_group(server, SIGKILL);
            deadline = steady_clock::now() + milliseconds(500);
        }
    }
}

std::vector<pid_t> children() {
    std::ifstream in(fmt::format("/proc/self/task/{}/children", getpid()));
    std::vector<pid_t> out;
    for (pid_t pid = 0; in >> pid;) out.push_back(pid);
    return out;
}

// What the server left running has become the shepherd's (it is a subreaper): kernels in sessions of their
// own.
void end_leftovers() {
    const auto begun = steady_clock::now();
    for (auto waited = milliseconds(0); waited < milliseconds(10'000); waited += milliseconds(50)) {
        reap(0);
        const auto left = children();
        if (left.empty()) return;
        const int number = steady_clock::now() - begun < milliseconds(1000) ? SIGTERM : SIGKILL;
        for (auto pid : left) kill(pid, number);
        next_signal(steady_clock::now() + milliseconds(50));
    }
}

void report(int fd, const result<pid_t>& answer) {
    const auto text = answer_to_json(answer).dump();
    [[maybe_unused]] const auto sent = write(fd, text.data(), text.size());
}

struct started_server {
    pid_t pid = -1;
    unique_fd lock;
};

result<started_server> start_server(const launch_order& order, const std::optional<state_owner>& owner) {
    started_server out;
    child_options child;
    child.argv = order.argv;
    child.environment = order.env;
    child.directory = order.cwd;
    if (auto ready = prepare_account(order.user, child.identity); !ready) return fail(ready.error());
    if (order.make_cwd)
        if (auto made = make_home(order.cwd, child.identity); !made) return fail(made.error());
    unique_fd log;
    {
        as_owner here(owner);
        auto lock = lock_job(order.dir);
        if (!lock) return fail(lock.error());
        out.lock = std::move(*lock);
        log = unique_fd(
            open((order.dir + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!log) return fail(errc::io_error, fmt::format("{}/log: {}", order.dir, std::strerror(errno)));
    }
    child.argv[0] = find_program(order.argv[0], order.env);
    if (child.argv[0].empty())
        return fail(errc::invalid_argument,
                    fmt::format("The command \"{}\" was not found in the PATH of this cluster's environment",
                                order.argv[0]));
    child.out.fd = child.err.fd = log.get();
    auto server = spawn_process(child);
    if (!server) return fail(server.error());
    out.pid = server->pid;
    if (auto runs = await_start(server->started, child); !runs) {
        waitpid(out.pid, nullptr, 0);
        return fail(errc::invalid_argument, runs.error().message);
    }
    return out;
}

[[noreturn]] void be_shepherd(const launch_order& order, const std::optional<state_owner>& owner, int to) {
    setsid();
    prctl(PR_SET_NAME, "berth-shepherd");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const auto set = watched_signals();
    sigprocmask(SIG_BLOCK, &set, nullptr);
    signal(SIGPIPE, SIG_IGN);
    auto server = start_server(order, owner);
    if (!server) {
        report(to, fail(server.error()));
        _exit(1);
    }
    pid_file f;
    f.boot = boot_id();
    f.shepherd = process_now(getpid()).value_or(process_id{});
    f.server = process_now(server->pid).value_or(process_id{server->pid, 0});
    f.began = wall_now();
    result<void> noted;
    {
        as_owner here(owner);
        noted = reserve_exit(order.dir);
        if (noted) noted = write_pid(order.dir, f);
    }
    if (!noted) {
        kill_group(server->pid, SIGKILL);
        report(to, fail(noted.error()));
        _exit(1);
    }
    report(to, server->pid);
    close(to);
    if (chdir("/") != 0) _exit(1);
    const int status = wait_for_server(server->pid, milliseconds(order.grace_ms));
    end_leftovers();
    exit_file e;
    if (WIFEXITED(status)) e.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) e.signal = WTERMSIG(status);
    e.ended = wall_now();
    as_owner here(owner);
    for (int i = 0; i < 600 && !write_exit(order.dir, e); ++i) sleep(1); // a full disk may be emptied
    _exit(0);
}

void close_others(int keep) {
    close_range(3, static_cast<unsigned>(keep) - 1, 0);
    close_range(static_cast<unsigned>(keep) + 1, ~0u, 0);
}

std::string read_all(int fd) {
    std::string out;
    char buffer[4096];
    for (;;) {
        const auto got = read(fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return out;
        out.append(buffer, static_cast<std::size_t>(got));
    }
}

} // namespace

result<pid_t> start_under_shepherd(const launch_order& order, const std::optional<state_owner>& owner) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail(errc::unavailable, fmt::format("no pipe: {}", std::strerror(errno)));
    const pid_t first = fork();
    if (first == 0) {
        // Twice, so that nobody but the init process ever has to wait for the shepherd.
        if (fork() != 0) _exit(0);
        const int null = open("/dev/null", O_RDWR);
        for (int fd : {0, 1, 2}) dup2(null, fd);
        const int to = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
        close_others(to);
        be_shepherd(order, owner, to);
    }
    close(ends[1]);
    unique_fd from(ends[0]);
    if (first < 0) return fail(errc::unavailable, fmt::format("no process: {}", std::strerror(errno)));
    waitpid(first, nullptr, 0);
    return answer_from_json(nlohmann::json::parse(read_all(from.get()), nullptr, false));
}

namespace {

// Signals through a descriptor that was checked to be the process meant, so that its number cannot change
// hands.
bool signal_process(const process_id& p, int number, bool must_be_launcher) {
    unique_fd fd(pidfd_open(p.pid, 0));
    if (!fd || !lives(p)) return false;
    if (must_be_launcher && !same_program(p.pid)) return false;
    return pidfd_send_signal(fd.get(), number, nullptr, 0) == 0;
}

result<void> signal_orphaned_server(const std::string& dir, const pid_file& f, int grace_ms,
                                    const std::optional<state_owner>& owner) {
    if (!lives(f.server)) return {};
    if (owner && owner_of(f.server.pid).value_or(0) == 0)
        return fail(errc::denied, "The server is not one that may be signalled");
    as_owner here(owner);
    const auto asked = read_stop(dir);
    const bool late = asked && wall_now() - *asked >= milliseconds(grace_ms);
    if (!asked)
        if (auto noted = write_stop(dir, wall_now()); !noted) return noted;
    if (owner && seteuid(0) != 0) return fail(errc::internal, "The launcher lost its privilege");
    kill_group(f.server.pid, late ? SIGKILL : SIGTERM);
    return fail(errc::unavailable, "The server is being ended; its shepherd is gone");
}

} // namespace

result<void> end_job(const std::string& dir, int grace_ms, const std::optional<state_owner>& owner) {
    std::optional<pid_file> f;
    bool starting = false;
    {
        as_owner here(owner);
        f = read_pid(dir);
        starting = !f && is_locked(dir);
    }
    if (starting) return fail(errc::unavailable, "The server is just being started");
    if (!f || f->boot != boot_id()) return {};
    if (lives(f->shepherd)) {
        if (signal_process(f->shepherd, SIGTERM, owner.has_value())) return {};
        if (lives(f->shepherd)) return fail(errc::denied, "The server's shepherd could not be signalled");
    }
    return signal_orphaned_server(dir, *f, grace_ms, owner);
}

} // namespace berth::scheduler
