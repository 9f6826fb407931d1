// SPDX-License-Identifier: BSD-3-Clause
#include "auth/tokens/token_rows.hpp"

#include "daemon/runtime/encoding.hpp"

#include <nlohmann/json.hpp>

namespace berth::auth {
namespace {

std::optional<std::vector<std::string>> read_scopes(const std::string& text) {
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    if (!parsed.is_array()) return std::nullopt;
    std::vector<std::string> out;
    for (const auto& scope : parsed) {
        if (!scope.is_string()) return std::nullopt;
        out.push_back(scope.get<std::string>());
    }
    return out;
}

store::value stored_id(const std::optional<std::int64_t>& id) {
    return id ? store::value(*id) : store::value(nullptr);
}

} // namespace

store::migrations token_tables() {
    return {"auth_tokens",
            {"CREATE TABLE tokens (id BIGINT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, user_id BIGINT, "
             "service TEXT NOT NULL, client_id TEXT NOT NULL, session_id TEXT NOT NULL, note TEXT NOT NULL, "
             "scopes TEXT NOT NULL, created BIGINT NOT NULL, expires_at BIGINT, last_activity BIGINT, "
             "is_server BIGINT NOT NULL, server TEXT NOT NULL)"}};
}

store::statement select_tokens() { return {"SELECT * FROM tokens ORDER BY id", {}}; }

store::statement insert_token(const std::string& digest, const token_record& r) {
    return {
        "INSERT INTO tokens (id, digest, user_id, service, client_id, session_id, note, scopes, created, "
        "expires_at, "
        "last_activity, is_server, server) VALUES (:id, :digest, :user_id, :service, :client_id, "
        ":session_id, :note, "
        ":scopes, :created, :expires_at, :last_activity, :is_server, :server)",
        {{"id", r.id},
         {"digest", hex_encode(digest)},
         {"user_id", stored_id(r.user_id)},
         {"service", r.service},
         {"client_id", r.client_id},
         {"session_id", r.session_id},
         {"note", r.note},
         {"scopes", nlohmann::json(r.scopes).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)},
         {"created", store::stored(r.created)},
         {"expires_at", store::stored(r.expires_at)},
         {"last_activity", store::stored(r.last_activity)},
         {"is_server", store::stored_bool(r.is_server)},
         {"server", r.server}}};
}

store::statement delete_token(std::int64_t id) { return {"DELETE FROM tokens WHERE id = :id", {{"id", id}}}; }

store::statement touch_token(std::int64_t id, time_point when) {
    return {"UPDATE tokens SET last_activity = :at WHERE id = :id",
            {{"at", store::stored(when)}, {"id", id}}};
}

std::optional<std::pair<std::string, token_record>> read_token(const store::row& r) {
    auto digest = hex_decode(store::text(r, "digest"));
    auto scopes = read_scopes(store::text(r, "scopes"));
    if (!digest || digest->size() != 32 || !scopes) return std::nullopt;
    token_record t;
    t.id = store::integer(r, "id");
    t.user_id = store::optional_integer(r, "user_id");
    t.service = store::text(r, "service");
    t.client_id = store::text(r, "client_id");
    t.session_id = store::text(r, "session_id");
    t.note = store::text(r, "note");
    t.scopes = std::move(*scopes);
    t.created = store::time(r, "created");
    t.expires_at = store::optional_time(r, "expires_at");
    t.last_activity = store::optional_time(r, "last_activity");
    t.is_server = store::boolean(r, "is_server");
    t.server = store::text(r, "server");
    return std::pair(std::move(*digest), std::move(t));
}

} // namespace berth::auth
