// SPDX-License-Identifier: BSD-3-Clause
// Against answers of the real server.
#include "scheduler/firecrest/refusals.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace berth::scheduler {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string body(const std::string& message, const std::string& cause = "") {
    nlohmann::json out{{"errorType", "error"},
                       {"message", message},
                       {"causedBy", nullptr},
                       {"data", nullptr},
                       {"user", "alice"}};
    if (!cause.empty()) out["causedBy"] = {cause};
    return out.dump();
}

struct row {
    int status;
    std::string body;
    asking what;
    errc code;
    std::string words;
};

TEST(refusals, each_has_its_meaning) {
    using enum asking;
    const std::string slurm = "Unexpected Slurm command response. exit_status:1 std_err:";
    const row table[]{
        {401, body("Access token expires too soon (less than 30s remaining)."), submit, errc::unauthenticated,
         "expires too soon"},
        {401, body("Access token expired"), question, errc::unauthenticated, "expired"},
        {401, body("Token's public key not found."), question, errc::denied, "public key not found"},
        {401, body("Access token is invalid."), cancel, errc::denied, "invalid"},
        {404, body("System not found"), submit, errc::not_found, "System not found"},
        {404, body("Job not found."), question, errc::not_found, "Job not found."},
        {408, body("Command execution timeout limit exceeded."), question, errc::unavailable, "timeout"},
        {408, body("Command execution timeout limit exceeded."), submit, errc::outcome_unknown, "timeout"},
        {424, body("Unable to open a new SSH channel."), submit, errc::unavailable, "SSH channel"},
        {429, "slow down", submit, errc::unavailable, "slow down"},
        {502, "<html>Bad gateway</html>", submit, errc::outcome_unknown, "gateway"},
        {503, body("The scheduler service for the requested system (x) is unhealthy."), submit,
         errc::unavailable, "unhealthy"},
        {403, body("Job submission rejected: accounting/QOS policy limit exceeded. x"), submit,
         errc::limit_exceeded, "policy limit"},
        {500, body("()"), submit, errc::outcome_unknown, "an internal error (500)"},
        {500, body("()"), question, errc::unavailable, "an internal error (500)"},
        {500, body("('Channel not open for sending',)"), submit, errc::outcome_unknown, "an internal error"},
        {500, body("(111, 'Connection refused')"), submit, errc::unavailable, "an internal error"},
        {500,
         body(slurm + "sbatch: error: invalid partition specified: gpu9\nsbatch: error: Batch job submission "
                      "failed: Invalid partition name specified\n"),
         submit, errc::invalid_argument, "Invalid partition name specified"},
        {500,
         body(slurm + "sbatch: error: Batch job submission failed: Unable to contact slurm controller "
                      "(connect failure)"),
         submit, errc::unavailable, "Unable to contact"},
        {500, body("Error executing Slurm command.", slurm + "sacct: error: Socket timed out"), question,
         errc::unavailable, "Socket timed out"},
        {500, body(slurm + "scancel: error: Kill job error on job id 8: Access/permission denied"), cancel,
         errc::denied, "Access"}};
    for (const auto& r : table) {
        const auto f = refusal_of(r.status, r.body, r.what);
        EXPECT_EQ(f.code, r.code) << r.status << " " << r.body;
        EXPECT_THAT(f.message, HasSubstr(r.words)) << r.body;
    }
}

TEST(refusals, a_cancel_of_what_is_over_is_a_success) {
    const std::string slurm = "Unexpected Slurm command response. exit_status:0 std_err:scancel: Terminating "
                              "job 8\nscancel: error: Kill job error on job id 8: ";
    EXPECT_TRUE(says_it_is_over(
        refusal_of(500, body(slurm + "Job/step already completing or completed\n"), asking::cancel)));
    EXPECT_TRUE(says_it_is_over(refusal_of(500, body(slurm + "Invalid job id specified\n"), asking::cancel)));
    EXPECT_TRUE(says_it_is_over(refusal_of(404, body("Job not found"), asking::cancel)));
    EXPECT_FALSE(
        says_it_is_over(refusal_of(500, body(slurm + "Access/permission denied\n"), asking::cancel)));
    EXPECT_FALSE(says_it_is_over(refusal_of(500, body("()"), asking::cancel)));
    EXPECT_FALSE(says_it_is_over(refusal_of(404, body("System not found"), asking::cancel)));
}

TEST(refusals, a_validation_never_repeats_what_was_sent) {
    const auto f = refusal_of(
        400,
        R"({"errorType":"validation","message":"1 validation error: {'input': {'script': 'export JUPYTERHUB_API_TOKEN=canary'}} file \"/app/src/router.py\"",
        "causedBy":null,"data":{"fields":[{"location":"body","name":"workingDirectory","message":"Field required"}]},"user":"alice"})",
        asking::submit);
    EXPECT_EQ(f.code, errc::invalid_argument);
    EXPECT_EQ(f.message, "workingDirectory: Field required");
    const auto bare =
        refusal_of(400, R"({"errorType":"validation","message":"canary","data":null})", asking::submit);
    EXPECT_THAT(bare.message, Not(HasSubstr("canary")));
}

TEST(refusals, sentences_hold_no_path_no_token_and_have_an_end) {
    EXPECT_EQ(cleaned("cannot open /users/alice/.x:\n no"), "cannot open (path) no");
    EXPECT_EQ(cleaned("token eyJhbGciOiJSUzI1NiIsInR5cCI6 refused"), "token ... refused");
    EXPECT_EQ(cleaned("a " + std::string(500, 'x')), "a ...");
    EXPECT_LE(cleaned(std::string(5000, ' ') + std::string("word ") + std::string(400, 'a') + " b").size(),
              300u);
    EXPECT_EQ(cleaned("\xff\xfe"), "an answer that is no text");
    for (const auto* odd :
         {"", "[]", "{", "{\"message\":5}", "{\"data\":{\"fields\":3}}", "{\"causedBy\":[null]}"})
        EXPECT_FALSE(refusal_of(500, odd, asking::submit).message.empty()) << odd;
}

} // namespace
} // namespace berth::scheduler
