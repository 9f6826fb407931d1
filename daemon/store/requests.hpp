// SPDX-License-Identifier: BSD-3-Clause
// What waits for the store's worker.
#pragma once

#include "daemon/runtime/resume.hpp"
#include "daemon/store/store.hpp"

#include <fmt/format.h>

#include <deque>

namespace berth::store {

using rows = result<std::vector<row>>;

// What the hub thread hands to the store thread: a query or a commit.
struct request {
    std::variant<statement, changes> what;
    std::variant<resumer<rows>, resumer<result<void>>> answer;
    std::uint64_t order = 0;
    bool is_commit() const { return what.index() == 1; }
};

struct late_write {
    statement what;
    std::uint64_t order = 0;
};
using late_writes = std::map<std::string, late_write>; // by key

// What the store thread takes at a time: a query, or commits and what is written behind. Applied in the
// calls' order.
struct batch {
    std::deque<request> requests;
    late_writes behind;
};

// Nothing of its own: after a failure any group makes the disk write (connection::touch), so that a disk that
// works again is noticed when nobody asks for a change.
inline statement probe() { return {"SELECT 1", {}}; }

inline void answer_all(std::deque<request> requests, const failure& f) {
    for (auto& r : requests) std::visit([&]<class T>(resumer<T>& resume) { resume(T(fail(f))); }, r.answer);
}

} // namespace berth::store
