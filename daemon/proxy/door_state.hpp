// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/proxy/control_api.hpp"
#include "daemon/proxy/control_server.hpp"
#include "daemon/proxy/front_door.hpp"
#include "daemon/proxy/succession.hpp"
#include "daemon/proxy/worker.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace berth::proxy {

// The parts of a door, and what API and succession have done to it.
struct front_door::state final : control_actions, succession_host {
    state(settings s, logger& l, inheritance i, door_hooks h)
        : config(std::move(s))
        , log(l)
        , inherited(std::move(i))
        , hooks(std::move(h))
        , parts{config, names, log}
        , succession(control_loop, log, *this) {}

    // Of the API.
    void on_all_workers(std::function<void(worker&)> work, std::function<void()> done) override;
    std::string status_json() const override;
    void reload(std::function<void(result<void>)> done) override;
    void replace(std::function<void(result<pid_t>)> done) override {
        succession.begin(hooks.launch, std::move(done));
    }
    void pass_on(const control_request& call) override { succession.pass_on(call); }
    void shut_down() override {
        if (hooks.shut_down) hooks.shut_down();
    }
    // Of the succession.
    result<void> offer(int line, const std::vector<int>& predecessors) override {
        return offer_sockets(line, config.listen.address, listener.get(), config.api_address,
                             api_listener.get(), predecessors);
    }
    std::string shut_api() override;
    void open_api() override {
        if (server) server->open();
    }
    void retire() override;
    void apply(control_request call) override { api->apply(std::move(call)); }
    void abandoned() override {
        log.warning("proxy.successor_lost");
        if (hooks.abandoned) hooks.abandoned();
    }

    result<void> prepare();
    result<void> prepare_routes();
    result<void> prepare_sockets();
    result<void> take_routes();
    result<http::tls_context> load_certificate(const http::tls_files& files);
    // What may change while the door is open.
    struct changeable {
        http::tls_context tls;
        std::shared_ptr<const network_list> trusted;
    };
    result<changeable> load(const settings& from);
    result<void> take(const settings& next);
    void start_threads();
    std::size_t tunnels() const;
    bool only_tunnels_left() const {
        return std::all_of(workers.begin(), workers.end(),
                           [](const auto& w) { return w->clients() <= w->tunnels(); });
    }

    settings config;
    logger& log;
    inheritance inherited;
    door_hooks hooks;
    mutable std::mutex reloading; // guards config.listen.tls once threads run
    // In this order: look-ups under way post to the loops, and the resolver's end waits for them.
    reactor control_loop;
    std::vector<std::unique_ptr<worker>> workers;
    resolver names;
    shared_parts parts;
    route_book book;
    proxy::succession succession;
    std::unique_ptr<control_api> api;
    std::unique_ptr<control_server> server;
    std::vector<std::thread> threads;
    std::thread control_thread;
    unique_fd listener, api_listener;
    bool running = false;
};

} // namespace berth::proxy
