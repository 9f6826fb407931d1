// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <curl/curl.h>

#include <functional>
#include <map>
#include <memory>

namespace berth {

// libcurl's multi interface on an Asio event loop: curl says which sockets and which time-out it waits for,
// Asio waits. Lives on one executor's thread. Made by `make`; kept alive by its users.
class curl_loop : public std::enable_shared_from_this<curl_loop> {
  public:
    static std::shared_ptr<curl_loop> make(boost::asio::any_io_executor executor);
    explicit curl_loop(boost::asio::any_io_executor executor);
    curl_loop(const curl_loop&) = delete;
    curl_loop& operator=(const curl_loop&) = delete;
    ~curl_loop();

    // Starts a transfer. `done` is called once from the event loop, unless `remove` comes first. The handle
    // is the caller's, who must `remove` it before it is cleaned up.
    result<void> add(CURL* easy, std::function<void(CURLcode)> done);
    // Takes the transfer out, whatever it is at. Not from within `done`.
    void remove(CURL* easy);

    const boost::asio::any_io_executor& executor() const { return executor_; }

  private:
    struct watch;
    static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
    static int on_timer(CURLM*, long milliseconds, void* self);
    void arm(const std::shared_ptr<watch>& w);
    void act(curl_socket_t socket, int events);
    void report_finished();

    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer timer_;
    CURLM* multi_;
    std::map<curl_socket_t, std::shared_ptr<watch>> watches_;
    std::map<CURL*, std::function<void(CURLcode)>> transfers_;
};

} // namespace berth
