// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/request_reader.hpp"

#include "daemon/runtime/encoding.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace berth::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;
using text = boost::beast::string_view;

constexpr std::size_t first_body_reserve =
    64 << 10; // a declared length is a claim, not yet a reason to allocate

std::string_view view(text t) { return {t.data(), t.size()}; }

} // namespace

struct request_reader::parser final : beast_http::basic_parser<true> {
    request out;
    std::size_t header_bytes;
    std::size_t head_seen = 0;
    status progress = status::need_more;
    int error = 0;
    std::string_view message;
    unsigned hosts = 0;
    bool expect_continue = false;
    bool http_1_0 = false;

    parser(std::size_t head_limit, std::size_t body_bytes) : header_bytes(head_limit) {
        header_limit(static_cast<std::uint32_t>(head_limit));
        body_limit(body_bytes);
        eager(true);
    }

    void refuse(int code, std::string_view why, error_code& ec) {
        error = code;
        message = why;
        ec = beast_http::error::bad_field;
    }

    // Beast bounds a line of the head at a time; this bounds them all.
    void count_head(std::size_t bytes, error_code& ec) {
        head_seen += bytes;
        if (head_seen > header_bytes) ec = beast_http::error::header_limit;
    }

    void on_request_impl(beast_http::verb, text method, text target, int version, error_code& ec) override {
        out.method = view(method);
        out.target = view(target);
        out.headers.reserve(12);
        http_1_0 = version == 10;
        count_head(method.size() + target.size() + 12, ec);
    }

    void on_field_impl(beast_http::field name, text key, text value, error_code& ec) override {
        count_head(key.size() + value.size() + 4, ec);
        if (ec || is_header_done()) return; // a trailer must not pass for a header
        switch (name) {
        case beast_http::field::host:
            if (++hosts > 1) return refuse(400, "more than one Host header", ec);
            break;
        case beast_http::field::transfer_encoding:
            if (http_1_0) return refuse(400, "Transfer-Encoding in an HTTP/1.0 request", ec);
            if (!iequals(view(value), "chunked"))
                return refuse(501, "Transfer-Encoding other than \"chunked\" is not supported", ec);
            break;
        case beast_http::field::expect: expect_continue = iequals(view(value), "100-continue"); break;
        default: break;
        }
        out.headers.add(view(key), std::string(view(value)));
    }

    void on_header_impl(error_code& ec) override {
        if (hosts == 0 && !http_1_0) refuse(400, "the Host header is missing", ec);
    }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        if (length) out.body.reserve(std::min<std::uint64_t>(*length, first_body_reserve));
    }
    std::size_t on_body_impl(text body, error_code&) override {
        out.body.append(body.data(), body.size());
        return body.size();
    }
    void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code&) override {
        out.body.append(body.data(), body.size());
        return body.size();
    }
    void on_finish_impl(error_code&) override {}
    void on_response_impl(int, text, int, error_code&) override {}

    void fail(error_code ec) {
        progress = status::failed;
        if (error != 0) return;
        if (ec == beast_http::error::header_limit) {
            error = 431;
            message = "the request's headers are too large";
        } else if (ec == beast_http::error::body_limit) {
            error = 413;
            message = "the request's body is too large";
        } else if (ec == beast_http::error::bad_version) {
            error = 505;
            message = "this server speaks HTTP/1.1 and HTTP/1.0";
        } else {
            error = 400;
            message = "malformed HTTP request";
        }
    }
};

request_reader::request_reader(std::size_t header_bytes, std::size_t body_bytes)
    : parser_(std::make_unique<parser>(header_bytes, body_bytes)) {}
request_reader::~request_reader() = default;

std::size_t request_reader::feed(std::string_view bytes) {
    auto& p = *parser_;
    std::size_t used = 0;
    // Empty lines before a request are skipped (RFC 9112, section 2.2).
    if (!p.got_some())
        while (used < bytes.size() && (bytes[used] == '\r' || bytes[used] == '\n')) ++used;
    if (used == bytes.size()) return used;
    // No chunked body ends with less. Beast 1.81 asserts that it sees as much when it comes back to a last chunk.
    constexpr std::size_t shortest_end = std::string_view("0\r\n\r\n").size();
    if (p.is_header_done() && p.chunked() && bytes.size() - used < shortest_end) return used;
    error_code ec;
    used += p.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), ec);
    // A chunk's header or the trailers may be dribbled without end.
    if (ec == beast_http::error::need_more && bytes.size() - used > p.header_bytes)
        ec = beast_http::error::header_limit;
    if (ec && ec != beast_http::error::need_more)
        p.fail(ec);
    else if (p.is_done())
        p.progress = status::complete;
    return used;
}

request_reader::status request_reader::state() const { return parser_->progress; }
int request_reader::error_status() const { return parser_->error; }
std::string_view request_reader::error_message() const { return parser_->message; }
bool request_reader::has_head() const { return parser_->is_header_done(); }
bool request_reader::expects_continue() const { return parser_->expect_continue && !parser_->http_1_0; }
bool request_reader::keep_alive() const { return parser_->keep_alive(); }
bool request_reader::is_http_1_0() const { return parser_->http_1_0; }
std::size_t request_reader::body_size() const { return parser_->out.body.size(); }
request request_reader::take() { return std::move(parser_->out); }

} // namespace berth::http
