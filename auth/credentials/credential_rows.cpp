// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/credential_rows.hpp"

#include <charconv>
#include <fmt/format.h>
#include <vector>

namespace berth::auth {
namespace {

constexpr std::size_t sealed_parts = 6;

// Written into room that is there already: no copy of a token stays behind in memory that was given back.
secret pack(const std::vector<std::string_view>& parts) {
    std::size_t size = 0;
    for (const auto part : parts) size += part.size() + 24;
    std::string out;
    out.reserve(size);
    for (const auto part : parts) fmt::format_to(std::back_inserter(out), "{}:{},", part.size(), part);
    return secret(std::move(out));
}

// Nothing when it is not what `pack` writes.
std::optional<std::vector<std::string_view>> unpack(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        std::size_t size = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (error != std::errc() || size > text.size() || text.size() - size < 2 || text[0] != ':' ||
            text[size + 1] != ',')
            return std::nullopt;
        out.push_back(text.substr(1, size));
        text.remove_prefix(size + 2);
    }
    if (out.size() < sealed_parts) return std::nullopt;
    return out;
}

std::string context_of(std::int64_t session, std::int64_t user_id) {
    return fmt::format("credentials.sealed session={} user={}", session, user_id);
}

store::statement write(const char* sql, const credential& c, const vault& keys) {
    const auto plain = pack({c.access.token.reveal(), c.refresh_token.reveal(), c.id_token.reveal(), c.scopes,
                             c.rest, c.userinfo});
    return {sql,
            {{"session", c.session},
             {"user_id", c.user_id},
             {"subject", c.subject},
             {"provider_session", c.provider_session},
             {"sealed", keys.seal(plain, context_of(c.session, c.user_id))},
             {"obtained", store::stored(c.obtained)},
             {"refreshed", store::stored(c.refreshed)},
             {"access_expires", store::stored(c.access.life.ends)},
             {"refresh_expires", store::stored(c.refresh_expires)},
             {"refused", c.refused}}};
}

} // namespace

store::migrations credential_tables() {
    return {
        "auth_credentials",
        {"CREATE TABLE credentials (session BIGINT PRIMARY KEY, user_id BIGINT NOT NULL, subject TEXT NOT "
         "NULL, "
         "provider_session TEXT NOT NULL, sealed TEXT NOT NULL, obtained BIGINT NOT NULL, refreshed BIGINT, "
         "access_expires BIGINT, refresh_expires BIGINT, refused TEXT NOT NULL)"}};
}

store::statement select_credentials() { return {"SELECT * FROM credentials ORDER BY session", {}}; }

store::statement put_credential(const credential& c, const vault& keys) {
    return write(
        "INSERT INTO credentials (session, user_id, subject, provider_session, sealed, obtained, refreshed, "
        "access_expires, refresh_expires, refused) VALUES (:session, :user_id, :subject, :provider_session, "
        ":sealed, :obtained, :refreshed, :access_expires, :refresh_expires, :refused) ON CONFLICT (session) "
        "DO UPDATE SET user_id = excluded.user_id, subject = excluded.subject, provider_session = "
        "excluded.provider_session, sealed = excluded.sealed, obtained = excluded.obtained, refreshed = "
        "excluded.refreshed, access_expires = excluded.access_expires, refresh_expires = "
        "excluded.refresh_expires, refused = excluded.refused",
        c, keys);
}

store::statement update_credential(const credential& c, const vault& keys) {
    return write(
        "UPDATE credentials SET user_id = :user_id, subject = :subject, provider_session = "
        ":provider_session, "
        "sealed = :sealed, obtained = :obtained, refreshed = :refreshed, access_expires = :access_expires, "
        "refresh_expires = :refresh_expires, refused = :refused WHERE session = :session",
        c, keys);
}

store::statement delete_credential(std::int64_t session) {
    return {"DELETE FROM credentials WHERE session = :session", {{"session", session}}};
}

result<credential> read_credential(const store::row& r, const vault& keys) {
    credential c(store::integer(r, "session"));
    c.user_id = store::integer(r, "user_id");
    const auto plain = keys.open(store::text(r, "sealed"), context_of(c.session, c.user_id));
    if (!plain) return fail(plain.error());
    const auto parts = unpack(plain->reveal());
    if (!parts) return fail(errc::invalid_argument, "what was sealed is no credential of this program's");
    c.subject = store::text(r, "subject");
    c.provider_session = store::text(r, "provider_session");
    c.access.token = secret(std::string((*parts)[0]));
    c.refresh_token = secret(std::string((*parts)[1]));
    c.id_token = secret(std::string((*parts)[2]));
    c.scopes = (*parts)[3];
    c.rest = (*parts)[4];
    c.userinfo = (*parts)[5];
    c.obtained = store::time(r, "obtained");
    c.refreshed = store::optional_time(r, "refreshed");
    c.refresh_expires = store::optional_time(r, "refresh_expires");
    c.refused = store::text(r, "refused");
    c.access.life = {c.refreshed.value_or(c.obtained), store::optional_time(r, "access_expires")};
    return c;
}

bool is_sealed_by_old_key(const store::row& r, const vault& keys) {
    return keys.is_old(store::text(r, "sealed"));
}

} // namespace berth::auth
