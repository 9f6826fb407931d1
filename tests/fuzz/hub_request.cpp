// SPDX-License-Identifier: BSD-3-Clause
// A client's bytes at the hub's listener, in pieces of every size: no crash, bounds kept, and the same
// outcome however the bytes are cut.
#include "daemon/http/forms.hpp"
#include "daemon/http/request_reader.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>
#include <string>

namespace {

using berth::fuzz::check;
using berth::http::request_reader;
using status = request_reader::status;

constexpr std::size_t head_limit = 1024, body_limit = 512;

status read_in_pieces(std::string_view bytes, std::size_t piece, request_reader& reader) {
    std::string pending;
    while (!bytes.empty() && reader.state() == status::need_more) {
        pending += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        pending.erase(0, reader.feed(pending));
        check(reader.state() != status::need_more || pending.size() <= head_limit + piece,
              "bytes that wait are bounded");
        check(reader.body_size() <= body_limit, "the body is bounded");
    }
    return reader.state();
}

} // namespace

void fuzz(std::string_view bytes) {
    request_reader whole(head_limit, body_limit), cut(head_limit, body_limit);
    const auto a = read_in_pieces(bytes, bytes.size(), whole);
    const auto b = read_in_pieces(bytes, 1 + bytes.size() % 7, cut);
    if (a == status::complete && b == status::complete) {
        const auto first = whole.take(), second = cut.take();
        check(first.method == second.method && first.target == second.target && first.body == second.body,
              "pieces do not change a request");
        (void)first.cookies("a");
        (void)first.prefers("application/json");
        (void)berth::http::read_form(first);
    }
    // Cut or not, one must not pass for a request where the other is refused for its form.
    if ((a == status::complete) == (b == status::complete)) return;
    const auto& refused = a == status::complete ? cut : whole;
    check(refused.state() == status::failed && refused.error_status() == 431,
          "pieces do not make a request of what is none");
}
