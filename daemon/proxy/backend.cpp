// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/backend.hpp"

#include "daemon/proxy/socket_options.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/epoll.h>

namespace berth::proxy {

backend::backend(reactor& loop, backend_pool& pool, std::string url, address_list candidates)
    : loop_(loop)
    , pool_(pool)
    , url_(std::move(url))
    , candidates_(std::move(candidates)) {}

backend::~backend() = default;

backend::connecting backend::connect() {
    if (connected_) return connecting::done;
    if (!stream.open()) return try_next();
    // epoll says "hung up, writable" of a socket that has not been connected yet; only the error decides.
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(stream.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) return try_next();
    sockaddr_storage peer;
    size = sizeof peer;
    if (getpeername(stream.fd(), reinterpret_cast<sockaddr*>(&peer), &size) < 0) return connecting::under_way;
    connected_ = true;
    return connecting::done;
}

backend::connecting backend::try_next() {
    while (next_ < candidates_.size()) {
        const auto& a = candidates_[next_++];
        const int fd = socket(a.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0) return connecting::failed;
        stream = byte_stream(fd);
        if (a.family() != AF_UNIX) set_tcp_options(fd);
        const int r = ::connect(fd, reinterpret_cast<const sockaddr*>(&a.bytes), a.size);
        if (r < 0 && errno != EINPROGRESS) continue;
        loop_.add(fd, *this);
        connected_ = r == 0;
        return connected_ ? connecting::done : connecting::under_way;
    }
    return connecting::failed;
}

void backend::on_ready(std::uint32_t events) {
    if (!stream.open()) return;
    stream.note(events);
    if (user)
        user->on_backend_ready();
    else if (events & ~static_cast<std::uint32_t>(EPOLLOUT))
        pool_.drop(*this);
}

backend_pool::backend_pool(reactor& loop, std::size_t per_target, std::size_t total,
                           loop_clock::duration idle_time)
    : loop_(loop)
    , per_target_(per_target)
    , total_(total)
    , idle_time_(idle_time) {}

std::unique_ptr<backend> backend_pool::take(const std::string& url, bool must_be_quiet) {
    const auto at = idle_.find(url);
    if (at == idle_.end()) return nullptr;
    while (!at->second.empty()) {
        auto b = std::move(at->second.back());
        at->second.pop_back();
        --size_;
        b->used_before = true;
        if (!must_be_quiet || b->stream.still_quiet()) return b;
        discard(std::move(b));
    }
    return nullptr;
}

void backend_pool::give(std::unique_ptr<backend> b) {
    b->user = nullptr;
    if (b->stream.peer_finished() || b->stream.peer_gone()) return discard(std::move(b));
    auto& list = idle_[b->url()];
    if (list.size() >= per_target_ || size_ >= total_) return discard(std::move(b));
    b->idle_since = loop_.now();
    list.push_back(std::move(b));
    ++size_;
}

void backend_pool::drop(backend& b) {
    const auto at = idle_.find(b.url());
    if (at == idle_.end()) return;
    auto& list = at->second;
    const auto place = std::find_if(list.begin(), list.end(), [&](const auto& p) { return p.get() == &b; });
    if (place == list.end()) return;
    auto gone = std::move(*place);
    list.erase(place);
    --size_;
    discard(std::move(gone));
}

void backend_pool::sweep() {
    for (auto at = idle_.begin(); at != idle_.end();) {
        auto& list = at->second; // the longest idle one is in front
        auto fresh = list.begin();
        for (; fresh != list.end() && loop_.now() - (*fresh)->idle_since > idle_time_; ++fresh, --size_)
            discard(std::move(*fresh));
        list.erase(list.begin(), fresh);
        at = list.empty() ? idle_.erase(at) : std::next(at);
    }
}

void backend_pool::clear() {
    for (auto& [url, list] : idle_)
        for (auto& b : list) discard(std::move(b));
    idle_.clear();
    size_ = 0;
}

void backend_pool::discard(std::unique_ptr<backend> b) {
    b->user = nullptr;
    b->stream.close();
    loop_.retire(std::move(b));
}

} // namespace berth::proxy
