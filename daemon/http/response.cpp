// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/response.hpp"

#include <array>

namespace berth::http {
namespace {

response make(int status, std::string_view type, std::string body) {
    response r;
    r.status = status;
    r.headers.add("Content-Type", std::string(type));
    r.body = std::move(body);
    return r;
}

struct phrase {
    int status;
    std::string_view text;
};

constexpr std::array phrases{
    phrase{100, "Continue"},
    phrase{101, "Switching Protocols"},
    phrase{200, "OK"},
    phrase{201, "Created"},
    phrase{202, "Accepted"},
    phrase{203, "Non-Authoritative Information"},
    phrase{204, "No Content"},
    phrase{205, "Reset Content"},
    phrase{206, "Partial Content"},
    phrase{300, "Multiple Choices"},
    phrase{301, "Moved Permanently"},
    phrase{302, "Found"},
    phrase{303, "See Other"},
    phrase{304, "Not Modified"},
    phrase{305, "Use Proxy"},
    phrase{307, "Temporary Redirect"},
    phrase{308, "Permanent Redirect"},
    phrase{400, "Bad Request"},
    phrase{401, "Unauthorized"},
    phrase{402, "Payment Required"},
    phrase{403, "Forbidden"},
    phrase{404, "Not Found"},
    phrase{405, "Method Not Allowed"},
    phrase{406, "Not Acceptable"},
    phrase{407, "Proxy Authentication Required"},
    phrase{408, "Request Timeout"},
    phrase{409, "Conflict"},
    phrase{410, "Gone"},
    phrase{411, "Length Required"},
    phrase{412, "Precondition Failed"},
    phrase{413, "Content Too Large"},
    phrase{414, "URI Too Long"},
    phrase{415, "Unsupported Media Type"},
    phrase{416, "Range Not Satisfiable"},
    phrase{417, "Expectation Failed"},
    phrase{421, "Misdirected Request"},
    phrase{422, "Unprocessable Content"},
    phrase{424, "Failed Dependency"},
    phrase{426, "Upgrade Required"},
    phrase{428, "Precondition Required"},
    phrase{429, "Too Many Requests"},
    phrase{431, "Request Header Fields Too Large"},
    phrase{500, "Internal Server Error"},
    phrase{501, "Not Implemented"},
    phrase{502, "Bad Gateway"},
    phrase{503, "Service Unavailable"},
    phrase{504, "Gateway Timeout"},
    phrase{505, "HTTP Version Not Supported"},
    phrase{599, "Network Connect Timeout Error"},
};

} // namespace

void set_cookie(response& r, const cookie& c) {
    std::string line = c.name + "=" + (c.max_age == 0 ? std::string() : c.value);
    line += "; Path=" + c.path;
    // Browsers that do not know Max-Age are long gone; Expires is for those that read it first.
    if (c.max_age == 0) line += "; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    if (c.max_age >= 0) line += "; Max-Age=" + std::to_string(c.max_age);
    if (c.http_only) line += "; HttpOnly";
    if (c.secure) line += "; Secure";
    if (!c.same_site.empty()) line += "; SameSite=" + c.same_site;
    r.headers.add("Set-Cookie", std::move(line));
}

response make_text(int status, std::string body) {
    return make(status, "text/plain; charset=utf-8", std::move(body));
}
response make_html(int status, std::string body) {
    return make(status, "text/html; charset=utf-8", std::move(body));
}
response make_json(int status, std::string body) { return make(status, "application/json", std::move(body)); }

response make_empty(int status) {
    response r;
    r.status = status;
    return r;
}

response make_redirect(std::string location, int status) {
    response r;
    r.status = status;
    r.headers.add("Location", std::move(location));
    r.headers.add("Content-Type", "text/html; charset=utf-8");
    return r;
}

response make_event_stream(body_producer producer) {
    response r;
    r.headers.add("Content-Type", "text/event-stream; charset=utf-8");
    r.headers.add("Cache-Control", "no-cache");
    r.headers.add("X-Accel-Buffering", "no"); // nginx would hold the events back
    r.stream = std::move(producer);
    return r;
}

std::string_view reason_phrase(int status) {
    for (const auto& p : phrases)
        if (p.status == status) return p.text;
    return "Unknown";
}

} // namespace berth::http
