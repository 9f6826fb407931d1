// SPDX-License-Identifier: BSD-3-Clause
// A token as a row of the database. Private to the room.
#pragma once

#include "auth/tokens/tokens.hpp"

#include <utility>

namespace berth::auth {

store::migrations token_tables();
store::statement select_tokens();
// `digest` is raw.
store::statement insert_token(const std::string& digest, const token_record& r);
store::statement delete_token(std::int64_t id);
store::statement touch_token(std::int64_t id, time_point when);

// The digest (raw) and the record; nothing when the row has been damaged.
std::optional<std::pair<std::string, token_record>> read_token(const store::row& r);

} // namespace berth::auth
