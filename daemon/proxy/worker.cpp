// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/worker.hpp"

#include "daemon/proxy/client.hpp"
#include "daemon/proxy/socket_options.hpp"

#include <algorithm>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace berth::proxy {

class worker::listener final : public watcher {
  public:
    listener(worker& owner, int fd) : owner_(owner), fd_(fd) {}
    void on_ready(std::uint32_t) override { owner_.accept_some(); }
    int fd() const { return fd_; }
    bool active = false;

  private:
    worker& owner_;
    int fd_;
};

worker::worker(shared_parts& parts)
    : parts_(parts)
    , pool_(loop_, parts.config.pool_per_target, parts.config.pool_total, parts.config.pool_idle_time)
    , scratch_(pump::max_window) {}

worker::~worker() = default;

void worker::run() {
    loop_.set_tick(std::chrono::ceil<std::chrono::milliseconds>(config().tick), [this] { on_tick(); });
    on_tick();
    loop_.run();
    close_all();
    pool_.clear();
}

void worker::listen(int fd, std::vector<worker*> peers) {
    peers_ = std::move(peers);
    listener_ = std::make_unique<listener>(*this, fd);
    listener_->active = loop_.add_listener(fd, *listener_);
}

void worker::pause_accepting() {
    if (!listener_ || !listener_->active) return;
    loop_.remove(listener_->fd());
    listener_->active = false; // tried again with the next tick
}

void worker::accept_some() {
    for (int i = 0; i < 16 && listener_ && listener_->active; ++i) {
        if (parts_.connections.load(std::memory_order_relaxed) >= config().listen.bounds.connections)
            return pause_accepting();
        if (!accept_one()) return;
    }
}

// False when nobody waits, or nobody can be taken.
bool worker::accept_one() {
    socket_address peer;
    peer.size = sizeof peer.bytes;
    const int fd = accept4(listener_->fd(), reinterpret_cast<sockaddr*>(&peer.bytes), &peer.size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        hand_to_least_busy(fd, peer);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        parts_.log.warning("proxy.no_descriptors", {{"connections", parts_.connections.load()}});
        pause_accepting();
    }
    return false;
}

void worker::hand_to_least_busy(int fd, const socket_address& peer) {
    parts_.connections.fetch_add(1, std::memory_order_relaxed);
    auto* least = *std::min_element(peers_.begin(), peers_.end(),
                                    [](auto* a, auto* b) { return a->clients() < b->clients(); });
    if (least == this || least->clients() + 1 >= clients()) {
        count_.fetch_add(1, std::memory_order_relaxed);
        adopt(fd, peer);
    } else {
        least->count_.fetch_add(1, std::memory_order_relaxed);
        least->loop_.post([least, fd, peer] { least->adopt(fd, peer); });
    }
}

void worker::adopt(int fd, const socket_address& peer) {
    peer_facts facts;
    facts.trusted = trusted_ && trusted_->has(peer);
    facts.tls = tls_ != nullptr;
    if (auto text = peer_text(peer); !text.empty()) facts.address = std::move(text);
    if (peer.family() != AF_UNIX) set_tcp_options(fd);
    SSL* tls = nullptr;
    if (tls_) {
        tls = SSL_new(tls_.get());
        SSL_set_fd(tls, fd);
        SSL_set_accept_state(tls);
    }
    const auto serial = next_serial_++;
    auto c = std::make_unique<client>(*this, serial, byte_stream(fd, tls), std::move(facts));
    loop_.add(fd, *c);
    clients_.emplace(serial, std::move(c));
}

void worker::forget(client& c) {
    const auto at = clients_.find(c.serial());
    if (at == clients_.end()) return;
    auto gone = std::move(at->second);
    clients_.erase(at);
    count_.fetch_sub(1, std::memory_order_relaxed);
    parts_.connections.fetch_sub(1, std::memory_order_relaxed);
    loop_.retire(std::move(gone));
}

client* worker::find(std::uint64_t serial) const {
    const auto at = clients_.find(serial);
    return at == clients_.end() ? nullptr : at->second.get();
}

template<class F>
void worker::each_client(F f) {
    for (auto at = clients_.begin(); at != clients_.end();) f(*(at++)->second);
}

void worker::on_tick() {
    wall_ms_ = proxy::wall_ms();
    each_client([](client& c) { c.on_tick(); });
    pool_.sweep();
    if (listener_ && !listener_->active && goes_on() &&
        parts_.connections.load(std::memory_order_relaxed) < config().listen.bounds.connections)
        listener_->active = loop_.add_listener(listener_->fd(), *listener_);
}

void worker::hand_over() {
    const bool was_accepting = listener_ && listener_->active;
    handed_over_ = true;
    pause_accepting();
    // The kernel wakes one of those who share a socket: whoever it has woken us for is not told to the
    // successor.
    while (was_accepting && accept_one()) {
    }
}

void worker::drain() {
    draining_ = true;
    pause_accepting();
    each_client([](client& c) { c.on_drain(); });
}

void worker::close_all() {
    draining_ = true;
    each_client([](client& c) { c.abort(); });
}

std::size_t worker::close_session(const std::string& session_id) {
    std::size_t n = 0;
    each_client([&](client& c) {
        if (!c.is_tunnel() || c.session() != session_id) return;
        ++n;
        c.abort();
    });
    return n;
}

void worker::close_tunnels_of(const std::string& target_url, const std::string& prefix) {
    each_client([&](client& c) {
        const auto* r = c.is_tunnel() ? c.route_used() : nullptr;
        if (r && r->prefix == prefix && r->target.url == target_url) c.abort();
    });
}

} // namespace berth::proxy
