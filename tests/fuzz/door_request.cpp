// SPDX-License-Identifier: BSD-3-Clause
// A client's bytes through the front door to the hub. Both must see the same requests: where the door says
// that one ends, the hub ends it too, with the same method, target and body, or refuses it. Anything else is
// request smuggling.
#include "daemon/http/request_reader.hpp"
#include "daemon/proxy/body_framing.hpp"
#include "daemon/proxy/head_writer.hpp"
#include "daemon/proxy/http_head.hpp"
#include "daemon/runtime/encoding.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>
#include <memory>
#include <string>

namespace {

using namespace berth;
using namespace berth::proxy;
using fuzz::check;
using status = http::request_reader::status;

struct body_seen {
    std::size_t used = 0;
    bool done = false, malformed = false;
    std::string data;
    bool operator==(const body_seen&) const = default;
};

body_seen read_whole(const request_head& h, std::string body) {
    body_framing f(h.body, h.length), decoding = f;
    body_seen out;
    out.used = f.follow({body.data(), body.size()});
    out.done = f.done();
    out.malformed = f.malformed();
    std::size_t kept = 0;
    check(decoding.decode({body.data(), body.size()}, kept) == out.used,
          "decode and follow end at the same byte");
    out.data = body.substr(0, kept);
    return out;
}

body_seen read_in_pieces(const request_head& h, std::string_view body) {
    body_framing f(h.body, h.length);
    body_seen out;
    fuzz::in_pieces(body, [&](std::string_view piece) {
        std::string copy(piece);
        std::size_t kept = 0;
        out.used += f.decode({copy.data(), copy.size()}, kept);
        out.data += copy.substr(0, kept);
    });
    out.done = f.done();
    out.malformed = f.malformed();
    return out;
}

// Every header that the hub sees is one that the door has written, in its order.
void check_headers(const http::request& seen, std::string_view written, const peer_facts& peer) {
    auto h = std::make_unique<request_head>();
    check(parse_request(written, *h) == parse_result::ok, "the door can read what it writes");
    check(seen.method == h->method && seen.target == h->target, "method and target are the same");
    check(seen.headers.size() == h->count, "the hub sees as many headers as the door has written");
    std::size_t n = 0;
    for (const auto& [name, value] : seen.headers) {
        check(h->list[n].name == name && h->list[n].value == value,
              "the hub sees the headers that the door has written");
        check(std::ranges::none_of(
                  h->headers().first(n),
                  [&](const auto& f) { return iequals(f.name, "content-length") && iequals(name, f.name); }),
              "one Content-Length");
        ++n;
    }
    if (peer.trusted) return;
    check(seen.header("X-Forwarded-For") == peer.address, "a stranger's X-Forwarded-For is replaced");
    check(seen.header("X-Forwarded-Proto") == "http", "a stranger's X-Forwarded-Proto is replaced");
    for (const auto* name :
         {"Forwarded", "X-Real-IP", "X-Scheme", "X-Forwarded-Scheme", "TE", "Keep-Alive", "Proxy-Connection"})
        check(!seen.headers.has(name), "claims and hop-by-hop headers stay at the door");
}

void check_hub(std::string_view head, std::string_view body, const body_seen& door, const peer_facts& peer) {
    http::request_reader hub(1 << 20, 1 << 20);
    std::string bytes(head);
    bytes += body.substr(0, door.used);
    const auto taken = hub.feed(bytes);
    if (hub.state() == status::failed) return; // refused, and the connection with it
    if (!door.done)
        return check(hub.state() == status::need_more, "the hub does not end a request before the door does");
    check(hub.state() == status::complete, "the hub does not wait for more of a request that has ended");
    check(taken == bytes.size(), "the hub takes the whole request");
    const auto seen = hub.take();
    check(seen.body == door.data, "the body is the same");
    check_headers(seen, head, peer);
}

} // namespace

void fuzz(std::string_view bytes) {
    const bool trusted = bytes.starts_with('T');
    if (trusted) bytes.remove_prefix(1);
    while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
    bool bad = false, bad_later = false;
    const auto end = find_head_end(bytes, 0, bad);
    if (const auto half = bytes.size() / 2; !find_head_end(bytes.substr(0, half), 0, bad_later))
        check(find_head_end(bytes, half, bad_later) == end,
              "a head that comes in two pieces has the same end");
    if (!end) return;
    auto h = std::make_unique<request_head>();
    if (parse_request(bytes.substr(0, end), *h) != parse_result::ok) return;
    const auto body = bytes.substr(end);
    const auto door = read_whole(*h, std::string(body));
    const auto pieces = read_in_pieces(*h, body);
    check(pieces.done == door.done && pieces.malformed == door.malformed,
          "pieces do not change a body's end");
    check(!door.done || pieces == door, "pieces do not change a body");
    if (door.malformed) return; // never passed on
    const peer_facts peer{.address = "192.0.2.7", .trusted = trusted, .tls = false};
    const bool upgrade = h->says_upgrade && h->find(header_id::upgrade);
    std::string head;
    write_request_head(head, *h, peer, "127.0.0.1:1", upgrade);
    check_hub(head, body, door, peer);
    std::string page;
    write_page_request(page, *h, "/hub/error", 503);
    check(parse_request(page, *h) == parse_result::ok && h->body == body_kind::none,
          "the request for an error page is one");
}
