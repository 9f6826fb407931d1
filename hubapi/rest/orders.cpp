// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/rest/orders.hpp"

#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/encoding.hpp"
#include "daemon/runtime/time_text.hpp"
#include "hubapi/model/models.hpp"
#include "hubapi/rest/answer.hpp"
#include "hubapi/rest/login_required.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;
using nlohmann::json;

namespace {

// How long a stop waits for its confirmation before it answers 202. A start never waits unless it is told to: it answers as
// soon as it is durable, and the progress events tell the rest.
constexpr auto stop_patience = std::chrono::milliseconds(500);
constexpr std::size_t longest_key = 255;

constexpr auto unsaved_stop = "The server is being stopped. The hub's disk has not taken that yet: should the hub end before it does, "
                              "look whether the server is gone.\n";

std::string model_of(hub& h, const principal& caller, const named_server& at, const scheduler::server& s) {
    const auto* u = h.who.find(s.key.user_id);
    if (!u || !caller.scopes->covers("read:servers", at.target(), h.who)) return "{}";
    const bool state = caller.scopes->covers("admin:server_state", at.target(), h.who);
    return to_json([&](json_writer& w) { write_server(w, h, *u, s, state); });
}

response failed_answer(const scheduler::spawn_failure& why) {
    return http::make_json(500, to_json([&](json_writer& w) {
        w.open('{').key("status").number(500).key("message").text("Spawn failed: " + why.sentence).key("failure");
        write_failure(w, why);
        w.close('}');
    }));
}

// What has become of a start that somebody has waited for.
response outcome(hub& h, const principal& caller, const named_server& at, const scheduler::server_key& key) {
    const auto* s = h.servers.find(key);
    if (!s) return error_answer(404, "The server has been removed meanwhile.");
    if (!s->active() && s->failure) return failed_answer(*s->failure);
    return http::make_json(s->ready() ? 201 : s->active() ? 202 : 200, model_of(h, caller, at, *s));
}

asio::awaitable<response> started(hub& h, const principal& caller, named_server at, scheduler::server_key key,
                                  std::optional<duration> wait) {
    if (!wait) co_return http::make_text(202, "");
    co_await settled(h, key, *wait);
    co_return outcome(h, caller, at, key);
}

// Asked for before, under this key: the first answer again, once it is sure that a crash would not take it back.
asio::awaitable<response> started_before(hub& h, const principal& caller, named_server at, scheduler::server_key key, bool same_order,
                                         std::optional<duration> wait) {
    if (!same_order)
        co_return error_answer(422, "This Idempotency-Key has been used for another start of this server. Use a new one for each start.");
    if (auto sure = co_await h.servers.confirm(key); !sure) co_return error_answer(sure.error());
    co_return co_await started(h, caller, std::move(at), std::move(key), wait);
}

} // namespace

named_server server_of(const request& r) { return {r.param("user"), r.param("server")}; }

result<start_order> read_order(const json& body) {
    start_order order;
    if (body.is_null()) return order;
    if (!body.is_object()) return fail(errc::invalid_argument, "user options must be a JSON object");
    if (body.empty()) return order; // as if there were none
    if (!body.contains("user_options") && !body.contains("display_name")) {
        order.user_options = body.dump();
        return order;
    }
    for (const auto& [key, value] : body.items()) {
        if (key == "user_options" && value.is_object())
            order.user_options = value.dump();
        else if (key == "display_name" && value.is_string())
            order.display_name = value.get<std::string>();
        else if (!value.is_null())
            return fail(errc::invalid_argument, fmt::format("Invalid member '{}': user_options must be an object, display_name a string", key));
    }
    if (order.display_name && order.display_name->size() > 255) return fail(errc::invalid_argument, "display_name is longer than 255 bytes");
    return order;
}

result<std::optional<duration>> read_wait(const request& r) {
    const auto given = http::find_value(r.query, "wait");
    if (!given) return std::nullopt;
    const bool bare = !given->empty() && given->size() < 7 && std::ranges::all_of(*given, [](char c) { return c >= '0' && c <= '9'; });
    const auto wait = parse_duration(bare ? *given + "s" : *given);
    if (wait && *wait >= duration::zero() && *wait <= longest_wait) return *wait;
    return fail(errc::invalid_argument,
                fmt::format("wait must be a number of seconds or a time such as 90s, {} at most", to_text(longest_wait)));
}

result<scheduler::start_key> read_start_key(const request& r, const principal& caller, const start_order& order) {
    if (!r.headers.has("Idempotency-Key")) return scheduler::start_key{};
    const auto given = trim(r.header("Idempotency-Key"));
    const bool good = !given.empty() && given.size() <= longest_key && std::ranges::all_of(given, [](char c) { return c >= ' ' && c < 127; });
    if (!good) return fail(errc::invalid_argument, "Idempotency-Key must have 1 to 255 printable ASCII characters");
    const auto who = caller.is_user() ? fmt::format("user {}", caller.user_id) : "service " + caller.name;
    return scheduler::start_key{
        sha256_hex(fmt::format("{}\n{}", who, given)).substr(0, 32),
        sha256_hex(fmt::format("{}\n{}", order.user_options.value_or("-"), order.display_name.value_or(""))).substr(0, 32)};
}

asio::awaitable<response> start_one(hub& h, const principal& caller, named_server at, start_order order, std::optional<duration> wait) {
    if (auto no = refuse(h, caller, {"start:servers"}, at.target())) co_return std::move(*no);
    const auto* u = h.who.find(at.user);
    if (!u) co_return error_answer(404, "");
    const scheduler::server_key key{u->id, at.server};
    order.user_id = u->id;
    order.server = at.server;
    const auto* before = h.servers.find(key);
    const auto* asked = before && !order.key.key.empty() ? scheduler::find_start_key(before->start_keys, order.key.key) : nullptr;
    if (asked) co_return co_await started_before(h, caller, at, key, asked->order == order.key.order, wait);
    if (before && before->pending() == "spawn") co_return co_await started(h, caller, at, key, wait);
    if (auto done = co_await start_server(h, std::move(order)); !done)
        co_return done.error().code == errc::login_required ? login_required_answer(h, at.user, at.server, done.error()) : error_answer(done.error());
    co_return co_await started(h, caller, at, key, wait);
}

asio::awaitable<response> stop_one(hub& h, const principal& caller, named_server at, bool remove, std::optional<duration> wait) {
    if (auto no = refuse(h, caller, {"delete:servers"}, at.target())) co_return std::move(*no);
    const auto* u = h.who.find(at.user);
    if (!u) co_return error_answer(404, "");
    if (remove && at.server.empty()) co_return error_answer(400, "Cannot delete the default server");
    const scheduler::server_key key{u->id, at.server};
    if (!h.servers.find(key)) {
        if (at.server.empty()) co_return http::make_empty(204);
        co_return error_answer(404, fmt::format("{} has no server named '{}'", at.user, at.server));
    }
    auto saved = co_await stop_server(h, key, remove);
    if (!saved) co_return error_answer(saved.error());
    if (!*saved) co_return http::make_text(202, unsaved_stop);
    co_await settled(h, key, wait.value_or(stop_patience));
    const auto* s = h.servers.find(key);
    co_return s && s->active() ? http::make_text(202, "") : http::make_empty(204);
}

} // namespace berth::hub
