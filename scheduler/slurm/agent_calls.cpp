// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/agent_calls.hpp"

#include <fmt/format.h>

#include <utility>

namespace berth::scheduler {
namespace asio = boost::asio;
using nlohmann::json;
namespace {

// A token that is refused over and over is no reason to ask the provider for one each time.
constexpr duration replace_every = std::chrono::seconds(30);

bool lost_contact(const failure& f) {
    return f.code == errc::unavailable || f.code == errc::outcome_unknown || f.code == errc::timed_out;
}

bool refused(const result<json>& answer) { return !answer && answer.error().code == errc::unauthenticated; }

// The provider's sentence; the codes are those that a back end may answer with when nothing was done.
agent_answer without_token(failure f) {
    const bool final_word =
        f.code == errc::login_required || f.code == errc::denied || f.code == errc::not_found;
    if (!final_word) f.code = errc::unavailable;
    return {fail(std::move(f)), true};
}

agent_answer token_refused(const std::string& user, const failure& f) {
    return {fail(errc::denied,
                 fmt::format("the cluster refuses the identity provider's token of {}: {}", user, f.message)),
            true};
}

} // namespace

failure as_question(failure f) {
    if (f.code == errc::outcome_unknown || f.code == errc::timed_out) f.code = errc::unavailable;
    return f;
}

asio::awaitable<result<json>> agent_calls::send(agent_call call) {
    if (call.of_controller)
        if (const auto may = breaker_.may_call(time_.now()); !may) co_return fail(may.error());
    auto answer = co_await agent_.call(std::move(call.verb), std::move(call.arguments), call.deadline);
    if (!call.of_controller) co_return answer;
    if (!answer && lost_contact(answer.error()))
        breaker_.failed(time_.now(), answer.error().message);
    else
        breaker_.succeeded();
    co_return answer;
}

asio::awaitable<result<json>> agent_calls::send_with(agent_call call, secret token) {
    call.arguments["credential"] = std::string(token.reveal());
    co_return co_await send(std::move(call));
}

bool agent_calls::may_replace(const std::string& user) {
    const auto now = time_.now();
    std::erase_if(replaced_at_, [&](const auto& entry) { return now - entry.second >= replace_every; });
    return replaced_at_.try_emplace(user, now).second;
}

asio::awaitable<agent_answer> agent_calls::as(std::string user, agent_call call) {
    if (!tokens_ || user.empty()) {
        auto answer = co_await send(std::move(call));
        co_return agent_answer{std::move(answer), false};
    }
    auto token = co_await tokens_->token_of(user);
    if (!token) co_return without_token(token.error());
    auto answer = co_await send_with(call, *token);
    if (!refused(answer)) co_return agent_answer{std::move(answer), false};
    if (may_replace(user)) tokens_->distrust(user, *token);
    // Another call may have had it replaced meanwhile.
    auto other = co_await tokens_->token_of(user);
    if (!other) co_return without_token(other.error());
    if (*other == *token) co_return token_refused(user, answer.error());
    answer = co_await send_with(std::move(call), std::move(*other));
    if (refused(answer)) co_return token_refused(user, answer.error());
    co_return agent_answer{std::move(answer), false};
}

} // namespace berth::scheduler
