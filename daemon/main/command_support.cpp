// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/command_support.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include <cstdio>

namespace berth::config {
namespace asio = boost::asio;

std::optional<configuration> read_or_complain(const common_options& o) {
    auto c = read(o.config_file);
    if (!c) {
        for (const auto& p : c.error()) fmt::print(stderr, "{}\n", p.to_text());
        return std::nullopt;
    }
    if (!o.data_dir.empty()) c->hub.data_dir = o.data_dir;
    return std::move(*c);
}

std::expected<surroundings, int> open_or_complain(configuration c) {
    auto owner = find_account(c.hub.user);
    if (!owner) return std::unexpected(complain(owner.error(), exit_configuration));
    auto d = open_data_dir(c, *owner);
    if (!d) return std::unexpected(complain(d.error()));
    return surroundings{std::move(c), std::move(*owner), std::move(*d)};
}

int complain(const failure& f, int status) {
    fmt::print(stderr, "berth: {}\n", f.message);
    return status;
}

result<http_answer> call_hub(const data_dir& d, const configuration& c, std::string method, const std::string& path, std::string body) {
    asio::io_context io;
    null_logger log;
    http_client http(io.get_executor(), log);
    http_call call;
    call.method = std::move(method);
    call.url = "http://localhost" + c.hub.base_url + path;
    call.unix_socket = d.file("hub.sock");
    call.headers = {{"Authorization", "token " + std::string(d.admin_token.reveal())}, {"Content-Type", "application/json"}};
    call.body = std::move(body);
    call.timeout = std::chrono::seconds(30);
    auto answer = asio::co_spawn(io, http.fetch(std::move(call)), asio::use_future);
    io.run();
    return answer.get();
}

} // namespace berth::config
