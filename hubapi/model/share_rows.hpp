// SPDX-License-Identifier: BSD-3-Clause
// Shares and their codes as rows.
#pragma once

#include "hubapi/model/shares.hpp"

namespace berth::hub {

store::migrations share_tables();

share read_share(const store::row& r);
share_code read_share_code(const store::row& r);

store::statement upsert(const share& s);
store::statement upsert(const share_code& c);
store::statement delete_share(std::int64_t id);
store::statement delete_share_code(std::int64_t id);

} // namespace berth::hub
