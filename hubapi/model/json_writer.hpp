// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/clock.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace berth::hub {

// Appends JSON to a string, for answers that are made thousands of times a second. The caller keeps the order right:
//   json_writer w(out); w.open('{').key("name").text("al").key("n").number(1).close('}');
// Commas are put in by themselves. Invalid UTF-8 becomes U+FFFD.
class json_writer {
  public:
    explicit json_writer(std::string& out) : out_(out) {}

    json_writer& open(char bracket);
    json_writer& close(char bracket);
    json_writer& key(std::string_view name);
    json_writer& text(std::string_view value);
    json_writer& boolean(bool value);
    json_writer& null();
    json_writer& number(std::int64_t value);
    json_writer& real(double value);
    json_writer& raw(std::string_view json); // JSON already
    json_writer& time(time_point t);
    json_writer& time(const std::optional<time_point>& t); // null when not set
    json_writer& text_or_null(std::string_view value);     // null when empty

    template<class Range>
    json_writer& texts(const Range& list) {
        open('[');
        for (const auto& item : list) text(item);
        return close(']');
    }

  private:
    void separate();
    std::string& out_;
    bool first_ = true;    // nothing written yet at this level
    bool after_key_ = false;
};

} // namespace berth::hub
