// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/slurm/agent/account.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace berth::slurm_agent {

result<account> find_account(const settings& s, const std::string& name) {
    passwd entry{}, *found = nullptr;
    std::vector<char> buffer(65536);
    if (getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0)
        return fail(errc::unavailable, fmt::format("the account {} could not be looked up", name));
    if (!found) return fail(errc::not_found, fmt::format("there is no account {} on this machine", name));
    if (entry.pw_uid == 0 || entry.pw_uid < s.min_uid)
        return fail(errc::denied, fmt::format("no job is submitted for {}: its uid {} is below {}", name,
                                              entry.pw_uid, s.min_uid));
    return account{entry.pw_name, entry.pw_dir, entry.pw_shell, entry.pw_uid, entry.pw_gid};
}

acting_as::acting_as(const account& a) {
    if (geteuid() == a.uid) {
        able_ = true;
        return;
    }
    if (geteuid() != 0) return;
    groups_.resize(static_cast<std::size_t>(std::max(0, getgroups(0, nullptr))));
    if (getgroups(static_cast<int>(groups_.size()), groups_.data()) < 0) return;
    gid_ = getegid();
    switched_ = true; // from here on the destructor puts everything back
    able_ = initgroups(a.name.c_str(), a.gid) == 0 && setegid(a.gid) == 0 && seteuid(a.uid) == 0;
}

acting_as::~acting_as() {
    if (!switched_) return;
    // Going on with a mixture of identities would be worse than to end.
    if (seteuid(0) != 0 || setegid(gid_) != 0 || setgroups(groups_.size(), groups_.data()) != 0) std::abort();
}

} // namespace berth::slurm_agent
