// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/body_framing.hpp"

#include <algorithm>
#include <cstring>

namespace berth::proxy {
namespace {

int hex_value(unsigned char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_text(unsigned char c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; }

} // namespace

body_framing::body_framing(body_kind kind, std::uint64_t length)
    : kind_(kind)
    , done_(kind == body_kind::none || (kind == body_kind::length && !length))
    , left_(kind == body_kind::length ? length : 0) {}

std::size_t body_framing::at_most(std::size_t wanted) const {
    return kind_ == body_kind::length ? static_cast<std::size_t>(std::min<std::uint64_t>(wanted, left_))
                                      : wanted;
}

std::size_t body_framing::follow(std::span<const char> bytes) {
    // Nothing is written while `kept` is null.
    return walk({const_cast<char*>(bytes.data()), bytes.size()}, nullptr);
}

std::size_t body_framing::decode(std::span<char> bytes, std::size_t& kept) {
    kept = 0;
    return walk(bytes, &kept);
}

std::size_t body_framing::walk(std::span<char> bytes, std::size_t* kept) {
    if (done_ || malformed_) return 0;
    if (kind_ != body_kind::chunked) {
        const std::size_t n = at_most(bytes.size());
        if (kind_ == body_kind::length) done_ = (left_ -= n) == 0;
        if (kept) *kept = n;
        return n;
    }
    std::size_t at = 0;
    while (at < bytes.size() && !done_) {
        if (place_ == place::data) {
            const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - at));
            if (kept) {
                std::memmove(bytes.data() + *kept, bytes.data() + at, n);
                *kept += n;
            }
            at += n;
            if ((left_ -= n) == 0) place_ = place::data_cr;
        } else if (!step(static_cast<unsigned char>(bytes[at++]))) {
            malformed_ = true;
            break;
        }
    }
    return at;
}

bool body_framing::size_digit(unsigned char c) {
    if (const int v = hex_value(c); v >= 0) {
        if (left_ >> 56) return false; // sizes beyond 2^60 are not sizes
        left_ = left_ << 4 | static_cast<unsigned>(v);
        return any_digit_ = true;
    }
    if (!any_digit_) return false;
    if (c == '\r')
        place_ = place::size_lf;
    else if (c == ';' || c == ' ' || c == '\t')
        place_ = place::ext;
    else
        return false;
    return true;
}

bool body_framing::step(unsigned char c) {
    if (++line_bytes_ > max_line_bytes) return false;
    switch (place_) {
    case place::size: return size_digit(c);
    case place::ext:
        if (c == '\r') place_ = place::size_lf;
        return c == '\r' || is_text(c);
    case place::size_lf:
        place_ = left_ ? place::data : place::line;
        line_begun_ = any_digit_ = false;
        line_bytes_ = 0;
        return c == '\n';
    case place::data: return false;
    case place::data_cr: place_ = place::data_lf; return c == '\r';
    case place::data_lf:
        place_ = place::size;
        line_bytes_ = 0;
        return c == '\n';
    case place::line: // of the trailers; an empty one ends the body
        if (c == '\r')
            place_ = line_begun_ ? place::line_lf : place::empty_lf;
        else if (!line_begun_ && (c == ' ' || c == '\t'))
            return false;
        line_begun_ = true;
        return c == '\r' || is_text(c);
    case place::line_lf:
        place_ = place::line;
        line_begun_ = false;
        return c == '\n';
    case place::empty_lf: done_ = true; return c == '\n';
    }
    return false;
}

} // namespace berth::proxy
