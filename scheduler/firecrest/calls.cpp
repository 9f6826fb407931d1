// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/firecrest/calls.hpp"

#include "daemon/runtime/digest.hpp"
#include "scheduler/firecrest/retry_after.hpp"

#include <fmt/format.h>

namespace berth::scheduler {
namespace asio = boost::asio;
namespace {

// RFC 9562, version 4: the server refuses whatever is none.
std::string new_uuid() {
    auto hex = random_hex(16);
    hex[12] = '4';
    hex[16] = "89ab"[static_cast<unsigned char>(hex[16]) % 4];
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20));
}

failure as_asked(failure f, asking what) {
    if (what == asking::question && (f.code == errc::outcome_unknown || f.code == errc::timed_out))
        f.code = errc::unavailable;
    return f;
}

// No scheduler's word, but that of something in front of it or of a part that is away.
bool is_outage(int status) { return status == 408 || status == 424 || status >= 502; }

} // namespace

firecrest_calls::firecrest_calls(asio::any_io_executor executor, http_client& http, clock& time,
                                 token_source& tokens, call_settings s)
    : executor_(executor)
    , http_(http)
    , time_(time)
    , tokens_(tokens)
    , s_(std::move(s))
    , all_(executor, s_.at_once) {}

call_slots& firecrest_calls::slots_of(const std::string& identity) {
    auto& at = by_identity_[identity];
    if (!at) at = std::make_unique<call_slots>(executor_, s_.per_identity);
    return *at;
}

asio::awaitable<result<std::string>> firecrest_calls::ask(firecrest_call c) {
    auto first = co_await once(c);
    if (first || first.error().code != errc::unauthenticated) co_return first;
    co_return co_await once(c);
}

asio::awaitable<result<http_answer>> firecrest_calls::send(const firecrest_call& c, const secret& token) {
    http_call h;
    h.method = c.method;
    h.url = s_.url + c.path;
    h.headers = {{"Authorization", fmt::format("Bearer {}", token.reveal())},
                 {"X-Request-ID", new_uuid()},
                 {"Accept", "application/json"}};
    if (!c.body.empty()) h.headers.emplace_back("Content-Type", "application/json");
    h.body = c.body;
    h.timeout = s_.timeout;
    h.connect_timeout = std::chrono::seconds(3);
    h.ca_file = s_.ca_file;
    h.max_body = c.max_answer;
    co_return co_await http_.fetch(std::move(h));
}

asio::awaitable<result<std::string>> firecrest_calls::once(const firecrest_call& c) {
    const auto mine = co_await slots_of(c.identity).acquire();
    const auto one_of_all = co_await all_.acquire();
    const auto token = co_await tokens_.token_of(c.identity);
    // That there is no user, or no token for one, says nothing of a job.
    if (!token && token.error().code == errc::not_found) co_return fail(errc::denied, token.error().message);
    if (!token) co_return fail(token.error());
    // Last: whoever is let through to try must do so.
    if (const auto may = breaker_.may_call(time_.now()); !may) co_return fail(may.error());
    auto answer = co_await send(c, *token);
    const auto now = time_.now();
    if (!answer) {
        breaker_.failed(now, answer.error().message);
        co_return fail(as_asked(std::move(answer.error()), c.what));
    }
    if (answer->status >= 200 && answer->status < 300) {
        breaker_.succeeded();
        co_return std::move(answer->body);
    }
    auto refused = refusal_of(answer->status, answer->body, c.what);
    if (answer->status == 429)
        breaker_.pause(now, retry_after(answer->header("Retry-After"), now), refused.message);
    else if (is_outage(answer->status))
        breaker_.failed(now, refused.message);
    else
        breaker_.succeeded();
    if (refused.code == errc::unauthenticated) tokens_.distrust(c.identity, *token);
    co_return fail(std::move(refused));
}

} // namespace berth::scheduler
