// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/client.hpp"

#include "daemon/proxy/worker.hpp"
#include "daemon/runtime/encoding.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

namespace berth::proxy {
namespace {

constexpr std::size_t read_step = 16 << 10;
constexpr std::size_t most_drained = 1 << 20; // of a body that nobody wants any more
constexpr auto closing_time = std::chrono::seconds(2);

local_answer answer_to(parse_result r) {
    switch (r) {
    case parse_result::too_many: return local_answer::head_too_large;
    case parse_result::unsupported: return local_answer::not_supported;
    case parse_result::version: return local_answer::bad_version;
    default: return local_answer::bad_request;
    }
}

bool is_idempotent(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
           method == "DELETE";
}

// Upgrades that a tunnel can carry. h2c would let requests pass by the routes.
bool wants_upgrade(const request_head& h) {
    const auto* u = h.find(header_id::upgrade);
    return u && h.says_upgrade && h.minor >= 1 && h.body == body_kind::none && !list_has(u->value, "h2c");
}

} // namespace

client::client(worker& w, std::uint64_t serial, byte_stream stream, peer_facts peer)
    : w_(w)
    , serial_(serial)
    , stream_(std::move(stream))
    , peer_(std::move(peer))
    , since_(w.loop().now()) {}

client::~client() = default;

void client::set_phase(phase p) {
    if (phase_ == phase::tunnel) w_.count_tunnel(-1);
    if (p == phase::tunnel) w_.count_tunnel(1);
    phase_ = p;
    touch();
}

void client::touch() { since_ = w_.loop().now(); }

void client::abort() {
    if (phase_ == phase::gone) return;
    set_phase(phase::gone);
    release_backend(false);
    stream_.close();
    w_.forget(*this);
}

void client::on_ready(std::uint32_t events) {
    if (phase_ == phase::gone) return;
    stream_.note(events);
    // Both directions are closed, and a request is not answered to nobody. (A tunnel passes on what was still
    // sent.)
    if (stream_.peer_gone() && phase_ != phase::tunnel && phase_ != phase::head) return abort();
    drive();
}

void client::on_backend_ready() {
    if (phase_ == phase::connecting) on_connecting();
    drive();
}

void client::drive() {
    switch (phase_) {
    case phase::head: return read_head();
    case phase::exchange: return run_exchange();
    case phase::tunnel: return run_tunnel();
    case phase::closing: return run_closing();
    case phase::resolving:
    case phase::connecting:
    case phase::holding:
    case phase::gone: return;
    }
}

bool client::flush_client() {
    if (!stream_.flush()) abort();
    return phase_ != phase::gone && stream_.unsent() == 0;
}

// RFC 9112 section 2.2: empty lines before a request line are passed over.
bool client::skip_blank_lines() {
    auto& in = stream_.unread();
    std::size_t n = 0;
    while (in.compare(n, 2, "\r\n") == 0) n += 2;
    if (n) {
        in.erase(0, n);
        searched_ = 0;
    }
    return !in.empty();
}

void client::read_head() {
    const auto limit = w_.config().listen.bounds.header_bytes;
    // One request at a time, and none while an earlier answer has not left: a peer that does not read stops
    // here.
    while (phase_ == phase::head && flush_client()) {
        bool bad = false;
        std::size_t end = 0;
        if (skip_blank_lines()) {
            end = find_head_end(stream_.unread(), searched_, bad);
            if (!head_begun_) touch();
            head_begun_ = true;
        }
        searched_ = stream_.unread().size();
        if (bad) return refuse(local_answer::bad_request);
        if (end > limit || (!end && searched_ >= limit)) return refuse(local_answer::head_too_large);
        if (end) {
            start_request(end);
            continue;
        }
        switch (stream_.read_more(w_.scratch(), read_step).state) {
        case io_state::ok: continue;
        case io_state::blocked: return;
        default: return abort();
        }
    }
}

void client::start_request(std::size_t head_size) {
    auto& in = stream_.unread();
    auto& h = w_.request;
    request_ = {.head = std::move(request_.head)};
    request_.head.clear();
    if (const auto r = parse_request(std::string_view(in).substr(0, head_size), h); r != parse_result::ok)
        return refuse(answer_to(r));
    note_request(h);
    if (w_.config().redirect_to) return redirect(h);
    if (h.target == "/_chp_healthz") {
        upload_ = {.framing = body_framing(h.body, h.length)};
    } else {
        std::string storage;
        std::string_view path = routed_path(h.target, storage);
        if (w_.config().host_routing) {
            storage = "/" + std::string(h.host.substr(0, h.host.find(':'))) + std::string(path);
            path = storage;
        }
        const auto* r = w_.routes().find(path);
        route_ = r ? *r : nullptr;
        const auto& to = r ? *r : w_.parts().error_route; // which gets no more of it than a page's request has
        if (to) write_request_head(request_.head, h, peer_, to->target.authority, request_.upgrade);
    }
    const bool healthz = h.target == "/_chp_healthz";
    if (head_size == in.size())
        std::string().swap(in);
    else
        in.erase(0, head_size);
    head_begun_ = false;
    searched_ = 0;
    if (healthz) return answer(local_answer::healthy);
    if (!route_) return w_.parts().error_route ? ask_for_page(404) : answer(local_answer::no_route);
    seek_backend();
}

void client::note_request(const request_head& h) {
    request_.keep_alive = h.keep_alive() && w_.goes_on();
    request_.minor = h.minor;
    request_.is_head = h.method == "HEAD";
    request_.repeatable = h.body == body_kind::none && is_idempotent(h.method);
    request_.upgrade = wants_upgrade(h);
    request_.html = wants_html(h);
    request_.json = wants_json(h);
    request_.hold_until = w_.loop().now() + w_.config().hold_time;
    upload_ = {.framing = body_framing(h.body, h.length)};
    download_ = {};
    response_begun_ = false;
    response_searched_ = 0;
    session_.clear();
    if (request_.upgrade) find_session(h);
}

void client::find_session(const request_head& h) {
    constexpr std::string_view name = "jupyterhub-session-id=";
    for (const auto& f : h.headers()) {
        if (f.id != header_id::cookie) continue;
        for (auto rest = f.value; !rest.empty();) {
            const auto end = std::min(rest.find(';'), rest.size());
            if (auto c = trim(rest.substr(0, end)); c.starts_with(name)) session_ = c.substr(name.size());
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
}

void client::redirect(const request_head& h) {
    if (h.host.empty() || !h.target.starts_with('/')) return refuse(local_answer::bad_request);
    const auto colon = h.host.rfind(':');
    const bool has_port = colon != h.host.npos && h.host.find(']', colon) == h.host.npos;
    const auto to = w_.config().redirect_to;
    const auto port = to == 443 ? std::string() : ":" + std::to_string(to);
    const auto out = fmt::format(
        "HTTP/1.1 301 Moved Permanently\r\nLocation: https://{}{}{}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        has_port ? h.host.substr(0, colon) : h.host, port, h.target);
    if (!stream_.write(out)) return abort();
    begin_closing();
}

void client::answer(local_answer what) {
    release_backend(false);
    const bool close = !request_.keep_alive || !upload_.framing.done();
    std::string out;
    write_answer(out, what, {.close = close, .without_body = request_.is_head, .html = request_.html});
    if (!stream_.write(out)) return abort();
    route_ = nullptr;
    if (close) return begin_closing();
    set_phase(phase::head);
    // The caller may be the loop of read_head or a backend's event: only the latter has nobody to go on.
    w_.loop().again(*this);
}

void client::refuse(local_answer what) {
    request_.keep_alive = false;
    request_.html = false;
    answer(what);
}

void client::finish_exchange() {
    const bool whole = upload_.framing.done();
    release_backend(whole && !request_.backend_ends);
    route_ = nullptr;
    if (request_.head.capacity() > 4096) std::string().swap(request_.head);
    if (!request_.keep_alive || !whole || w_.draining()) return begin_closing();
    set_phase(phase::head);
    read_head();
}

// What has been sent must reach the peer before a reset would throw it away (RFC 9112 section 9.6): stop
// sending, read what still comes for a moment.
void client::begin_closing() {
    set_phase(phase::closing);
    shut_ = false;
    drained_ = 0;
    std::string().swap(stream_.unread());
    run_closing();
}

void client::run_closing() {
    if (!flush_client()) return;
    if (!shut_) {
        shut_ = true;
        touch();
        stream_.finish_writing();
    }
    for (;;) {
        const auto r = stream_.read(w_.scratch());
        if (r.state == io_state::blocked) return;
        if (r.state != io_state::ok || (drained_ += r.bytes) > most_drained) return abort();
    }
}

void client::on_drain() {
    if (phase_ == phase::head && !head_begun_ && stream_.unsent() == 0) return begin_closing();
    request_.keep_alive = false;
}

void client::check_head_time() {
    const auto& bounds = w_.config().listen.bounds;
    const auto waited = w_.loop().now() - since_;
    if (stream_.unsent()) {
        if (waited > bounds.write_time) abort();
    } else if (head_begun_ && waited > bounds.header_time) {
        refuse(local_answer::head_timeout);
    } else if (!head_begun_ && waited > bounds.idle_time) {
        begin_closing();
    }
}

void client::on_tick() {
    switch (phase_) {
    case phase::head: return check_head_time();
    case phase::closing:
        if (w_.loop().now() - since_ > (shut_ ? loop_clock::duration(closing_time)
                                              : loop_clock::duration(w_.config().listen.bounds.write_time)))
            abort();
        return;
    default: return check_exchange_time();
    }
}

} // namespace berth::proxy
