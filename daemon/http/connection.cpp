// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/connection.hpp"

#include "daemon/http/forms.hpp"
#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace berth::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t small_request = 4 << 10; // is taken even when the budget for requests is spent

bool is_request_id(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               c == '.' || c == '-';
    });
}

std::string describe_current_exception() {
    try {
        throw;
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an exception of unknown type";
    }
}

} // namespace

host::host(asio::any_io_executor e, logger& l, listen_settings s, dispatcher d)
    : executor(std::move(e))
    , log(l)
    , settings(std::move(s))
    , dispatch(std::move(d))
    , opened(executor)
    , closed(executor) {
    const auto seed = random_bytes(sizeof id_state);
    std::memcpy(&id_state, seed.data(), sizeof id_state);
}

std::string host::next_id() {
    // splitmix64: a bijection of a counter, so ids differ.
    id_state += 0x9e3779b97f4a7c15;
    auto z = id_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    std::string text(16, '0');
    for (auto& c : text) {
        c = "0123456789abcdef"[z & 15];
        z >>= 4;
    }
    return text;
}

connection::connection(std::shared_ptr<host> h, accepted socket)
    : host_(std::move(h))
    , at_(host_->open.insert(host_->open.end(), this))
    , io_(host_->executor, socket.descriptor, host_->tls)
    , peer_(std::move(socket.peer)) {
    const auto address = parse_peer(peer_);
    trusted_ = peer_.empty() || (address && host_->proxies.contains(*address));
    if (host_->open.size() == 1) host_->opened.cancel();
}

connection::~connection() {
    host_->held_bytes -= charged_;
    host_->open.erase(at_);
    host_->closed.cancel();
}

void connection::expire(steady::time_point now) {
    if (now < deadline_ || dead()) return;
    expired_ = true;
    io_.cancel();
}

void connection::end_if_idle() {
    if (phase_ == phase::idle || phase_ == phase::streaming || phase_ == phase::closing) end();
}

void connection::end() {
    ended_ = true;
    io_.cancel();
}

asio::awaitable<void> connection::run(std::unique_ptr<connection> self) {
    auto& c = *self;
    if (c.io_.secure() && !co_await c.handshake()) co_return;
    while (co_await c.next_request()) {
        if (!co_await c.exchange()) break;
    }
}

asio::awaitable<bool> connection::handshake() {
    due_in(host_->settings.bounds.header_time);
    while (true) {
        const auto did = io_.handshake();
        if (did.status == transport::io::done) co_return true;
        if (did.status == transport::io::closed) break;
        if (dead() || !co_await io_.wait(did.status) || dead()) co_return false;
    }
    if (io_.got_plain_http()) {
        const std::string_view body =
            R"({"status":400,"message":"this port speaks HTTPS: use https:// in the address"})";
        io_.write_raw(
            fmt::format("HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
                        "Connection: close\r\n\r\n{}",
                        body.size(), body));
        co_await linger();
    }
    co_return false;
}

// Parses what has come. Keeps what the parser could not take yet, or what belongs to the next request.
void connection::absorb(std::string_view bytes) {
    const auto& bounds = host_->settings.bounds;
    if (!reader_) {
        reader_ = std::make_unique<request_reader>(bounds.header_bytes, bounds.body_bytes);
        phase_ = phase::reading;
        continued_ = false;
        due_in(bounds.header_time);
    }
    const bool had_head = reader_->has_head();
    if (pending_.empty()) {
        pending_.assign(bytes.substr(reader_->feed(bytes)));
    } else {
        pending_.append(bytes);
        pending_.erase(0, reader_->feed(pending_));
    }
    if (!had_head && reader_->has_head()) due_in(bounds.body_time);
    charge();
}

void connection::charge() {
    const auto now = pending_.size() + taken_ + (reader_ ? reader_->body_size() : 0);
    host_->held_bytes += now - charged_;
    charged_ = now;
}

bool connection::over_budget() const {
    return charged_ > small_request && host_->held_bytes > host_->settings.bounds.held_bytes;
}

// Answers false when the connection is to be closed without a word. Else `reader_` is complete, has failed,
// or its time is over.
asio::awaitable<bool> connection::next_request() {
    phase_ = phase::idle;
    if (host_->stopping && pending_.empty()) co_return false;
    due_in(fresh_ ? host_->settings.bounds.header_time : host_->settings.bounds.idle_time);
    // Right after an answer nothing is there yet: do not ask the kernel in vain.
    bool look_first = fresh_ || io_.secure();
    fresh_ = false;
    if (pending_.empty())
        std::string().swap(pending_);
    else
        absorb("");
    while (true) {
        if (reader_ && reader_->state() != request_reader::status::need_more) co_return true;
        if (over_budget()) co_return true;
        if (reader_ && reader_->has_head() && reader_->expects_continue() &&
            !std::exchange(continued_, true) && !co_await finish_write("HTTP/1.1 100 Continue\r\n\r\n", ""))
            co_return false;
        transport::outcome got{transport::io::wait_read};
        if (std::exchange(look_first, true)) got = io_.read(host_->received);
        if (got.status == transport::io::closed) co_return false;
        if (got.status == transport::io::done) {
            absorb({host_->received.data(), got.bytes});
            continue;
        }
        if (!dead() && co_await io_.wait(got.status) && !dead()) continue;
        co_return expired_&& reader_;
    }
}

// Fills in what the listener knows about the request; false when its target is none.
bool connection::complete(request& r) {
    std::string_view target = r.target;
    if (target.starts_with("http://") ||
        target.starts_with("https://")) { // absolute-form (RFC 9112, section 3.2.2)
        const auto authority = target.substr(target.find("//") + 2);
        const auto slash = authority.find('/');
        r.headers.set("Host", std::string(authority.substr(0, slash)));
        target = slash == std::string_view::npos ? "/" : authority.substr(slash);
    }
    if (target == "*" && r.method == "OPTIONS") target = "/";
    if (!target.starts_with('/')) return false;
    const auto mark = target.find('?');
    r.raw_path = target.substr(0, mark);
    if (mark != std::string_view::npos) {
        r.raw_query = target.substr(mark + 1);
        r.query = parse_urlencoded(r.raw_query);
    }
    const std::string_view path = r.raw_path;
    const auto& base = host_->base_path;
    r.in_base_url = path.starts_with(base) && (path.size() == base.size() || path[base.size()] == '/');
    r.path = r.in_base_url ? path.substr(base.size()) : path;
    if (r.path.empty()) r.path = "/";
    apply_forwarded(r, peer_, trusted_, io_.secure(), host_->proxies);
    const auto sent = r.header("x-request-id");
    r.id = is_request_id(sent) ? std::string(sent) : host_->next_id();
    return true;
}

// The caller keeps both alive; a request is large enough for each further move to be seen in a profile.
asio::awaitable<response> connection::handle(request& r, const summary& about) {
    try {
        co_return co_await host_->dispatch(std::move(r));
    } catch (...) {
        if (!dead())
            host_->log.error("http.handler_failed", {{"method", about.method},
                                                     {"path", about.path},
                                                     {"id", about.id},
                                                     {"error", describe_current_exception()}});
    }
    co_return make_error(500, "internal error; the server's log has the details under this X-Request-ID");
}

// One request's way to its answer. False: the connection is over.
asio::awaitable<bool> connection::exchange() {
    if (expired_) {
        expired_ = false;
        co_await refuse(408, reader_->has_head() ? "the request's body came too slowly"
                                                 : "the request came too slowly");
        co_return false;
    }
    if (reader_->state() == request_reader::status::failed) {
        co_await refuse(reader_->error_status(), std::string(reader_->error_message()));
        co_return false;
    }
    if (reader_->state() == request_reader::status::need_more) {
        co_await refuse(503, "the server is busy with other requests; try again");
        co_return false;
    }
    no_deadline();
    const auto started = steady::now();
    head_options options{.http_1_0 = reader_->is_http_1_0()};
    options.keep_alive = reader_->keep_alive();
    taken_ = reader_->body_size();
    auto r = reader_->take();
    reader_.reset();
    if (!complete(r)) {
        co_await refuse(400, "the request's target is not a path");
        co_return false;
    }
    const summary about{r.id, r.method, r.raw_path};
    phase_ = phase::handling;
    auto a = co_await handle(r, about);
    taken_ = 0;
    charge();
    if (ended_) co_return false;
    options.request_id = about.id;
    options.keep_alive =
        options.keep_alive && !host_->stopping && !iequals(a.headers.get("connection"), "close");
    const bool stays = co_await answer(a, options, about.method == "HEAD");
    report(about, a, started);
    co_return stays;
}

} // namespace berth::http
