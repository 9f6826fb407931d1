// SPDX-License-Identifier: BSD-3-Clause
// Spawn progress as server-sent events (hub contract 1.5):
//
//   stream = LF LF *( event / keep-alive )
//   event  = "data: " JSON LF LF       keep-alive = LF LF, every 8 s
//   JSON   = {"progress": 0..100, "message", ["html_message"], ["ready": true, "url"], ["failed": true, "failure"]}
#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/models.hpp"
#include "hubapi/model/urls.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/routes.hpp"

#include <fmt/format.h>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

constexpr auto keep_alive = std::chrono::seconds(8);
// A start that has failed is tidied up before its server counts as stopped; its log is read meanwhile. The last event waits
// for that, but not for a scheduler that does not answer.
constexpr auto log_patience = std::chrono::seconds(5);

std::string frame(const std::function<void(json_writer&)>& members) {
    std::string out = "data: ";
    json_writer w(out);
    w.open('{');
    members(w);
    w.close('}');
    return out + "\n\n";
}

void write_place(json_writer& w, const scheduler::server& s) {
    w.key("phase").text(to_string(s.state));
    if (s.unknown_since) w.key("unknown_since").time(s.unknown_since);
    if (!s.job || s.job_id.empty()) return;
    w.key("job_id").text(s.job_id).key("state").text(s.job->state).key("reason").text_or_null(s.job->reason);
    w.key("expected_start").time(s.job->expected_start).key("node").text_or_null(s.job->node);
}

std::string step(const scheduler::server& s, const scheduler::progress_entry& e) {
    return frame([&](json_writer& w) {
        w.key("progress").number(e.percent).key("message").text(e.message).key("at").time(e.at);
        write_place(w, s);
    });
}

// The scheduler has stopped answering, or answers again: no step of the start, but what somebody who waits must know.
std::string outage(const scheduler::server& s) {
    return frame([&](json_writer& w) {
        w.key("progress").number(s.progress.empty() ? 0 : s.progress.back().percent);
        w.key("message").text(s.unknown_since ? "The cluster does not answer; the start is kept and goes on when it is back"
                                              : "The cluster answers again");
        write_place(w, s);
    });
}

std::string ready(const scheduler::server& s) {
    return frame([&](json_writer& w) {
        const auto url = html_escape(s.url_path);
        w.key("progress").number(100).key("ready").boolean(true).key("message").text("Server ready at " + s.url_path);
        w.key("html_message").text(fmt::format("Server ready at <a href=\"{0}\">{0}</a>", url)).key("url").text(s.url_path);
    });
}

std::string failed(const scheduler::server* s) {
    return frame([&](json_writer& w) {
        w.key("progress").number(100).key("failed").boolean(true);
        if (!s || !s->failure) {
            w.key("message").text("Spawn cancelled");
            return;
        }
        w.key("message").text("Spawn failed: " + s->failure->sentence).key("failure");
        write_failure(w, *s->failure);
    });
}

// Sends what is new since the last round; true when the last event has been sent.
struct cursor {
    std::string attempt;
    std::size_t sent = 0;
    std::optional<time_point> unknown_since; // as told

    static bool still_reading(const scheduler::server& s, time_point now) {
        return s.active() && s.failure && s.failure->log_tail.empty() && now - s.failure->at < log_patience;
    }

    std::pair<std::string, bool> next(const scheduler::server* s, time_point now) {
        if (!s) return {failed(nullptr), true};
        if (attempt.empty()) attempt = s->attempt;
        if (s->attempt != attempt) sent = 0, attempt = s->attempt;
        std::string out;
        for (; sent < s->progress.size(); ++sent) out += step(*s, s->progress[sent]);
        if (s->ready()) return {out + ready(*s), true};
        if (s->pending() == "spawn" && std::exchange(unknown_since, s->unknown_since) != s->unknown_since) out += outage(*s);
        if (!s->active() || s->state == scheduler::phase::stopping) {
            if (still_reading(*s, now)) return {out, false};
            return {out + failed(s), true};
        }
        return {out, false};
    }
};

asio::awaitable<void> produce(hub& h, scheduler::server_key key, http::body_writer& out) {
    if (!co_await out.write("\n\n")) co_return;
    cursor at;
    for (;;) {
        const auto* s = h.servers.find(key);
        const auto seen = s ? s->version : 0;
        auto [text, last] = at.next(s, h.time.now());
        if (text.empty()) text = "\n\n";
        const bool ending = s && s->state == scheduler::phase::stopping; // asked before the write: `s` is good until then
        if (!co_await out.write(text) || last) co_return;
        co_await h.servers.changed(key, seen, ending ? log_patience : keep_alive);
    }
}

asio::awaitable<response> progress(hub& h, principal caller, request r) {
    const auto name = r.param("user"), server = r.param("server");
    if (auto no = refuse(h, caller, {"read:servers"}, auth::target::of_server(name, server))) co_return std::move(*no);
    const auto* u = h.who.find(name);
    const auto* s = u ? h.servers.find({u->id, server}) : nullptr;
    if (!s) co_return error_answer(404, "");
    if (!s->active() && !s->failure) co_return error_answer(400, full_name(name, server) + " is not starting...");
    const auto key = s->key;
    co_return http::make_event_stream([&h, key](http::body_writer& out) { return produce(h, key, out); });
}

} // namespace

void add_progress_routes(http::router& routes, hub& h) {
    add_api(routes, h, "GET", "/hub/api/users/{user}/server/progress", progress);
    add_api(routes, h, "GET", "/hub/api/users/{user}/servers/{server}/progress", progress);
}

} // namespace berth::hub
