// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/share_rows.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

namespace berth::hub {
namespace {

// Names of scopes hold no spaces.
std::string joined(const std::set<std::string>& scopes) { return fmt::format("{}", fmt::join(scopes, " ")); }

std::set<std::string> split(const std::string& text) {
    std::istringstream words(text);
    std::set<std::string> out;
    for (std::string word; words >> word;) out.insert(word);
    return out;
}

} // namespace

store::migrations share_tables() {
    return {"shares",
            {R"(
CREATE TABLE shares (
    id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, server TEXT NOT NULL, is_group BIGINT NOT NULL, grantee_id BIGINT NOT NULL,
    scopes TEXT NOT NULL, created BIGINT NOT NULL)
;
CREATE TABLE share_codes (
    id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, server TEXT NOT NULL, scopes TEXT NOT NULL, created BIGINT NOT NULL,
    expires_at BIGINT NOT NULL, exchange_count BIGINT NOT NULL, last_exchanged_at BIGINT, digest TEXT NOT NULL UNIQUE)
)"}};
}

share read_share(const store::row& r) {
    return {store::integer(r, "id"),
            {store::integer(r, "owner_id"), store::text(r, "server")},
            {store::boolean(r, "is_group"), store::integer(r, "grantee_id")},
            split(store::text(r, "scopes")),
            store::time(r, "created")};
}

share_code read_share_code(const store::row& r) {
    return {store::integer(r, "id"),
            {store::integer(r, "owner_id"), store::text(r, "server")},
            split(store::text(r, "scopes")),
            store::time(r, "created"),
            store::time(r, "expires_at"),
            store::integer(r, "exchange_count"),
            store::optional_time(r, "last_exchanged_at"),
            store::text(r, "digest")};
}

store::statement upsert(const share& s) {
    return {"INSERT INTO shares (id, owner_id, server, is_group, grantee_id, scopes, created) "
            "VALUES (:id, :owner, :server, :is_group, :grantee, :scopes, :created) ON CONFLICT (id) DO UPDATE SET scopes = :scopes",
            {{"id", s.id},
             {"owner", s.server.user_id},
             {"server", s.server.name},
             {"is_group", store::stored_bool(s.with.is_group)},
             {"grantee", s.with.id},
             {"scopes", joined(s.scopes)},
             {"created", store::stored(s.created)}}};
}

store::statement upsert(const share_code& c) {
    return {"INSERT INTO share_codes (id, owner_id, server, scopes, created, expires_at, exchange_count, last_exchanged_at, digest) "
            "VALUES (:id, :owner, :server, :scopes, :created, :expires, :count, :last, :digest) "
            "ON CONFLICT (id) DO UPDATE SET exchange_count = :count, last_exchanged_at = :last",
            {{"id", c.id},
             {"owner", c.server.user_id},
             {"server", c.server.name},
             {"scopes", joined(c.scopes)},
             {"created", store::stored(c.created)},
             {"expires", store::stored(c.expires_at)},
             {"count", c.exchange_count},
             {"last", store::stored(c.last_exchanged_at)},
             {"digest", c.digest}}};
}

store::statement delete_share(std::int64_t id) { return {"DELETE FROM shares WHERE id = :id", {{"id", id}}}; }
store::statement delete_share_code(std::int64_t id) { return {"DELETE FROM share_codes WHERE id = :id", {{"id", id}}}; }

} // namespace berth::hub
