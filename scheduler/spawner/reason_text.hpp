// SPDX-License-Identifier: BSD-3-Clause
// A scheduler's words for why a job waits, in words for people. Pure.
#pragma once

#include <string>
#include <string_view>

namespace berth::scheduler {

// In plain words, or "" for a reason that is not known.
std::string_view reason_in_words(std::string_view reason);
// "waiting for resources (Resources)"; the scheduler's word alone where it is not known; "" for none.
std::string reason_text(std::string_view reason);

} // namespace berth::scheduler
