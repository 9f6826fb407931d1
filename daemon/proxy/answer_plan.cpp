// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/answer_plan.hpp"

namespace berth::proxy {

bool is_acceptable(const response_head& h, const answer_facts& request) {
    if (h.has_encoding && h.minor == 0) return false;
    return !request.page_status || (h.status != 204 && h.status != 304);
}

answer_plan plan_answer(const response_head& h, const answer_facts& request) {
    answer_plan out;
    out.kind = h.body(request.is_head);
    out.decode = out.kind == body_kind::chunked && request.minor == 0;
    out.backend_ends =
        !h.keep_alive() || out.kind == body_kind::until_close || (h.has_encoding && h.has_length);
    out.rules.minor = request.minor;
    out.rules.chunked = h.has_encoding && !out.decode;
    out.rules.instead_of_status = request.page_status;
    const bool no_end = out.kind == body_kind::until_close || out.decode;
    out.rules.close = no_end || !request.keep_alive;
    return out;
}

} // namespace berth::proxy
