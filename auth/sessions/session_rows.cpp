// SPDX-License-Identifier: BSD-3-Clause
#include "auth/sessions/session_rows.hpp"

namespace berth::auth {

store::migrations session_tables() {
    return {"auth_sessions",
            {"CREATE TABLE sessions (id BIGINT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, secret_id TEXT NOT "
             "NULL, "
             "user_id BIGINT NOT NULL, session_id TEXT NOT NULL, user_agent TEXT NOT NULL, address TEXT NOT "
             "NULL, "
             "created BIGINT NOT NULL, last_seen BIGINT NOT NULL)"}};
}

store::statement select_sessions() { return {"SELECT * FROM sessions ORDER BY id", {}}; }

store::statement insert_session(const kept_session& s, const std::string& secret_id) {
    const auto& a = s.about;
    return {"INSERT INTO sessions (id, digest, secret_id, user_id, session_id, user_agent, address, created, "
            "last_seen) "
            "VALUES (:id, :digest, :secret_id, :user_id, :session_id, :user_agent, :address, :created, "
            ":last_seen)",
            {{"id", a.id},
             {"digest", s.digest},
             {"secret_id", secret_id},
             {"user_id", a.user_id},
             {"session_id", a.session_id},
             {"user_agent", a.user_agent},
             {"address", a.address},
             {"created", store::stored(a.created)},
             {"last_seen", store::stored(a.last_seen)}}};
}

store::statement delete_session(std::int64_t id) {
    return {"DELETE FROM sessions WHERE id = :id", {{"id", id}}};
}

store::statement touch_session(std::int64_t id, time_point when) {
    return {"UPDATE sessions SET last_seen = :at WHERE id = :id", {{"at", store::stored(when)}, {"id", id}}};
}

kept_session read_session(const store::row& r) {
    kept_session s;
    s.digest = store::text(r, "digest");
    s.about.id = store::integer(r, "id");
    s.about.user_id = store::integer(r, "user_id");
    s.about.session_id = store::text(r, "session_id");
    s.about.user_agent = store::text(r, "user_agent");
    s.about.address = store::text(r, "address");
    s.about.created = store::time(r, "created");
    s.about.last_seen = store::time(r, "last_seen");
    return s;
}

} // namespace berth::auth
