// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/byte_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace berth::proxy {
namespace {

// Gives the memory back, which clear() does not.
void release(std::string& s) { std::string().swap(s); }

} // namespace

byte_stream::byte_stream(byte_stream&& other) noexcept { *this = std::move(other); }

byte_stream& byte_stream::operator=(byte_stream&& other) noexcept {
    if (this == &other) return *this;
    close();
    fd_ = std::exchange(other.fd_, -1);
    tls_ = std::exchange(other.tls_, nullptr);
    readable_ = other.readable_;
    writable_ = other.writable_;
    finished_ = other.finished_;
    gone_ = other.gone_;
    broken_ = other.broken_;
    sent_ = other.sent_;
    unread_ = std::move(other.unread_);
    unsent_ = std::move(other.unsent_);
    return *this;
}

byte_stream::~byte_stream() { close(); }

void byte_stream::close() {
    if (tls_) SSL_free(std::exchange(tls_, nullptr));
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    release(unread_);
    release(unsent_);
    sent_ = 0;
}

void byte_stream::note(std::uint32_t events) {
    if (events & EPOLLIN) readable_ = true;
    if (events & EPOLLOUT) writable_ = true;
    if (events & EPOLLRDHUP) finished_ = readable_ = true;
    if (events & (EPOLLHUP | EPOLLERR)) gone_ = readable_ = writable_ = true;
    // Either direction of TLS may wait for the other one's event.
    if (tls_ && events) readable_ = writable_ = true;
}

io_result byte_stream::read(std::span<char> to) {
    if (to.empty()) return {io_state::blocked, 0};
    if (!unread_.empty()) {
        const auto n = std::min(to.size(), unread_.size());
        std::memcpy(to.data(), unread_.data(), n);
        if (n == unread_.size())
            release(unread_);
        else
            unread_.erase(0, n);
        return {io_state::ok, n};
    }
    if (!readable_) return {io_state::blocked, 0};
    return tls_ ? read_tls(to) : read_socket(to);
}

io_result byte_stream::read_socket(std::span<char> to) {
    const auto n = recv(fd_, to.data(), to.size(), 0);
    if (n > 0) {
        // A short read has emptied the socket: the next bytes come with an event of their own. The end of the
        // stream has been told already when it is there.
        if (static_cast<std::size_t>(n) < to.size() && !finished_ && !gone_) readable_ = false;
        return {io_state::ok, static_cast<std::size_t>(n)};
    }
    if (n == 0) {
        finished_ = true;
        return {io_state::ended, 0};
    }
    if (errno == EINTR) return read_socket(to);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        readable_ = false;
        return {io_state::blocked, 0};
    }
    broken_ = true;
    return {io_state::broken, 0};
}

io_result byte_stream::read_tls(std::span<char> to) {
    ERR_clear_error();
    const int n = SSL_read(tls_, to.data(), static_cast<int>(std::min<std::size_t>(to.size(), INT_MAX)));
    if (n > 0) return {io_state::ok, static_cast<std::size_t>(n)};
    switch (SSL_get_error(tls_, n)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: readable_ = false; return {io_state::blocked, 0};
    case SSL_ERROR_ZERO_RETURN: finished_ = true; return {io_state::ended, 0};
    default: broken_ = true; return {io_state::broken, 0};
    }
}

void byte_stream::put_back(std::string_view bytes) {
    if (!bytes.empty()) unread_.insert(0, bytes);
}

io_result byte_stream::read_more(std::span<char> scratch, std::size_t limit) {
    if (!readable_) return {io_state::blocked, 0};
    const auto room = scratch.first(std::min(scratch.size(), limit));
    if (room.empty()) return {io_state::blocked, 0};
    const auto r = tls_ ? read_tls(room) : read_socket(room);
    if (r.state == io_state::ok) unread_.append(room.data(), r.bytes);
    return r;
}

std::ptrdiff_t byte_stream::write_some(std::string_view bytes) {
    if (tls_) {
        ERR_clear_error();
        const int n =
            SSL_write(tls_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX)));
        if (n > 0) return n;
        const int e = SSL_get_error(tls_, n);
        return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    for (;;) {
        const auto n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n >= 0) return n;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    }
}

bool byte_stream::write(std::string_view bytes) {
    if (broken_) return false;
    if (unsent() == 0) {
        while (writable_ && !bytes.empty()) {
            const auto n = write_some(bytes);
            if (n < 0) return !(broken_ = true);
            if (n == 0) writable_ = false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    if (!bytes.empty()) unsent_.append(bytes);
    return true;
}

bool byte_stream::flush() {
    if (broken_) return false;
    while (writable_ && unsent()) {
        const auto n = write_some(std::string_view(unsent_).substr(sent_));
        if (n < 0) return !(broken_ = true);
        if (n == 0) writable_ = false;
        sent_ += static_cast<std::size_t>(n);
    }
    if (!unsent() && sent_) {
        release(unsent_);
        sent_ = 0;
    }
    return true;
}

void byte_stream::finish_writing() {
    if (tls_ && !broken_ && SSL_is_init_finished(tls_)) {
        ERR_clear_error();
        SSL_shutdown(tls_);
    }
    // TLS 1.2 peers may answer close_notify; a half-closed socket still lets them.
    shutdown(fd_, SHUT_WR);
}

bool byte_stream::still_quiet() const {
    char c;
    return recv(fd_, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

} // namespace berth::proxy
