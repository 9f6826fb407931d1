// SPDX-License-Identifier: BSD-3-Clause
// What of a head goes on to the other side: hop-by-hop headers stay here (RFC 9110 section 7.6.1),
// X-Forwarded-* say whom we talk to.
#pragma once

#include "daemon/proxy/http_head.hpp"

#include <string>
#include <string_view>

namespace berth::proxy {

// Whom a connection came from.
struct peer_facts {
    std::string address = "127.0.0.1"; // of the other end
    bool trusted = false; // its own X-Forwarded-* are believed: For is appended to, the rest kept
    bool tls = false;
};

// Appends the request as the backend gets it, HTTP/1.1 always. `authority`: the Host where the client named
// none. `upgrade`: Connection and Upgrade go along.
void write_request_head(std::string& out, const request_head& h, const peer_facts& peer,
                        std::string_view authority, bool upgrade);

// Appends GET (or HEAD) of the hub's page for an error of `h`: no body, no cookies, no credentials.
void write_page_request(std::string& out, const request_head& h, std::string_view error_target, int status);

struct response_rules {
    int minor = 1;             // the client's HTTP/1.minor
    bool close = false;        // the connection ends after this response
    bool chunked = false;      // Transfer-Encoding goes along
    int instead_of_status = 0; // an error page: this status, and nothing but the content's own headers
    bool upgrade = false;      // 101
};
void write_response_head(std::string& out, const response_head& h, const response_rules& rules);

} // namespace berth::proxy
