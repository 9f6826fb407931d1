// SPDX-License-Identifier: BSD-3-Clause
// What the targets share. Each defines `fuzz`; entry.cpp hands it libFuzzer's bytes.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::fuzz {

// Says what does not hold, and ends the process: libFuzzer keeps the input.
void check(bool holds, std::string_view what);

// An input as lines, so that seeds can be read and written by hand: the first ones for this and that, the
// rest as it stands.
class lines {
  public:
    explicit lines(std::string_view text) : rest_(text) {}
    std::string_view next(); // up to the next line feed, which is dropped
    std::string decoded();   // the same with %XX taken off: any byte can be written in one line
    std::vector<std::string> until_empty_line();
    std::string_view rest() const { return rest_; }
    bool empty() const { return rest_.empty(); }

  private:
    std::string_view rest_;
};

// Hands `bytes` out in pieces of 1 to 7 bytes, decided by their number.
void in_pieces(std::string_view bytes, const std::function<void(std::string_view)>& take);

// True for text that can stand in a header line.
bool is_one_line(std::string_view text);

} // namespace berth::fuzz

// One input. Nothing may be kept from one call to the next.
void fuzz(std::string_view bytes);
