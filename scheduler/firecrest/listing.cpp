// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/firecrest/listing.hpp"

namespace berth::scheduler {

firecrest_listing::firecrest_listing(std::string prefix, const std::vector<job_ref>& jobs)
    : prefix_(std::move(prefix))
    , interested_(jobs) {
    for (const auto& job : jobs)
        if (!job.job_id.empty()) ids_.emplace(job.job_id, job.job_name);
}

void firecrest_listing::take(std::vector<job_row> told) {
    for (auto& row : told) {
        auto& s = row.status;
        const auto known = ids_.find(s.job_id);
        if (row.unnamed && known == ids_.end()) {
            unnamed_owners_.insert(s.user);
            continue;
        }
        if (row.unnamed) s.job_name = known->second;
        names_.insert_or_assign(s.job_id, s.job_name);
        if (s.job_name.starts_with(prefix_)) by_name_[s.job_name].push_back(std::move(s));
    }
}

std::vector<job_ref> firecrest_listing::absent() const {
    std::vector<job_ref> out;
    for (const auto& job : interested_)
        if (!job.job_id.empty() && !has(job) && !unasked_.contains(job.user)) out.push_back(job);
    return out;
}

void firecrest_listing::unknown(const job_ref& job) {
    job_status s;
    s.job_id = job.job_id;
    s.job_name = job.job_name;
    s.user = job.user;
    s.phase = job_phase::unknown;
    by_name_[job.job_name] = {std::move(s)};
}

// A job whose submit's answer got lost, while its owner has one that just begins: it may be that one.
bool firecrest_listing::may_be_unnamed(const job_ref& job) const {
    return job.job_id.empty() && unnamed_owners_.contains(job.user);
}

std::vector<job_status> firecrest_listing::finish() {
    for (const auto& job : interested_)
        if (!has(job) && (unasked_.contains(job.user) || may_be_unnamed(job))) unknown(job);
    std::vector<job_status> out;
    for (auto& [name, jobs] : by_name_) std::ranges::move(jobs, std::back_inserter(out));
    return out;
}

} // namespace berth::scheduler
