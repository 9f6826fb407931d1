// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/http_head.hpp"

#include "daemon/runtime/encoding.hpp"

#include <algorithm>
#include <cstring>

namespace berth::proxy {
namespace {

constexpr std::array<bool, 256> make_token_table() {
    std::array<bool, 256> t{};
    for (int c = '0'; c <= '9'; ++c) t[c] = true;
    for (int c = 'a'; c <= 'z'; ++c) t[c] = t[c - 32] = true;
    for (char c : std::string_view("!#$%&'*+-.^_`|~")) t[static_cast<unsigned char>(c)] = true;
    return t;
}
constexpr auto token_table = make_token_table();

bool is_token(std::string_view s) {
    return !s.empty() && std::all_of(s.begin(), s.end(), [](unsigned char c) { return token_table[c]; });
}

// Field values: visible characters, blanks and bytes above 0x7F (RFC 9110 section 5.5). Without an early end,
// so that the compiler can make vector code of it.
bool is_value(std::string_view s) {
    unsigned char wrong = 0;
    for (unsigned char c : s) wrong |= static_cast<unsigned char>((c < 0x20 && c != '\t') | (c == 0x7f));
    return !wrong;
}

bool is_target(std::string_view s) {
    unsigned char wrong = 0;
    for (unsigned char c : s) wrong |= static_cast<unsigned char>((c <= 0x20) | (c == 0x7f));
    return !wrong && !s.empty();
}

struct known_header {
    std::string_view name;
    header_id id;
};
constexpr known_header known_headers[] = {
    {"connection", header_id::connection},
    {"keep-alive", header_id::keep_alive},
    {"proxy-connection", header_id::proxy_connection},
    {"proxy-authorization", header_id::proxy_authorization},
    {"proxy-authenticate", header_id::proxy_authenticate},
    {"te", header_id::te},
    {"transfer-encoding", header_id::transfer_encoding},
    {"content-length", header_id::content_length},
    {"upgrade", header_id::upgrade},
    {"host", header_id::host},
    {"cookie", header_id::cookie},
    {"accept", header_id::accept},
    {"expect", header_id::expect},
    {"x-forwarded-for", header_id::x_forwarded_for},
    {"x-forwarded-proto", header_id::x_forwarded_proto},
    {"x-forwarded-host", header_id::x_forwarded_host},
    {"x-forwarded-port", header_id::x_forwarded_port},
    {"x-forwarded-scheme", header_id::x_forwarded_scheme},
    {"x-real-ip", header_id::x_real_ip},
    {"x-scheme", header_id::x_scheme},
    {"forwarded", header_id::forwarded},
    {"content-type", header_id::content_type},
    {"content-encoding", header_id::content_encoding},
};

// Which known names have a given length: one bit per entry of the table.
constexpr std::array<std::uint32_t, 32> make_length_table() {
    std::array<std::uint32_t, 32> t{};
    for (std::size_t i = 0; i < std::size(known_headers); ++i) t[known_headers[i].name.size()] |= 1u << i;
    return t;
}
constexpr auto names_of_length = make_length_table();

header_id classify(std::string_view name) {
    if (name.size() >= names_of_length.size()) return header_id::other;
    for (auto bits = names_of_length[name.size()]; bits; bits &= bits - 1) {
        const auto& k = known_headers[__builtin_ctz(bits)];
        if ((name[0] | 0x20) == k.name[0] && (name.back() | 0x20) == k.name.back() && iequals(name, k.name))
            return k.id;
    }
    return header_id::other;
}

std::string_view trim_blanks(std::string_view s) {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
    return s;
}

// Calls `f` with each element of a comma-separated list.
template<class F>
void each_element(std::string_view list, F f) {
    while (!list.empty()) {
        auto comma = list.find(',');
        if (auto e = trim_blanks(list.substr(0, comma)); !e.empty()) f(e);
        if (comma == list.npos) return;
        list.remove_prefix(comma + 1);
    }
}

void note_connection(message_head& m, std::string_view value) {
    each_element(value, [&](std::string_view e) {
        if (iequals(e, "close"))
            m.says_close = true;
        else if (iequals(e, "keep-alive"))
            m.says_keep_alive = true;
        else if (iequals(e, "upgrade"))
            m.says_upgrade = true;
        else
            m.connection_names = value;
    });
}

// Digits only; equal repetitions are one (RFC 9110 section 8.6).
bool note_length(message_head& m, std::string_view value) {
    if (value.empty() || value.size() > 18) return false;
    std::uint64_t n = 0;
    for (char c : value) {
        if (c < '0' || c > '9') return false;
        n = n * 10 + static_cast<unsigned>(c - '0');
    }
    if (m.has_length && m.length != n) return false;
    m.has_length = true;
    m.length = n;
    return true;
}

parse_result note(message_head& m, const header_view& h) {
    switch (h.id) {
    case header_id::connection: note_connection(m, h.value); break;
    case header_id::content_length:
        if (!note_length(m, h.value)) return parse_result::bad;
        break;
    case header_id::transfer_encoding:
        if (m.has_encoding) return parse_result::bad;
        if (!iequals(h.value, "chunked")) return parse_result::unsupported;
        m.has_encoding = true;
        break;
    default: break;
    }
    return parse_result::ok;
}

// One line without its CRLF; `rest` is advanced behind it. The head ends with CRLF, so there always is one.
bool take_line(std::string_view& rest, std::string_view& line) {
    const auto* end = static_cast<const char*>(std::memchr(rest.data(), '\n', rest.size()));
    if (!end || end == rest.data() || end[-1] != '\r') return false;
    line = {rest.data(), static_cast<std::size_t>(end - rest.data()) - 1};
    rest.remove_prefix(line.size() + 2);
    return true;
}

parse_result parse_fields(std::string_view rest, message_head& m) {
    m.count = 0;
    m.has_length = m.has_encoding = m.says_close = m.says_keep_alive = m.says_upgrade = false;
    m.length = 0;
    m.connection_names = {};
    for (std::string_view line; take_line(rest, line);) {
        if (line.empty()) return rest.empty() ? parse_result::ok : parse_result::bad;
        const auto colon = line.find(':');
        if (colon == line.npos) return parse_result::bad;
        header_view h{line.substr(0, colon), trim_blanks(line.substr(colon + 1)), header_id::other};
        // A folded line begins with a blank, which is no token character.
        if (!is_token(h.name) || !is_value(h.value)) return parse_result::bad;
        if (m.count == message_head::max_headers) return parse_result::too_many;
        h.id = classify(h.name);
        if (auto r = note(m, h); r != parse_result::ok) return r;
        m.list[m.count++] = h;
    }
    return parse_result::bad;
}

parse_result parse_version(std::string_view text, int& minor) {
    if (text.size() != 8 || !text.starts_with("HTTP/") || text[6] != '.') return parse_result::bad;
    if (text[5] != '1' || (text[7] != '0' && text[7] != '1')) return parse_result::version;
    minor = text[7] - '0';
    return parse_result::ok;
}

parse_result parse_request_line(std::string_view line, request_head& out) {
    const auto first = line.find(' '), last = line.rfind(' ');
    if (first == line.npos || first == last) return parse_result::bad;
    out.method = line.substr(0, first);
    out.target = line.substr(first + 1, last - first - 1);
    if (!is_token(out.method) || !is_target(out.target)) return parse_result::bad;
    return parse_version(line.substr(last + 1), out.minor);
}

bool is_host(std::string_view s) { return s.find_first_of(" \t/?#@,") == std::string_view::npos; }

// "http://host:1/path" becomes "/path"; its authority goes before Host (RFC 9112 section 3.2.2).
parse_result cut_target(request_head& out) {
    if (out.method == "CONNECT") return parse_result::unsupported;
    if (out.target.front() == '/') return parse_result::ok;
    if (out.target == "*") return out.method == "OPTIONS" ? parse_result::ok : parse_result::bad;
    const auto scheme = out.target.find("://");
    if (scheme == out.target.npos) return parse_result::bad;
    const auto name = out.target.substr(0, scheme);
    if (!iequals(name, "http") && !iequals(name, "https")) return parse_result::bad;
    const auto rest = out.target.substr(scheme + 3);
    const auto slash = rest.find('/');
    if (rest.find('?') < slash) return parse_result::bad;
    out.host = rest.substr(0, slash);
    out.target = slash == rest.npos ? std::string_view("/") : rest.substr(slash);
    return out.host.empty() || !is_host(out.host) ? parse_result::bad : parse_result::ok;
}

parse_result check_host(request_head& out) {
    const header_view* seen = nullptr;
    for (const auto& h : out.headers()) {
        if (h.id != header_id::host) continue;
        if (seen) return parse_result::bad;
        seen = &h;
    }
    if (!seen) return out.minor >= 1 ? parse_result::bad : parse_result::ok;
    if (!is_host(seen->value)) return parse_result::bad;
    if (out.host.empty()) out.host = seen->value;
    return parse_result::ok;
}

} // namespace

const header_view* message_head::find(header_id id) const {
    for (const auto& h : headers())
        if (h.id == id) return &h;
    return nullptr;
}

body_kind response_head::body(bool to_head) const {
    if (to_head || status < 200 || status == 204 || status == 304) return body_kind::none;
    if (has_encoding) return body_kind::chunked;
    return has_length ? (length ? body_kind::length : body_kind::none) : body_kind::until_close;
}

std::size_t find_head_end(std::string_view bytes, std::size_t from, bool& bad) {
    bad = false;
    const std::size_t start = from > 3 ? from - 3 : 0;
    if (const auto at = bytes.find("\r\n\r\n", start); at != bytes.npos) return at + 4;
    for (auto at = bytes.find('\n', start); at != bytes.npos; at = bytes.find('\n', at + 1))
        if (at == 0 || bytes[at - 1] != '\r') bad = true;
    return 0;
}

parse_result parse_request(std::string_view head, request_head& out) {
    std::string_view line;
    out.host = {};
    out.body = body_kind::none;
    if (!take_line(head, line)) return parse_result::bad;
    if (auto r = parse_request_line(line, out); r != parse_result::ok) return r;
    if (auto r = parse_fields(head, out); r != parse_result::ok) return r;
    if (auto r = cut_target(out); r != parse_result::ok) return r;
    if (auto r = check_host(out); r != parse_result::ok) return r;
    // Both lengths, or a coding in HTTP/1.0: what request smuggling is made of (RFC 9112 section 6.1).
    if (out.has_encoding && (out.has_length || out.minor == 0)) return parse_result::bad;
    if (out.has_encoding)
        out.body = body_kind::chunked;
    else if (out.has_length && out.length)
        out.body = body_kind::length;
    return parse_result::ok;
}

parse_result parse_response(std::string_view head, response_head& out) {
    std::string_view line;
    if (!take_line(head, line) || line.size() < 12) return parse_result::bad;
    if (auto r = parse_version(line.substr(0, 8), out.minor); r != parse_result::ok) return r;
    if (line[8] != ' ' || (line.size() > 12 && line[12] != ' ') || !is_value(line)) return parse_result::bad;
    out.status = 0;
    for (char c : line.substr(9, 3)) {
        if (c < '0' || c > '9') return parse_result::bad;
        out.status = out.status * 10 + (c - '0');
    }
    if (out.status < 100) return parse_result::bad;
    out.reason = line.size() > 13 ? line.substr(13) : std::string_view();
    return parse_fields(head, out);
}

bool list_has(std::string_view list, std::string_view token) {
    bool found = false;
    each_element(list, [&](std::string_view e) { found = found || iequals(e, token); });
    return found;
}

} // namespace berth::proxy
