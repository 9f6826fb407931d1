// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/server.hpp"

#include "daemon/http/connection.hpp"
#include "daemon/http/listener.hpp"
#include "daemon/runtime/task.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace berth::http {

namespace asio = boost::asio;

struct server::state {
    state(asio::any_io_executor e, logger& l, listen_settings s, dispatcher d)
        : shared(std::make_shared<host>(e, l, std::move(s), std::move(d)))
        , tasks(std::move(e), l) {}

    std::shared_ptr<host> shared;
    task_scope tasks;
    std::unique_ptr<listener> socket;
    std::shared_ptr<asio::posix::stream_descriptor> acceptor; // shared with the accept loop
    std::string bound;

    void close_listener() {
        boost::system::error_code ignored;
        if (acceptor) acceptor->close(ignored); // ends the accept loop
        socket.reset();
    }
};

namespace {

using duration_ms = std::chrono::milliseconds;

asio::awaitable<void> pause(std::shared_ptr<host> h, duration d) {
    asio::steady_timer timer(h->executor, d);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// Waits until `timer` is cancelled or `until` is reached.
asio::awaitable<void> wait_on(asio::steady_timer& timer, asio::steady_timer::time_point until) {
    timer.expires_at(until);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// How far behind its time a deadline may come.
duration sweep_interval(const limits& l) {
    const auto shortest = std::min({l.header_time, l.body_time, l.idle_time, l.write_time});
    return std::clamp<duration>(shortest / 8, duration_ms(5), duration_ms(500));
}

asio::awaitable<void> sweep(std::shared_ptr<host> h) {
    const auto interval = sweep_interval(h->settings.bounds);
    while (!h->stopping || !h->open.empty()) {
        if (h->open.empty()) co_await wait_on(h->opened, asio::steady_timer::time_point::max());
        co_await pause(h, interval);
        const auto now = connection::steady::now();
        for (auto* c : h->open) c->expire(now);
    }
}

// "jupyter", "/jupyter/" are "/jupyter"; "/" is "".
std::string base_path(std::string_view url) {
    while (url.ends_with('/')) url.remove_suffix(1);
    while (url.starts_with('/')) url.remove_prefix(1);
    return url.empty() ? std::string() : "/" + std::string(url);
}

} // namespace

// Takes connections while there is room for them.
static asio::awaitable<void> accept_loop(std::shared_ptr<host> h,
                                         std::shared_ptr<asio::posix::stream_descriptor> acceptor,
                                         task_scope* tasks) {
    constexpr int at_once = 64; // then others get their turn
    while (!h->stopping) {
        if (h->open.size() >= h->settings.bounds.connections) {
            co_await wait_on(h->closed, asio::steady_timer::time_point::max());
            continue;
        }
        boost::system::error_code ec;
        co_await acceptor->async_wait(asio::posix::descriptor_base::wait_read,
                                      asio::redirect_error(asio::use_awaitable, ec));
        if (ec || h->stopping) co_return;
        for (int i = 0; i < at_once && h->open.size() < h->settings.bounds.connections; ++i) {
            auto socket = accept_one(acceptor->native_handle());
            if (socket.descriptor >= 0) {
                tasks->spawn("http.connection",
                             connection::run(std::make_unique<connection>(h, std::move(socket))));
                continue;
            }
            if (socket.error == EMFILE || socket.error == ENFILE || socket.error == ENOBUFS ||
                socket.error == ENOMEM) {
                h->log.warning("http.accept_failed", {{"error", std::strerror(socket.error)},
                                                      {"remedy", "raise LimitNOFILE (ulimit -n)"}});
                co_await pause(h, duration_ms(200));
                if (h->stopping) co_return;
            }
            break;
        }
    }
}

server::server(asio::any_io_executor executor, logger& log, listen_settings settings, dispatcher dispatch)
    : state_(std::make_shared<state>(std::move(executor), log, std::move(settings), std::move(dispatch))) {}

server::~server() {
    state_->shared->stopping = true;
    state_->close_listener();
    for (auto* c : state_->shared->open) c->end();
    // On the loop's thread, where a task's cancellation takes effect at once and not after the task has gone.
    asio::post(state_->shared->executor, [s = state_] { s->tasks.cancel(); });
}

result<void> server::start() {
    auto& h = *state_->shared;
    auto proxies = network_list::parse(h.settings.trusted_proxies);
    if (!proxies) return fail(proxies.error());
    h.proxies = std::move(*proxies);
    h.base_path = base_path(h.settings.base_url);
    if (auto loaded = reload_tls(); !loaded) return loaded;
    auto opened = listener::open(h.settings.address);
    if (!opened) return fail(opened.error());
    state_->socket = std::make_unique<listener>(std::move(*opened));
    const auto scheme = state_->socket->is_unix() ? "" : h.tls ? "https://" : "http://";
    state_->bound = scheme + state_->socket->bound();
    state_->acceptor =
        std::make_shared<asio::posix::stream_descriptor>(h.executor, state_->socket->release());
    state_->tasks.spawn("http.accept", accept_loop(state_->shared, state_->acceptor, &state_->tasks));
    state_->tasks.spawn("http.sweep", sweep(state_->shared));
    return {};
}

std::string server::address() const { return state_->bound; }

asio::awaitable<void> server::stop(duration grace) {
    auto s = state_;
    auto& h = *s->shared;
    h.stopping = true;
    s->close_listener();
    for (auto* c : h.open) c->end_if_idle();
    const auto end = asio::steady_timer::clock_type::now() + grace;
    while (!h.open.empty() && asio::steady_timer::clock_type::now() < end) co_await wait_on(h.closed, end);
    for (auto* c : h.open) c->end();
    s->tasks.cancel();
    auto ended = co_await s->tasks.join(std::chrono::seconds(1));
    if (!ended) h.log.warning("http.stop_incomplete", {{"reason", ended.error()}});
}

result<void> server::reload_tls() {
    auto& h = *state_->shared;
    if (h.settings.tls.certificate.empty()) return {};
    auto loaded = load_tls(h.settings.tls);
    if (!loaded) return fail(loaded.error());
    if (!loaded->warning.empty()) h.log.warning("http.tls_certificate", {{"reason", loaded->warning}});
    h.tls = std::move(loaded->context);
    return {};
}

std::size_t server::connections() const { return state_->shared->open.size(); }

} // namespace berth::http
