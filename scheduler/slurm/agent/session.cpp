// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/agent/session.hpp"

#include "scheduler/slurm/agent/slurm_error.hpp"

#include <fmt/format.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace berth::slurm_agent {
namespace {

using std::chrono::steady_clock;

constexpr auto rehearsal_time = std::chrono::seconds(4);
constexpr int most_controllers = 4;

void silence() {
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null >= 0) dup2(null, STDERR_FILENO), close(null);
}

// 0, or the errno of the first controller's ping when none answers.
int ping() {
    int first_error = 0;
    for (int i = 0; i < most_controllers; ++i) {
        errno = 0;
        if (slurm_ping(i) == SLURM_SUCCESS) return 0;
        if (i == 0) first_error = errno != 0 ? errno : SLURMCTLD_COMMUNICATIONS_CONNECTION_ERROR;
    }
    return first_error;
}

// libslurm's last line without "program: error: ".
std::string last_words(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    text = text.substr(text.rfind('\n') + 1);
    for (const std::string_view mark : {"error: ", "fatal: "})
        if (const auto at = text.find(mark); at != std::string::npos) text = text.substr(at + mark.size());
    return text.substr(0, 500);
}

[[noreturn]] void rehearse(const std::string& conf, int out) {
    dup2(out, STDERR_FILENO);
    slurm_init(conf.c_str());
    const int error = ping();
    if (error == 0) _exit(0);
    dprintf(STDERR_FILENO, "\n%d\n", error);
    _exit(2);
}

// What the child writes until it ends or the time is over. True when it ended.
bool collect(int from, std::string& text) {
    const auto end = steady_clock::now() + rehearsal_time;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - steady_clock::now()).count();
        pollfd p{from, POLLIN, 0};
        const int ready = left > 0 ? poll(&p, 1, static_cast<int>(left)) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return false;
        char buffer[4096];
        const auto got = read(from, buffer, sizeof buffer);
        if (got <= 0) return true;
        if (text.size() < 65536) text.append(buffer, static_cast<std::size_t>(got));
    }
}

// A session could not be opened.
failure unsent(int error) {
    auto f = question_failure(error);
    if (f.code != errc::unauthenticated) f.code = errc::unavailable;
    return f;
}

failure told_by(int status, const std::string& text) {
    const auto words = last_words(text);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
        const int error = std::atoi(words.c_str());
        return unsent(error);
    }
    return {errc::unavailable,
            fmt::format("libslurm cannot work: {}", words.empty() ? "it ended without a word" : words)};
}

} // namespace

result<std::string> find_conf(const settings& s) {
    const char* from_environment = std::getenv("SLURM_CONF");
    const std::string given = !s.conf.empty() ? s.conf : from_environment ? from_environment : "";
    if (!given.empty()) {
        if (access(given.c_str(), R_OK) == 0) return given;
        return fail(errc::unavailable,
                    fmt::format("cannot read {}: set slurm_conf in the cluster's table to the path "
                                "of slurm.conf",
                                given));
    }
    for (const auto* path :
         {"/etc/slurm/slurm.conf", "/etc/slurm-llnl/slurm.conf", "/run/slurm/conf/slurm.conf"})
        if (access(path, R_OK) == 0) return path;
    return fail(
        errc::unavailable,
        "there is no slurm.conf on this machine: set slurm_conf in the cluster's table, or SLURM_CONF");
}

result<void> open_session(const settings& s) {
    const auto conf = find_conf(s);
    if (!conf) return fail(conf.error());
    silence();
    slurm_init(conf->c_str());
    if (const int error = ping(); error != 0) return fail(unsent(error));
    return {};
}

result<void> open_session_rehearsed(const settings& s) {
    const auto conf = find_conf(s);
    if (!conf) return fail(conf.error());
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return fail(errc::unavailable, "no pipe for the rehearsal");
    const pid_t pid = fork();
    if (pid == 0) rehearse(*conf, ends[1]);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return fail(errc::unavailable, "no process for the rehearsal");
    }
    std::string text;
    const bool ended = collect(ends[0], text);
    close(ends[0]);
    if (!ended) kill(pid, SIGKILL);
    int status = 0;
    waitpid(pid, &status, 0);
    if (!ended)
        return fail(errc::unavailable,
                    fmt::format("neither munge nor slurmctld answered within {} s; nothing was sent",
                                rehearsal_time.count()));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return fail(told_by(status, text));
    silence();
    slurm_init(conf->c_str());
    return {};
}

void use_token(const std::string& jwt) { setenv("SLURM_JWT", jwt.c_str(), 1); }

} // namespace berth::slurm_agent
