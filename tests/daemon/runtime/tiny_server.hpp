// SPDX-License-Identifier: BSD-3-Clause
// An HTTP server for tests: says what it is told to, whatever that is.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <functional>
#include <string>
#include <vector>

namespace berth {

// Answers each request with the text that `answer` makes of it; an empty one closes the connection, "hang"
// keeps silent.
struct tiny_server {
    std::function<std::string(const std::string& request)> answer;
    std::vector<std::string> requests;
    std::size_t connections = 0;

    template<class Socket>
    boost::asio::awaitable<void> serve(Socket socket) {
        boost::asio::streambuf in;
        for (;;) {
            boost::system::error_code ec;
            const auto size = co_await boost::asio::async_read_until(
                socket, in, "\r\n\r\n", boost::asio::redirect_error(boost::asio::use_awaitable, ec));
            if (ec) co_return;
            std::string head(boost::asio::buffers_begin(in.data()),
                             boost::asio::buffers_begin(in.data()) + static_cast<std::ptrdiff_t>(size));
            in.consume(size);
            std::size_t body = 0;
            if (const auto at = head.find("Content-Length: "); at != head.npos)
                body = std::stoul(head.substr(at + 16));
            if (in.size() < body)
                co_await boost::asio::async_read(socket, in, boost::asio::transfer_exactly(body - in.size()),
                                                 boost::asio::use_awaitable);
            head.append(boost::asio::buffers_begin(in.data()),
                        boost::asio::buffers_begin(in.data()) + static_cast<std::ptrdiff_t>(body));
            in.consume(body);
            const auto text = answer(head);
            requests.push_back(head);
            if (text.empty()) co_return;
            if (text != "hang")
                co_await boost::asio::async_write(socket, boost::asio::buffer(text),
                                                  boost::asio::use_awaitable);
        }
    }
    template<class Acceptor>
    boost::asio::awaitable<void> accept(Acceptor& from) {
        for (;;) {
            auto socket = co_await from.async_accept(boost::asio::use_awaitable);
            ++connections;
            boost::asio::co_spawn(from.get_executor(), serve(std::move(socket)), boost::asio::detached);
        }
    }
};

} // namespace berth
