// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/command_support.hpp"
#include "daemon/runtime/encoding.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>

namespace berth::config {
using nlohmann::json;

namespace {

std::string words_of(const http_answer& answer) {
    const auto body = json::parse(answer.body, nullptr, false);
    return body.is_object() && body.contains("message") && body["message"].is_string()
               ? body["message"].get<std::string>()
               : fmt::format("the hub answers with status {}", answer.status);
}

} // namespace

int token_command(const common_options& o, const token_options& t) {
    auto c = read_or_complain(o);
    if (!c) return exit_configuration;
    const auto in = open_or_complain(std::move(*c));
    if (!in) return in.error();
    if (!running_hub(in->d))
        return complain({errc::unavailable, fmt::format("no hub runs on {}; start it first: berth serve", in->d.path)});
    const auto user = "hub/api/users/" + percent_encode(t.user, "@~");
    auto there = call_hub(in->d, in->c, "POST", user, "");
    if (!there) return complain(there.error());
    if (there->status != 201 && there->status != 409) return complain({errc::invalid_argument, words_of(*there)});
    json order{{"note", t.note}};
    if (t.expires_in > 0) order["expires_in"] = t.expires_in;
    if (!t.scopes.empty()) order["scopes"] = t.scopes;
    auto answer = call_hub(in->d, in->c, "POST", user + "/tokens", order.dump());
    if (!answer) return complain(answer.error());
    const auto body = json::parse(answer->body, nullptr, false);
    if (answer->status != 201 || !body.contains("token")) return complain({errc::invalid_argument, words_of(*answer)});
    fmt::print("{}\n", body["token"].get<std::string>());
    return 0;
}

} // namespace berth::config
