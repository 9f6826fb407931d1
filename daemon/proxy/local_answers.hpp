// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/proxy/http_head.hpp"

#include <string>
#include <string_view>

namespace berth::proxy {

// What the front door says itself, when there is nobody else to answer.
enum class local_answer {
    healthy,     // 200 {"status":"OK"}
    hub_away,    // 503; browsers get a page that reloads itself
    server_away, // 503: the notebook does not answer, nor did the hub have a page for that
    bad_gateway, // 502: what came back is no HTTP
    no_route,    // 404
    bad_request,
    head_timeout,
    head_too_large,
    not_supported,
    bad_version,
    overloaded,
};

struct answer_rules {
    bool close = true;
    bool without_body = false; // to HEAD
    bool html = false;         // Accept names text/html; else JSON {"status":..,"message":..}
};

// A whole response, appended.
void write_answer(std::string& out, local_answer what, const answer_rules& rules);
int status_of(local_answer what);

// Who asked: a browser (Accept names text/html) or a program (Accept names JSON, or the path has a segment
// "api").
bool wants_html(const request_head& h);
bool wants_json(const request_head& h);

} // namespace berth::proxy
