// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/script/units.hpp"

#include "daemon/runtime/encoding.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

namespace berth::scheduler {
namespace {

using std::chrono::seconds;

constexpr std::int64_t minute = 60, hour = 3600, day = 86400;
constexpr seconds longest{366 * day};
constexpr std::int64_t most_memory = std::int64_t(1) << 40; // MiB: 1 EiB

// The whole of `text` as a number of at most 12 digits.
std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    if (text.empty() || text.size() > 12 || text.front() == '-' || text.front() == '+') return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// "01:00:00" or, after days, "HH", "HH:MM", "HH:MM:SS".
std::optional<std::int64_t> clock_time(std::string_view text, bool after_days) {
    std::array<std::int64_t, 3> part{};
    std::size_t n = 0;
    for (;; ++n) {
        const auto colon = text.find(':');
        const auto number = whole_number(text.substr(0, colon));
        if (n == part.size() || !number || *number > (n == 0 && !after_days ? 9999 : 59)) return std::nullopt;
        part[n] = *number;
        if (colon == std::string_view::npos) break;
        text.remove_prefix(colon + 1);
    }
    if (!after_days && n != 2) return std::nullopt;
    if (after_days && part[0] > 23) return std::nullopt;
    return part[0] * hour + part[1] * minute + part[2];
}

std::optional<std::int64_t> runtime_seconds(std::string_view text) {
    if (text.empty() || text.size() > 20) return std::nullopt;
    if (const auto dash = text.find('-'); dash != std::string_view::npos) {
        const auto days = whole_number(text.substr(0, dash));
        const auto rest = clock_time(text.substr(dash + 1), true);
        return days && *days <= 366 && rest ? std::optional(*days * day + *rest) : std::nullopt;
    }
    if (text.find(':') != std::string_view::npos) return clock_time(text, false);
    const auto n = whole_number(text.substr(0, text.size() - 1));
    if (!n || *n > 366 * day) return std::nullopt;
    switch (text.back()) {
    case 's': return *n;
    case 'm': return *n * minute;
    case 'h': return *n * hour;
    case 'd': return *n * day;
    default: return std::nullopt;
    }
}

std::string counted(std::int64_t n, std::string_view unit) {
    return fmt::format("{} {}{}", n, unit, n == 1 ? "" : "s");
}

} // namespace

result<seconds> parse_runtime(std::string_view text) {
    const auto s = runtime_seconds(text);
    if (!s) {
        return fail(errc::invalid_argument,
                    shown(text) +
                        " is not a run time; write HH:MM:SS, D-HH:MM:SS, or a number with s, m, h or d "
                        "(\"90m\", \"2h\")");
    }
    if (*s < 1 || seconds(*s) > longest)
        return fail(errc::invalid_argument, shown(text) + " is not between 1 second and 366 days");
    return seconds(*s);
}

std::string runtime_text(seconds s) {
    const auto n = s.count();
    const auto clock = fmt::format("{:02}:{:02}:{:02}", n % day / hour, n % hour / minute, n % minute);
    return n >= day ? fmt::format("{}-{}", n / day, clock) : clock;
}

std::string runtime_words(seconds s) {
    const auto n = s.count();
    if (n % day == 0) return counted(n / day, "day");
    if (n % hour == 0) return counted(n / hour, "hour");
    if (n % minute == 0 && n < 2 * hour) return counted(n / minute, "minute");
    if (n < minute) return counted(n, "second");
    return runtime_text(s);
}

result<std::int64_t> parse_memory(std::string_view text) {
    const auto letters = text.find_first_not_of("0123456789");
    const auto n = whole_number(text.substr(0, letters));
    std::string_view unit = letters == std::string_view::npos ? "M" : text.substr(letters);
    if (unit.size() > 1 && unit.ends_with("iB"))
        unit.remove_suffix(2);
    else if (unit.size() > 1 && unit.ends_with('B'))
        unit.remove_suffix(1);
    constexpr std::string_view units = "KMGTP", lower = "kmgtp";
    auto power = unit.size() == 1 ? units.find(unit) : std::string_view::npos;
    if (power == std::string_view::npos && unit.size() == 1) power = lower.find(unit);
    if (!n || power == std::string_view::npos)
        return fail(errc::invalid_argument,
                    shown(text) +
                        " is not an amount of memory; write a number with M, G or T (\"2G\", \"512M\")");
    const __int128 kib = static_cast<__int128>(*n) << (10 * power);
    const __int128 mib = (kib + 1023) / 1024;
    if (mib < 1 || mib > most_memory)
        return fail(errc::invalid_argument, shown(text) + " is not between 1M and 1048576T");
    return static_cast<std::int64_t>(mib);
}

std::string memory_text(std::int64_t mib) {
    if (mib % (1 << 20) == 0) return fmt::format("{}T", mib >> 20);
    if (mib % 1024 == 0) return fmt::format("{}G", mib >> 10);
    return fmt::format("{}M", mib);
}

std::string memory_words(std::int64_t mib) {
    if (mib < 1024) return fmt::format("{} MB", mib);
    if (mib < 1 << 20) return fmt::format("{:.4g} GB", static_cast<double>(mib) / 1024);
    return fmt::format("{:.4g} TB", static_cast<double>(mib) / (1 << 20));
}

std::string shown(std::string_view value) {
    std::string out = "\"";
    const bool text = is_valid_utf8(value);
    for (const unsigned char c : value.substr(0, 80)) {
        if (c < 0x20 || c == 0x7f || (c >= 0x80 && !text))
            out += fmt::format("\\x{:02x}", c);
        else if (c == '"' || c == '\\')
            out += {'\\', static_cast<char>(c)};
        else
            out += static_cast<char>(c);
    }
    // A cut must not leave half a UTF-8 character behind.
    if (value.size() > 80) {
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
        if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xc0) out.pop_back();
        out += "…";
    }
    return out + '"';
}

} // namespace berth::scheduler
