// SPDX-License-Identifier: BSD-3-Clause
// Schemas in words.
#pragma once

#include "hubapi/openapi/catalogue.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace berth::openapi {

using ordered_json = nlohmann::ordered_json;

std::string text_of(const ordered_json& object, const char* key); // "" where there is none
// What `holder` refers to, or itself.
const ordered_json& resolved(const ordered_json& document, const ordered_json& holder);
std::string type_words(const ordered_json& schema);     // "list of User", "string or null"
std::string model_name(const ordered_json& schema);     // the model that the type names, "" for none
std::vector<row> members_of(const ordered_json& document, const ordered_json& schema);

} // namespace berth::openapi
