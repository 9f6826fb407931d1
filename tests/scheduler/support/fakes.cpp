// SPDX-License-Identifier: BSD-3-Clause
#include "tests/scheduler/support/fakes.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <stdexcept>

namespace berth::scheduler::fake {
namespace asio = boost::asio;

gate::gate(const asio::any_io_executor& executor) : timer_(executor, asio::steady_timer::time_point::max()) {}

void gate::open() {
    open_ = true;
    timer_.cancel();
}

asio::awaitable<void> gate::pass() {
    boost::system::error_code ec;
    while (!open_) {
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
        if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
            throw boost::system::system_error(asio::error::operation_aborted);
    }
}

// --- disk ------------------------------

asio::awaitable<result<std::vector<store::row>>> disk::query(store::statement) {
    std::vector<store::row> out;
    for (const auto& [key, row] : rows) out.push_back(row);
    co_return out;
}

void disk::apply(const store::statement& s) {
    const auto key = std::pair(std::get<std::int64_t>(s.parameters.at("user_id")),
                               std::get<std::string>(s.parameters.at("name")));
    if (s.sql.starts_with("DELETE FROM servers")) {
        rows.erase(key);
    } else if (s.sql.starts_with("INSERT INTO servers")) {
        auto& row = rows[key];
        for (const auto& [column, v] : s.parameters) row[column] = v;
    } else if (s.sql.starts_with("UPDATE servers SET")) {
        auto at = rows.find(key);
        auto attempt = s.parameters.find("attempt");
        if (at == rows.end() || (attempt != s.parameters.end() && at->second["attempt"] != attempt->second))
            return;
        for (const auto& [column, v] : s.parameters) at->second[column] = v;
    } else {
        throw std::logic_error("the fake disk does not know " + s.sql);
    }
}

asio::awaitable<result<void>> disk::commit(store::changes c) {
    co_await writing.pass();
    if (full) co_return fail(errc::io_error, "no space left on device");
    for (const auto& s : c) apply(s);
    ++commits;
    co_return result<void>{};
}

void disk::write_behind(std::string, store::statement s) {
    if (!full) apply(s);
}

std::string disk::text(std::int64_t user, const std::string& column) const {
    auto at = rows.find({user, ""});
    return at == rows.end() ? "" : store::text(at->second, column);
}

// --- scheduler ------------------------------

cluster_back_end::cluster_back_end(const asio::any_io_executor& executor, clock& time)
    : submitting(executor)
    , listing(executor)
    , time_(time) {}

job_status& cluster_back_end::add(const std::string& name, const std::string& user) {
    job_status j;
    j.job_id = std::to_string(next_id++);
    j.job_name = name;
    j.user = user;
    j.state = "PENDING";
    jobs.push_back(j);
    return jobs.back();
}

job_status* cluster_back_end::job(const std::string& name) {
    auto at = std::find_if(jobs.rbegin(), jobs.rend(), [&](const auto& j) { return j.job_name == name; });
    return at == jobs.rend() ? nullptr : &*at;
}

job_status* cluster_back_end::only_job() { return jobs.empty() ? nullptr : &jobs.back(); }

void cluster_back_end::start(job_status& j, const std::string& node, const std::string& address) {
    j.phase = job_phase::running;
    j.state = "RUNNING";
    j.reason.clear();
    j.node = node;
    j.address = address;
    j.started = time_.now();
}

void cluster_back_end::end(job_status& j, const std::string& state, int exit_code) {
    j.phase = job_phase::over;
    j.state = state;
    j.exit_code = exit_code;
    j.ended = time_.now();
}

std::size_t cluster_back_end::alive() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(jobs, [](const auto& j) { return j.phase != job_phase::over; }));
}

asio::awaitable<result<submitted>> cluster_back_end::submit(job_spec spec) {
    specs.push_back(spec);
    auto answer = down ? submit_answer::not_taken : submit_answer::accepted;
    if (!answers.empty()) {
        answer = answers.front();
        answers.pop_front();
    }
    try {
        co_await submitting.pass();
    } catch (const boost::system::system_error&) {
        if (orphaned_submits_happen && (answer == submit_answer::accepted || answer == submit_answer::lost))
            add(spec.job_name, spec.user);
        throw;
    }
    if (answer == submit_answer::refused) co_return fail(errc::invalid_argument, refusal);
    if (answer == submit_answer::not_taken) co_return fail(errc::unavailable, "slurmctld does not answer");
    if (answer == submit_answer::vanished) co_return fail(errc::outcome_unknown, "no answer within 10 s");
    const std::string id = add(spec.job_name, spec.user).job_id;
    if (answer == submit_answer::lost) co_return fail(errc::outcome_unknown, "no answer within 10 s");
    co_return submitted{id, ""};
}

asio::awaitable<result<std::vector<job_status>>> cluster_back_end::list(std::vector<job_ref>) {
    ++lists;
    co_await listing.pass();
    if (down) co_return fail(errc::unavailable, "slurmctld does not answer");
    co_return jobs;
}

asio::awaitable<result<void>> cluster_back_end::cancel(job_ref ref) {
    ++cancels;
    if (down || !cancel_works) co_return fail(errc::unavailable, "slurmctld does not answer");
    for (auto& j : jobs)
        if (j.job_id == ref.job_id && j.job_name == ref.job_name && cancel_ends_job &&
            j.phase != job_phase::over)
            end(j, "CANCELLED");
    co_return result<void>{};
}

asio::awaitable<result<std::string>> cluster_back_end::log_tail(job_ref, std::size_t) { co_return log; }

// --- the others ------------------------------

asio::awaitable<result<launch_support::launch>> support::prepare(server s) {
    prepared.push_back(s.attempt);
    co_await preparing.pass();
    if (refusal) co_return fail(*refusal);
    launch out;
    out.environment = {{"JUPYTERHUB_API_TOKEN", "token-" + s.attempt}};
    co_return out;
}

asio::awaitable<void> support::retire(server s) {
    retired.push_back(s.attempt);
    co_return;
}

asio::awaitable<result<void>> front_door::add(server s) {
    ++adds;
    if (down) co_return fail(errc::unavailable, "the front door is away");
    routes[s.url_path] = s.host + ":" + std::to_string(s.port);
    co_return result<void>{};
}

asio::awaitable<result<void>> front_door::remove(server s) {
    if (down) co_return fail(errc::unavailable, "the front door is away");
    routes.erase(s.url_path);
    co_return result<void>{};
}

asio::awaitable<result<void>> probes::probe(server s) {
    ++asked;
    if (answering.contains(s.host + ":" + std::to_string(s.port))) co_return result<void>{};
    co_return fail(errc::unavailable, "connection refused");
}

// --- world ------------------------------

world::world() : db(io.get_executor()), slurm(io.get_executor(), time), launches(io.get_executor()) {
    settings.command = {"jupyterhub-singleuser"};
}

world::~world() { kill(); }

void world::boot() {
    spawner::parts p{io.get_executor(), time, log, db, launches, door, web, {}, "hub1", limits, &seen, {}};
    p.clusters["hpc"] = cluster{&slurm, settings};
    p.new_attempt = [this] { return "attempt" + std::to_string(++attempts); };
    hub = std::make_unique<spawner>(std::move(p));
    if (auto loaded = run(hub->load()); !loaded) throw std::runtime_error(loaded.error().message);
    hub->run();
    settle();
}

void world::kill() {
    hub.reset();
    settle();
}

void world::settle() {
    io.restart();
    while (io.poll() > 0) io.restart();
}

void world::pass(duration d) {
    constexpr duration step = std::chrono::milliseconds(250);
    for (auto end = time.now() + d; time.now() < end;) {
        time.advance(std::min(step, end - time.now()));
        settle();
    }
}

bool world::wait_for(const std::function<bool()>& condition, duration at_most) {
    settle();
    for (auto end = time.now() + at_most; !condition() && time.now() < end;)
        pass(std::chrono::milliseconds(250));
    return condition();
}

start_request world::request(std::int64_t user, const std::string& name) const {
    start_request q;
    q.key = {user, name};
    q.user_name = user == al ? "al" : "user" + std::to_string(user);
    q.url_path = "/user/" + q.user_name + "/" + (name.empty() ? "" : name + "/");
    q.cluster = "hpc";
    q.user_options = "{}";
    return q;
}

void world::make_answer(std::int64_t user, int port) {
    auto* j = slurm.job(it(user).job_name);
    slurm.start(*j);
    web.answering.insert("10.0.0.1:" + std::to_string(port));
    auto told = run(hub->report_address({user, ""}, "", port, ""));
    if (!told) throw std::runtime_error(told.error().message);
}

void world::bring_up(std::int64_t user) {
    if (auto s = start(user); !s) throw std::runtime_error(s.error().message);
    make_answer(user, 40000 + static_cast<int>(user));
    if (!wait_for([&] { return it(user).ready(); }, std::chrono::seconds(10)))
        throw std::runtime_error("not ready");
}

} // namespace berth::scheduler::fake
