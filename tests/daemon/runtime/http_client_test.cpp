// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/http_client.hpp"

#include "tests/daemon/runtime/run_coro.hpp"
#include "tests/daemon/runtime/tiny_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace berth {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::Not;

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Thing:  a b \r\n\r\nhi";

struct HttpClient : testing::Test {
    asio::io_context io;
    null_logger log;
    tiny_server server;
    tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    http_client client{io.get_executor(), log};

    std::string url(std::string path = "/") const {
        return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + path;
    }
    void serve(std::vector<std::string> script) {
        server.answer = [this, lines = std::move(script)](const std::string&) {
            return server.requests.size() < lines.size() ? lines[server.requests.size()] : std::string();
        };
        asio::co_spawn(io, server.accept(acceptor), asio::detached);
    }
    result<http_answer> fetch(http_call call) { return run_coro(io, client.fetch(std::move(call))); }
};

TEST_F(HttpClient, SendsTheRequestAndReadsTheAnswer) {
    serve({ok, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"});
    const auto answer = fetch(
        {.method = "POST", .url = url("/a?b=c"), .headers = {{"X-A", "1"}, {"X-Empty", ""}}, .body = "body"});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "hi");
    ASSERT_TRUE(answer->header("x-thing"));
    EXPECT_EQ(*answer->header("x-thing"), "a b");
    EXPECT_EQ(answer->header("y"), nullptr);
    EXPECT_THAT(server.requests.at(0),
                testing::AllOf(testing::StartsWith("POST /a?b=c HTTP/1.1\r\n"), HasSubstr("X-A: 1\r\n"),
                               HasSubstr("X-Empty:"), testing::EndsWith("\r\n\r\nbody"),
                               Not(HasSubstr("Expect")), Not(HasSubstr("urlencoded"))));
    const auto missing = fetch({.url = url()});
    ASSERT_TRUE(missing);
    EXPECT_EQ(missing->status, 404);
}

TEST_F(HttpClient, EveryMethodGoesOutAsItIs) {
    serve({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", ok, ok, ok, ok});
    for (const auto* method : {"HEAD", "PUT", "DELETE", "PATCH", "POST"}) {
        ASSERT_TRUE(fetch({.method = method, .url = url()})) << method;
        EXPECT_THAT(server.requests.back(), testing::StartsWith(std::string(method) + " / "));
    }
    EXPECT_THAT(server.requests.back(), HasSubstr("Content-Length: 0\r\n"));
}

TEST_F(HttpClient, KeepsConnectionsAndDoesNotFollowRedirects) {
    serve({"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", ok});
    EXPECT_EQ(fetch({.url = url()})->status, 302);
    EXPECT_EQ(fetch({.url = url()})->status, 200);
    EXPECT_EQ(server.requests.size(), 2u);
    EXPECT_EQ(server.connections, 1u);
}

TEST_F(HttpClient, NeverSendsAPostTwice) {
    serve({ok, "", ok});
    ASSERT_TRUE(fetch({.url = url()}));
    const auto lost = fetch({.method = "POST", .url = url(), .body = "submit"});
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, errc::outcome_unknown);
    EXPECT_EQ(server.requests.size(), 2u);
}

TEST_F(HttpClient, NothingListeningIsUnavailable) {
    const auto address = url("/secret-path");
    acceptor.close();
    const auto refused = fetch({.url = address, .headers = {{"Authorization", "token hunter2"}}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::unavailable);
    EXPECT_THAT(refused.error().message, testing::AllOf(HasSubstr("127.0.0.1:"), Not(HasSubstr("hunter2")),
                                                        Not(HasSubstr("secret-path"))));
    EXPECT_EQ(fetch({.url = "http://name.invalid/"}).error().code, errc::unavailable);
}

TEST_F(HttpClient, TlsThatFailsIsUnavailable) {
    serve({ok});
    auto address = url();
    address.replace(0, 4, "https");
    acceptor.listen();
    const auto failed = fetch({.url = address, .timeout = std::chrono::milliseconds(300)});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, errc::unavailable);
}

TEST_F(HttpClient, SilenceAfterTheRequestIsAnUnknownOutcome) {
    serve({"hang", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"});
    EXPECT_EQ(fetch({.url = url(), .timeout = std::chrono::milliseconds(100)}).error().code,
              errc::outcome_unknown);
    EXPECT_EQ(fetch({.url = url(), .timeout = std::chrono::milliseconds(100)}).error().code,
              errc::outcome_unknown);
}

TEST_F(HttpClient, BoundsTheAnswer) {
    std::string headers;
    for (int i = 0; i < 300; ++i) headers += "X: " + std::string(1000, 'x') + "\r\n";
    serve({"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901",
           "HTTP/1.1 200 OK\r\n" + headers + "\r\n"});
    EXPECT_EQ(fetch({.url = url(), .max_body = 10}).error().code, errc::limit_exceeded);
    EXPECT_EQ(fetch({.url = url()}).error().code, errc::limit_exceeded);
}

TEST_F(HttpClient, RefusesWhatCannotBeSent) {
    for (const auto& call : std::vector<http_call>{{.url = "ftp://x/"},
                                                   {.url = "file:///etc/passwd"},
                                                   {.url = ""},
                                                   {.url = "/path"},
                                                   {.method = "GE T", .url = url()},
                                                   {.url = url(), .headers = {{"A", "b\r\nC: d"}}},
                                                   {.url = url(), .headers = {{"A b", "c"}}},
                                                   {.url = "http://"}}) {
        const auto answer = fetch(call);
        ASSERT_FALSE(answer) << call.url;
        EXPECT_EQ(answer.error().code, errc::invalid_argument) << call.url;
    }
}

TEST_F(HttpClient, CancellingAbortsTheTransfer) {
    serve({"hang", ok});
    asio::cancellation_signal stop;
    std::optional<result<http_answer>> outcome;
    asio::co_spawn(
        io, client.fetch({.url = url(), .timeout = std::chrono::hours(1)}),
        asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& e, result<http_answer> r) {
            if (!e) outcome = std::move(r);
        }));
    while (server.requests.empty()) io.run_one();
    stop.emit(asio::cancellation_type::terminal);
    while (!outcome) io.run_one();
    ASSERT_FALSE(*outcome);
    EXPECT_EQ(outcome->error().code, errc::cancelled);
    EXPECT_TRUE(fetch({.url = url()})); // and the client goes on
}

TEST_F(HttpClient, ManyAtOnce) {
    serve(std::vector<std::string>(200, ok));
    std::size_t answered = 0;
    for (int i = 0; i < 200; ++i)
        asio::co_spawn(
            io, client.fetch({.url = url()}),
            [&](const std::exception_ptr&, const result<http_answer>& r) { answered += r ? 1 : 0; });
    while (answered < 200 && io.run_one() > 0) {
    }
    EXPECT_EQ(answered, 200u);
}

TEST_F(HttpClient, SpeaksThroughAUnixSocket) {
    std::string dir = "/tmp/berth-http-XXXXXX";
    ASSERT_TRUE(mkdtemp(dir.data()));
    asio::local::stream_protocol::acceptor local(io, {dir + "/socket"});
    server.answer = [](const std::string&) { return ok; };
    asio::co_spawn(io, server.accept(local), asio::detached);
    const auto answer = fetch({.url = "http://front-door/api/routes", .unix_socket = dir + "/socket"});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_THAT(server.requests.at(0), HasSubstr("Host: front-door"));
    EXPECT_EQ(fetch({.url = "http://front-door/", .unix_socket = dir + "/none"}).error().code,
              errc::unavailable);
    std::filesystem::remove_all(dir);
}

TEST_F(HttpClient, MayBeAbandonedWithTheLoop) {
    serve({"hang"});
    asio::co_spawn(io, client.fetch({.url = url()}), asio::detached);
    while (server.requests.empty()) io.run_one();
}

} // namespace
} // namespace berth
