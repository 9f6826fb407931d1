// SPDX-License-Identifier: BSD-3-Clause
// Local processes: orders and answers between hub and launcher, and the files of a job's directory, which a
// crash may have left in any state.
#include "scheduler/local/job_files.hpp"
#include "scheduler/local/order.hpp"
#include "tests/fuzz/support.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

using namespace berth::scheduler;
using berth::fuzz::check;
using nlohmann::json;

// In memory where there is such a file system: it is written to for each input.
struct scratch_dir {
    std::string path;
    scratch_dir() {
        std::error_code ec;
        std::string name =
            std::filesystem::exists("/dev/shm", ec) ? "/dev/shm/berth-fuzz-XXXXXX" : "/tmp/berth-fuzz-XXXXXX";
        check(mkdtemp(name.data()) != nullptr, "a directory");
        path = name;
    }
    ~scratch_dir() {
        std::error_code ec;
        std::filesystem::remove_all(path, ec);
    }
};

void check_order(const json& j) {
    (void)answer_from_json(j);
    const auto order = order_from_json(j);
    if (!order) return;
    check(order->dir.starts_with('/') && order->cwd.starts_with('/') && !order->argv.empty(),
          "an order that can be carried out");
    check(order->grace_ms >= 0, "a grace that lies ahead");
    const auto again = order_from_json(to_json(*order));
    check(again && to_json(*again) == to_json(*order), "an order that is written is read as the same again");
}

void check_files(std::string_view bytes) {
    static const scratch_dir dir;
    for (const auto* name : {"/job.json", "/pid.json", "/exit.json", "/stop.json"})
        std::ofstream(dir.path + name, std::ios::binary) << bytes;
    const auto pid = read_pid(dir.path);
    check(!pid || (pid->shepherd.pid > 1 && pid->server.pid > 1), "no signal goes to what is not named");
    const auto exit = read_exit(dir.path);
    const auto job = read_job(dir.path);
    const auto stop = read_stop(dir.path);
    if (exit) {
        check(write_exit(dir.path, *exit).has_value(), "an end can be written");
        const auto again = read_exit(dir.path);
        check(again && again->exit_code == exit->exit_code && again->signal == exit->signal &&
                  again->ended == exit->ended,
              "an end that is written is read as the same again");
    }
    if (stop) check(write_stop(dir.path, *stop) && read_stop(dir.path) == stop, "and when a stop was asked");
    if (job) check(write_job(dir.path, *job) && read_job(dir.path)->user == job->user, "and whose job it is");
}

} // namespace

void fuzz(std::string_view bytes) {
    if (const auto j = json::parse(bytes, nullptr, false); !j.is_discarded()) check_order(j);
    check_files(bytes);
}
