// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/local/order.hpp"

#include <nlohmann/json.hpp>

namespace berth::scheduler {

using nlohmann::json;

json to_json(const launch_order& o) {
    return {{"dir", o.dir},   {"argv", o.argv},         {"env", o.env},          {"cwd", o.cwd},
            {"user", o.user}, {"make_cwd", o.make_cwd}, {"grace_ms", o.grace_ms}};
}

result<launch_order> order_from_json(const json& j) {
    launch_order o;
    try {
        j.at("dir").get_to(o.dir);
        j.at("argv").get_to(o.argv);
        j.at("env").get_to(o.env);
        j.at("cwd").get_to(o.cwd);
        j.at("make_cwd").get_to(o.make_cwd);
        j.at("grace_ms").get_to(o.grace_ms);
        j.at("user").get_to(o.user);
    } catch (const json::exception& e) {
        return fail(errc::invalid_argument, std::string("The order cannot be read: ") + e.what());
    }
    if (!o.dir.starts_with('/') || !o.cwd.starts_with('/'))
        return fail(errc::invalid_argument, "The order's paths must be absolute");
    if (o.argv.empty() || o.argv[0].empty())
        return fail(errc::invalid_argument, "The order holds no command");
    return o;
}

json answer_to_json(const result<pid_t>& answer) {
    if (answer) return {{"ok", {{"pid", *answer}}}};
    return {{"error", {{"code", to_string(answer.error().code)}, {"message", answer.error().message}}}};
}

namespace {
errc code_from(const std::string& name) {
    for (auto c : {errc::invalid_argument, errc::denied, errc::not_found, errc::already_exists,
                   errc::unavailable, errc::io_error})
        if (to_string(c) == name) return c;
    return errc::outcome_unknown;
}
} // namespace

result<pid_t> answer_from_json(const json& j) {
    if (j.is_object() && j.contains("ok") && j["ok"].is_object() && j["ok"].contains("pid") &&
        j["ok"]["pid"].is_number_integer())
        return j["ok"]["pid"].get<pid_t>();
    if (j.is_object() && j.contains("error") && j["error"].is_object())
        return fail(code_from(j["error"].value("code", "")), j["error"].value("message", "no reason given"));
    return fail(errc::outcome_unknown, "The launcher ended without an answer");
}

} // namespace berth::scheduler
