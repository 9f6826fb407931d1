// SPDX-License-Identifier: BSD-3-Clause
// The table of all scopes (hub contract 2.1), with the words that people read. Private to the room.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace berth::auth {

struct scope_definition {
    std::string_view name;
    std::string_view description;
    std::array<std::string_view, 4> implies{}; // direct subscopes; unused places are empty
};

// Sorted by name.
std::span<const scope_definition> scope_definitions();

// nullptr when there is no such scope.
const scope_definition* find_definition(std::string_view name);

// What `self` means for a user, before subscopes and filter.
std::span<const std::string_view> self_scopes();

// custom:[a-z0-9][a-z0-9_\-*:]+[a-z0-9_*]
bool is_custom_name(std::string_view name);

} // namespace berth::auth
