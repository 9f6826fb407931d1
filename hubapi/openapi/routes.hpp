// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/http/router.hpp"

#include <string>

namespace berth::openapi {

// GET /hub/api/openapi.json, for anybody. `base` as for document().
void add_routes(http::router& routes, const std::string& base);

} // namespace berth::openapi
