// SPDX-License-Identifier: BSD-3-Clause
// What the provider's answers mean, as identity_provider.hpp lists it. Pure; private to the room.
#pragma once

#include "auth/provider/identity_provider.hpp"

namespace berth::auth {

// `asked`: when the request went out; lifetimes count from there.
result<token_grant> read_token_answer(const result<http_answer>& came, time_point asked);
result<void> read_revocation_answer(const result<http_answer>& came);
result<claims> read_userinfo_answer(const result<http_answer>& came);
// For GET, which may be repeated: no answer is unavailable, whatever was sent.
result<http_answer> without_doubt(result<http_answer> came);

} // namespace berth::auth
