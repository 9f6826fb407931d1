// SPDX-License-Identifier: BSD-3-Clause
// Services that were added by the API as rows.
#pragma once

#include "daemon/store/store.hpp"
#include "hubapi/model/settings.hpp"

#include <optional>

namespace berth::hub {

store::migrations service_tables();

// Nothing when the row cannot be read.
std::optional<service> read_service(const store::row& r, const std::string& base_url);
store::statement insert_service(const service& s, const std::string& base_url, time_point now);
store::statement delete_service(const std::string& name);

} // namespace berth::hub
