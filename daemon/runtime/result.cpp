// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/result.hpp"

namespace berth {

std::string_view to_string(errc code) {
    switch (code) {
    case errc::invalid_argument: return "invalid_argument";
    case errc::unauthenticated: return "unauthenticated";
    case errc::denied: return "denied";
    case errc::login_required: return "login_required";
    case errc::not_found: return "not_found";
    case errc::already_exists: return "already_exists";
    case errc::conflict: return "conflict";
    case errc::limit_exceeded: return "limit_exceeded";
    case errc::unavailable: return "unavailable";
    case errc::outcome_unknown: return "outcome_unknown";
    case errc::timed_out: return "timed_out";
    case errc::cancelled: return "cancelled";
    case errc::io_error: return "io_error";
    case errc::internal: return "internal";
    }
    return "internal";
}

std::optional<errc> errc_from(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(errc::internal); ++i)
        if (to_string(static_cast<errc>(i)) == name) return static_cast<errc>(i);
    return std::nullopt;
}

} // namespace berth
