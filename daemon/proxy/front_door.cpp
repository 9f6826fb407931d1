// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/front_door.hpp"

#include "daemon/proxy/door_state.hpp"

#include <chrono>
#include <thread>

namespace berth::proxy {
namespace {

std::string bound_address(int fd) {
    socket_address a;
    a.size = sizeof a.bytes;
    getsockname(fd, reinterpret_cast<sockaddr*>(&a.bytes), &a.size);
    return address_text(a);
}

} // namespace

front_door::front_door(settings config, logger& log, inheritance from, door_hooks hooks)
    : state_(std::make_unique<state>(std::move(config), log, std::move(from), std::move(hooks))) {}
front_door::~front_door() { stop(duration(0)); }

result<void> front_door::start() {
    if (auto ok = state_->prepare(); !ok) return ok;
    const bool taken_over = static_cast<bool>(state_->inherited.line);
    state_->start_threads();
    state_->log.info("proxy.started", {{"address", address()},
                                       {"api", api_address()},
                                       {"threads", state_->workers.size()},
                                       {"routes", state_->book.all().size()},
                                       {"taken_over", taken_over}});
    return {};
}

std::string front_door::address() const {
    if (!state_->listener) return {};
    const auto text = bound_address(state_->listener.get());
    if (text.starts_with("unix:")) return text;
    return (state_->config.listen.tls.certificate.empty() ? "http://" : "https://") + text;
}

std::string front_door::api_address() const {
    if (!state_->api_listener) return {};
    const auto text = bound_address(state_->api_listener.get());
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

result<void> front_door::reload_tls() { return state_->take(state_->config); }

http::tls_files front_door::tls_files() const {
    const std::lock_guard lock(state_->reloading);
    return state_->config.listen.tls;
}

result<void> front_door::reload(const settings& next) { return state_->take(next); }

void front_door::reload() {
    state_->control_loop.post([s = state_.get()] { s->reload([](const result<void>&) {}); });
}

void front_door::replace() {
    state_->control_loop.post([s = state_.get()] { s->replace([](const result<pid_t>&) {}); });
}

void front_door::ask_all(std::function<void()> answered) {
    state_->on_all_workers([](worker&) {}, std::move(answered));
}

front_door::counts front_door::now() const { return {state_->parts.connections.load(), state_->tunnels()}; }

} // namespace berth::proxy
