// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/transport.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>

namespace berth::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t tls_record = 16 << 10;

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL: a client that goes away would kill the process.
int bio_descriptor(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int bio_write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    const auto n = ::send(bio_descriptor(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(n);
}

int bio_read(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    const auto n = ::recv(bio_descriptor(bio), data, static_cast<std::size_t>(size), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    return static_cast<int>(n);
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* make_bio_method() {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "berth socket");
    BIO_meth_set_write(m, bio_write);
    BIO_meth_set_read(m, bio_read);
    BIO_meth_set_ctrl(m, bio_control);
    return m;
}

// A constant table; made once because OpenSSL hands out a limited number of type indexes.
const BIO_METHOD* bio_method() {
    static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method(make_bio_method(),
                                                                              BIO_meth_free);
    return method.get();
}

} // namespace

transport::transport(const asio::any_io_executor& executor, int descriptor, const tls_context& tls)
    : socket_(executor, descriptor) {
    if (!tls) return;
    ssl_ = SSL_new(tls.get());
    BIO* bio = BIO_new(bio_method());
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_accept_state(ssl_);
}

transport::~transport() { SSL_free(ssl_); }

transport::outcome transport::tls_outcome(int result) {
    switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return {io::wait_read};
    case SSL_ERROR_WANT_WRITE: return {io::wait_write};
    default:
        plain_http_ = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_HTTP_REQUEST;
        broken_ = true; // OpenSSL forbids a shutdown after a fatal error
        ERR_clear_error();
        return {io::closed};
    }
}

transport::outcome transport::handshake() {
    ERR_clear_error();
    const int r = SSL_do_handshake(ssl_);
    return r == 1 ? outcome{io::done} : tls_outcome(r);
}

transport::outcome transport::read(std::span<char> into) {
    if (ssl_ != nullptr) {
        ERR_clear_error();
        std::size_t n = 0;
        const int r = SSL_read_ex(ssl_, into.data(), into.size(), &n);
        return r == 1 ? outcome{io::done, n} : tls_outcome(r);
    }
    return discard(into);
}

transport::outcome transport::discard(std::span<char> into) {
    const auto n = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
    if (n > 0) return {io::done, static_cast<std::size_t>(n)};
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return {io::wait_read};
    return {io::closed};
}

transport::outcome transport::write(std::string_view a, std::string_view b) {
    if (ssl_ != nullptr) {
        ERR_clear_error();
        std::string joined;
        auto piece = a.empty() ? b : a;
        if (!a.empty() && !b.empty() && a.size() < tls_record) {
            joined.append(a).append(b.substr(0, tls_record - a.size()));
            piece = joined;
        }
        std::size_t n = 0;
        const int r = SSL_write_ex(ssl_, piece.data(), piece.size(), &n);
        return r == 1 ? outcome{io::done, n} : tls_outcome(r);
    }
    std::array<iovec, 2> pieces{iovec{const_cast<char*>(a.data()), a.size()},
                                iovec{const_cast<char*>(b.data()), b.size()}};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    const auto n = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
    if (n >= 0) return {io::done, static_cast<std::size_t>(n)};
    if (errno == EAGAIN || errno == EINTR) return {io::wait_write};
    return {io::closed};
}

void transport::write_raw(std::string_view text) {
    // Best effort: the client has made a mistake, and the text fits any send buffer.
    [[maybe_unused]] auto sent = ::send(socket_.native_handle(), text.data(), text.size(), MSG_NOSIGNAL);
}

asio::awaitable<bool> transport::wait(io what) {
    boost::system::error_code ec;
    const auto side = what == io::wait_write ? asio::posix::descriptor_base::wait_write
                                             : asio::posix::descriptor_base::wait_read;
    co_await socket_.async_wait(side, asio::redirect_error(asio::use_awaitable, ec));
    co_return !ec;
}

void transport::cancel() {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void transport::shutdown_write() {
    if (ssl_ != nullptr && !broken_ && SSL_is_init_finished(ssl_) == 1) {
        ERR_clear_error();
        SSL_shutdown(ssl_);
        ERR_clear_error();
    }
    ::shutdown(socket_.native_handle(), SHUT_WR);
}

} // namespace berth::http
