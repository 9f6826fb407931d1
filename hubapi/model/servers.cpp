// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/servers.hpp"

#include "hubapi/model/spawn_credentials.hpp"
#include "hubapi/model/urls.hpp"
#include "scheduler/script/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>

namespace berth::hub {
namespace asio = boost::asio;
using nlohmann::json;

namespace {

long named_servers(const hub& h, std::int64_t user_id) {
    const auto mine = h.servers.of_user(user_id);
    return std::ranges::count_if(mine, [](const auto* s) { return !s->key.name.empty(); });
}

result<void> check_named(hub& h, const start_order& order) {
    if (order.server.empty()) return {};
    if (!h.config.allow_named_servers) return fail(errc::denied, "Named servers are not enabled.");
    if (h.servers.find({order.user_id, order.server})) return {};
    if (!valid_server_name(order.server)) return fail(errc::invalid_argument, fmt::format("Invalid server_name: '{}'", order.server));
    if (may_have_another(h, order.user_id)) return {};
    return fail(errc::limit_exceeded, fmt::format("You have {} named servers already, and {} is the limit. Delete one first.",
                                                  named_servers(h, order.user_id), h.config.named_server_limit_per_user));
}

// They are kept, and shown with every listing of users.
constexpr std::size_t longest_options = 65'536;

result<json> parse_options(const std::string& text) {
    if (text.size() > longest_options)
        return fail(errc::invalid_argument, fmt::format("user options have {} bytes; {} are allowed", text.size(), longest_options));
    auto options = json::parse(text, nullptr, false);
    if (options.is_discarded() || !options.is_object())
        return fail(errc::invalid_argument, "user options must be a JSON object, for example {\"profile\": \"small\"}");
    return options;
}

result<scheduler::start_request> make_request(hub& h, const start_order& order) {
    const auto* u = h.who.find(order.user_id);
    if (!u) return fail(errc::not_found, "no such user");
    if (auto ok = check_named(h, order); !ok) return fail(ok.error());
    const auto* before = h.servers.find({order.user_id, order.server});
    scheduler::start_request r;
    r.key = {order.user_id, order.server};
    r.user_name = u->name;
    r.url_path = server_path(h.config.base_url, u->name, order.server);
    r.display_name = order.display_name.value_or(before ? before->display_name : "");
    r.user_options = order.user_options.value_or(before ? before->user_options : "{}");
    auto options = parse_options(r.user_options);
    if (!options) return fail(options.error());
    auto resolved = scheduler::resolve(h.config.catalogue, *options);
    if (!resolved) return fail(resolved.error());
    r.cluster = std::move(resolved->cluster);
    r.profile = std::move(resolved->profile);
    r.fields = std::move(resolved->fields);
    r.key_of_order = order.key;
    return r;
}

// Starts and stops are activity, of the owner too, whoever asks for them: as in JupyterHub.
void mark_active(hub& h, const scheduler::server_key& key) {
    h.servers.touch(key, h.time.now());
    h.who.touch(key.user_id, h.time.now());
}

} // namespace

bool valid_server_name(std::string_view name) {
    if (name.empty() || name.size() > 30 || name.back() == '-' || name.find("--") != std::string_view::npos) return false;
    if (name.front() < 'a' || name.front() > 'z') return false;
    return std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

asio::awaitable<result<void>> start_server(hub& h, start_order order) {
    const auto* before = h.servers.find({order.user_id, order.server});
    if (before && before->active()) {
        const auto what = full_name(before->user_name, order.server);
        co_return fail(errc::conflict, before->ready() ? fmt::format("{} is already running", order.server.empty() ? before->user_name : what)
                                       : before->state == scheduler::phase::stopping
                                           ? fmt::format("{} is stopping; start it again when it has stopped", what)
                                           : fmt::format("{} is already starting", what));
    }
    auto request = make_request(h, order);
    if (!request) co_return fail(request.error());
    const auto key = request->key;
    if (h.identity.spawns)
        if (auto had = co_await h.identity.spawns->for_start(order.user_id); !had) co_return fail(had.error());
    auto done = co_await h.servers.start(std::move(*request));
    if (done) mark_active(h, key);
    co_return done;
}

asio::awaitable<result<void>> define_server(hub& h, start_order order) {
    auto request = make_request(h, order);
    if (!request) co_return fail(request.error());
    co_return co_await h.servers.define(std::move(*request));
}

asio::awaitable<result<void>> rename_server(hub& h, scheduler::server_key key, std::string name) {
    const auto* u = h.who.find(key.user_id);
    if (!u) co_return fail(errc::not_found, "no such user");
    const scheduler::server_key to{key.user_id, name};
    const auto path = server_path(h.config.base_url, u->name, name);
    auto done = co_await h.servers.rename(key, std::move(name), path, shares::renaming(key, to));
    if (done) h.shared.renamed(key, to);
    co_return done;
}

asio::awaitable<result<bool>> stop_server(hub& h, scheduler::server_key key, bool remove) {
    const auto done = co_await h.servers.stop(key, remove);
    if (!done && (done.error().code == errc::not_found || done.error().code == errc::cancelled)) co_return fail(done.error());
    mark_active(h, key);
    if (!done) h.log.warning("stop.not_saved", {{"user_id", key.user_id}, {"server", key.name}, {"why", done.error()}});
    if (remove) // another server of this name is not shared
        if (const auto gone = co_await h.shared.forget_server(key); !gone)
            h.log.warning("share.not_forgotten", {{"user_id", key.user_id}, {"server", key.name}, {"why", gone.error()}});
    co_return done.has_value();
}

bool may_have_another(const hub& h, std::int64_t user_id) {
    const int limit = h.config.named_server_limit_per_user;
    return h.config.allow_named_servers && (limit <= 0 || named_servers(h, user_id) < limit);
}

int retry_seconds() {
    static std::minstd_rand source{std::random_device()()};
    return std::uniform_int_distribution(30, 60)(source);
}

asio::awaitable<void> settled(hub& h, scheduler::server_key key, duration limit) {
    const auto end = h.time.now() + limit;
    for (;;) {
        const auto* s = h.servers.find(key);
        if (!s || s->pending().empty()) co_return;
        const auto left = end - h.time.now();
        if (left <= duration::zero()) co_return;
        co_await h.servers.changed(key, s->version, left);
    }
}

} // namespace berth::hub
