// SPDX-License-Identifier: BSD-3-Clause
// A reader of bash scripts of its own, to hold the quoting against.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace berth::fuzz {

// What a word of letters, \x, '...' and $'\ooo' means; nothing for anything else, or more than one word.
std::optional<std::string> shell_value(std::string_view word);

// The script with every run of plain or escaped characters as one letter: what is left are operators, blanks,
// quotes, expansions and line ends. Here-documents are read as commands, which does not matter for comparing.
std::string shell_structure(std::string_view script);

} // namespace berth::fuzz
