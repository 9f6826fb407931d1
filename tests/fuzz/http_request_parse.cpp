// SPDX-License-Identifier: BSD-3-Clause
// Bytes of a client in pieces of every size: no crash, bounds kept, and the same outcome however the bytes
// are cut.
#include "daemon/http/forms.hpp"
#include "daemon/http/multipart.hpp"
#include "daemon/http/request_reader.hpp"

#include <cstdlib>
#include <string>

namespace {

using berth::http::request_reader;
using status = request_reader::status;

constexpr std::size_t head_limit = 1024, body_limit = 512;

status read_in_pieces(std::string_view bytes, std::size_t piece, request_reader& reader) {
    std::string pending;
    while (!bytes.empty() && reader.state() == status::need_more) {
        pending += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        pending.erase(0, reader.feed(pending));
        if (reader.state() == status::need_more && pending.size() > head_limit + piece) std::abort();
        if (reader.body_size() > body_limit) std::abort();
    }
    return reader.state();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    request_reader whole(head_limit, body_limit), cut(head_limit, body_limit);
    const auto a = read_in_pieces(bytes, size, whole);
    const auto b = read_in_pieces(bytes, 1 + size % 7, cut);
    if (a == status::complete && b == status::complete) {
        const auto first = whole.take(), second = cut.take();
        if (first.method != second.method || first.target != second.target || first.body != second.body)
            std::abort();
        (void)first.cookies("a");
        (void)first.prefers("application/json");
        (void)berth::http::read_form(first);
    }
    // Cut or not, one must not pass for a request where the other is refused for its form.
    if ((a == status::complete) != (b == status::complete)) {
        const auto& refused = a == status::complete ? cut : whole;
        if (refused.state() != status::failed || refused.error_status() != 431) std::abort();
    }
    (void)berth::http::parse_multipart("multipart/form-data; boundary=X", bytes);
    return 0;
}
