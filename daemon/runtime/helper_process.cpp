// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/helper_process.hpp"

#include "daemon/runtime/child_process.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unordered_map>

namespace berth {
namespace asio = boost::asio;
using nlohmann::json;

namespace {

constexpr std::size_t max_line = 16 << 20;
constexpr std::size_t max_calls = 10'000;
constexpr auto grace = std::chrono::seconds(1);
constexpr auto longest_backoff = std::chrono::seconds(60);

struct pending_call {
    explicit pending_call(const asio::any_io_executor& executor) : wake(executor) {}
    asio::steady_timer wake; // expires with the deadline; cancelled when the outcome is there
    std::optional<result<json>> outcome;

    void finish(result<json> r) {
        outcome = std::move(r);
        wake.cancel();
    }
};

struct socket_ends {
    unique_fd ours, theirs;
};

result<socket_ends> make_ends(const std::string& name) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(errc::io_error,
                    fmt::format("no socket for the {} helper: {}", name, std::strerror(errno)));
    return socket_ends{unique_fd(ends[0]), unique_fd(ends[1])};
}

result<json> outcome_of(const json& answer) {
    if (const auto ok = answer.find("ok"); ok != answer.end()) return *ok;
    const auto error = answer.find("error");
    if (error == answer.end() || !error->is_object())
        return fail(errc::internal, "the helper's answer is neither ok nor error");
    const auto code = errc_from(error->value("code", std::string()));
    return fail(code.value_or(errc::internal),
                error->value("message", std::string("the helper gave no reason")));
}

} // namespace

struct helper_process::state : std::enable_shared_from_this<state> {
    using stream = asio::local::stream_protocol::socket;

    state(asio::any_io_executor e, logger& l, std::string n, std::vector<std::string> a)
        : executor(std::move(e))
        , log(l)
        , name(std::move(n))
        , argv(std::move(a)) {}

    result<void> start(bool wait_for_program);
    result<void> start_through_starter();
    void use(unique_fd ours);
    result<void> ready();
    void read();
    void take_lines();
    void take_answer(std::string_view line);
    void write();
    bool give_up(std::int64_t id);
    void died(const std::string& why);

    asio::any_io_executor executor;
    logger& log;
    std::string name;
    std::vector<std::string> argv;
    uid_t started_as = 0;
    helper_starter start_anew;
    std::unique_ptr<child_process>
        process;                    // watched until it is reaped, even when another one has taken its place
    std::shared_ptr<stream> socket; // of the present helper; null when there is none
    std::array<char, 65536> buffer{};
    std::string in;
    struct line {
        std::int64_t id;
        std::string text; // may hold a password
    };
    std::deque<line> out; // of calls that still wait for their answer
    bool writing = false;
    std::int64_t next_id = 1;
    std::unordered_map<std::int64_t, std::shared_ptr<pending_call>> calls;
    std::chrono::steady_clock::time_point may_start; // after a death
    std::chrono::steady_clock::duration backoff = std::chrono::seconds(1);
};

result<void> helper_process::state::start(bool wait_for_program) {
    auto ends = make_ends(name);
    if (!ends) return fail(ends.error());
    const child_options options{.argv = argv,
                                .environment = current_environment(),
                                .in = {.fd = ends->theirs.get()},
                                .out = {.fd = STDERR_FILENO},
                                .err = {.fd = STDERR_FILENO}};
    auto made = spawn_process(options);
    if (!made) return fail(made.error());
    if (wait_for_program)
        if (const auto runs = await_start(made->started, options); !runs) {
            waitpid(made->pid, nullptr, 0);
            return runs;
        }
    process = child_process::watch(executor, std::move(*made));
    started_as = geteuid();
    use(std::move(ends->ours));
    log.info("helper.started", {{"helper", name}, {"pid", process->pid()}});
    return {};
}

result<void> helper_process::state::start_through_starter() {
    auto ends = make_ends(name);
    if (!ends) return fail(ends.error());
    if (const auto asked = start_anew(ends->theirs.get()); !asked)
        return fail(asked.error().code,
                    fmt::format("the {} helper has ended: {}", name, asked.error().message));
    use(std::move(ends->ours));
    log.info("helper.started_again", {{"helper", name}});
    return {};
}

void helper_process::state::use(unique_fd ours) {
    in.clear();
    out.clear();
    writing = false;
    socket = std::make_shared<stream>(executor, asio::local::stream_protocol(), ours.release());
    read();
}

result<void> helper_process::state::ready() {
    if (socket) return {};
    if (!start_anew && (argv.empty() || started_as != geteuid()))
        return fail(errc::unavailable,
                    fmt::format("the {} helper has ended and cannot be started again without the privileges "
                                "that it had: restart berth",
                                name));
    if (std::chrono::steady_clock::now() < may_start)
        return fail(errc::unavailable,
                    fmt::format("the {} helper has ended; it is started again in a moment", name));
    may_start = std::chrono::steady_clock::now() + backoff;
    backoff = std::min<std::chrono::steady_clock::duration>(backoff * 2, longest_backoff);
    const auto started = start_anew ? start_through_starter() : start(false);
    if (!started) return fail(errc::unavailable, started.error().message);
    return {};
}

void helper_process::state::read() {
    socket->async_read_some(asio::buffer(buffer), [weak = weak_from_this(), from = socket](
                                                      boost::system::error_code ec, std::size_t n) {
        const auto self = weak.lock();
        if (!self || self->socket != from) return;
        if (ec) return self->died(ec.message());
        self->in.append(self->buffer.data(), n);
        self->take_lines();
        if (self->socket == from) self->read();
    });
}

void helper_process::state::take_lines() {
    std::size_t start = 0;
    for (auto end = in.find('\n'); end != in.npos; end = in.find('\n', start)) {
        take_answer(std::string_view(in).substr(start, end - start));
        start = end + 1;
    }
    in.erase(0, start);
    if (in.size() > max_line) died("an answer is larger than 16 MiB");
}

void helper_process::state::take_answer(std::string_view line) {
    const auto answer = json::parse(line, nullptr, false);
    if (!answer.is_object() || !answer.contains("id") || !answer["id"].is_number_integer()) {
        log.error("helper.garbled", {{"helper", name}, {"bytes", line.size()}});
        return;
    }
    backoff = std::chrono::seconds(1);
    may_start = {}; // it works: should it die, the next one may start at once
    const auto at = calls.find(answer["id"].get<std::int64_t>());
    if (at == calls.end()) return; // nobody waits any more
    at->second->finish(outcome_of(answer));
    calls.erase(at);
}

void helper_process::state::write() {
    writing = true;
    const auto line = std::make_shared<std::string>(std::move(out.front().text));
    out.pop_front();
    asio::async_write(
        *socket, asio::buffer(*line),
        [weak = weak_from_this(), to = socket, line](boost::system::error_code ec, std::size_t) {
            explicit_bzero(line->data(), line->size()); // may hold a password
            const auto self = weak.lock();
            if (!self || self->socket != to) return;
            self->writing = false;
            if (ec)
                self->died(ec.message());
            else if (!self->out.empty())
                self->write();
        });
}

// Nobody waits for it any more. A helper that hangs is not asked later what it was not asked in time: true
// then.
bool helper_process::state::give_up(std::int64_t id) {
    calls.erase(id);
    const auto at = std::ranges::find(out, id, &line::id);
    if (at == out.end()) return false;
    explicit_bzero(at->text.data(), at->text.size());
    out.erase(at);
    return true;
}

void helper_process::state::died(const std::string& why) {
    log.error("helper.died", {{"helper", name}, {"error", why}, {"calls", calls.size()}});
    boost::system::error_code ec;
    socket->close(ec);
    socket.reset();
    for (const auto& [id, call] : calls)
        call->finish(
            fail(errc::outcome_unknown, fmt::format("the {} helper ended before it answered", name)));
    calls.clear();
}

helper_process::helper_process(asio::any_io_executor executor, logger& log, std::string name,
                               std::vector<std::string> argv)
    : state_(std::make_shared<state>(std::move(executor), log, std::move(name), std::move(argv))) {}

helper_process::~helper_process() {
    const auto s = state_;
    if (s->socket) s->socket->close();
    s->socket.reset();
    for (const auto& [id, call] : s->calls) call->finish(fail(errc::cancelled, "the hub is shutting down"));
    s->calls.clear();
}

result<void> helper_process::start() { return state_->start(true); }
void helper_process::start_anew_through(helper_starter starter) { state_->start_anew = std::move(starter); }
bool helper_process::alive() const { return state_->socket != nullptr; }

asio::awaitable<result<json>> helper_process::call(std::string verb, json arguments, duration deadline) {
    const auto s = state_;
    if (const auto ready = s->ready(); !ready) co_return fail(ready.error());
    if (s->calls.size() >= max_calls)
        co_return fail(errc::limit_exceeded,
                       fmt::format("{} calls wait for the {} helper", s->calls.size(), s->name));
    const auto id = s->next_id++;
    arguments["id"] = id;
    arguments["verb"] = verb;
    arguments["deadline_ms"] =
        std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::milliseconds>(deadline).count());
    auto line = arguments.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    if (line.size() > max_line)
        co_return fail(errc::limit_exceeded,
                       fmt::format("a request to the {} helper is larger than 16 MiB", s->name));
    const auto call = std::make_shared<pending_call>(s->executor);
    call->wake.expires_after(deadline + grace);
    s->calls.emplace(id, call);
    s->out.push_back({id, std::move(line)});
    if (!s->writing) s->write();
    boost::system::error_code ec;
    co_await call->wake.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    const bool never_sent = s->give_up(id);
    if (call->outcome) co_return std::move(*call->outcome);
    if (ec) co_return fail(errc::cancelled, "the call was cancelled");
    if (never_sent)
        co_return fail(errc::unavailable, fmt::format("the {} helper takes no more requests", s->name));
    co_return fail(errc::outcome_unknown,
                   fmt::format("the {} helper did not answer \"{}\" within its deadline", s->name, verb));
}

} // namespace berth
