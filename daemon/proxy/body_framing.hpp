// SPDX-License-Identifier: BSD-3-Clause
// Where a body ends. Follows the framing of bytes that are passed on unchanged, and can take the chunked
// coding off.
//
//   chunked-body = *( 1*16HEXDIG [ *blank ";" *text ] CRLF data CRLF ) "0" [ ext ] CRLF *( field-line CRLF )
//   CRLF
#pragma once

#include "daemon/proxy/http_head.hpp"

#include <cstdint>
#include <span>

namespace berth::proxy {

// One body's reader. A value.
class body_framing {
  public:
    body_framing() = default;
    body_framing(body_kind kind, std::uint64_t length);

    // Walks over `bytes` and says how many of them belong to the body; stops at its end. For chunked bodies
    // every size line and trailer is checked; `malformed()` is then true and the rest is not looked at.
    std::size_t follow(std::span<const char> bytes);
    // The same, and moves the data without chunk sizes and trailers to the front of `bytes`: `kept` of them.
    std::size_t decode(std::span<char> bytes, std::size_t& kept);

    body_kind kind() const { return kind_; }
    bool done() const { return done_; }
    bool malformed() const { return malformed_; }
    // The most that may be read without touching what follows the body; for chunked ones there is no such
    // bound.
    std::size_t at_most(std::size_t wanted) const;

  private:
    enum class place : std::uint8_t { size, ext, size_lf, data, data_cr, data_lf, line, line_lf, empty_lf };
    static constexpr std::uint32_t max_line_bytes = 16 << 10; // of one size line, of all trailers

    std::size_t walk(std::span<char> bytes, std::size_t* kept);
    bool step(unsigned char c);
    bool size_digit(unsigned char c);

    body_kind kind_ = body_kind::none;
    bool done_ = true, malformed_ = false, any_digit_ = false, line_begun_ = false;
    place place_ = place::size;
    std::uint32_t line_bytes_ = 0;
    std::uint64_t left_ = 0; // of the body, or of the chunk
};

} // namespace berth::proxy
