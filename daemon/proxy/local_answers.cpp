// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/local_answers.hpp"

#include "daemon/http/response.hpp"

#include <fmt/format.h>
#include <iterator>

namespace berth::proxy {
namespace {

struct wording {
    local_answer what;
    int status;
    std::string_view title;
    std::string_view message; // no characters that JSON or HTML would have to quote
    bool reloads = false;
};

constexpr wording wordings[] = {
    {local_answer::healthy, 200, "OK", "OK"},
    {local_answer::hub_away, 503, "One moment, please",
     "The hub is away and expected back in a moment. Running notebooks go on meanwhile.", true},
    {local_answer::server_away, 503, "Your server does not answer",
     "The notebook server does not answer. It may be starting, or it has ended: look at the hub's home page.",
     true},
    {local_answer::bad_gateway, 502, "Bad gateway",
     "The server behind this address sent an answer that is not HTTP."},
    {local_answer::no_route, 404, "Not found", "There is nothing at this address."},
    {local_answer::bad_request, 400, "Bad request", "The request is malformed."},
    {local_answer::head_timeout, 408, "Request timeout", "The request took too long to arrive."},
    {local_answer::head_too_large, 431, "Request header fields too large",
     "The headers of the request are too large."},
    {local_answer::not_supported, 501, "Not implemented", "This method or transfer coding is not supported."},
    {local_answer::bad_version, 505, "HTTP version not supported",
     "Only HTTP/1.1 and HTTP/1.0 are spoken here."},
    {local_answer::overloaded, 503, "Too busy",
     "Too many connections at the moment. Try again in a few seconds.", true},
};

const wording& find(local_answer what) {
    for (const auto& w : wordings)
        if (w.what == what) return w;
    return wordings[0];
}

constexpr std::string_view page = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">{2}
<title>{0}</title><style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;
margin:18vh auto 0;padding:0 1.5rem}}h1{{font-size:1.4rem}}</style></head>
<body><main><h1>{0}</h1><p>{1}</p>{3}</main></body></html>
)";

std::string body_of(const wording& w, bool html) {
    if (w.status == 200) return R"({"status":"OK"})";
    if (!html) return fmt::format(R"({{"status":{},"message":"{}"}})", w.status, w.message);
    return fmt::format(fmt::runtime(page), w.title, w.message,
                       w.reloads ? R"(<meta http-equiv="refresh" content="3">)" : "",
                       w.reloads ? "<p>This page reloads itself.</p>" : "");
}

bool has_segment(std::string_view target, std::string_view name) {
    auto path = target.substr(0, target.find('?'));
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto slash = std::min(path.find('/'), path.size());
        if (path.substr(0, slash) == name) return true;
        path.remove_prefix(slash);
    }
    return false;
}

bool accepts(const request_head& h, std::string_view type) {
    const auto* a = h.find(header_id::accept);
    return a && a->value.find(type) != std::string_view::npos;
}

} // namespace

int status_of(local_answer what) { return find(what).status; }

void write_answer(std::string& out, local_answer what, const answer_rules& rules) {
    const auto& w = find(what);
    const auto body = body_of(w, rules.html);
    fmt::format_to(
        std::back_inserter(out),
        "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n{}{}\r\n",
        w.status, http::reason_phrase(w.status),
        rules.html && w.status != 200 ? "text/html; charset=utf-8" : "application/json", body.size(),
        w.status == 503 ? "Retry-After: 5\r\n" : "", rules.close ? "Connection: close\r\n" : "");
    if (!rules.without_body) out += body;
}

bool wants_html(const request_head& h) { return accepts(h, "text/html"); }
bool wants_json(const request_head& h) {
    return !wants_html(h) && (accepts(h, "application/json") || has_segment(h.target, "api"));
}

} // namespace berth::proxy
