// SPDX-License-Identifier: BSD-3-Clause
// Berth's API described in OpenAPI 3.1, put together from document/*.json.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace berth::openapi {

// `base`: the hub's address up to its base_url, "https://hub.example.org/" or "/". Throws std::logic_error when two parts
// say different things of the same, which no configuration can cause.
nlohmann::ordered_json document(const std::string& base);

} // namespace berth::openapi
