// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/store/store.hpp"
#include "tests/daemon/runtime/run_coro.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace berth::store {

// A directory that goes with the test.
struct temporary_directory {
    temporary_directory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "berth-store-XXXXXX").string();
        path = mkdtemp(pattern.data());
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    ~temporary_directory() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

inline migrations people() {
    return {"people", {"CREATE TABLE people (name TEXT PRIMARY KEY, age BIGINT, CHECK (age >= 0))"}};
}
inline statement insert(std::string name, std::int64_t age) {
    return {"INSERT INTO people (name, age) VALUES (:name, :age)", {{"name", std::move(name)}, {"age", age}}};
}
inline statement set_age(std::string name, std::int64_t age) {
    return {"UPDATE people SET age = :age WHERE name = :name", {{"name", std::move(name)}, {"age", age}}};
}

struct store_fixture : testing::Test {
    temporary_directory dir;
    boost::asio::io_context io;
    null_logger log;
    std::unique_ptr<database> db;

    std::string file() const { return (dir.path / "berth.sqlite").string(); }
    void open_people() {
        auto opened = store::open(io.get_executor(), log, "sqlite:" + file(), {people()});
        ASSERT_TRUE(opened) << opened.error().message;
        db = std::move(*opened);
    }
    template<class T>
    T run(boost::asio::awaitable<T> task) {
        auto out = run_coro(io, std::move(task));
        io.restart();
        io.run(); // what it has left to do
        return out;
    }
    void run(boost::asio::awaitable<void> task) {
        boost::asio::co_spawn(io, std::move(task), [](const std::exception_ptr& error) {
            if (error) std::rethrow_exception(error);
        });
        io.restart();
        io.run();
    }
    std::map<std::string, std::int64_t> ages() {
        std::map<std::string, std::int64_t> out;
        const auto rows = run(db->query({"SELECT name, age FROM people", {}}));
        EXPECT_TRUE(rows) << rows.error().message;
        for (const auto& r : *rows) out[text(r, "name")] = integer(r, "age");
        return out;
    }
};

} // namespace berth::store
