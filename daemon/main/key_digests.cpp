// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/key_digests.hpp"

#include "daemon/runtime/digest.hpp"

#include <sstream>

namespace berth::config {
namespace {

std::string digest_of(const toml::node& n) {
    std::ostringstream text;
    n.visit([&](const auto& value) {
        if constexpr (toml::is_table<decltype(value)> || toml::is_array<decltype(value)>)
            text << toml::toml_formatter{value};
        else
            text << value;
    });
    return sha256(text.str());
}

void add(key_digests& out, const std::string& path, const toml::node& n) {
    if (const auto* t = n.as_table()) {
        for (const auto& [key, value] : *t)
            add(out, path.empty() ? std::string(key.str()) : path + "." + std::string(key.str()), value);
    } else if (const auto* list = n.as_array(); list && list->is_array_of_tables()) {
        for (const auto& item : *list) {
            const auto name = (*item.as_table())["name"].value<std::string>();
            out[path + "." + name.value_or("?")] += digest_of(item);
        }
    } else {
        out[path] = digest_of(n);
    }
}

} // namespace

key_digests digests_of(const toml::table& file) {
    key_digests out;
    add(out, "", file);
    return out;
}

} // namespace berth::config
