// SPDX-License-Identifier: BSD-3-Clause
#include "auth/scopes/raw_scope.hpp"

namespace berth::auth {
namespace {

filter_kind kind_of(std::string_view word) {
    if (word == "user") return filter_kind::user;
    if (word == "group") return filter_kind::group;
    if (word == "server") return filter_kind::server;
    if (word == "service") return filter_kind::service;
    return filter_kind::none;
}

bool is_valid_value(filter_kind kind, std::string_view value) {
    if (value.empty()) return false;
    if (kind != filter_kind::server) return true;
    const auto slash = value.find('/');
    return slash != std::string_view::npos && slash != 0;
}

} // namespace

std::optional<raw_scope> parse_raw_scope(std::string_view text) {
    raw_scope out;
    const auto bang = text.find('!');
    out.name = text.substr(0, bang);
    if (bang == std::string_view::npos) return out;
    const auto filter = text.substr(bang + 1);
    const auto equals = filter.find('=');
    out.kind = kind_of(filter.substr(0, equals));
    if (out.kind == filter_kind::none) return std::nullopt;
    if (equals == std::string_view::npos)
        return out.kind == filter_kind::group ? std::nullopt : std::optional(out);
    out.value = filter.substr(equals + 1);
    return is_valid_value(out.kind, out.value) ? std::optional(out) : std::nullopt;
}

} // namespace berth::auth
