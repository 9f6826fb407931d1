// SPDX-License-Identifier: BSD-3-Clause
// The connection's way out: answers, streams, refusals, the last goodbye.
#include "daemon/http/connection.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace berth::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t write_piece = 64 << 10;
constexpr std::size_t most_discarded = 16 << 20; // of what a refused client still sends
constexpr auto linger_time = std::chrono::seconds(2);

void advance(std::string_view& head, std::string_view& body, std::size_t bytes) {
    const auto from_head = std::min(bytes, head.size());
    head.remove_prefix(from_head);
    body.remove_prefix(bytes - from_head);
}

} // namespace

response make_error(int status, std::string_view message) {
    return make_json(status, fmt::format(R"({{"status":{},"message":"{}"}})", status, message));
}

// A chunked body, or a raw one for HTTP/1.0.
class connection::writer final : public body_writer {
  public:
    writer(connection& c, bool chunked) : connection_(c), chunked_(chunked) {}

    asio::awaitable<result<void>> write(std::string_view data) override {
        // A chunk of no bytes would end the body.
        const bool sent = data.empty() ? !connection_.dead() : co_await send(data);
        if (sent) co_return result<void>{};
        co_return fail(errc::cancelled, "the client has gone");
    }

    asio::awaitable<bool> finish() {
        if (!chunked_) co_return true;
        co_return co_await connection_.finish_write("0\r\n\r\n", "");
    }

  private:
    asio::awaitable<bool> send(std::string_view data) {
        if (connection_.dead()) co_return false;
        if (!chunked_) co_return co_await connection_.finish_write("", data);
        auto chunk = fmt::format("{:x}\r\n", data.size());
        chunk.append(data).append("\r\n");
        co_return co_await connection_.finish_write(std::move(chunk), "");
    }

    connection& connection_;
    bool chunked_;
};

// Writes what goes without waiting: `done`, `closed`, or what to wait for with `head` and `body` cut to the
// rest.
transport::io connection::write_some(std::string_view& head, std::string_view& body) {
    while (!head.empty() || !body.empty()) {
        const auto did = io_.write(head, body);
        if (did.status != transport::io::done) return did.status;
        advance(head, body, did.bytes);
    }
    return transport::io::done;
}

// `body` outlives the call. False: the connection is over.
asio::awaitable<bool> connection::finish_write(std::string head, std::string_view body) {
    std::string_view head_left = head;
    auto body_left = body;
    const auto before = deadline_;
    due_in(host_->settings.bounds.write_time);
    std::size_t piece_from = head_left.size() + body_left.size();
    while (true) {
        const auto status = write_some(head_left, body_left);
        if (status == transport::io::done) break;
        if (status == transport::io::closed) co_return false;
        const auto left = head_left.size() + body_left.size();
        // A trickle does not count as taking the answer.
        if (piece_from - left >= write_piece) {
            piece_from = left;
            due_in(host_->settings.bounds.write_time);
        }
        if (dead() || !co_await io_.wait(status) || dead()) co_return false;
    }
    deadline_ = before;
    co_return true;
}

asio::awaitable<bool> connection::answer(response& a, head_options options, bool head_only) {
    phase_ = phase::writing;
    const bool has_body = status_has_body(a.status);
    options.date = host_->date.at(std::time(nullptr));
    if (a.stream && has_body && !head_only) co_return co_await stream(a, options);
    if (has_body && !a.stream) options.content_length = a.body.size();
    auto& scratch = host_->head;
    scratch.clear();
    if (!append_head(scratch, a, options))
        host_->log.error("http.header_dropped",
                         {{"id", options.request_id}, {"reason", "control characters"}});
    std::string_view head = scratch;
    std::string_view body = has_body && !head_only ? std::string_view(a.body) : std::string_view();
    const auto status = write_some(head, body);
    if (status == transport::io::closed) co_return false;
    if (status != transport::io::done && !co_await finish_write(std::string(head), body)) co_return false;
    if (!options.keep_alive) co_await linger();
    co_return options.keep_alive;
}

asio::awaitable<void> connection::produce(response& a, writer& to, bool& finished) {
    try {
        co_await a.stream(to);
        finished = true;
    } catch (const boost::system::system_error& e) {
        if (e.code() != asio::error::operation_aborted)
            host_->log.error("http.stream_failed", {{"error", e.what()}});
    } catch (const std::exception& e) {
        host_->log.error("http.stream_failed", {{"error", e.what()}});
    }
}

// Ends when the client goes away, or when it sends more than may wait while it is being served.
asio::awaitable<void> connection::watch() {
    const auto most = host_->settings.bounds.header_bytes;
    while (!dead() && pending_.size() <= most) {
        const auto got = io_.read(host_->received);
        if (got.status == transport::io::closed) break;
        if (got.status == transport::io::done) {
            pending_.append(host_->received.data(), got.bytes);
            charge();
        } else if (!co_await io_.wait(got.status)) {
            co_return; // the producer has ended, or the connection has
        }
    }
    end(); // wakes a producer that waits for the socket
}

asio::awaitable<bool> connection::stream(response& a, head_options options) {
    using namespace asio::experimental::awaitable_operators;
    options.chunked = !options.http_1_0;
    options.keep_alive = options.keep_alive && options.chunked;
    std::string head;
    append_head(head, a, options);
    if (!co_await finish_write(std::move(head), "")) co_return false;
    phase_ = phase::streaming;
    writer to(*this, options.chunked);
    bool finished = false;
    co_await (produce(a, to, finished) || watch());
    if (!finished || dead())
        co_return false; // without the last chunk: the client sees that something is missing
    phase_ = phase::writing;
    if (!co_await to.finish()) co_return false;
    if (!options.keep_alive) co_await linger();
    co_return options.keep_alive;
}

// Answers in place of a handler and ends the connection.
asio::awaitable<void> connection::refuse(int status, std::string message) {
    auto a = make_error(status, message);
    if (status == 503) a.headers.add("Retry-After", "1");
    reader_.reset();
    pending_.clear();
    charge();
    head_options options{.keep_alive = false};
    const summary about{host_->next_id(), "", ""};
    options.request_id = about.id;
    const auto started = steady::now();
    co_await answer(a, options, false);
    report(about, a, started);
}

// Sends our end and reads on for a while: closing at once would reset the connection, and a client that is
// still sending would never read the answer.
asio::awaitable<void> connection::linger() {
    phase_ = phase::closing;
    io_.shutdown_write();
    due_in(linger_time);
    std::size_t discarded = 0;
    while (discarded < most_discarded && !dead()) {
        const auto got = io_.discard(host_->received);
        if (got.status == transport::io::closed) break;
        if (got.status == transport::io::done)
            discarded += got.bytes;
        else if (!co_await io_.wait(got.status))
            break;
    }
}

void connection::report(const summary& about, const response& a, steady::time_point started) {
    const auto took = std::chrono::duration_cast<duration>(steady::now() - started);
    const auto& s = host_->settings;
    if (s.on_served) s.on_served({about.method, a.route, a.status, took});
    if (s.log_requests)
        host_->log.debug("http.request", {{"method", about.method},
                                          {"path", about.path},
                                          {"status", a.status},
                                          {"took_us", took.count()},
                                          {"id", about.id}});
}

} // namespace berth::http
