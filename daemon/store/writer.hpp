// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/store/connection.hpp"

#include <functional>
#include <vector>

namespace berth::store {

// One caller's changes and what became of them.
struct group_member {
    const changes* wanted = nullptr;
    result<void> outcome;
};

// Applies the members in their order within one transaction. A member whose statements fail is undone alone
// (a savepoint each); when the disk fails or the transaction cannot be committed, nothing of the group
// remains and every member says so. Answers whether the disk did its part: the io_error that it gave, if any.
result<void> write_group(connection& db, std::vector<group_member>& group);

} // namespace berth::store
