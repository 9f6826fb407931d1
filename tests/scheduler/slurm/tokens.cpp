// SPDX-License-Identifier: BSD-3-Clause
// Clusters where each call carries a user's token.
#include "tests/scheduler/slurm/fixture.hpp"

#include <algorithm>
#include <map>

using namespace berth;
using namespace berth::scheduler;
using testing::AllOf;
using testing::HasSubstr;

namespace {

// Gives each user "NAME-1", and after a distrust "NAME-2".
class fake_tokens final : public token_source {
  public:
    asio::awaitable<result<secret>> token_of(std::string user) override {
        if (const auto at = missing.find(user); at != missing.end()) co_return fail(at->second);
        co_return secret(user + "-" + std::to_string(distrusted[user] + 1));
    }
    void distrust(std::string_view user, const secret& refused) override {
        const std::string name(user);
        refused_.push_back(std::string(refused.reveal()));
        if (replaces) ++distrusted[name];
    }

    std::map<std::string, failure> missing;
    std::map<std::string, int> distrusted;
    std::vector<std::string> refused_;
    bool replaces = true;
};

const json bad_token{{"error", {{"code", "unauthenticated"}, {"message", "Slurm: zero bytes (5005)"}}}};

json listing(std::vector<json> jobs) { return {{"ok", {{"last_update", 5}, {"jobs", std::move(jobs)}}}}; }

json job_of(const std::string& user, const std::string& id) {
    auto out = job("berth-x-" + id, "running", "RUNNING");
    out["user"] = user;
    out["job_id"] = id;
    return out;
}

job_ref ref(const std::string& user, const std::string& id) { return {id, "berth-x-" + id, user, {}}; }

class slurm_tokens : public slurm_fixture {
  protected:
    slurm_tokens() { use(""); }
    void use(const std::string& poll_account) {
        slurm_settings s;
        s.tokens = &tokens_;
        s.poll_account = poll_account;
        make(s);
    }
    std::vector<std::string> credentials(const std::string& word) const {
        std::vector<std::string> out;
        for (const auto& a : asked(word)) out.push_back(a.value("credential", "none"));
        return out;
    }
    // "1 running, 2 unknown", by id.
    static std::string phases(const result<std::vector<job_status>>& jobs) {
        if (!jobs) return "failure: " + jobs.error().message;
        std::map<std::string, std::string> words;
        for (const auto& j : *jobs) words[j.job_id] = j.phase == job_phase::unknown ? "unknown" : "running";
        std::string out;
        for (const auto& [id, word] : words) out += (out.empty() ? "" : ", ") + id + " " + word;
        return out;
    }

    fake_tokens tokens_;
};

using strings = std::vector<std::string>;

} // namespace

TEST_F(slurm_tokens, a_submit_carries_the_users_own) {
    answers("submit", {{"ok", {{"job_id", "12"}}}});
    EXPECT_TRUE(run(backend_->submit(spec())));
    EXPECT_EQ(credentials("submit"), strings{"al-1"});
    EXPECT_TRUE(tokens_.refused_.empty());
}

TEST_F(slurm_tokens, a_refused_one_is_replaced_once_and_the_submit_made_once_more) {
    answers("submit@al-1", bad_token);
    answers("submit", {{"ok", {{"job_id", "12"}}}});
    const auto done = run(backend_->submit(spec()));
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(credentials("submit"), (strings{"al-1", "al-2"}));
    EXPECT_EQ(tokens_.refused_, strings{"al-1"});
}

TEST_F(slurm_tokens, what_is_refused_over_and_over_is_told_and_costs_the_provider_little) {
    answers("submit", bad_token);
    for (int i = 0; i < 3; ++i) {
        const auto done = run(backend_->submit(spec()));
        EXPECT_EQ(done.error().code, errc::denied);
        EXPECT_THAT(done.error().message, AllOf(HasSubstr("token of al"), HasSubstr("5005")));
    }
    EXPECT_EQ(tokens_.refused_, strings{"al-1"});
    EXPECT_EQ(asked("submit").size(), 4u);
    time_.advance(std::chrono::seconds(31));
    EXPECT_FALSE(run(backend_->submit(spec())));
    EXPECT_EQ(tokens_.refused_, (strings{"al-1", "al-2"}));
}

TEST_F(slurm_tokens, a_provider_that_has_no_other_one_ends_the_matter) {
    tokens_.replaces = false;
    answers("submit", bad_token);
    EXPECT_EQ(run(backend_->submit(spec())).error().code, errc::denied);
    EXPECT_EQ(asked("submit").size(), 1u);
}

TEST_F(slurm_tokens, an_unknown_outcome_is_not_tried_again) {
    answers("submit", {{"error", {{"code", "outcome_unknown"}, {"message", "Slurm: zero bytes (5005)"}}}});
    EXPECT_EQ(run(backend_->submit(spec())).error().code, errc::outcome_unknown);
    EXPECT_EQ(asked("submit").size(), 1u);
    EXPECT_TRUE(tokens_.refused_.empty());
}

TEST_F(slurm_tokens, without_a_token_nothing_is_sent_and_the_sentence_is_the_providers) {
    for (const auto& [had, told] :
         {std::pair{errc::login_required, errc::login_required}, std::pair{errc::denied, errc::denied},
          std::pair{errc::not_found, errc::not_found}, std::pair{errc::unavailable, errc::unavailable},
          std::pair{errc::timed_out, errc::unavailable}}) {
        tokens_.missing["al"] = {had, "Sign in again."};
        const auto done = run(backend_->submit(spec()));
        EXPECT_EQ(done.error().code, told);
        EXPECT_EQ(done.error().message, "Sign in again.");
    }
    EXPECT_TRUE(asked("submit").empty());
}

TEST_F(slurm_tokens, the_poll_account_lists_for_everybody) {
    use("poller");
    answers("list", listing({job_of("al", "1"), job_of("bo", "2")}));
    tokens_.missing["al"] = {errc::login_required, "gone"};
    EXPECT_EQ(phases(run(backend_->list({ref("al", "1"), ref("bo", "2")}))), "1 running, 2 running");
    EXPECT_EQ(credentials("list"), strings{"poller-1"});
    answers("list@poller-1", bad_token);
    EXPECT_EQ(phases(run(backend_->list({ref("al", "1")}))), "1 running, 2 running");
    EXPECT_EQ(tokens_.refused_, strings{"poller-1"});
    tokens_.missing["poller"] = {errc::denied, "invalid_client"};
    EXPECT_EQ(run(backend_->list({ref("al", "1")})).error().message, "invalid_client");
}

TEST_F(slurm_tokens, an_owner_who_is_shown_everything_is_enough) {
    answers("list", listing({job_of("al", "1"), job_of("bo", "2"), job_of("ce", "3")}));
    const std::vector interested{ref("al", "1"), ref("bo", "2"), ref("ce", "3")};
    EXPECT_EQ(phases(run(backend_->list(interested))), "1 running, 2 running, 3 running");
    EXPECT_EQ(credentials("list"), strings{"al-1"});
    // The others are asked when that one's token is gone, and one of them is enough from then on.
    tokens_.missing["al"] = {errc::login_required, "gone"};
    EXPECT_EQ(phases(run(backend_->list(interested))), "1 running, 2 running, 3 running");
    EXPECT_EQ(asked("list").size(), 3u);
    EXPECT_EQ(phases(run(backend_->list(interested))), "1 running, 2 running, 3 running");
    EXPECT_EQ(asked("list").size(), 4u);
}

TEST_F(slurm_tokens, where_everybody_is_shown_their_own_all_are_asked) {
    std::vector<job_ref> interested;
    std::string expected;
    for (int i = 10; i < 30; ++i) {
        const auto id = std::to_string(i), user = "u" + id;
        interested.push_back(ref(user, id));
        answers("list@" + user + "-1", listing({job_of(user, id)}));
        expected += (i == 10 ? "" : ", ") + id + " running";
    }
    EXPECT_EQ(phases(run(backend_->list(interested))), expected);
    EXPECT_EQ(asked("list").size(), 20u);
}

TEST_F(slurm_tokens, who_cannot_be_asked_for_is_not_absent_and_no_trouble_to_others) {
    answers("list@bo-1", listing({job_of("bo", "2")}));
    answers("list@ce-1", listing({}));
    answers("ended", {{"ok", {{"jobs", json::array()}}}});
    answers("list@de-1", bad_token);
    answers("list@de-2", bad_token);
    tokens_.missing["al"] = {errc::unavailable, "the provider is away"};
    const std::vector interested{ref("al", "1"), ref("bo", "2"), ref("ce", "3"), ref("de", "4")};
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(phases(run(backend_->list(interested))), "1 unknown, 2 running, 4 unknown");
    EXPECT_EQ(log_.count("slurm.owner_not_asked"), 2u); // once for each, not each time
    EXPECT_EQ(tokens_.refused_, strings{"de-1"});
    // The accounting is asked about the absent one alone, by its owner.
    ASSERT_EQ(asked("ended").size(), 1u);
    EXPECT_EQ(asked("ended")[0]["ended"],
              json::array({{{"job_id", "3"}, {"job_name", "berth-x-3"}, {"user", "ce"}}}));
    EXPECT_EQ(credentials("ended"), strings{"ce-1"});
    tokens_.missing.clear();
    answers("list@al-1", listing({job_of("al", "1")}));
    EXPECT_EQ(phases(run(backend_->list(interested))), "1 running, 2 running, 4 unknown");
}

TEST_F(slurm_tokens, a_silent_controller_is_a_failure_and_no_unknown_job) {
    answers("list", unavailable);
    EXPECT_EQ(run(backend_->list({ref("al", "1"), ref("bo", "2")})).error().code, errc::unavailable);
    EXPECT_EQ(asked("list").size(), 1u);
}

TEST_F(slurm_tokens, the_owner_cancels_or_else_the_poll_account) {
    use("poller");
    answers("cancel", {{"ok", {{"gone", true}}}});
    EXPECT_TRUE(run(backend_->cancel(ref("al", "1"))));
    tokens_.missing["al"] = {errc::login_required, "Sign in again."};
    EXPECT_TRUE(run(backend_->cancel(ref("al", "1"))));
    EXPECT_EQ(credentials("cancel"), (strings{"al-1", "poller-1"}));
    answers("cancel@poller-1", {{"error", {{"code", "denied"}, {"message", "Slurm: Access denied (2002)"}}}});
    const auto failed = run(backend_->cancel(ref("al", "1")));
    EXPECT_THAT(failed.error().message,
                AllOf(HasSubstr("Sign in again."), HasSubstr("poller"), HasSubstr("2002")));
    use("");
    EXPECT_EQ(run(backend_->cancel(ref("al", "1"))).error().message, "Sign in again.");
}

TEST_F(slurm_tokens, what_slurm_refuses_the_owner_the_poll_account_does_not_try) {
    use("poller");
    answers("cancel", unavailable);
    EXPECT_EQ(run(backend_->cancel(ref("al", "1"))).error().code, errc::unavailable);
    EXPECT_EQ(credentials("cancel"), strings{"al-1"});
}

TEST_F(slurm_tokens, no_token_is_logged) {
    answers("list", bad_token);
    answers("submit", bad_token);
    (void)run(backend_->list({ref("al", "1")}));
    (void)run(backend_->submit(spec()));
    EXPECT_FALSE(log_.records.empty());
    for (const auto& record : log_.records)
        for (const auto& [name, value] : record.fields)
            EXPECT_EQ(value.find("al-1"), std::string::npos) << record.event << " " << name;
}

TEST_F(slurm_tokens, checks) {
    answers("hello", unavailable);
    auto found = run(backend_->check());
    ASSERT_EQ(found.size(), 1u);
    EXPECT_TRUE(found[0].good);
    EXPECT_THAT(found[0].what, HasSubstr("poll_account"));
    use("poller");
    answers("hello",
            {{"error", {{"code", "unauthenticated"}, {"message", "slurmctld does not accept the token"}}}});
    found = run(backend_->check());
    EXPECT_FALSE(found[0].good);
    EXPECT_THAT(found[0].remedy, HasSubstr("jwks"));
    json told{
        {"uid", 0}, {"slurm_uid", 64}, {"library", "22.05.8"}, {"version", "22.05.8"}, {"accounting", true}};
    answers("hello", {{"ok", told}});
    answers("nodes", {{"ok",
                       {{"partitions", {{{"name", "debug"}, {"up", true}, {"default", true}}}},
                        {"nodes", {{"IDLE", 2}}}}}});
    const auto bad = [](const auto& findings) { return std::ranges::count(findings, false, &finding::good); };
    EXPECT_EQ(bad(run(backend_->check())), 1) << "root";
    told["uid"] = 65534;
    answers("hello", {{"ok", told}});
    EXPECT_EQ(bad(run(backend_->check())), 0);
}
