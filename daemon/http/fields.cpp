// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/fields.hpp"

#include "daemon/runtime/encoding.hpp"

#include <algorithm>

namespace berth::http {
namespace {

bool same(std::string_view a, std::string_view b) { return a.size() == b.size() && iequals(a, b); }

} // namespace

std::string_view fields::get(std::string_view name) const {
    for (const auto& [key, value] : list_)
        if (same(key, name)) return value;
    return {};
}

bool fields::has(std::string_view name) const {
    return std::ranges::any_of(list_, [name](const entry& e) { return same(e.first, name); });
}

void fields::set(std::string_view name, std::string value) {
    auto at = std::ranges::find_if(list_, [name](const entry& e) { return same(e.first, name); });
    if (at == list_.end()) {
        list_.emplace_back(name, std::move(value));
        return;
    }
    at->second = std::move(value);
    list_.erase(std::remove_if(at + 1, list_.end(), [name](const entry& e) { return same(e.first, name); }),
                list_.end());
}

void fields::add(std::string_view name, std::string value) { list_.emplace_back(name, std::move(value)); }

void fields::remove(std::string_view name) {
    std::erase_if(list_, [name](const entry& e) { return same(e.first, name); });
}

} // namespace berth::http
