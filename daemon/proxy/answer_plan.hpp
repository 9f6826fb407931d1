// SPDX-License-Identifier: BSD-3-Clause
// How a backend's answer goes on to the browser, decided from its head alone.
#pragma once

#include "daemon/proxy/head_writer.hpp"
#include "daemon/proxy/http_head.hpp"

namespace berth::proxy {

// What the answer's way depends on besides the answer.
struct answer_facts {
    int minor = 1;       // the client's HTTP/1.minor
    int page_status = 0; // the answer is the hub's page for this error of another server's
    bool is_head = false;
    bool keep_alive = true; // the connection may serve another request
};

struct answer_plan {
    body_kind kind = body_kind::none; // of the body as the backend sends it
    bool decode = false;              // HTTP/1.0 knows no chunks
    bool backend_ends = false;        // the backend's connection is not used again
    response_rules rules;             // `close` with an answer whose end the browser could not tell otherwise
};

// False for what could not be passed on: chunks in HTTP/1.0, a page without a body (it gets a status that has
// one).
bool is_acceptable(const response_head& h, const answer_facts& request);
// Of a final answer (status 200 and above).
answer_plan plan_answer(const response_head& h, const answer_facts& request);

} // namespace berth::proxy
