// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/firecrest/firecrest_backend.hpp"

#include "daemon/runtime/encoding.hpp"
#include "scheduler/firecrest/listing.hpp"
#include "scheduler/script/quoting.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace berth::scheduler {
namespace asio = boost::asio;
using nlohmann::json;
namespace {

constexpr std::size_t longest_script = 4 << 20; // FirecREST passes no more on
constexpr std::size_t largest_listing = 64 << 20;
constexpr std::size_t asked_for_by_id = 16; // in one tick; the others' turn comes

// FirecREST puts paths between single quotes and does not look what is in them.
bool is_safe_path(std::string_view path) {
    return path.starts_with('/') && path.find("/../") == path.npos && !path.ends_with("/..") &&
           std::ranges::none_of(path, [](unsigned char c) { return c == '\'' || c < ' ' || c == 127; });
}

result<submitted> read_submitted(const std::string& body) {
    const auto told = json::parse(body, nullptr, false);
    const auto id = told.is_object() ? told.find("jobId") : told.end();
    if (!told.is_object() || id == told.end())
        return fail(errc::outcome_unknown, "FirecREST's answer to the submit has no job id");
    if (id->is_number_integer()) return submitted{std::to_string(id->get<std::int64_t>()), ""};
    if (id->is_string() && !id->get_ref<const std::string&>().empty())
        return submitted{id->get<std::string>(), ""};
    return fail(errc::outcome_unknown, "FirecREST's answer to the submit has no job id");
}

} // namespace

firecrest_backend::firecrest_backend(asio::any_io_executor executor, http_client& http, clock& time,
                                     token_source& tokens, call_settings calls, firecrest_settings settings)
    : s_(std::move(settings))
    , calls_(std::move(executor), http, time, tokens, std::move(calls)) {}

void firecrest_backend::change(const batch_settings& next) {
    static_cast<batch_settings&>(s_) = next;
}

std::string firecrest_backend::compute(std::string_view rest) const {
    return fmt::format("/compute/{}/jobs{}", percent_encode(s_.system), rest);
}

result<std::string> firecrest_backend::work_dir_of(const std::string& user) const {
    auto out = replaced(s_.work_dir, "{user}", user);
    if (is_safe_path(out)) return out;
    return fail(errc::invalid_argument,
                fmt::format("the work_dir of cluster {} makes no usable path for this user", s_.cluster));
}

std::string firecrest_backend::log_file_of(const std::string& work_dir, const std::string& job_name) const {
    return fmt::format("{}/.{}.log", work_dir, job_name);
}

std::string firecrest_backend::address_of(const std::string& node) const {
    return node.empty() ? std::string() : replaced(s_.node_name_template, "{node}", node);
}

asio::awaitable<result<submitted>> firecrest_backend::submit(job_spec spec) {
    auto work_dir = work_dir_of(spec.user);
    if (!work_dir) co_return fail(work_dir.error());
    auto launch = s_.launch;
    launch.export_environment = launch.directives = true;
    launch.work_dir = *work_dir;
    launch.log_file = log_file_of(*work_dir, spec.job_name);
    launch.old_logs = shell_quote(*work_dir + "/." + s_.job_prefix);
    auto script = render(s_.script, spec, launch);
    if (!script) co_return fail(script.error());
    if (script->size() > longest_script)
        co_return fail(errc::invalid_argument,
                       "the job script is longer than the 4 MiB that FirecREST takes");
    const json job{{"name", spec.job_name},
                   {"workingDirectory", *work_dir},
                   {"standardOutput", launch.log_file},
                   {"standardError", launch.log_file},
                   {"env", {{"BERTH_JOB", spec.job_name}}}, // some, or FirecREST adds its own
                   {"script", std::move(*script)}};
    const auto body = json{{"job", job}}.dump(-1, ' ', false, json::error_handler_t::replace);
    auto answer = co_await calls_.ask({spec.user, "POST", compute(""), asking::submit, body});
    if (!answer) co_return fail(answer.error());
    co_return read_submitted(*answer);
}

asio::awaitable<result<std::vector<job_row>>> firecrest_backend::rows(std::string identity,
                                                                      std::string path) {
    const auto answer = co_await calls_.ask(
        {std::move(identity), "GET", std::move(path), asking::question, "", largest_listing});
    if (!answer) co_return fail(answer.error());
    co_return read_jobs(*answer);
}

// All at once; firecrest_calls bounds how many that are.
asio::awaitable<void> firecrest_backend::ask_owners(firecrest_listing& l,
                                                    std::span<const std::string> owners) {
    using namespace asio::experimental::awaitable_operators;
    if (owners.empty()) co_return;
    if (owners.size() > 1) {
        const auto half = owners.size() / 2;
        co_await (ask_owners(l, owners.first(half)) && ask_owners(l, owners.subspan(half)));
        co_return;
    }
    auto told = co_await rows(owners.front(), compute("?allusers=false&time_window=1h"));
    if (told)
        l.take(std::move(*told));
    else if (is_about_the_token(told.error()))
        l.cannot_ask(owners.front());
    else
        l.failed(told.error());
}

asio::awaitable<void> firecrest_backend::ask_for_absent(firecrest_listing& l, std::span<const job_ref> jobs) {
    using namespace asio::experimental::awaitable_operators;
    if (jobs.empty()) co_return;
    if (jobs.size() > 1) {
        const auto half = jobs.size() / 2;
        co_await (ask_for_absent(l, jobs.first(half)) && ask_for_absent(l, jobs.subspan(half)));
        co_return;
    }
    const auto& job = jobs.front();
    const auto& identity = s_.poll_account.empty() ? job.user : s_.poll_account;
    auto told = co_await rows(identity, compute("/" + percent_encode(job.job_id)));
    if (told)
        l.take(std::move(*told));
    else if (!says_it_is_over(told.error()))
        l.unknown(job);
}

asio::awaitable<result<std::vector<job_status>>> firecrest_backend::list(std::vector<job_ref> interested) {
    firecrest_listing l(s_.job_prefix, interested);
    if (s_.poll_account.empty()) {
        std::set<std::string> distinct;
        for (const auto& job : interested) distinct.insert(job.user);
        const std::vector<std::string> owners(distinct.begin(), distinct.end());
        co_await ask_owners(l, owners);
    } else {
        auto told = co_await rows(s_.poll_account, compute("?allusers=true&time_window=1h"));
        if (!told) co_return fail(errc::unavailable, told.error().message);
        l.take(std::move(*told));
    }
    if (l.failure_told()) co_return fail(errc::unavailable, l.failure_told()->message);
    const auto absent = l.absent();
    const auto now = std::span(absent).first(std::min(absent.size(), asked_for_by_id));
    for (const auto& job : std::span(absent).subspan(now.size())) l.unknown(job);
    co_await ask_for_absent(l, now);
    names_ = l.names();
    auto out = l.finish();
    for (auto& job : out)
        if (job.phase == job_phase::running) job.address = address_of(job.node);
    co_return out;
}

asio::awaitable<result<void>> firecrest_backend::cancel_as(std::string identity, std::string job_id) {
    const auto answer = co_await calls_.ask(
        {std::move(identity), "DELETE", compute("/" + percent_encode(job_id)), asking::cancel, ""});
    if (answer || says_it_is_over(answer.error())) co_return result<void>{};
    co_return fail(answer.error());
}

asio::awaitable<result<void>> firecrest_backend::cancel(job_ref job) {
    if (job.job_id.empty()) co_return result<void>{};
    const auto named = names_.find(job.job_id);
    if (named != names_.end() && named->second != job.job_name) co_return result<void>{}; // another's by now
    auto done = co_await cancel_as(job.user, job.job_id);
    if (done || s_.poll_account.empty() || s_.poll_account == job.user || !is_about_the_token(done.error()))
        co_return done;
    const auto why = done.error();
    done = co_await cancel_as(s_.poll_account, job.job_id);
    if (done) co_return done;
    co_return fail(done.error().code, fmt::format("{} {} may not cancel it either: {}", why.message,
                                                  s_.poll_account, done.error().message));
}

asio::awaitable<result<std::string>> firecrest_backend::log_tail(job_ref job, std::size_t max_bytes) {
    const auto work_dir = work_dir_of(job.user);
    if (!work_dir) co_return fail(work_dir.error());
    const auto path = fmt::format("/filesystem/{}/ops/tail?path={}&bytes={}", percent_encode(s_.system),
                                  percent_encode(log_file_of(*work_dir, job.job_name)), max_bytes);
    const auto answer = co_await calls_.ask({job.user, "GET", path, asking::question, ""});
    if (!answer && answer.error().code == errc::not_found) co_return std::string();
    if (!answer) co_return fail(answer.error());
    const auto told = json::parse(*answer, nullptr, false);
    if (!told.is_object() || !told.contains("output") || !told["output"].is_object())
        co_return fail(errc::unavailable, "FirecREST's answer holds no text");
    const auto content = told["output"].find("content");
    co_return content != told["output"].end() && content->is_string() ? content->get<std::string>()
                                                                      : std::string();
}

} // namespace berth::scheduler
