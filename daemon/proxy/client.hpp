// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/proxy/backend.hpp"
#include "daemon/proxy/byte_stream.hpp"
#include "daemon/proxy/head_writer.hpp"
#include "daemon/proxy/local_answers.hpp"
#include "daemon/proxy/pump.hpp"
#include "daemon/proxy/reactor.hpp"
#include "daemon/proxy/route_table.hpp"

#include <memory>
#include <string>

namespace berth::proxy {

class worker;

// One browser connection: reads a head, finds the route, gets a backend connection, passes bodies both ways
// at once, and begins again; or becomes a tunnel. An event-driven state machine on its worker's thread, which
// owns it.
//
//   head → resolving → connecting → exchange → head ...          holding: waits for a hub that is away
//               ↖ holding ↙            ↘ tunnel                  closing: last answer out, then the peer's
//               end
class client final : public watcher, public backend_user {
  public:
    client(worker& w, std::uint64_t serial, byte_stream stream, peer_facts peer);
    ~client() override;

    void on_ready(std::uint32_t events) override;
    void on_backend_ready() override;
    void on_tick();
    void on_drain();
    void abort(); // closes at once, both sides; the object lives until the end of the turn

    std::uint64_t serial() const { return serial_; }
    bool is_tunnel() const { return phase_ == phase::tunnel; }
    const std::string& session() const { return session_; } // of a tunnel: its cookie jupyterhub-session-id
    const route* route_used() const { return route_.get(); }

  private:
    enum class phase : std::uint8_t { head, resolving, connecting, holding, exchange, tunnel, closing, gone };

    // What is known of the request under way.
    struct request_facts {
        std::string head; // as the backend gets it; kept to be sent again, and for an error page
        bool keep_alive = false, is_head = false, repeatable = false, upgrade = false;
        bool html = false, json = false;
        int minor = 1;
        bool sent = false;         // something has gone to a backend
        bool answered = false;     // something has come back and gone to the client
        bool fresh_only = false;   // a pooled connection has failed
        bool upload_dead = false;  // the backend takes no more of the body
        bool backend_ends = false; // the backend closes after this response
        int page_status = 0;       // under way is the hub's page for this error
        loop_clock::time_point hold_until{};
    };

    void drive();
    // client.cpp: heads and the connection's life
    void read_head();
    bool skip_blank_lines();
    void start_request(std::size_t head_size);
    void note_request(const request_head& h);
    void find_session(const request_head& h);
    void set_phase(phase p);
    void touch();
    void redirect(const request_head& h);
    void answer(local_answer what); // and ends the connection unless the request has been read whole
    void refuse(local_answer what); // malformed input: answers and closes
    void finish_exchange();
    void begin_closing();
    void run_closing();
    bool flush_client();
    void check_head_time();

    // client_exchange.cpp: the backend's side
    void seek_backend();
    void connect_to(address_list candidates);
    void on_connecting();
    void send_request();
    void run_exchange();
    bool run_upload();
    void read_response();
    bool take_response(std::size_t head_size);
    void start_response(const response_head& h, std::size_t head_size);
    void start_tunnel(const response_head& h, std::size_t head_size);
    void run_download();
    void run_tunnel();
    bool run_direction(pump& p, byte_stream& from, byte_stream& to, bool& ended, bool from_browser);
    void backend_failed();
    void ask_for_page(int status);
    local_answer without_page() const;
    void release_backend(bool reusable);
    void check_exchange_time();
    const target& goal() const;

    worker& w_;
    std::uint64_t serial_;
    byte_stream stream_;
    peer_facts peer_;
    phase phase_ = phase::head;
    bool head_begun_ = false;
    std::size_t searched_ = 0;     // of the unread bytes, for the end of a head
    loop_clock::time_point since_; // of the last progress
    route_ptr route_, hub_route_;
    request_facts request_;
    std::unique_ptr<backend> backend_;
    std::size_t response_searched_ = 0;
    pump upload_, download_;
    bool response_begun_ = false, upload_ended_ = false, download_ended_ = false, shut_ = false;
    std::size_t drained_ = 0; // while closing
    std::string session_;
};

} // namespace berth::proxy
