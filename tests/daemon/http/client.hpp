// SPDX-License-Identifier: BSD-3-Clause
// A plain blocking HTTP client and a server on its own thread, for tests.
#pragma once

#include "daemon/http/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <string>
#include <string_view>
#include <thread>

namespace berth::http::test {

// One connected socket; every wait ends after 10 s at the latest.
class client {
  public:
    explicit client(const std::string& address); // as server::address() gives it
    explicit client(int descriptor) : descriptor_(descriptor) {}
    client(client&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1))
        , rest_(std::move(other.rest_)) {}
    ~client();

    bool send(std::string_view bytes); // false when the peer has closed
    void finish_sending();
    void reset(); // closes with RST
    int descriptor() const { return descriptor_; }

    struct answer {
        int status = 0;
        std::string head, body;
        std::string header(std::string_view name) const;
    };
    // The next answer; status 0 when the connection ended first. `head_only`: an answer to HEAD.
    answer read(bool head_only = false);
    answer get(std::string_view path, std::string_view more_headers = "");
    std::string
    read_until(std::string_view mark); // mark included; what came until the end when it never comes
    std::string read_to_end();
    bool at_end() { return read_to_end().empty(); }

  private:
    bool more();
    int descriptor_;
    std::string rest_;
};

// A server on a thread of its own, ended by the destructor.
class running_server {
  public:
    explicit running_server(dispatcher d, listen_settings s = {});
    ~running_server();
    std::string address() const { return address_; }
    client connect() const { return client(address_); }
    void stop(duration grace);
    // Runs `f` on the server's thread and hands back what it returns.
    template<class F>
    auto on_thread(F f) {
        std::promise<decltype(f())> done;
        boost::asio::post(io_, [&] { done.set_value(f()); });
        return done.get_future().get();
    }
    server& get() { return *server_; }
    capturing_logger log; // look at it when the server has stopped

  private:
    boost::asio::io_context io_{1};
    std::unique_ptr<server> server_;
    std::string address_;
    std::thread thread_;
};

template<class F>
boost::asio::awaitable<response> answer_now(F f, request r) {
    co_return f(r);
}

// A dispatcher of an ordinary function: response(const request&).
template<class F>
dispatcher answer_with(F f) {
    return [f](request r) { return answer_now<F>(f, std::move(r)); };
}

} // namespace berth::http::test
