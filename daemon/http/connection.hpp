// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/forwarded.hpp"
#include "daemon/http/listener.hpp"
#include "daemon/http/request_reader.hpp"
#include "daemon/http/response_head.hpp"
#include "daemon/http/server.hpp"
#include "daemon/http/transport.hpp"

#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>

namespace berth::http {

class connection;

// {"status":N,"message":"..."}; the message needs no escaping.
response make_error(int status, std::string_view message);

// What the connections of one listener share; on one thread, so the scratch space is everybody's between two
// suspensions.
struct host {
    host(boost::asio::any_io_executor e, logger& l, listen_settings s, dispatcher d);

    boost::asio::any_io_executor executor;
    logger& log;
    listen_settings settings;
    dispatcher dispatch;
    network_list proxies;
    std::string base_path; // "" or "/jupyter", without a trailing slash
    tls_context tls;       // of the connections to come; null: plain

    std::list<connection*> open;
    boost::asio::steady_timer opened; // wakes the sweeper
    boost::asio::steady_timer closed; // wakes the accept loop and `stop`
    bool stopping = false;
    std::size_t held_bytes = 0; // of requests not yet answered

    date_text date;
    std::string head;                    // scratch
    std::array<char, 64 << 10> received; // scratch
    std::uint64_t id_state;

    std::string next_id(); // 16 hex digits, unique, not a secret
};

// One client's connection: reads requests, hands them on, writes answers, in order. Its buffers exist only
// while a request is on its way. Deadlines are points in time that the listener's sweeper compares, not
// timers.
class connection {
  public:
    using steady = std::chrono::steady_clock;

    connection(std::shared_ptr<host> h, accepted socket);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    static boost::asio::awaitable<void> run(std::unique_ptr<connection> self);

    // Called by the sweeper: ends what waits when its time is over.
    void expire(steady::time_point now);
    // Ends the connection unless a request is being read, handled or answered.
    void end_if_idle();
    void end();

  private:
    enum class phase { idle, reading, handling, streaming, writing, closing };
    class writer;
    struct summary { // what is left of a request when its handler has taken it
        std::string id, method, path;
    };

    boost::asio::awaitable<bool> handshake();
    boost::asio::awaitable<bool> next_request();
    boost::asio::awaitable<bool> exchange();
    boost::asio::awaitable<response> handle(request& r, const summary& about);
    boost::asio::awaitable<bool> answer(response& a, head_options options, bool head_only);
    boost::asio::awaitable<bool> stream(response& a, head_options options);
    boost::asio::awaitable<void> produce(response& a, writer& to, bool& finished);
    boost::asio::awaitable<void> watch();
    boost::asio::awaitable<void> refuse(int status, std::string message);
    boost::asio::awaitable<void> linger();
    boost::asio::awaitable<bool> finish_write(std::string head, std::string_view body);
    void report(const summary& about, const response& a, steady::time_point started);

    void absorb(std::string_view bytes);
    void charge();
    bool over_budget() const;
    bool complete(request& r);
    transport::io write_some(std::string_view& head, std::string_view& body);
    void due_in(duration d) { deadline_ = steady::now() + d; }
    void no_deadline() { deadline_ = steady::time_point::max(); }
    bool dead() const { return ended_ || expired_; }

    std::shared_ptr<host> host_;
    std::list<connection*>::iterator at_;
    transport io_;
    std::string peer_;
    bool trusted_ = false;

    phase phase_ = phase::idle;
    bool ended_ = false, expired_ = false, fresh_ = true, continued_ = false;
    steady::time_point deadline_ = steady::time_point::max();
    std::unique_ptr<request_reader> reader_; // while a request is being read
    std::string pending_;                    // received, not yet parsed
    std::size_t charged_ = 0;                // our part of host::held_bytes
    std::size_t taken_ = 0;                  // body bytes that the handler holds
};

} // namespace berth::http
