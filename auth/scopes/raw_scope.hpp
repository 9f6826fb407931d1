// SPDX-License-Identifier: BSD-3-Clause
// One scope as it is written, taken apart. Private to the room.
//
//   raw    = name [ "!" filter ]          cut at the first "!"
//   filter = "user" | "service" | "server"                       the owner's, or the OAuth client's
//          | ("user" | "group" | "service") "=" value            cut at the first "="; a value may hold "=",
//          "!", "@" | "server" "=" owner "/" [ server ]
#pragma once

#include <optional>
#include <string_view>

namespace berth::auth {

enum class filter_kind { none, user, group, server, service };

// Views into the text that it was parsed from.
struct raw_scope {
    std::string_view name;
    filter_kind kind = filter_kind::none;
    std::string_view value; // empty: no filter, or the bare form
};

// Nothing when the filter is malformed. The name is not looked at.
std::optional<raw_scope> parse_raw_scope(std::string_view text);

} // namespace berth::auth
