// SPDX-License-Identifier: BSD-3-Clause
// [[service]]. Private to the room.
#pragma once

#include "daemon/main/configuration.hpp"

namespace berth::config {

std::vector<service_keys> read_services(section& root, const auth::custom_scopes& custom);

} // namespace berth::config
