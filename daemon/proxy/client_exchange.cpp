// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/answer_plan.hpp"
#include "daemon/proxy/client.hpp"
#include "daemon/proxy/worker.hpp"

namespace berth::proxy {
namespace {

constexpr std::size_t read_step = 16 << 10;
// A browser that has closed its sending side and hears nothing may have gone altogether; a tunnel with one
// side closed and no traffic is at its end.
constexpr auto half_closed_time = std::chrono::seconds(15);

} // namespace

const target& client::goal() const { return request_.page_status ? hub_route_->target : route_->target; }

void client::seek_backend() {
    const auto& t = goal();
    if (!request_.fresh_only) {
        // A request that must not be done twice goes only where the other side is known to listen still.
        if (auto b = w_.pool().take(t.url, !request_.repeatable)) {
            backend_ = std::move(b);
            backend_->user = this;
            return send_request();
        }
    }
    if (t.address) return connect_to({*t.address});
    set_phase(phase::resolving);
    auto done = [&w = w_, serial = serial_](address_list list) {
        auto* c = w.find(serial);
        if (c && c->phase_ == phase::resolving) c->connect_to(std::move(list));
    };
    w_.parts().names.lookup(t.host, t.port, w_.loop(), std::move(done));
}

void client::connect_to(address_list candidates) {
    backend_ = std::make_unique<backend>(w_.loop(), w_.pool(), goal().url, std::move(candidates));
    backend_->user = this;
    if (phase_ != phase::connecting) set_phase(phase::connecting);
    on_connecting();
}

void client::on_connecting() {
    switch (backend_->connect()) {
    case backend::connecting::under_way: return;
    case backend::connecting::failed: return backend_failed();
    case backend::connecting::done: return send_request();
    }
}

void client::send_request() {
    set_phase(phase::exchange);
    response_begun_ = false;
    response_searched_ = 0;
    request_.sent = true;
    auto& out = w_.head_out();
    out = request_.head;
    bool ok = true;
    if (!request_.page_status) ok = upload_.join(out, stream_);
    if (!ok) return refuse(local_answer::bad_request);
    // A failed write is looked at when the response is read: there may be one all the same.
    if (!backend_->stream.write(out)) request_.upload_dead = true;
    // The response comes with an event of its own; looking now would nest one exchange in the other.
    run_upload();
}

void client::run_exchange() {
    if (!run_upload() || phase_ != phase::exchange) return;
    if (!response_begun_) read_response();
    if (phase_ == phase::exchange && response_begun_) run_download();
}

// False when the exchange has ended here.
bool client::run_upload() {
    if (request_.upload_dead) return true;
    if (request_.page_status || upload_.framing.done()) {
        request_.upload_dead = !backend_->stream.flush();
        return true;
    }
    std::size_t moved = 0;
    const auto f = upload_.run(stream_, backend_->stream, w_.scratch(), moved);
    if (moved) {
        touch();
        route_->note_activity(w_.wall_ms());
    }
    switch (f) {
    case pump::flow::waiting:
    case pump::flow::done: return true;
    case pump::flow::yielded: w_.loop().again(*this); return true;
    case pump::flow::sink_broken: return request_.upload_dead = true;
    case pump::flow::malformed:
        if (request_.answered)
            abort();
        else
            refuse(local_answer::bad_request);
        return false;
    case pump::flow::source_ended:
    case pump::flow::source_broken: abort(); return false;
    }
    return true;
}

void client::read_response() {
    auto& in = backend_->stream.unread();
    const auto limit = w_.config().listen.bounds.header_bytes;
    while (phase_ == phase::exchange && backend_ && !response_begun_) {
        bool bad = false;
        if (!in.empty()) {
            if (const auto end = find_head_end(in, response_searched_, bad)) {
                if (!take_response(end)) return;
                continue;
            }
            response_searched_ = in.size();
        }
        if (bad || in.size() >= limit) return answer(local_answer::bad_gateway);
        switch (backend_->stream.read_more(w_.scratch(), read_step).state) {
        case io_state::ok: continue;
        case io_state::blocked: return;
        default: return backend_failed();
        }
    }
}

// False when the exchange has ended, or gone over into a tunnel.
bool client::take_response(std::size_t head_size) {
    auto& in = backend_->stream.unread();
    auto& h = w_.response;
    response_searched_ = 0;
    if (parse_response(std::string_view(in).substr(0, head_size), h) != parse_result::ok ||
        !is_acceptable(h, {.page_status = request_.page_status})) {
        answer(request_.page_status ? without_page() : local_answer::bad_gateway);
        return false;
    }
    touch();
    if (h.status == 101) {
        if (request_.upgrade)
            start_tunnel(h, head_size);
        else
            answer(local_answer::bad_gateway);
        return false;
    }
    if (h.status >= 200) {
        start_response(h, head_size);
        return phase_ == phase::exchange;
    }
    // 100 Continue, 103 Early Hints; HTTP/1.0 does not know them.
    auto& out = w_.head_out();
    out.clear();
    if (request_.minor > 0 && !request_.page_status) write_response_head(out, h, {});
    in.erase(0, head_size);
    if (stream_.write(out)) return true;
    abort();
    return false;
}

void client::start_response(const response_head& h, std::size_t head_size) {
    // While the body is still coming, nobody knows whether its rest will be wanted.
    const bool may_last = request_.keep_alive && upload_.framing.done() && w_.goes_on();
    const auto plan = plan_answer(h, {.minor = request_.minor,
                                      .page_status = request_.page_status,
                                      .is_head = request_.is_head,
                                      .keep_alive = may_last});
    response_begun_ = request_.answered = true;
    request_.backend_ends = plan.backend_ends;
    request_.keep_alive = !plan.rules.close;
    download_ = {.framing = body_framing(plan.kind, h.length), .decode = plan.decode};
    const bool counts = h.status < 300 && !request_.page_status;
    auto& out = w_.head_out();
    out.clear();
    write_response_head(out, h, plan.rules);
    backend_->stream.unread().erase(0, head_size); // `h` points to nothing from here on
    const bool ok = download_.join(out, backend_->stream);
    if (!stream_.write(out) || !ok) return abort();
    if (counts) route_->note_activity(w_.wall_ms());
}

void client::run_download() {
    std::size_t moved = 0;
    const auto f = download_.run(backend_->stream, stream_, w_.scratch(), moved);
    if (moved) touch();
    switch (f) {
    case pump::flow::waiting: return;
    case pump::flow::yielded: w_.loop().again(*this); return;
    case pump::flow::done:
        // Bytes behind the response are nobody's: that connection is not used again.
        if (!backend_->stream.unread().empty()) request_.backend_ends = true;
        return finish_exchange();
    case pump::flow::source_ended:
        if (download_.framing.kind() == body_kind::until_close) return finish_exchange();
        [[fallthrough]];
    case pump::flow::source_broken:
    case pump::flow::sink_broken:
    case pump::flow::malformed: return abort(); // cut off, so that the browser does not take it for the whole
    }
}

void client::start_tunnel(const response_head& h, std::size_t head_size) {
    auto& out = w_.head_out();
    out.clear();
    write_response_head(out, h, {.upgrade = true});
    backend_->stream.unread().erase(0, head_size);
    std::string().swap(request_.head);
    upload_ = {.framing = body_framing(body_kind::until_close, 0)};
    download_ = upload_;
    upload_ended_ = download_ended_ = false;
    download_.join(out, backend_->stream);
    if (!stream_.write(out)) return abort();
    set_phase(phase::tunnel);
    route_->note_activity(w_.wall_ms());
    run_tunnel();
}

void client::run_tunnel() {
    if (!run_direction(upload_, stream_, backend_->stream, upload_ended_, true)) return;
    if (!run_direction(download_, backend_->stream, stream_, download_ended_, false)) return;
    if (upload_ended_ && download_ended_) abort();
}

// False when the tunnel has ended.
bool client::run_direction(pump& p, byte_stream& from, byte_stream& to, bool& ended, bool from_browser) {
    if (ended) return true;
    std::size_t moved = 0;
    const auto f = p.run(from, to, w_.scratch(), moved);
    if (moved) {
        touch();
        if (from_browser) route_->note_activity(w_.wall_ms());
    }
    if (f == pump::flow::waiting) return true;
    if (f == pump::flow::yielded) {
        w_.loop().again(*this);
        return true;
    }
    if (f == pump::flow::source_ended) {
        ended = true;
        to.finish_writing();
        return true;
    }
    abort();
    return false;
}

void client::release_backend(bool reusable) {
    if (!backend_) return;
    if (reusable) return w_.pool().give(std::move(backend_));
    backend_->user = nullptr;
    backend_->stream.close();
    w_.loop().retire(std::move(backend_));
}

// No connection, or it ended before a response began.
void client::backend_failed() {
    const bool stale = backend_ && backend_->used_before && request_.sent;
    const bool may_repeat = !request_.sent || request_.repeatable;
    release_backend(false);
    if (request_.page_status) return answer(without_page());
    if (stale && may_repeat && !request_.fresh_only) {
        request_.fresh_only = true;
        request_.sent = false;
        return seek_backend();
    }
    // Who names a server for errors wants its words for programs too.
    const bool words = w_.parts().error_route != nullptr;
    if (!route_->is_default()) return request_.json && !words ? answer(local_answer::server_away) : ask_for_page(503);
    if (!may_repeat || w_.loop().now() >= request_.hold_until || w_.draining())
        return words ? ask_for_page(503) : answer(local_answer::hub_away);
    request_.fresh_only = true;
    request_.sent = false;
    set_phase(phase::holding);
    // A hub that is restarted is back in a moment; one that stays away is not worth a look every few milliseconds.
    const auto held = w_.config().hold_time - (request_.hold_until - w_.loop().now());
    if (held < std::chrono::seconds(1)) w_.loop().tick_within(std::chrono::milliseconds(15));
}

// What is said where nobody words the error.
local_answer client::without_page() const {
    if (!route_) return local_answer::no_route;
    return route_->is_default() ? local_answer::hub_away : local_answer::server_away;
}

// The hub, or the server that was named for that, words the error, as for configurable-http-proxy:
// GET <error_target>/503?url=<path>.
void client::ask_for_page(int status) {
    const auto& named = w_.parts().error_route;
    const auto* hub = named ? &named : w_.routes().exact("/");
    if (!hub || (w_.config().error_target.empty() && !named) || request_.upgrade) return answer(without_page());
    if (parse_request(request_.head, w_.request) != parse_result::ok) return answer(without_page());
    hub_route_ = *hub;
    std::string page;
    write_page_request(page, w_.request, w_.config().error_target, status);
    request_.head = std::move(page);
    request_.page_status = status;
    request_.repeatable = true;
    request_.fresh_only = request_.sent = false;
    request_.keep_alive = request_.keep_alive && upload_.framing.done();
    seek_backend();
}

void client::check_exchange_time() {
    const auto& c = w_.config();
    const auto waited = w_.loop().now() - since_;
    const auto over = [&](duration limit) { return limit.count() > 0 && waited > limit; };
    const bool half_closed = stream_.peer_finished() && waited > half_closed_time;
    switch (phase_) {
    case phase::resolving:
    case phase::connecting:
        if (over(request_.page_status ? c.page_time : c.connect_time)) backend_failed();
        return;
    case phase::holding: return seek_backend();
    case phase::tunnel:
        if ((upload_ended_ || download_ended_) && waited > half_closed_time) return abort();
        if (over(c.tunnel_idle_time)) abort();
        return;
    case phase::exchange:
        if (stream_.unsent()) {
            if (over(c.listen.bounds.write_time)) abort();
        } else if (!upload_.framing.done() && !backend_->stream.unsent() && !request_.page_status &&
                   over(c.listen.bounds.body_time)) {
            if (request_.answered)
                abort();
            else
                refuse(local_answer::head_timeout);
        } else if (request_.page_status && !request_.answered && over(c.page_time)) {
            backend_failed();
        } else if (over(c.response_time) && !request_.answered && !request_.page_status) {
            release_backend(false);
            ask_for_page(503);
        } else if (over(c.response_time) || half_closed) {
            abort();
        }
        return;
    default: return;
    }
}

} // namespace berth::proxy
