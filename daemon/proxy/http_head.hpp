// SPDX-License-Identifier: BSD-3-Clause
// Heads of HTTP/1.x messages (RFC 9112), parsed in place. Strict where leniency would let two parties see
// different messages: bare LF, folded lines, blanks before a colon, control characters, ambiguous body
// lengths are refused.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace berth::proxy {

enum class header_id : std::uint8_t {
    other,
    connection,
    keep_alive,
    proxy_connection,
    proxy_authorization,
    proxy_authenticate,
    te,
    transfer_encoding,
    content_length,
    upgrade,
    host,
    cookie,
    accept,
    expect,
    x_forwarded_for,
    x_forwarded_proto,
    x_forwarded_host,
    x_forwarded_port,
    x_forwarded_scheme,
    x_real_ip,
    x_scheme,
    forwarded,
    content_type,
    content_encoding,
};

struct header_view {
    std::string_view name, value;
    header_id id = header_id::other;
};

// How the end of a body is known.
enum class body_kind : std::uint8_t { none, length, chunked, until_close };

// Shared by requests and responses; the views point into the parsed bytes.
struct message_head {
    static constexpr std::size_t max_headers = 256;
    std::array<header_view, max_headers> list;
    std::size_t count = 0;
    int minor = 1; // HTTP/1.minor

    bool has_length = false;
    bool has_encoding = false; // Transfer-Encoding: chunked, the only coding that is taken
    std::uint64_t length = 0;
    bool says_close = false, says_keep_alive = false, says_upgrade = false; // tokens of Connection
    std::string_view
        connection_names; // the last Connection header's value, when it names other headers; else empty

    std::span<const header_view> headers() const { return {list.data(), count}; }
    const header_view* find(header_id id) const;
    bool keep_alive() const { return minor >= 1 ? !says_close : says_keep_alive && !says_close; }
};

struct request_head : message_head {
    std::string_view method;
    std::string_view target; // origin form ("/path?query") or "*"; an absolute URL has been cut to that
    std::string_view host;   // Host, or the authority of an absolute URL; empty in HTTP/1.0 only
    body_kind body = body_kind::none;
};

struct response_head : message_head {
    int status = 0;
    std::string_view reason;
    // `to_head`: the request was HEAD. Says how the body ends (RFC 9112 section 6.3).
    body_kind body(bool to_head) const;
};

enum class parse_result : std::uint8_t {
    ok,
    bad,         // 400
    too_many,    // 431: more than max_headers
    unsupported, // 501: a transfer coding other than chunked, CONNECT
    version,     // 505
};

// The number of bytes up to and including the empty line, 0 while it has not come. `from`: bytes already
// searched. Sets `bad` when a line ends without CR, so that a client of that kind need not wait for its
// time-out.
std::size_t find_head_end(std::string_view bytes, std::size_t from, bool& bad);

// `head` is exactly one head, empty line included.
parse_result parse_request(std::string_view head, request_head& out);
parse_result parse_response(std::string_view head, response_head& out);

// True when the comma-separated list holds the token (ASCII case-insensitive).
bool list_has(std::string_view list, std::string_view token);

} // namespace berth::proxy
