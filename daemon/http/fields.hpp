// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::http {

// Headers in their order. A value.
class fields {
  public:
    using entry = std::pair<std::string, std::string>;

    fields() = default;
    fields(std::initializer_list<entry> list) : list_(list) {}

    // The first value under the name (ASCII case-insensitive), or an empty view.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;
    void set(std::string_view name, std::string value); // replaces all of that name
    void add(std::string_view name, std::string value); // one more of that name, e.g. Set-Cookie
    void remove(std::string_view name);
    void reserve(std::size_t count) { list_.reserve(count); }

    auto begin() const { return list_.begin(); }
    auto end() const { return list_.end(); }
    std::size_t size() const { return list_.size(); }

  private:
    std::vector<entry> list_;
};

} // namespace berth::http
