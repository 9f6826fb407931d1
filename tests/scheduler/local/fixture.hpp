// SPDX-License-Identifier: BSD-3-Clause
// Real processes in a directory of the test's own.
#pragma once

#include "scheduler/local/local_backend.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

namespace berth::scheduler {

class local_fixture : public testing::Test {
  protected:
    local_fixture();
    ~local_fixture() override; // ends what is left, by the numbers that the tests' own shepherds wrote down

    template<class T>
    T run(boost::asio::awaitable<T> task) {
        std::optional<T> out;
        std::exception_ptr error;
        boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, T value) {
            error = e;
            if (!e) out = std::move(value);
            io.stop();
        });
        io.restart();
        auto work = boost::asio::make_work_guard(io);
        io.run();
        if (error) std::rethrow_exception(error);
        return std::move(*out);
    }

    local_options options() const;
    job_spec spec(const std::string& name, const std::string& shell) const; // sh -c `shell`
    // The job as a listing shows it; nothing when it does not.
    std::optional<job_status> seen(backend& b, const std::string& name);
    // Waits for real, as these are real processes: until the condition holds, at most 20 s.
    bool until(const std::function<bool()>& condition);
    bool over(backend& b, const std::string& name);
    std::string dir(const std::string& name) const { return root.string() + "/local/" + name; }
    std::string read(const std::filesystem::path& file) const;

    boost::asio::io_context io{1};
    std::filesystem::path root;
};

} // namespace berth::scheduler
