// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/proxy/support.hpp"

#include <gtest/gtest.h>

namespace berth::proxy::test {
namespace {

struct attempt {
    const char* name;
    std::string request;
    int status;
};

const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";

const attempt attempts[] = {
    {"both lengths", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"two different lengths", post + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400},
    {"a list of lengths", post + "Content-Length: 4, 4\r\n\r\nabcd", 400},
    {"negative length", post + "Content-Length: -1\r\n\r\n", 400},
    {"signed length", post + "Content-Length: +4\r\n\r\nabcd", 400},
    {"hex length", post + "Content-Length: 0x4\r\n\r\nabcd", 400},
    {"huge length", post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
    {"empty length", post + "Content-Length:\r\n\r\n", 400},
    {"encoding twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400},
    {"other encoding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
    {"xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
    {"chunked with a vertical tab",
     post + "Transfer-Encoding: \x0b"
            "chunked\r\n\r\n0\r\n\r\n",
     400},
    {"encoding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"blank before the colon", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
    {"folded line", post + "X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n", 400},
    {"bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400},
    {"bare LF within", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
    {"bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: y\rZ: 1\r\n\r\n", 400},
    {"NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: y" + std::string(1, 0) + "z\r\n\r\n", 400},
    {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"line without colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400},
    {"empty name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400},
    {"blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"no version", "GET /\r\nHost: a\r\n\r\n", 400},
    {"HTTP/2 in words", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501},
    {"bad chunk size", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
    {"chunk size with 0x", post + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", 400},
    {"chunk size that overflows", post + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", 400},
    {"chunk size and bare LF", post + "Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n", 400},
    {"chunk longer than said", post + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", 400},
    {"TLS hello on a plain port", "\x16\x03\x01\x02\x01\n\n", 400},
};

TEST(smuggling, what_could_be_read_in_two_ways_is_refused_and_closed) {
    fake_server hub([](wire& w) {
        for (auto m = read_message(w); !m.head.empty(); m = read_message(w)) w.send(ok_response("reached"));
    });
    opened o(hub.url());
    for (const auto& a : attempts) {
        auto w = dial(o.address());
        w.send(a.request);
        const auto m = read_message(w);
        EXPECT_EQ(m.status(), a.status) << a.name;
        EXPECT_TRUE(w.ended()) << a.name;
    }
}

TEST(smuggling, what_has_one_meaning_passes) {
    fake_server hub(answering("fine"));
    opened o(hub.url());
    for (const auto& request :
         {post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", "\r\n" + get("/"),
          post + "Transfer-Encoding: Chunked\r\n\r\n4;a=\"b\"\r\nabcd\r\n00\r\nX: y\r\n\r\n",
          std::string("GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n"), std::string("GET / HTTP/1.0\r\n\r\n")})
        EXPECT_EQ(ask(o.address(), request).body, "fine") << request;
}

TEST(smuggling, answers_that_are_not_http_become_502) {
    for (const char* nonsense : {"hello there\r\n\r\n", "HTTP/1.1 abc\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                                 "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 200 OK\nX: y\n\n"}) {
        fake_server hub([nonsense](wire& w) {
            w.read_until("\r\n\r\n");
            w.send(nonsense);
        });
        opened o(hub.url());
        EXPECT_EQ(ask(o.address(), get("/")).status(), 502) << nonsense;
    }
}

TEST(smuggling, bytes_behind_an_answer_never_reach_the_next_client) {
    fake_server hub([](wire& w) {
        while (!read_message(w).head.empty()) w.send(ok_response("mine") + ok_response("stray"));
    });
    opened o(hub.url(), [](settings& s) { s.threads = 1; });
    auto w = dial(o.address());
    for (int i = 0; i < 5; ++i) {
        w.send(get("/"));
        EXPECT_EQ(read_message(w).body, "mine");
    }
}

} // namespace
} // namespace berth::proxy::test
