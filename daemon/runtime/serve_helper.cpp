// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/serve_helper.hpp"

#include "daemon/runtime/pidfd.hpp"
#include "daemon/runtime/spawn.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <deque>
#include <fcntl.h>
#include <list>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace berth {
namespace {

using nlohmann::json;
using clock_type = std::chrono::steady_clock;

constexpr std::size_t max_line = 16 << 20;
constexpr std::size_t max_waiting = 10'000;
constexpr std::int64_t longest_deadline_ms = 3'600'000;

struct request {
    std::int64_t id = 0;
    std::string verb;
    json arguments;
    clock_type::time_point deadline;
};

struct child {
    std::int64_t id = 0;
    pid_t pid = -1;
    unique_fd pidfd, answer;
    std::string text;
    clock_type::time_point deadline;
    bool answered = false, killed = false;
};

std::string line_of(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"; }

std::string error_line(std::int64_t id, errc code, const std::string& message) {
    return line_of({{"id", id}, {"error", {{"code", to_string(code)}, {"message", message}}}});
}

std::string answer_line(const helper_handler& handle, const request& r) {
    try {
        const auto outcome = handle(r.verb, r.arguments);
        if (!outcome) return error_line(r.id, outcome.error().code, outcome.error().message);
        return line_of({{"id", r.id}, {"ok", *outcome}});
    } catch (const std::exception& e) {
        return error_line(r.id, errc::internal, fmt::format("{}: {}", r.verb, e.what()));
    }
}

class helper_loop {
  public:
    helper_loop(const helper_handler& handle, std::size_t max_children)
        : handle_(handle)
        , max_children_(max_children) {}
    void run();

  private:
    void wait();
    void read_requests();
    void take_line(std::string_view line);
    void start_waiting();
    void start(request r);
    [[noreturn]] void be_child(const request& r, int to, pid_t parent);
    void read_answer(child& c);
    void reply(child& c, std::string line);
    bool reap(child& c);
    void enforce_deadlines();
    void write_answers();
    int time_left() const;

    const helper_handler& handle_;
    std::size_t max_children_;
    bool open_ = true; // standard input
    std::string in_, out_;
    std::deque<request> waiting_;
    std::list<child> children_;
};

void helper_loop::run() {
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    while (open_ || !children_.empty()) {
        wait();
        if (open_) read_requests();
        if (!open_) waiting_.clear();
        for (auto& c : children_) read_answer(c);
        children_.remove_if([this](child& c) { return reap(c); });
        enforce_deadlines();
        start_waiting();
        write_answers();
    }
}

void helper_loop::wait() {
    std::vector<pollfd> fds;
    if (open_) fds.push_back({STDIN_FILENO, static_cast<short>(POLLIN | (out_.empty() ? 0 : POLLOUT)), 0});
    for (const auto& c : children_) {
        fds.push_back({c.pidfd.get(), POLLIN, 0});
        if (c.answer) fds.push_back({c.answer.get(), POLLIN, 0});
    }
    poll(fds.data(), fds.size(), time_left());
}

int helper_loop::time_left() const {
    auto next = clock_type::time_point::max();
    for (const auto& c : children_)
        if (!c.killed) next = std::min(next, c.deadline);
    for (const auto& r : waiting_) next = std::min(next, r.deadline);
    if (next == clock_type::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - clock_type::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, longest_deadline_ms));
}

void helper_loop::read_requests() {
    char buffer[65536];
    const auto got = read(STDIN_FILENO, buffer, sizeof buffer);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) open_ = false;
    if (got <= 0) return;
    in_.append(buffer, static_cast<std::size_t>(got));
    explicit_bzero(buffer, sizeof buffer); // passwords pass here
    std::size_t start = 0;
    for (auto end = in_.find('\n'); end != in_.npos; end = in_.find('\n', start)) {
        take_line(std::string_view(in_).substr(start, end - start));
        start = end + 1;
    }
    if (start > 0) {
        std::string rest = in_.substr(start);
        explicit_bzero(in_.data(), in_.size());
        in_ = std::move(rest);
    }
    if (in_.size() > max_line) open_ = false; // no daemon of ours
}

void helper_loop::take_line(std::string_view line) {
    auto j = json::parse(line, nullptr, false);
    if (!j.is_object() || !j.contains("id") || !j["id"].is_number_integer()) return;
    request r;
    r.id = j["id"].get<std::int64_t>();
    const auto verb = j.find("verb"), limit = j.find("deadline_ms");
    if (verb == j.end() || !verb->is_string() || limit == j.end() || !limit->is_number_integer()) {
        out_ += error_line(r.id, errc::invalid_argument, "a request needs \"verb\" and \"deadline_ms\"");
        return;
    }
    if (waiting_.size() >= max_waiting) {
        out_ += error_line(r.id, errc::limit_exceeded, "too many requests wait for the helper");
        return;
    }
    r.verb = verb->get<std::string>();
    r.deadline = clock_type::now() + std::chrono::milliseconds(std::clamp<std::int64_t>(
                                         limit->get<std::int64_t>(), 1, longest_deadline_ms));
    for (const auto* key : {"id", "verb", "deadline_ms"}) j.erase(key);
    r.arguments = std::move(j);
    waiting_.push_back(std::move(r));
}

void helper_loop::start_waiting() {
    while (!waiting_.empty() && children_.size() < max_children_) {
        auto r = std::move(waiting_.front());
        waiting_.pop_front();
        start(std::move(r));
    }
}

void helper_loop::start(request r) {
    int ends[2];
    const bool piped = pipe2(ends, O_CLOEXEC) == 0;
    const pid_t parent = getpid();
    const pid_t pid = piped ? fork() : -1;
    if (pid == 0) be_child(r, ends[1], parent);
    if (piped) close(ends[1]);
    if (pid < 0) {
        if (piped) close(ends[0]);
        out_ += error_line(r.id, errc::unavailable,
                           fmt::format("no process for the request: {}", std::strerror(errno)));
        return;
    }
    setpgid(pid, pid);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    children_.push_back({r.id, pid, unique_fd(pidfd_open(pid, 0)), unique_fd(ends[0]), {}, r.deadline});
}

// Without destructors and exit handlers: what is in memory is the parent's.
void helper_loop::be_child(const request& r, int to, pid_t parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // the deadline dies with the parent that keeps it
    if (getppid() != parent) _exit(1); // which may have happened already
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO); // the daemon's socket
    for (auto& c : children_) c.pidfd.reset(), c.answer.reset();
    const auto line = answer_line(handle_, r);
    for (std::size_t sent = 0; sent < line.size();) {
        const auto n = write(to, line.data() + sent, line.size() - sent);
        if (n < 0 && errno != EINTR) _exit(1);
        if (n > 0) sent += static_cast<std::size_t>(n);
    }
    _exit(0);
}

void helper_loop::read_answer(child& c) {
    char buffer[65536];
    while (c.answer) {
        const auto got = read(c.answer.get(), buffer, sizeof buffer);
        if (got < 0) return;
        if (got == 0) return c.answer.reset();
        if (c.answered) continue;
        c.text.append(buffer, static_cast<std::size_t>(got));
        if (c.text.ends_with('\n'))
            reply(c, std::move(c.text));
        else if (c.text.size() > max_line)
            reply(c, error_line(c.id, errc::internal, "the answer is larger than 16 MiB"));
    }
}

void helper_loop::reply(child& c, std::string line) {
    if (!std::exchange(c.answered, true) && open_) out_ += line;
    c.text.clear();
}

bool helper_loop::reap(child& c) {
    int status = 0;
    if (waitpid(c.pid, &status, WNOHANG) != c.pid) return false;
    read_answer(c); // what it wrote just before its end
    const auto how = WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                         : fmt::format("exit code {}", WEXITSTATUS(status));
    reply(c, error_line(c.id, errc::outcome_unknown, "the helper's process ended without an answer: " + how));
    return true;
}

void helper_loop::enforce_deadlines() {
    const auto now = clock_type::now();
    for (auto& c : children_) {
        if (c.killed || c.deadline > now) continue;
        c.killed = true;
        kill(-c.pid, SIGKILL);
        kill(c.pid, SIGKILL);
        reply(c, error_line(c.id, errc::outcome_unknown,
                            "the request did not end within its deadline and was stopped"));
    }
    std::erase_if(waiting_, [&](const request& r) {
        if (r.deadline > now) return false;
        out_ += error_line(r.id, errc::unavailable,
                           "the helper was busy until the request's deadline; it was not begun");
        return true;
    });
}

void helper_loop::write_answers() {
    while (open_ && !out_.empty()) {
        const auto sent = write(STDIN_FILENO, out_.data(), out_.size());
        if (sent > 0)
            out_.erase(0, static_cast<std::size_t>(sent));
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR)
            open_ = false;
    }
}

} // namespace

int serve_helper(const helper_handler& handle, int max_children) {
    std::signal(SIGPIPE, SIG_IGN);
    helper_loop(handle, static_cast<std::size_t>(std::max(1, max_children))).run();
    return 0;
}

} // namespace berth
