// SPDX-License-Identifier: BSD-3-Clause
// A model over a database file of the test's own, which can be closed and read again.
#pragma once

#include "daemon/runtime/log.hpp"
#include "tests/auth/fixture.hpp"
#include "tests/daemon/runtime/run_coro.hpp"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <unistd.h>

namespace berth::hub {

class stored_test : public testing::Test {
  protected:
    void SetUp() override {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        file_ = std::filesystem::temp_directory_path() / (std::string(test->name()) + "_" + std::to_string(::getpid()) + ".sqlite");
        std::filesystem::remove(file_);
        open();
    }
    void TearDown() override {
        close();
        std::filesystem::remove(file_);
    }

    virtual std::vector<store::migrations> tables() = 0;
    virtual void make() = 0; // the model anew over `db_`, loaded

    void open() {
        auto real = store::open(io_.get_executor(), log_, "sqlite:" + file_.string(), tables());
        ASSERT_TRUE(real) << real.error().message;
        db_ = std::make_unique<auth::breakable_database>(std::move(*real));
        make();
    }
    void close() {
        boost::asio::co_spawn(io_, db_->close(), boost::asio::detached);
        io_.restart();
        io_.run();
    }
    void reopen() {
        close();
        open();
    }

    std::filesystem::path file_;
    boost::asio::io_context io_;
    null_logger log_;
    manual_clock time_;
    std::unique_ptr<auth::breakable_database> db_;
};

} // namespace berth::hub
