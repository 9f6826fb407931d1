// SPDX-License-Identifier: BSD-3-Clause
// Whose token goes with a call, and who is let through while the server is away.
#include "scheduler/firecrest/calls.hpp"

#include "daemon/runtime/spawn.hpp"

#include <arpa/inet.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace berth::scheduler {
namespace {

using namespace std::chrono_literals;

// Takes connections and never answers.
class silent_server {
  public:
    silent_server() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
        EXPECT_EQ(::listen(socket_.get(), 16), 0);
        EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
        port_ = ntohs(at.sin_port);
    }
    std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
    // Connections since it was asked last.
    int taken() {
        int n = 0;
        for (unique_fd one(::accept(socket_.get(), nullptr, nullptr)); one;
             one = unique_fd(::accept(socket_.get(), nullptr, nullptr)))
            ++n;
        return n;
    }

  private:
    unique_fd socket_;
    int port_ = 0;
};

class some_tokens final : public token_source {
  public:
    boost::asio::awaitable<result<secret>> token_of(std::string user) override {
        if (user == "gone") co_return fail(errc::login_required, "sign in again");
        if (user == "nobody") co_return fail(errc::not_found, "there is no user nobody");
        co_return secret("token of " + user);
    }
    void distrust(std::string_view, const secret&) override {}
};

struct calls_fixture : testing::Test {
    boost::asio::io_context io;
    null_logger log;
    manual_clock time;
    http_client http{io.get_executor(), log};
    some_tokens tokens;
    silent_server server;
    firecrest_calls calls{
        io.get_executor(), http, time, tokens, {.url = server.url(), .ca_file = "", .timeout = 50ms}};

    errc ask(const std::string& identity, asking what = asking::question) {
        result<std::string> got;
        boost::asio::co_spawn(io, calls.ask({identity, "GET", "/status/systems", what, ""}),
                              [&](const std::exception_ptr&, result<std::string> r) { got = std::move(r); });
        io.restart();
        io.run();
        return got ? errc::internal : got.error().code;
    }
};

TEST_F(calls_fixture, no_answer_is_no_news_but_for_what_may_have_been_done) {
    EXPECT_EQ(ask("al"), errc::unavailable);
    EXPECT_EQ(ask("al", asking::cancel), errc::outcome_unknown);
    EXPECT_EQ(server.taken(), 2);
}

TEST_F(calls_fixture, who_has_no_token_is_not_a_job_that_is_gone) {
    EXPECT_EQ(ask("nobody"), errc::denied);
    EXPECT_EQ(ask("nobody", asking::cancel), errc::denied);
    EXPECT_EQ(ask("gone"), errc::login_required);
    EXPECT_EQ(server.taken(), 0);
}

TEST_F(calls_fixture, who_has_no_token_does_not_take_the_one_try) {
    for (int i = 0; i < 2; ++i) EXPECT_EQ(ask("al"), errc::unavailable);
    EXPECT_EQ(server.taken(), 2);
    EXPECT_EQ(ask("al"), errc::unavailable);
    EXPECT_EQ(server.taken(), 0) << "it is left alone";
    time.advance(2s);
    EXPECT_EQ(ask("gone"), errc::login_required);
    EXPECT_EQ(ask("al"), errc::unavailable);
    EXPECT_EQ(server.taken(), 1) << "one may try";
}

} // namespace
} // namespace berth::scheduler
