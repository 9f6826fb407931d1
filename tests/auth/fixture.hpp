// SPDX-License-Identifier: BSD-3-Clause
// What tests of the auth rooms share: a clock that stands still, a real database in memory, and one that can
// be broken.
#pragma once

#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/store/store.hpp"
#include "tests/daemon/runtime/run_coro.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <functional>

namespace berth::auth {

// The database of a test. It hands everything to a real one, unless it is told to fail.
class breakable_database final : public store::database {
  public:
    explicit breakable_database(std::unique_ptr<store::database> inner) : inner_(std::move(inner)) {}
    boost::asio::awaitable<result<std::vector<store::row>>> query(store::statement s) override {
        return inner_->query(std::move(s));
    }
    boost::asio::awaitable<result<void>> commit(store::changes c) override {
        if (broken) co_return fail(errc::io_error, "no space left on device");
        ++commits;
        auto done = co_await inner_->commit(std::move(c));
        if (auto then = std::exchange(after_commit, nullptr)) then();
        co_return done;
    }
    void write_behind(std::string key, store::statement s) override {
        ++written_behind[key];
        inner_->write_behind(std::move(key), std::move(s));
    }
    boost::asio::awaitable<void> close() override { return inner_->close(); }
    std::size_t pending() const override { return inner_->pending(); }
    std::optional<failure> trouble() const override { return inner_->trouble(); }
    bool opened_synced() const override { return inner_->opened_synced(); }

    bool broken = false;
    int commits = 0;
    std::map<std::string, int> written_behind;
    std::function<void()> after_commit; // once, between the disk and the caller

  private:
    std::unique_ptr<store::database> inner_;
};

struct auth_fixture : testing::Test {
    boost::asio::io_context io;
    manual_clock time;
    capturing_logger log;
    null_logger quiet; // the store's thread logs as well
    std::unique_ptr<breakable_database> db;

    void open(std::vector<store::migrations> rooms) {
        auto opened = store::open(io.get_executor(), quiet, "sqlite::memory:", std::move(rooms));
        ASSERT_TRUE(opened) << opened.error().message;
        db = std::make_unique<breakable_database>(std::move(*opened));
    }
    void TearDown() override {
        if (db) run_void(db->close());
    }

    template<class T>
    T run(boost::asio::awaitable<T> task) {
        return run_coro(io, std::move(task));
    }
    void run_void(boost::asio::awaitable<void> task) {
        boost::asio::co_spawn(io, std::move(task), [](const std::exception_ptr& error) {
            if (error) std::rethrow_exception(error);
        });
        io.restart();
        io.run();
    }
    std::vector<store::row> rows(std::string sql) { return *run(db->query({std::move(sql), {}})); }
};

} // namespace berth::auth
