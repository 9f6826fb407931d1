// SPDX-License-Identifier: BSD-3-Clause
// Streamed bodies, clients that leave, and stopping.
#include "tests/daemon/http/client.hpp"

#include "daemon/http/sse.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::http::test {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

// Says when it ends, however it ends.
struct end_marker {
    std::promise<void>& ended;
    ~end_marker() { ended.set_value(); }
};

asio::awaitable<void> wait_for_ever() {
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> count(body_writer& to) {
    for (int i = 1; i <= 3; ++i) {
        const auto frame = sse_data(std::to_string(i));
        if (!co_await to.write(frame)) co_return;
        if (!co_await to.write("")) co_return; // not an end
    }
}

asio::awaitable<void> one_then_silence(std::promise<void>* ended, body_writer& to) {
    end_marker mark{*ended};
    (void)co_await to.write("one");
    co_await wait_for_ever();
}

asio::awaitable<void> flood(std::promise<void>* ended, body_writer& to) {
    end_marker mark{*ended};
    const std::string piece(256 << 10, 'x');
    while (co_await to.write(piece)) {
    }
}

asio::awaitable<void> fail_halfway(body_writer& to) {
    (void)co_await to.write("half");
    throw std::runtime_error("broken");
}

template<class P>
dispatcher streaming(P produce) {
    return answer_with([produce](const request& r) {
        return r.path == "/plain" ? make_text(200, "plain") : make_event_stream(produce);
    });
}

auto ending(std::promise<void>& ended, asio::awaitable<void> (*body)(std::promise<void>*, body_writer&)) {
    return streaming([&ended, body](body_writer& to) { return body(&ended, to); });
}

TEST(stream, is_chunked_and_keeps_the_connection) {
    running_server s(streaming(count));
    auto c = s.connect();
    c.send("GET /s HTTP/1.1\r\nHost: h\r\n\r\nGET /plain HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto a = c.read();
    EXPECT_EQ(a.body, "data: 1\n\ndata: 2\n\ndata: 3\n\n");
    EXPECT_EQ(a.header("Transfer-Encoding"), "chunked");
    EXPECT_EQ(a.header("Cache-Control"), "no-cache");
    EXPECT_EQ(a.header("X-Accel-Buffering"), "no");
    EXPECT_EQ(c.read().body, "plain");
}

TEST(stream, is_raw_for_http_1_0_and_absent_for_head) {
    running_server s(streaming(count));
    auto c = s.connect();
    c.send("HEAD /s HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(c.read(true).status, 200);
    c.send("GET /s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto a = c.read();
    EXPECT_EQ(a.body, "data: 1\n\ndata: 2\n\ndata: 3\n\n");
    EXPECT_EQ(a.header("Connection"), "close");
}

TEST(stream, a_client_that_leaves_ends_the_producer) {
    for (const bool hard : {false, true}) {
        std::promise<void> ended;
        running_server s(ending(ended, one_then_silence));
        auto c = s.connect();
        c.send("GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_THAT(c.read_until("one"), HasSubstr("200 OK"));
        if (hard)
            c.reset();
        else
            client(std::move(c)); // closes
        EXPECT_EQ(ended.get_future().wait_for(seconds(10)), std::future_status::ready);
    }
}

TEST(stream, a_client_that_leaves_ends_a_producer_that_is_writing) {
    std::promise<void> ended;
    running_server s(ending(ended, flood));
    auto c = s.connect();
    c.send("GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
    c.read_until("xxx");
    c.reset();
    EXPECT_EQ(ended.get_future().wait_for(seconds(10)), std::future_status::ready);
}

TEST(stream, a_client_that_does_not_read_ends_the_producer) {
    std::promise<void> ended;
    listen_settings settings;
    settings.bounds.write_time = milliseconds(60);
    running_server s(ending(ended, flood), settings);
    auto c = s.connect();
    c.send("GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(ended.get_future().wait_for(seconds(10)), std::future_status::ready);
}

TEST(stream, a_client_that_sends_without_end_is_cut_off) {
    std::promise<void> ended;
    running_server s(ending(ended, one_then_silence));
    auto c = s.connect();
    c.send("GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
    c.read_until("one");
    c.send(std::string(200'000, 'x'));
    EXPECT_EQ(ended.get_future().wait_for(seconds(10)), std::future_status::ready);
}

TEST(stream, a_failed_producer_leaves_the_body_unfinished) {
    running_server s(streaming(fail_halfway));
    auto c = s.connect();
    c.send("GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto all = c.read_to_end();
    EXPECT_THAT(all, HasSubstr("4\r\nhalf\r\n"));
    EXPECT_FALSE(all.ends_with("0\r\n\r\n"));
    s.stop(seconds(1));
    EXPECT_EQ(s.log.count("http.stream_failed"), 1U);
}

TEST(stop, ends_idle_connections_and_streams_at_once) {
    std::promise<void> ended;
    running_server s(ending(ended, one_then_silence));
    auto idle = s.connect();
    EXPECT_EQ(idle.get("/plain").status, 200);
    auto listening = s.connect();
    listening.send("GET /s HTTP/1.1\r\nHost: h\r\n\r\n");
    listening.read_until("one");
    s.stop(std::chrono::hours(1)); // the grace is not needed
    EXPECT_EQ(ended.get_future().wait_for(seconds(10)), std::future_status::ready);
    EXPECT_TRUE(idle.at_end());
    EXPECT_THROW(s.connect(), std::runtime_error);
    EXPECT_EQ(s.log.count("task.failed"), 0U);
}

// A handler that answers when it is told to.
struct gate {
    explicit gate(std::promise<asio::steady_timer*>& r) : reached(r) {}
    std::promise<asio::steady_timer*>& reached;
};

asio::awaitable<response> answer_when_told(gate* g, request) {
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    g->reached.set_value(&timer);
    boost::system::error_code ec;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (ec != asio::error::operation_aborted || timer.expiry() == asio::steady_timer::time_point::max())
        throw std::runtime_error("cut");
    co_return make_text(200, "late");
}

TEST(stop, lets_requests_under_way_end) {
    std::promise<asio::steady_timer*> reached;
    gate g(reached);
    running_server s([&g](request r) { return answer_when_told(&g, std::move(r)); });
    auto c = s.connect();
    c.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    auto* timer = reached.get_future().get();
    std::thread stopper([&] { s.stop(std::chrono::hours(1)); });
    s.on_thread([&] {
        timer->expires_at(asio::steady_timer::time_point::min()); // cancels the wait
        return 0;
    });
    const auto a = c.read();
    EXPECT_EQ(a.body, "late");
    EXPECT_TRUE(c.at_end());
    client(std::move(c));
    stopper.join();
}

TEST(stop, ends_the_rest_after_the_grace) {
    std::promise<asio::steady_timer*> reached;
    gate g(reached);
    running_server s([&g](request r) { return answer_when_told(&g, std::move(r)); });
    auto c = s.connect();
    c.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    reached.get_future().get();
    s.stop(milliseconds(20));
    EXPECT_TRUE(c.at_end());
    EXPECT_EQ(s.log.count("http.stop_incomplete"), 0U);
}

TEST(stop, a_server_may_end_with_connections_open) {
    capturing_logger log;
    asio::io_context io;
    auto s = std::make_unique<server>(io.get_executor(), log, listen_settings{.address = "127.0.0.1:0"},
                                      answer_with([](const request&) { return make_text(200, "x"); }));
    ASSERT_TRUE(s->start());
    client c(s->address());
    c.send("GET / HT");
    while (s->connections() == 0) io.run_one();
    s.reset();
    io.poll();
    EXPECT_TRUE(c.at_end());
}

TEST(stop, an_io_context_may_end_with_connections_open) {
    capturing_logger log;
    auto io = std::make_unique<asio::io_context>();
    auto s = std::make_unique<server>(io->get_executor(), log, listen_settings{.address = "127.0.0.1:0"},
                                      answer_with([](const request&) { return make_text(200, "x"); }));
    ASSERT_TRUE(s->start());
    client a(s->address()), b(s->address());
    a.send("GET / HT");
    while (s->connections() < 2) io->run_one();
    s.reset();
    io.reset();
    EXPECT_TRUE(a.at_end());
}

} // namespace
} // namespace berth::http::test
