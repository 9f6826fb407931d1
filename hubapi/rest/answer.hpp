// SPDX-License-Identifier: BSD-3-Clause
// The API's answers in JupyterHub's form: {"status": N, "message": "..."} for everything that is not a success.
#pragma once

#include "daemon/http/request.hpp"
#include "daemon/http/response.hpp"
#include "daemon/runtime/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace berth::hub {

http::response error_answer(int status, std::string message); // "" gives the status' own phrase
// invalid_argument 400, unauthenticated and denied 403, not_found 404, already_exists 409, conflict 400 (as JupyterHub
// answers "already running"), limit_exceeded 429 with Retry-After, unavailable, outcome_unknown and io_error 503.
http::response error_answer(const failure& f);

// ?include_stopped_servers, with whatever value but "0" and "false".
bool asks_for_stopped(const http::request& r);

// Members of a model that a client may send, with their types as JupyterHub's errors name them: "str", "bool", "list", "dict"; "": any.
using model_types = std::map<std::string, std::string, std::less<>>;
// invalid_argument in JupyterHub's words for the first member that is not among them or has another type. `kind`: "user", "group".
result<void> check_model(std::string_view kind, const nlohmann::json& body, const model_types& known);

// The body as JSON; null for an empty one. invalid_argument "Invalid JSON in body of request".
result<nlohmann::json> read_json(const http::request& r);
// The same, and an object. An empty body is an empty object.
result<nlohmann::json> read_object(const http::request& r);
// The array of strings under `key`; a string counts as the list of its characters, as JupyterHub's Python has it.
// invalid_argument with `otherwise` when there is none, it is empty or holds something else.
result<std::vector<std::string>> read_names(const nlohmann::json& body, const std::string& key, const std::string& otherwise);

} // namespace berth::hub
