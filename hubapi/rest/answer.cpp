// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/rest/answer.hpp"

#include "daemon/runtime/encoding.hpp"
#include "hubapi/model/json_writer.hpp"
#include "hubapi/model/servers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace berth::hub {
using nlohmann::json;

http::response error_answer(int status, std::string message) {
    std::string body;
    json_writer w(body);
    w.open('{').key("status").number(status).key("message").text(message.empty() ? http::reason_phrase(status) : message).close('}');
    return http::make_json(status, std::move(body));
}

http::response error_answer(const failure& f) {
    switch (f.code) {
    case errc::invalid_argument:
    case errc::conflict: return error_answer(400, f.message);
    case errc::unauthenticated:
    case errc::denied:
    case errc::login_required: return error_answer(403, f.message);
    case errc::not_found: return error_answer(404, f.message);
    case errc::already_exists: return error_answer(409, f.message);
    case errc::limit_exceeded: {
        auto out = error_answer(429, f.message);
        out.headers.set("Retry-After", std::to_string(retry_seconds()));
        return out;
    }
    case errc::unavailable:
    case errc::outcome_unknown:
    case errc::timed_out:
    case errc::cancelled:
    case errc::io_error: {
        auto out = error_answer(503, f.message);
        out.headers.set("Retry-After", "10");
        return out;
    }
    case errc::internal: break;
    }
    return error_answer(500, "Internal Server Error");
}

static std::string python_type(const json& v) {
    static const std::map<std::string, std::string> python{{"string", "str"}, {"boolean", "bool"}, {"number", "int"},
                                                           {"null", "NoneType"}, {"array", "list"}, {"object", "dict"}};
    const auto at = python.find(v.type_name());
    return at == python.end() ? v.type_name() : at->second;
}

result<void> check_model(std::string_view kind, const json& body, const model_types& known) {
    for (const auto& [key, value] : body.items()) {
        const auto at = known.find(key);
        if (at == known.end()) return fail(errc::invalid_argument, "Invalid JSON keys: " + key);
        if (!at->second.empty() && python_type(value) != at->second)
            return fail(errc::invalid_argument, fmt::format("{}.{} must be <class '{}'>, not: <class '{}'>", kind, key, at->second, python_type(value)));
    }
    return {};
}

bool asks_for_stopped(const http::request& r) {
    const auto value = http::find_value(r.query, "include_stopped_servers");
    return value && *value != "0" && *value != "false";
}

result<json> read_json(const http::request& r) {
    if (trim(r.body).empty()) return json(nullptr);
    // Deep nesting would exhaust the stack when such a document is destroyed or written: nothing here needs it.
    static constexpr int depth_limit = 64;
    auto shallow = [](int depth, json::parse_event_t, json&) {
        if (depth > depth_limit) throw json::parse_error::create(101, 0, "nested too deeply", nullptr);
        return true;
    };
    try {
        return json::parse(r.body, shallow);
    } catch (const json::exception&) { // numbers like 1e999 are no parse_error
        return fail(errc::invalid_argument, "Invalid JSON in body of request");
    }
}

result<json> read_object(const http::request& r) {
    auto body = read_json(r);
    if (!body) return body;
    if (body->is_null()) return json::object();
    if (!body->is_object()) return fail(errc::invalid_argument, "Invalid JSON data: the body must be an object");
    return body;
}

result<std::vector<std::string>> read_names(const json& body, const std::string& key, const std::string& otherwise) {
    const auto at = body.is_object() ? body.find(key) : body.end();
    if (!body.is_object() || at == body.end()) return fail(errc::invalid_argument, otherwise);
    std::vector<std::string> out;
    if (at->is_string()) {
        for (char c : at->get_ref<const std::string&>()) out.emplace_back(1, c);
    } else if (at->is_array()) {
        for (const auto& item : *at) {
            if (!item.is_string())
                return fail(errc::invalid_argument, fmt::format("{} must be strings, not {}", key, item.type_name()));
            out.push_back(item.get<std::string>());
        }
    } else {
        return fail(errc::invalid_argument, fmt::format("{} must be a list of strings, not {}", key, at->type_name()));
    }
    if (out.empty()) return fail(errc::invalid_argument, otherwise);
    return out;
}

} // namespace berth::hub
