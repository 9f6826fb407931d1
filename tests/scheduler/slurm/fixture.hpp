// SPDX-License-Identifier: BSD-3-Clause
// A back end whose agent answers from files.
#pragma once

#include "scheduler/slurm/slurm_backend.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace berth::scheduler {
namespace asio = boost::asio;
namespace fs = std::filesystem;
using nlohmann::json;

class slurm_fixture : public testing::Test {
  protected:
    slurm_fixture() {
        char name[] = "/tmp/slurm-test-XXXXXX";
        folder_ = mkdtemp(name);
        agent_ = std::make_unique<helper_process>(io_.get_executor(), log_, "slurm",
                                                  std::vector<std::string>{FAKE_AGENT, folder_});
        EXPECT_TRUE(agent_->start());
        make(slurm_settings());
    }
    ~slurm_fixture() override { fs::remove_all(folder_); }

    void make(slurm_settings settings) {
        settings.cluster = "hpc";
        backend_ = std::make_unique<slurm_backend>(*agent_, time_, log_, settings);
    }
    // `word`, or `word@token` for what is asked with that token alone.
    void answers(const std::string& word, const json& answer) const {
        std::ofstream(folder_ + "/" + word + ".json") << answer.dump();
    }
    std::vector<json> asked(const std::string& word) const {
        std::ifstream in(folder_ + "/" + word + ".asked");
        std::vector<json> out;
        for (std::string line; std::getline(in, line);) out.push_back(json::parse(line));
        return out;
    }
    template<class T>
    T run(asio::awaitable<T> task) {
        auto done = asio::co_spawn(io_, std::move(task), asio::use_future);
        while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) io_.run_one();
        return done.get();
    }
    static job_spec spec() {
        job_spec s;
        s.job_name = "berth-x-1";
        s.user = "al";
        s.command = {"batchspawner-singleuser", "jupyterhub-singleuser"};
        s.environment = {{"JUPYTERHUB_API_TOKEN", "s3cret"}};
        s.fields.partition = "debug";
        s.fields.runtime = std::chrono::hours(1);
        return s;
    }

    asio::io_context io_;
    capturing_logger log_;
    manual_clock time_;
    std::string folder_;
    std::unique_ptr<helper_process> agent_;
    std::unique_ptr<slurm_backend> backend_;
};

inline json job(const std::string& name, const std::string& phase, const std::string& state) {
    return {{"job_id", "7"}, {"job_name", name}, {"user", "al"}, {"phase", phase}, {"state", state}};
}

inline const json unavailable{
    {"error", {{"code", "unavailable"}, {"message", "Slurm: no controller (1800)"}}}};

} // namespace berth::scheduler
