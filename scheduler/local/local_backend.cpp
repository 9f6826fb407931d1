// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/local/local_backend.hpp"

#include "daemon/runtime/resume.hpp"
#include "daemon/runtime/stop_point.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

namespace berth::scheduler {
namespace asio = boost::asio;
namespace {

constexpr std::size_t threads = 4;

// Of a start that did not happen: what the spawner may conclude (backend.hpp).
bool nothing_runs(errc code) { return code != errc::outcome_unknown; }

// Runs `work` on a thread of the pool. A task that is cancelled meanwhile hears of it when the work is done.
template<class Work>
asio::awaitable<std::invoke_result_t<Work>> on_pool(asio::thread_pool& pool, Work work) {
    using out = std::invoke_result_t<Work>;
    co_return co_await suspend_until_resumed<out>([&pool, w = std::move(work)](resumer<out> resume) mutable {
        asio::post(pool, [w = std::move(w), r = std::move(resume)]() mutable { r(w()); });
    });
}

} // namespace

cluster_settings local_settings(cluster_settings configured) {
    configured.poll_interval = std::chrono::milliseconds(50);
    configured.poll_interval_max = std::chrono::seconds(2);
    configured.absent_listings = 2;
    configured.absent_spread = std::chrono::milliseconds(500);
    configured.concurrent_submits = 4;
    return configured;
}

local_backend::local_backend(local_options options, helper_process* helper)
    : jobs_(std::make_shared<local_jobs>(std::move(options)))
    , helper_(helper)
    , pool_(threads) {}

local_backend::~local_backend() { pool_.join(); }

asio::awaitable<result<pid_t>> local_backend::launch(launch_order order) {
    if (!jobs_->options().run_as_user)
        co_return co_await on_pool(pool_, [jobs = jobs_, o = std::move(order)] { return jobs->launch(o); });
    if (!helper_)
        co_return fail(errc::unavailable,
                       "Starting servers as other users needs the hub to be started as root");
    auto answer = co_await helper_->call("start", to_json(order), jobs_->options().start_deadline);
    if (!answer) co_return fail(answer.error());
    co_return answer_from_json(nlohmann::json{{"ok", std::move(*answer)}});
}

asio::awaitable<result<submitted>> local_backend::submit(job_spec spec) {
    const std::string name = spec.job_name;
    auto order = co_await on_pool(pool_, [jobs = jobs_, s = std::move(spec)] { return jobs->begin(s); });
    if (!order && order.error().code == errc::already_exists)
        co_return fail(errc::outcome_unknown, "A start of this name is already there");
    if (!order &&
        order.error().code == errc::io_error) // a full disk: nothing was left behind, and it may pass
        co_return fail(errc::unavailable, order.error().message);
    if (!order) co_return fail(order.error());
    stop_point("local.before_start");
    auto pid = co_await launch(std::move(*order));
    stop_point("local.started");
    jobs_->launched(name);
    if (pid) co_return submitted{std::to_string(*pid), ""};
    if (nothing_runs(pid.error().code))
        co_await on_pool(pool_, [jobs = jobs_, name] {
            jobs->forget(name);
            return true;
        });
    if (pid.error().code == errc::io_error) co_return fail(errc::limit_exceeded, pid.error().message);
    co_return fail(pid.error());
}

asio::awaitable<result<std::vector<job_status>>> local_backend::list(std::vector<job_ref> interested) {
    std::set<std::string> keep;
    for (auto& j : interested) keep.insert(std::move(j.job_name));
    co_return co_await on_pool(pool_, [jobs = jobs_, k = std::move(keep)] { return jobs->list(k); });
}

asio::awaitable<result<void>> local_backend::cancel(job_ref job) {
    if (!jobs_->options().run_as_user || !helper_)
        co_return co_await on_pool(pool_, [jobs = jobs_, name = job.job_name] { return jobs->end(name); });
    if (!is_job_name(job.job_name)) co_return result<void>{};
    const auto grace_ms = jobs_->options().grace.count() / 1000;
    auto done = co_await helper_->call(
        "cancel", {{"dir", jobs_->dir_of(job.job_name)}, {"grace_ms", grace_ms}}, std::chrono::seconds(10));
    if (!done) co_return fail(done.error());
    co_return result<void>{};
}

asio::awaitable<result<std::string>> local_backend::log_tail(job_ref job, std::size_t max_bytes) {
    co_return co_await on_pool(
        pool_, [jobs = jobs_, name = job.job_name, max_bytes] { return jobs->log_tail(name, max_bytes); });
}

asio::awaitable<std::vector<finding>> local_backend::check() {
    std::vector<finding> out;
    const auto& o = jobs_->options();
    auto usable = co_await on_pool(pool_, [jobs = jobs_] { return jobs->check(); });
    if (usable)
        out.push_back({true, fmt::format("{}/local can be written to", o.data_dir), ""});
    else
        out.push_back({false, usable.error().message,
                       "Set [hub] data_dir to a directory that the hub's account may write to."});
    if (access(o.launcher.c_str(), X_OK) == 0)
        out.push_back({true, o.launcher + " is there", ""});
    else
        out.push_back(
            {false, o.launcher + " cannot be executed", "Install berth-local-launcher beside berth."});
    if (o.run_as_user && !helper_)
        out.push_back({false, "run_as_user is set, and the hub was not started as root",
                       "Start berth as root with [hub] user set, or set run_as_user = false."});
    co_return out;
}

} // namespace berth::scheduler
