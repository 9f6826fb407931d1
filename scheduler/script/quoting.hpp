// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace berth::scheduler {

// One shell word (bash) that means exactly `value`. Letters, digits and _./:=@%+,- stand as they are, other
// ASCII characters get a backslash each, control characters become $'\n' and the like. So the word is
// harmless not only where a word is expected but also inside double quotes, in an unquoted here-document and
// in a comment or #SBATCH line: it never holds a bare `$`, backquote, quote or line feed. `value` holds no
// NUL (nothing after it is used).
std::string shell_quote(std::string_view value);

// The words of a command line, quoted and separated by blanks.
std::string shell_words(std::span<const std::string> words);

} // namespace berth::scheduler
