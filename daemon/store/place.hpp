// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"

#include <string>
#include <utility>
#include <vector>

namespace berth::store {

// The files that a database has open, as their directory names them. A file that was deleted or moved away
// takes writes and syncs for as long as it is open, and all of it is lost at the next start.
class place {
  public:
    place() = default;
    // As they are now; those that are not there are not watched.
    explicit place(std::vector<std::string> files);
    // io_error when one of them is not the same file any more. Some microseconds.
    result<void> still_there() const;

  private:
    using identity = std::pair<unsigned long, unsigned long>; // device, inode
    std::vector<std::pair<std::string, identity>> files_;
};

} // namespace berth::store
