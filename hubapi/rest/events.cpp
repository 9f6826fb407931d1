// SPDX-License-Identifier: BSD-3-Clause
// Changes of users and servers as server-sent events, for who would otherwise list them again and again:
//
//   stream = begin *( event / keep-alive )     keep-alive = a comment, every 8 s
//   event  = "id: " RUN "-" NUMBER LF "event: " NAME LF "data: " JSON LF LF
//   NAME   = "begin" / "reset" / "user" / "user_deleted" / "server" / "server_deleted"
//
// An event tells how things stand when it is sent: of several changes in between the last one is told. What the caller may
// see is asked again for each.
#include "daemon/http/sse.hpp"
#include "hubapi/model/authenticate.hpp"
#include "hubapi/model/change_feed.hpp"
#include "hubapi/model/models.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/routes.hpp"

#include <fmt/format.h>

#include <charconv>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;

namespace {

constexpr auto keep_alive = std::chrono::seconds(8);
constexpr auto gathering = std::chrono::milliseconds(50); // changes come in bursts
constexpr std::size_t at_once = 200;

std::string frame(const change_feed& feed, std::uint64_t number, std::string_view name, const std::string& data) {
    return fmt::format("id: {}-{}\nevent: {}\n{}", feed.run(), number, name, http::sse_data(data));
}

std::string server_event(hub& h, const principal& caller, const change& c) {
    const auto t = auth::target::of_server(c.user, c.server);
    if (!caller.scopes->covers("read:servers", t, h.who)) return "";
    const auto* u = h.who.find(c.user_id);
    const auto* s = u ? h.servers.find({c.user_id, c.server}) : nullptr;
    const auto name = [&](json_writer& w) -> json_writer& { return w.open('{').key("user").text(c.user).key("name").text(c.server); };
    if (!s) return frame(*h.changes, c.number, "server_deleted", to_json([&](json_writer& w) { name(w).close('}'); }));
    return frame(*h.changes, c.number, "server", to_json([&](json_writer& w) {
                     name(w).key("server");
                     write_server(w, h, *u, *s, caller.scopes->covers("admin:server_state", t, h.who));
                     w.close('}');
                 }));
}

std::string user_event(hub& h, const principal& caller, const change& c) {
    const auto* u = h.who.find(c.user_id);
    const auto t = auth::target::of_user(u ? u->name : c.user);
    if (!caller.scopes->covers("read:users:name", t, h.who)) return "";
    if (!u)
        return frame(*h.changes, c.number, "user_deleted", to_json([&](json_writer& w) { w.open('{').key("name").text(c.user).close('}'); }));
    return frame(*h.changes, c.number, "user", to_json([&](json_writer& w) { write_user(w, h, *u, caller, {}); }));
}

// Where a client goes on: behind what it has seen, when that was in this run.
std::optional<std::uint64_t> last_seen(const change_feed& feed, const request& r) {
    const auto id = r.header("Last-Event-ID");
    if (!id.starts_with(feed.run() + "-")) return std::nullopt;
    std::uint64_t out = 0;
    const auto* begin = id.data() + feed.run().size() + 1;
    const auto [end, ec] = std::from_chars(begin, id.data() + id.size(), out);
    if (ec != std::errc{} || end != id.data() + id.size() || !feed.since(out, 1)) return std::nullopt;
    return out;
}

// `place` is held as long as the stream lasts.
asio::awaitable<void> produce(hub& h, request r, std::shared_ptr<change_feed::place> place, http::body_writer& out) {
    auto& feed = *h.changes;
    auto known = last_seen(feed, r);
    const bool lost = !known && r.headers.has("Last-Event-ID");
    auto seen = known.value_or(feed.newest());
    if (!known && !co_await out.write(frame(feed, seen, lost ? "reset" : "begin", "{}"))) co_return;
    for (;;) {
        co_await feed.more(h.time, keep_alive, seen);
        co_await h.time.sleep_for(gathering);
        const auto caller = authenticate(h, r);
        if (!caller) co_return; // its token or session is over
        const auto news = feed.since(seen, at_once);
        std::string text;
        if (!news) {
            seen = feed.newest();
            text = frame(feed, seen, "reset", "{}");
        } else {
            seen = std::min<std::uint64_t>(feed.newest(), seen + at_once);
            for (const auto& c : *news) text += c.of_server ? server_event(h, *caller, c) : user_event(h, *caller, c);
        }
        if (text.empty() && news && !news->empty()) continue;
        if (!co_await out.write(text.empty() ? std::string(http::sse_keep_alive()) : text)) co_return;
    }
}

asio::awaitable<response> events(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"read:servers", "read:users:name"})) co_return std::move(*no);
    auto place = h.changes ? h.changes->follow(fmt::format("{} {}", caller.user_id, caller.name)) : nullptr;
    if (!place)
        co_return error_answer(failure{errc::limit_exceeded, fmt::format("Too many follow the events: {} for one user or service and {} in all are allowed",
                                                                         change_feed::most_of_one, change_feed::most_followers)});
    r.body.clear();
    co_return http::make_event_stream([&h, r = std::move(r), place = std::move(place)](http::body_writer& out) { return produce(h, r, place, out); });
}

} // namespace

void add_event_routes(http::router& routes, hub& h) { add_api(routes, h, "GET", "/hub/api/events", events); }

} // namespace berth::hub
