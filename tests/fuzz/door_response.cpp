// SPDX-License-Identifier: BSD-3-Clause
// A hostile notebook's answer through the front door to a browser. The first byte says how the door came to
// it. What the browser gets must be HTTP that ends where the door says so: else the next answer on the
// connection would be another's.
#include "daemon/proxy/answer_plan.hpp"
#include "daemon/proxy/body_framing.hpp"
#include "daemon/proxy/head_writer.hpp"
#include "daemon/proxy/http_head.hpp"
#include "tests/fuzz/support.hpp"

#include <memory>
#include <string>

namespace {

using namespace berth;
using namespace berth::proxy;
using fuzz::check;

// The body as the browser gets it.
std::string passed_on(body_framing& door, bool decode, std::string body) {
    std::size_t kept = 0;
    const auto used = decode ? door.decode({body.data(), body.size()}, kept)
                             : kept = door.follow({body.data(), body.size()});
    check(kept <= used && used <= body.size(), "no byte is made up");
    return body.substr(0, kept);
}

void check_browser(std::string_view head, std::string_view body, const answer_facts& request,
                   const answer_plan& plan, bool done) {
    auto seen = std::make_unique<response_head>();
    check(parse_response(head, *seen) == parse_result::ok, "the browser gets HTTP");
    check(!(seen->has_length && seen->has_encoding), "one framing");
    const auto kind = seen->body(request.is_head);
    body_framing browser(kind, seen->length);
    const std::string copy(body);
    const auto used = browser.follow({copy.data(), copy.size()});
    check(used == body.size(), "no byte comes behind the answer");
    if (kind == body_kind::until_close)
        return check(plan.rules.close, "an answer without an end closes the connection");
    check(browser.done() == done, "door and browser see the same end");
}

} // namespace

void fuzz(std::string_view bytes) {
    if (bytes.empty()) return;
    const auto flags = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    const answer_facts request{.minor = flags & 1 ? 0 : 1,
                               .page_status = flags & 2 ? 503 : 0,
                               .is_head = (flags & 4) != 0,
                               .keep_alive = (flags & 8) == 0};
    auto h = std::make_unique<response_head>();
    while (true) {
        bool bad = false;
        const auto end = find_head_end(bytes, 0, bad);
        if (!end || parse_response(bytes.substr(0, end), *h) != parse_result::ok ||
            !is_acceptable(*h, request))
            return;
        bytes.remove_prefix(end);
        if (h->status >= 200) break;
        std::string interim;
        write_response_head(interim, *h, {.upgrade = h->status == 101});
        check(parse_response(interim, *h) == parse_result::ok && h->status < 200,
              "an interim answer stays one");
        if (h->status == 101) return; // a tunnel from here on
    }
    const auto plan = plan_answer(*h, request);
    std::string head;
    write_response_head(head, *h, plan.rules);
    body_framing door(plan.kind, h->length);
    const auto body = passed_on(door, plan.decode, std::string(bytes));
    if (!door.malformed()) check_browser(head, body, request, plan, door.done());
}
