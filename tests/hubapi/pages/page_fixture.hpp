// SPDX-License-Identifier: BSD-3-Clause
// A hub with its pages, a database in memory and a scheduler that does what the test says; browsers that keep
// cookies.
#pragma once

#include "daemon/runtime/metrics.hpp"
#include "hubapi/model/metrics.hpp"
#include "hubapi/pages/handlers.hpp"
#include "tests/auth/sessions/browser.hpp"
#include "tests/scheduler/support/fakes.hpp"

#include <optional>
#include <string>

namespace berth::pages {

// Two profiles of one cluster; of the small one the time may be chosen.
scheduler::catalogue small_and_large();

struct page_fixture : auth::auth_fixture {
    hub::settings config;
    std::optional<hub::people> who;
    std::optional<hub::shares> shared;
    std::optional<auth::token_store> tokens;
    std::optional<auth::session_store> sessions;
    std::optional<hub::permissions> may;
    std::optional<hub::service_list> services;
    std::unique_ptr<auth::password_check> passwords = auth::make_dummy_check(secret("x"));
    auth::login_throttle throttle{time};
    std::optional<scheduler::fake::disk> disk;
    std::optional<scheduler::fake::cluster_back_end> slurm;
    std::optional<scheduler::fake::support> launches;
    scheduler::fake::front_door door;
    scheduler::fake::probes web;
    std::optional<scheduler::spawner> servers;
    metrics_registry registry;
    std::optional<hub::hub_metrics> metrics;
    std::optional<hub::hub> h;
    std::unique_ptr<renderer> draw;
    std::optional<page_handlers> pages;
    http::router routes;
    std::vector<std::string> ended; // ids of the sessions that have ended

    void SetUp() override;
    void TearDown() override;

    // Until nobody has anything to do; `steps` seconds pass.
    void pass(int steps = 5);
    http::response send(auth::browser& b, http::request r, std::string target);
    http::response get(auth::browser& b, std::string target, http::fields headers = {});
    // With the browser's XSRF token unless the form brings its own.
    http::response post(auth::browser& b, std::string target, http::name_values form = {});
    auth::browser signed_in(const std::string& name);
    const scheduler::server* server_of(const std::string& user, const std::string& name = "");
    static std::string location(const http::response& r) { return std::string(r.headers.get("Location")); }
};

} // namespace berth::pages
