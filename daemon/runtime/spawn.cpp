// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/spawn.hpp"

#include "daemon/runtime/pidfd.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <memory>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace berth {
namespace {

enum class step : int { session, identity, directory, streams, program };

struct complaint {
    step at;
    int error;
};

// All that the child needs, made before the fork: between fork and exec only async-signal-safe calls are
// allowed.
struct plan {
    const child_options& options;
    std::vector<char*> argv, environment;
    std::vector<std::string> environment_text;
    int report = -1;

    explicit plan(const child_options& o) : options(o) {
        for (const auto& a : o.argv) argv.push_back(const_cast<char*>(a.c_str()));
        for (const auto& [name, v] : o.environment) environment_text.push_back(name + "=" + v);
        for (auto& e : environment_text) environment.push_back(e.data());
        argv.push_back(nullptr);
        environment.push_back(nullptr);
    }
};

// AddressSanitizer takes a stack that it does not know for a mistake; see start_on_our_memory.
[[noreturn]] __attribute__((no_sanitize("address"))) void give_up(const plan& p, step at) {
    const complaint c{at, errno};
    (void)!write(p.report, &c, sizeof c);
    _exit(127);
}

void default_signals() {
    struct sigaction plain{};
    plain.sa_handler = SIG_DFL;
    for (int s = 1; s < NSIG; ++s) sigaction(s, &plain, nullptr);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Answers a descriptor above 2, so that setting up one stream does not overwrite the source of another.
int open_stream(const child_stream& s, bool input) {
    if (s.fd >= 0) return fcntl(s.fd, F_DUPFD_CLOEXEC, 3);
    const int fd = s.file.empty() ? open("/dev/null", O_RDWR | O_CLOEXEC)
                   : input
                       ? open(s.file.c_str(), O_RDONLY | O_CLOEXEC)
                       : open(s.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || fd > 2) return fd;
    return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

bool set_identity(const child_identity& who) {
    return setgroups(who.groups.size(), who.groups.data()) == 0 && setgid(who.gid) == 0 &&
           setuid(who.uid) == 0;
}

[[noreturn]] __attribute__((no_sanitize("address"))) void run_child(const plan& p) {
    const auto& o = p.options;
    default_signals();
    if (setsid() < 0) give_up(p, step::session);
    if (o.identity && !set_identity(*o.identity)) give_up(p, step::identity);
    if (!o.directory.empty() && chdir(o.directory.c_str()) != 0) give_up(p, step::directory);
    const std::array fds{open_stream(o.in, true), open_stream(o.out, false), open_stream(o.err, false)};
    for (int i = 0; i < 3; ++i)
        if (fds[static_cast<std::size_t>(i)] < 0 || dup2(fds[static_cast<std::size_t>(i)], i) < 0)
            give_up(p, step::streams);
    if (close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) != 0) give_up(p, step::streams);
    execve(p.argv[0], p.argv.data(), p.environment.data());
    give_up(p, step::program);
}

__attribute__((no_sanitize("address"))) int run_on_our_memory(void* p) {
    run_child(*static_cast<const plan*>(p));
}

// vfork, on a stack of its own: until the program is executed, the child may write to nothing that we read
// again, and none of our signal handlers may run in it. The identity calls of libc would reach for our
// threads.
pid_t start_on_our_memory(plan& p) {
    constexpr std::size_t size = 64 * 1024;
    const auto stack = std::make_unique_for_overwrite<char[]>(size);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = clone(run_on_our_memory, stack.get() + size, CLONE_VM | CLONE_VFORK | SIGCHLD, &p);
    const int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return pid;
}

// ThreadSanitizer takes a clone for a fork and loses its bearings.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BERTH_ALWAYS_FORKS
#endif
#endif
#ifdef BERTH_ALWAYS_FORKS
constexpr bool may_share_memory = false;
#else
constexpr bool may_share_memory = true;
#endif

pid_t start(plan& p) {
    if (may_share_memory && p.options.caller_waits && !p.options.identity) return start_on_our_memory(p);
    const pid_t pid = fork();
    if (pid == 0) run_child(p);
    return pid;
}

bool holds_nul(const std::string& s) { return s.find('\0') != s.npos; }

result<void> check(const child_options& o) {
    if (o.argv.empty() || !o.argv[0].starts_with('/'))
        return fail(errc::invalid_argument, "a program is started by its absolute path");
    bool bad = holds_nul(o.directory);
    for (const auto& a : o.argv) bad = bad || holds_nul(a);
    for (const auto& [name, v] : o.environment)
        bad = bad || name.empty() || holds_nul(name) || holds_nul(v) || name.find('=') != name.npos;
    if (bad)
        return fail(errc::invalid_argument,
                    fmt::format("an argument or variable for {} cannot be passed on", o.argv[0]));
    return {};
}

std::string explain(const complaint& c, const child_options& o) {
    const auto* words = std::strerror(c.error);
    switch (c.at) {
    case step::session: return fmt::format("{} cannot be given a session: {}", o.argv[0], words);
    case step::identity:
        return fmt::format("{} cannot be started as uid {}: {}", o.argv[0], o.identity->uid, words);
    case step::directory: return fmt::format("{} cannot be started in {}: {}", o.argv[0], o.directory, words);
    case step::streams:
        return fmt::format("{} cannot be started: its input or output ({}) cannot be opened: {}", o.argv[0],
                           o.in.file + " " + o.out.file + " " + o.err.file, words);
    case step::program: return fmt::format("{} cannot be executed: {}", o.argv[0], words);
    }
    return words;
}

} // namespace

unique_fd& unique_fd::operator=(unique_fd&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = other.release();
    }
    return *this;
}
void unique_fd::reset() {
    if (fd_ >= 0) ::close(release());
}

result<spawned> spawn_process(const child_options& options) {
    if (const auto good = check(options); !good) return fail(good.error());
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail(errc::io_error, fmt::format("no pipe for {}: {}", options.argv[0], std::strerror(errno)));
    spawned out;
    out.started = unique_fd(ends[0]);
    unique_fd report(ends[1]);
    plan p(options);
    p.report = report.get();
    out.pid = start(p);
    if (out.pid < 0)
        return fail(errc::io_error,
                    fmt::format("no process for {}: {}", options.argv[0], std::strerror(errno)));
    out.pidfd = unique_fd(pidfd_open(out.pid, 0));
    if (out.pidfd) return out;
    const auto words = std::strerror(errno);
    kill(out.pid, SIGKILL); // our own child, not waited for yet: the number is still its own
    waitpid(out.pid, nullptr, 0);
    return fail(errc::io_error, fmt::format("{} cannot be watched: {}", options.argv[0], words));
}

result<void> await_start(const unique_fd& started, const child_options& options) {
    complaint c{};
    ssize_t got = 0;
    do got = read(started.get(), &c, sizeof c);
    while (got < 0 && errno == EINTR);
    if (got != sizeof c) return {}; // closed by exec
    return fail(c.at == step::program || c.at == step::directory ? errc::not_found : errc::io_error,
                explain(c, options));
}

std::map<std::string, std::string> current_environment() {
    std::map<std::string, std::string> out;
    for (char** e = environ; e != nullptr && *e != nullptr; ++e)
        if (const auto* equals = std::strchr(*e, '='); equals != nullptr && equals != *e)
            out.emplace(std::string(*e, static_cast<std::size_t>(equals - *e)), equals + 1);
    return out;
}

} // namespace berth
