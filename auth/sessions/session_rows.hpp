// SPDX-License-Identifier: BSD-3-Clause
// A session as a row of the database. Private to the room.
#pragma once

#include "auth/sessions/session_table.hpp"

namespace berth::auth {

store::migrations session_tables();
store::statement select_sessions();
store::statement insert_session(const kept_session& s, const std::string& secret_id);
store::statement delete_session(std::int64_t id);
store::statement touch_session(std::int64_t id, time_point when);
kept_session read_session(const store::row& r);

} // namespace berth::auth
