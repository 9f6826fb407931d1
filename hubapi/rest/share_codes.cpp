// SPDX-License-Identifier: BSD-3-Clause
// /hub/api/share-codes: invitations to a server, for whoever is given the code.
#include "daemon/http/forms.hpp"
#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/models.hpp"
#include "hubapi/rest/guard.hpp"
#include "hubapi/rest/routes.hpp"
#include "hubapi/rest/share_bodies.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>

namespace berth::hub {
namespace asio = boost::asio;
using http::request;
using http::response;
using nlohmann::json;

namespace {

constexpr std::int64_t shortest_life = 60, longest_life = 365 * 86'400, usual_life = 86'400; // seconds

// `code`: the code itself, shown once; "" afterwards.
void write_code(json_writer& w, hub& h, const share_code& c, const std::string& code = "") {
    w.open('{');
    write_shared_server(w, h, c.server);
    w.key("scopes").texts(scopes_of(h, c.server, c.scopes)).key("id").text(fmt::format("sc_{}", c.id));
    w.key("created_at").time(c.created).key("expires_at").time(c.expires_at);
    w.key("exchange_count").number(c.exchange_count).key("last_exchanged_at").time(c.last_exchanged_at);
    if (!code.empty()) {
        const auto url = h.hub_path("accept-share?code=") + code;
        w.key("code").text(code).key("accept_url").text(url);
        w.key("full_accept_url").text_or_null(h.config.public_url.empty() ? "" : h.config.public_url + url);
    }
    w.close('}');
}

response list(hub& h, const request& r, const std::vector<const share_code*>& rows) {
    return share_page(r, rows, [&h](json_writer& w, const share_code& c) { write_code(w, h, c); });
}

asio::awaitable<response> list_of_owner(hub& h, principal caller, request r) {
    const auto name = r.param("user");
    if (auto no = refuse(h, caller, {"read:shares"}, auth::target::of_user(name))) co_return std::move(*no);
    const auto* u = h.who.find(name);
    if (!u) co_return error_answer(404, "");
    co_return list(h, r, h.shared.codes_of_owner(u->id));
}

asio::awaitable<response> list_of_server(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"read:shares"}, auth::target::of_server(r.param("user"), r.param("server")))) co_return std::move(*no);
    const auto at = find_shared_server(h, r);
    if (!at) co_return error_answer(at.error());
    co_return list(h, r, h.shared.codes_of_server(at->key));
}

result<duration> read_life(const json& body) {
    const auto at = body.find("expires_in");
    const auto seconds = at == body.end() ? json(usual_life) : *at;
    if (!seconds.is_number_integer() || seconds < shortest_life || seconds > longest_life)
        return fail(errc::invalid_argument, fmt::format("expires_in must be a number of seconds from {} to {}, not {}", shortest_life, longest_life, seconds.dump()));
    return std::chrono::seconds(seconds.get<std::int64_t>());
}

asio::awaitable<response> issue(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"shares"}, auth::target::of_server(r.param("user"), r.param("server")))) co_return std::move(*no);
    auto body = read_object(r);
    if (!body) co_return error_answer(body.error());
    if (auto ok = check_members(*body, {"scopes", "expires_in"}); !ok) co_return error_answer(ok.error());
    const auto life = read_life(*body);
    if (!life) co_return error_answer(life.error());
    auto asked = read_scopes(*body, r.param("user"), r.param("server"));
    if (!asked) co_return error_answer(asked.error());
    const auto at = find_shared_server(h, r);
    if (!at) co_return error_answer(at.error());
    auto scopes = scopes_to_give(h, caller, *at, std::move(*asked));
    if (!scopes) co_return error_answer(scopes.error());
    auto made = co_await h.shared.issue_code(at->key, std::move(*scopes), *life);
    if (!made) co_return error_answer(made.error());
    h.log.info("share.code_issued", {{"user", at->owner}, {"server", at->server}, {"code_id", made->id}, {"by", caller.name}});
    const auto* c = h.shared.find_code(made->id);
    if (!c) co_return error_answer(404, "");
    co_return http::make_json(200, to_json([&](json_writer& w) { write_code(w, h, *c, made->code); }));
}

// The codes that ?code= or ?id= means, every one without them. not_found for one that this server has not.
result<std::vector<std::int64_t>> meant_codes(const hub& h, const shared_server& at, const request& r) {
    const auto code = http::find_value(r.query, "code"), id = http::find_value(r.query, "id");
    std::vector<std::int64_t> out;
    const share_code* one = nullptr;
    if (code && !code->empty()) {
        one = h.shared.find_code(*code);
        if (!one || one->server != at.key) return fail(errc::not_found, "No matching code found");
    } else if (id && !id->empty()) {
        std::int64_t number = 0;
        const auto* const end = id->data() + id->size();
        if (id->starts_with("sc_") && std::from_chars(id->data() + 3, end, number).ptr == end) one = h.shared.find_code(number);
        if (!one || one->server != at.key) return fail(errc::not_found, "No code found matching id=" + *id);
    }
    if (one)
        out.push_back(one->id);
    else
        for (const auto* c : h.shared.codes_of_server(at.key)) out.push_back(c->id);
    return out;
}

asio::awaitable<response> remove(hub& h, principal caller, request r) {
    if (auto no = refuse(h, caller, {"shares"}, auth::target::of_server(r.param("user"), r.param("server")))) co_return std::move(*no);
    const auto at = find_shared_server(h, r);
    if (!at) co_return error_answer(at.error());
    auto ids = meant_codes(h, *at, r);
    if (!ids) co_return error_answer(ids.error());
    const auto count = ids->size();
    if (auto done = co_await h.shared.remove_codes(std::move(*ids)); !done) co_return error_answer(done.error());
    h.log.info("share.codes_removed", {{"user", at->owner}, {"server", at->server}, {"count", count}, {"by", caller.name}});
    co_return http::make_empty(204);
}

} // namespace

void add_share_code_routes(http::router& routes, hub& h) {
    add_api(routes, h, "GET", "/hub/api/share-codes/{user}", list_of_owner);
    add_api(routes, h, "GET", "/hub/api/share-codes/{user}/{server*}", list_of_server);
    add_api(routes, h, "POST", "/hub/api/share-codes/{user}/{server*}", issue);
    add_api(routes, h, "DELETE", "/hub/api/share-codes/{user}/{server*}", remove);
}

} // namespace berth::hub
