// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/http_prober.hpp"

#include "daemon/main/server_origin.hpp"

#include <fmt/format.h>

namespace berth::config {

boost::asio::awaitable<result<void>> http_prober::probe(scheduler::server s) {
    http_call call;
    call.url = server_origin(s) + s.url_path + "api";
    call.timeout = std::chrono::seconds(5);
    call.connect_timeout = std::chrono::seconds(2);
    call.max_body = 1 << 20;
    auto answer = co_await http_.fetch(std::move(call));
    if (!answer) co_return fail(answer.error());
    if (answer->status >= 500) co_return fail(errc::unavailable, fmt::format("it answers with status {}", answer->status));
    co_return result<void>{};
}

} // namespace berth::config
