// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/http_client.hpp"

#include "daemon/runtime/curl_loop.hpp"
#include "daemon/runtime/curl_transfer.hpp"
#include "daemon/runtime/encoding.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace berth {
namespace asio = boost::asio;

const std::string* http_answer::header(std::string_view name) const {
    const auto at = std::ranges::find_if(headers, [&](const auto& h) { return iequals(h.first, name); });
    return at == headers.end() ? nullptr : &at->second;
}

struct http_client::state {
    explicit state(asio::any_io_executor executor) : loop(curl_loop::make(std::move(executor))) {}
    std::shared_ptr<curl_loop> loop;
};

http_client::http_client(asio::any_io_executor executor, logger&)
    : state_(std::make_shared<state>(std::move(executor))) {}
http_client::~http_client() = default;

namespace {

struct wait_state {
    explicit wait_state(const asio::any_io_executor& executor)
        : wake(executor, asio::steady_timer::time_point::max()) {}
    asio::steady_timer wake; // cancelled when `code` is there
    std::optional<CURLcode> code;
};

// Takes the transfer out of the loop however the coroutine ends.
struct membership {
    curl_loop& loop;
    CURL* easy;
    ~membership() { loop.remove(easy); }
};

} // namespace

asio::awaitable<result<http_answer>> http_client::fetch(http_call call) {
    const auto loop = state_->loop;
    auto made = curl_transfer::make(std::move(call));
    if (!made) co_return fail(made.error());
    const auto transfer = std::move(*made);
    const auto waiting = std::make_shared<wait_state>(loop->executor());
    const auto added = loop->add(transfer->easy(), [waiting](CURLcode code) {
        waiting->code = code;
        waiting->wake.cancel();
    });
    if (!added) co_return fail(added.error());
    const membership until_end{*loop, transfer->easy()};
    boost::system::error_code ec;
    co_await waiting->wake.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (!waiting->code) co_return fail(errc::cancelled, "the call was cancelled");
    co_return transfer->finish(*waiting->code);
}

} // namespace berth
