// SPDX-License-Identifier: BSD-3-Clause
// Users' credentials over a real database in memory, a provider that a test holds in its hand, and a clock
// that stands still.
#pragma once

#include "auth/credentials/user_credentials.hpp"
#include "tests/auth/fixture.hpp"
#include "tests/auth/support/fake_provider.hpp"

#include <gmock/gmock.h>

namespace berth::auth {

using namespace std::chrono_literals;

inline const std::string key_a(64, 'a'), key_b(64, 'b');

struct credentials_fixture : auth_fixture {
    using answers = std::vector<std::optional<result<access>>>;

    fake_provider provider{time};
    std::string key_file = key_a;
    credential_settings settings;
    std::unique_ptr<user_credentials> store;
    std::vector<std::unique_ptr<user_credentials>> dropped;

    void SetUp() override {
        settings.client.id = "hub";
        settings.refresh_margin = 20s;
        open(std::vector<store::migrations>(1, user_credentials::tables()));
        restart();
    }
    void TearDown() override {
        provider.release();
        db->broken = false;
        stop();
        auth_fixture::TearDown();
    }

    void start() {
        store = std::make_unique<user_credentials>(io.get_executor(), time, log, *db, provider,
                                                   *vault::from_text(key_file), settings);
        ASSERT_TRUE(run(store->load()));
    }
    void stop() {
        if (store) run_bool(store->shut_down());
        store.reset();
    }
    void restart() {
        stop();
        start();
    }
    // As SIGKILL leaves it: whatever is under way never goes on.
    void kill() {
        store.reset();
        start();
    }

    result<void> sign_in(std::int64_t session, std::int64_t user, const std::string& name) {
        return run(store->keep(session, user, "subject-" + std::to_string(user), name, provider.sign_in(name),
                               "{}"));
    }
    result<access> fresh(std::int64_t user, duration need = 10s) { return run(store->fresh(user, need)); }
    std::string token(std::int64_t user, duration need = 10s) {
        const auto got = fresh(user, need);
        return got ? std::string(got->token.reveal()) : std::string(to_string(got.error().code));
    }
    credential_health health(std::int64_t session) { return store->of_session(session)->health; }

    // Starts that many at once; `until` lets them go on.
    std::shared_ptr<answers> ask_many(std::int64_t user, std::size_t count, duration need = 10s) {
        auto out = std::make_shared<answers>(count);
        for (std::size_t i = 0; i < count; ++i)
            boost::asio::co_spawn(io, store->fresh(user, need),
                                  [out, i](const std::exception_ptr& e, result<access> got) {
                                      if (e) std::rethrow_exception(e);
                                      (*out)[i] = std::move(got);
                                  });
        return out;
    }
    static bool all_answered(const answers& a) {
        return std::ranges::all_of(a, [](const auto& one) { return one.has_value(); });
    }
    void until(const std::function<bool()>& done) {
        io.restart();
        for (int turn = 0; turn < 10'000 && !done(); ++turn) io.run_one_for(10ms);
        ASSERT_TRUE(done());
    }
    // Everything that can go on without the clock or the provider has done so.
    void settle() {
        io.restart();
        while (io.run_one_for(20ms) > 0) {
        }
    }
    void run_bool(boost::asio::awaitable<void> task) {
        bool over = false;
        boost::asio::co_spawn(io, std::move(task), [&](const std::exception_ptr& e) {
            if (e) std::rethrow_exception(e);
            over = true;
        });
        until([&] { return over; });
    }
    std::string logged() const {
        std::string out;
        for (const auto& r : log.records) {
            out += r.event;
            for (const auto& [key, value] : r.fields) out.append(" ").append(key).append("=").append(value);
            out += "\n";
        }
        return out;
    }
};

} // namespace berth::auth
