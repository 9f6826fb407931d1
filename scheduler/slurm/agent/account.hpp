// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "daemon/runtime/result.hpp"
#include "scheduler/slurm/agent/verbs.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace berth::slurm_agent {

struct account {
    std::string name, home, shell;
    uid_t uid = 0;
    gid_t gid = 0;
};

// not_found when this machine does not know the user; denied for root and uids below the minimum.
result<account> find_account(const settings& s, const std::string& name);

// Makes this process's file accesses those of the user, until it ends. Only root can do it for others;
// `able()` is false when it could not be done, and then nothing has changed.
class acting_as {
  public:
    explicit acting_as(const account& a);
    acting_as(const acting_as&) = delete;
    acting_as& operator=(const acting_as&) = delete;
    ~acting_as();
    bool able() const { return able_; }

  private:
    bool able_ = false, switched_ = false;
    std::vector<gid_t> groups_;
    gid_t gid_ = 0;
};

} // namespace berth::slurm_agent
