// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/front_door.hpp"

#include "daemon/proxy/control_api.hpp"
#include "daemon/proxy/control_server.hpp"
#include "daemon/proxy/worker.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fmt/core.h>
#include <thread>
#include <unistd.h>

namespace berth::proxy {
namespace {

std::string bound_address(int fd) {
    socket_address a;
    a.size = sizeof a.bytes;
    getsockname(fd, reinterpret_cast<sockaddr*>(&a.bytes), &a.size);
    return address_text(a);
}

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// A thread that takes no signals: they are the main thread's. It also keeps OpenSSL's plain write() to a
// connection that has gone from ending the process (SIGPIPE goes to the thread that wrote).
std::thread quiet_thread(std::function<void()> work) {
    sigset_t all, before;
    sigfillset(&all);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&all, fault);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    std::thread t(std::move(work));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return t;
}

} // namespace

struct front_door::state final : control_actions {
    state(settings s, logger& l) : config(std::move(s)), log(l), parts{config, {}, names, log} {}
    ~state() override {
        if (listen_fd >= 0) close(listen_fd);
        if (api_fd >= 0) close(api_fd);
    }

    void on_all_workers(std::function<void(worker&)> work, std::function<void()> done) override;
    std::pair<std::size_t, std::size_t> connections_and_tunnels() const override;
    void shut_down() override {
        if (wants_shutdown) wants_shutdown();
    }
    result<void> prepare();
    result<http::tls_context> load_certificate();
    void start_threads();
    bool only_tunnels_left() const {
        return std::all_of(workers.begin(), workers.end(),
                           [](const auto& w) { return w->clients() <= w->tunnels(); });
    }

    settings config;
    logger& log;
    // In this order: look-ups under way post to the loops, and the resolver's end waits for them.
    reactor control_loop;
    std::vector<std::unique_ptr<worker>> workers;
    resolver names;
    shared_parts parts;
    route_book book;
    std::unique_ptr<control_api> api;
    std::unique_ptr<control_server> server;
    std::vector<std::thread> threads;
    std::thread control_thread;
    int listen_fd = -1, api_fd = -1;
    bool running = false;
    std::function<void()> wants_shutdown;
};

void front_door::state::on_all_workers(std::function<void(worker&)> work, std::function<void()> done) {
    auto left = std::make_shared<std::atomic<std::size_t>>(workers.size());
    auto shared_work = std::make_shared<std::function<void(worker&)>>(std::move(work));
    auto shared_done = std::make_shared<std::function<void()>>(std::move(done));
    for (auto& w : workers)
        w->loop().post([this, &one = *w, left, shared_work, shared_done] {
            (*shared_work)(one);
            if (left->fetch_sub(1) == 1) control_loop.post([shared_done] { (*shared_done)(); });
        });
}

std::pair<std::size_t, std::size_t> front_door::state::connections_and_tunnels() const {
    std::size_t tunnels = 0;
    for (const auto& w : workers) tunnels += w->tunnels();
    return {parts.connections.load(), tunnels};
}

result<http::tls_context> front_door::state::load_certificate() {
    auto loaded = http::load_tls(config.listen.tls);
    if (!loaded) return fail(loaded.error());
    if (!loaded->warning.empty()) log.warning("proxy.certificate", {{"warning", loaded->warning}});
    return loaded->context;
}

result<void> front_door::state::prepare() {
    auto trusted = network_list::parse(config.listen.trusted_proxies);
    if (!trusted) return fail(trusted.error());
    parts.trusted = std::move(*trusted);
    http::tls_context tls;
    if (!config.listen.tls.certificate.empty()) {
        auto loaded = load_certificate();
        if (!loaded) return fail(loaded.error());
        tls = *loaded;
    }
    if (!config.default_target.empty())
        if (auto r = book.add("/", fmt::format(R"({{"target":"{}"}})", config.default_target), now_ms()); !r)
            return fail(r.error());
    auto fd = open_listener(config.listen.address);
    if (!fd) return fail(fd.error());
    listen_fd = *fd;
    if (!config.api_address.empty()) {
        auto api_socket = open_listener(config.api_address);
        if (!api_socket) return fail(api_socket.error());
        api_fd = *api_socket;
    }
    const auto n = config.threads ? config.threads : std::max(1u, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < n; ++i) {
        workers.push_back(std::make_unique<worker>(parts));
        workers.back()->set_tls(tls);
        workers.back()->routes().replace(book.all());
    }
    return {};
}

void front_door::state::start_threads() {
    std::vector<worker*> peers;
    for (auto& w : workers) peers.push_back(w.get());
    for (auto* w : peers) w->listen(listen_fd, peers);
    for (auto* w : peers) threads.push_back(quiet_thread([w] { w->run(); }));
    api = std::make_unique<control_api>(book, *this, log, config.api_token);
    if (api_fd >= 0)
        server = std::make_unique<control_server>(
            control_loop, api_fd,
            [this](control_request r, control_answer a) { api->handle(std::move(r), std::move(a)); });
    control_thread = quiet_thread([this] { control_loop.run(); });
    running = true;
}

front_door::front_door(settings config, logger& log)
    : state_(std::make_unique<state>(std::move(config), log)) {}
front_door::~front_door() { stop(duration(0)); }

result<void> front_door::start() {
    if (auto ok = state_->prepare(); !ok) return ok;
    state_->start_threads();
    state_->log.info("proxy.started",
                     {{"address", address()}, {"api", api_address()}, {"threads", state_->workers.size()}});
    return {};
}

std::string front_door::address() const {
    if (state_->listen_fd < 0) return {};
    const auto text = bound_address(state_->listen_fd);
    if (text.starts_with("unix:")) return text;
    return (state_->config.listen.tls.certificate.empty() ? "http://" : "https://") + text;
}

std::string front_door::api_address() const {
    if (state_->api_fd < 0) return {};
    const auto text = bound_address(state_->api_fd);
    return text.starts_with("unix:") ? text : "http://" + text;
}

void front_door::stop(duration grace) {
    auto& s = *state_;
    if (!s.running) return;
    s.running = false;
    for (auto& w : s.workers) w->loop().post([&one = *w] { one.drain(); });
    const auto until = std::chrono::steady_clock::now() + grace;
    while (std::chrono::steady_clock::now() < until && !s.only_tunnels_left())
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    s.control_loop.stop();
    s.control_thread.join();
    for (auto& w : s.workers) w->loop().stop();
    for (auto& t : s.threads) t.join();
    s.threads.clear();
    s.log.info("proxy.stopped");
}

result<void> front_door::reload_tls() {
    auto& s = *state_;
    if (s.config.listen.tls.certificate.empty()) return {};
    auto loaded = s.load_certificate();
    if (!loaded) return fail(loaded.error());
    for (auto& w : s.workers) w->loop().post([&one = *w, tls = *loaded] { one.set_tls(tls); });
    return {};
}

void front_door::on_shutdown(std::function<void()> f) { state_->wants_shutdown = std::move(f); }

front_door::counts front_door::now() const {
    const auto [connections, tunnels] = state_->connections_and_tunnels();
    return {connections, tunnels};
}

} // namespace berth::proxy
