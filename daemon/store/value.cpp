// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/store/store.hpp"

#include <stdexcept>

namespace berth::store {
namespace {

const value& cell(const row& r, std::string_view column) {
    const auto at = r.find(column);
    if (at == r.end())
        throw std::logic_error("no column \"" + std::string(column) + "\" in the query's rows");
    return at->second;
}

template<class T>
const T& cell_as(const row& r, std::string_view column) {
    if (const auto* v = std::get_if<T>(&cell(r, column))) return *v;
    throw std::logic_error("column \"" + std::string(column) + "\" is of another type");
}

bool is_null(const row& r, std::string_view column) {
    return std::holds_alternative<std::nullptr_t>(cell(r, column));
}

} // namespace

value stored(time_point t) { return static_cast<std::int64_t>(t.time_since_epoch().count()); }
value stored(const std::optional<time_point>& t) { return t ? stored(*t) : value(nullptr); }
value stored_bool(bool b) { return static_cast<std::int64_t>(b ? 1 : 0); }

std::int64_t integer(const row& r, std::string_view column) { return cell_as<std::int64_t>(r, column); }
std::string text(const row& r, std::string_view column) {
    return is_null(r, column) ? std::string() : cell_as<std::string>(r, column);
}
bool boolean(const row& r, std::string_view column) { return integer(r, column) != 0; }
time_point time(const row& r, std::string_view column) { return time_point(duration(integer(r, column))); }

std::optional<time_point> optional_time(const row& r, std::string_view column) {
    if (is_null(r, column)) return std::nullopt;
    return time(r, column);
}
std::optional<std::int64_t> optional_integer(const row& r, std::string_view column) {
    if (is_null(r, column)) return std::nullopt;
    return integer(r, column);
}

} // namespace berth::store
