// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "scheduler/backend.hpp"
#include "scheduler/firecrest/job_rows.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace berth::scheduler {

// One listing while it is put together: who could be asked, what was told, what is missing still. Pure;
// `jobs` outlives it.
class firecrest_listing {
  public:
    firecrest_listing(std::string prefix, const std::vector<job_ref>& jobs);

    void take(std::vector<job_row> told); // rows of whoever was asked
    void cannot_ask(const std::string& owner) { unasked_.insert(owner); }
    void failed(failure f) { failure_ = std::move(f); } // the server's: the whole listing is none
    // Of jobs that the rows do not have: those with an id, which can be asked for by it.
    std::vector<job_ref> absent() const;
    // Nobody knows of this one, neither that it is there nor that it is gone.
    void unknown(const job_ref& job);

    const std::optional<failure>& failure_told() const { return failure_; }
    // What there is, and `unknown` for those that could not be asked about.
    std::vector<job_status> finish();
    // Names by id, of everybody's jobs that were told of.
    const std::map<std::string, std::string>& names() const { return names_; }

  private:
    bool has(const job_ref& job) const { return by_name_.contains(job.job_name); }
    bool may_be_unnamed(const job_ref& job) const;

    std::map<std::string, std::string> names_;
    std::string prefix_;
    const std::vector<job_ref>& interested_;
    std::map<std::string, std::string> ids_; // of interesting jobs: id to name
    std::map<std::string, std::vector<job_status>> by_name_;
    std::set<std::string> unasked_;        // owners
    std::set<std::string> unnamed_owners_; // have a young job that nobody knows the name of
    std::optional<failure> failure_;
};

} // namespace berth::scheduler
