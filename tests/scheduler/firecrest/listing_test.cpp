// SPDX-License-Identifier: BSD-3-Clause
#include "scheduler/firecrest/listing.hpp"

#include <gtest/gtest.h>

namespace berth::scheduler {
namespace {

job_row row(const std::string& id, const std::string& name, const std::string& user = "al") {
    job_row r;
    r.status.job_id = id;
    r.status.job_name = name;
    r.status.user = user;
    r.status.phase = job_phase::running;
    r.unnamed = name == "allocation";
    return r;
}

TEST(firecrest_listing, holds_this_hubs_jobs_and_no_others) {
    const std::vector<job_ref> interested{{"1", "berth-h-a", "al", {}}};
    firecrest_listing l("berth-h-", interested);
    l.take({row("1", "berth-h-a"), row("2", "berth-h-b"), row("3", "berth-other-a"), row("4", "wrap")});
    EXPECT_TRUE(l.absent().empty());
    const auto out = l.finish();
    ASSERT_EQ(out.size(), 2u);
    EXPECT_EQ(out[1].job_name, "berth-h-b"); // an orphan, perhaps
    EXPECT_EQ(l.names().at("4"), "wrap");
}

TEST(firecrest_listing, knows_a_nameless_job_by_its_id) {
    const std::vector<job_ref> interested{{"1", "berth-h-a", "al", {}}};
    firecrest_listing l("berth-h-", interested);
    l.take({row("1", "allocation")});
    const auto out = l.finish();
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].job_name, "berth-h-a");
    EXPECT_EQ(out[0].phase, job_phase::running);
}

TEST(firecrest_listing, a_nameless_job_may_be_the_one_whose_id_nobody_has_learned) {
    const std::vector<job_ref> interested{{"", "berth-h-a", "al", {}}, {"", "berth-h-b", "bo", {}}};
    firecrest_listing l("berth-h-", interested);
    l.take({row("7", "allocation", "al")});
    EXPECT_TRUE(l.absent().empty()) << "without an id nobody can be asked";
    const auto out = l.finish();
    ASSERT_EQ(out.size(), 1u) << "bo's is absent";
    EXPECT_EQ(out[0].job_name, "berth-h-a");
    EXPECT_EQ(out[0].phase, job_phase::unknown);
}

TEST(firecrest_listing, who_cannot_be_asked_is_unknown_not_absent) {
    const std::vector<job_ref> interested{{"1", "berth-h-a", "al", {}}, {"2", "berth-h-b", "bo", {}}};
    firecrest_listing l("berth-h-", interested);
    l.cannot_ask("al");
    ASSERT_EQ(l.absent().size(), 1u);
    EXPECT_EQ(l.absent()[0].job_id, "2");
    const auto out = l.finish();
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].job_name, "berth-h-a");
    EXPECT_EQ(out[0].phase, job_phase::unknown);
}

} // namespace
} // namespace berth::scheduler
