// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/time_text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>

namespace berth {
namespace {

using namespace std::chrono;

struct unit {
    std::string_view suffix;
    duration length;
};
constexpr std::array units{unit{"ms", milliseconds(1)}, unit{"s", seconds(1)}, unit{"m", minutes(1)},
                           unit{"h", hours(1)}, unit{"d", hours(24)}};

// Reads exactly `digits` digits from the front of `text`.
std::optional<int> take(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool skip(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<duration> take_fraction(std::string_view& text) {
    if (!skip(text, '.')) return duration::zero();
    std::int64_t value = 0, scale = 1'000'000;
    std::size_t n = 0;
    for (; n < text.size() && text[n] >= '0' && text[n] <= '9'; ++n)
        if (scale > 1) value = value * 10 + (text[n] - '0'), scale /= 10;
    if (n == 0) return std::nullopt;
    text.remove_prefix(n);
    return duration(value * scale);
}

std::optional<duration> take_offset(std::string_view& text) {
    if (text.empty() || text == "Z" || text == "z") return text = {}, duration::zero();
    const bool east = skip(text, '+');
    if (!east && !skip(text, '-')) return std::nullopt;
    const auto h = take(text, 2);
    skip(text, ':');
    const auto m = take(text, 2);
    if (!h || !m) return std::nullopt;
    const duration offset = hours(*h) + minutes(*m);
    return east ? offset : -offset;
}

} // namespace

std::string iso8601(time_point t) {
    const auto day = floor<days>(t);
    const year_month_day date(day);
    const hh_mm_ss<duration> time(t - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::optional<time_point> parse_iso8601(std::string_view text) {
    const auto y = take(text, 4);
    if (!y || !skip(text, '-')) return std::nullopt;
    const auto mo = take(text, 2);
    if (!mo || !skip(text, '-')) return std::nullopt;
    const auto d = take(text, 2);
    const year_month_day date(year(*y), month(static_cast<unsigned>(*mo)), day(static_cast<unsigned>(d.value_or(0))));
    if (!d || !date.ok()) return std::nullopt;
    time_point out = sys_days(date);
    if (text.empty()) return out;
    if (!skip(text, 'T') && !skip(text, ' ')) return std::nullopt;
    const auto h = take(text, 2);
    if (!h || !skip(text, ':')) return std::nullopt;
    const auto mi = take(text, 2);
    if (!mi) return std::nullopt;
    const auto s = skip(text, ':') ? take(text, 2) : std::optional<int>(0);
    if (!s || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    return out + hours(*h) + minutes(*mi) + seconds(*s) + *fraction - *offset;
}

result<duration> parse_duration(std::string_view text) {
    std::int64_t count = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const auto& u : units)
        if (ec == std::errc{} && count >= 0 && suffix == u.suffix && count <= duration(hours(24 * 36500)) / u.length)
            return count * u.length;
    return fail(errc::invalid_argument,
                fmt::format("\"{}\" is not a duration; write a whole number and a unit: 300ms, 30s, 5m, 2h, 14d", text));
}

std::string to_text(duration d) {
    for (std::size_t i = units.size(); i-- > 0;)
        if (d % units[i].length == duration::zero() && d != duration::zero())
            return fmt::format("{}{}", d / units[i].length, units[i].suffix);
    return fmt::format("{}ms", duration_cast<milliseconds>(d).count());
}

} // namespace berth
