// SPDX-License-Identifier: BSD-3-Clause
// [login.oidc], [login.header], [credentials] and [[service_account]].
#include "tests/daemon/main/configuration_file.hpp"

namespace berth::config {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

const std::string provider = "[login]\nmethod = \"oidc\"\nallow_all = true\n[login.oidc]\nissuer = \"https://sso/realms/hpc\"\n"
                             "client_id = \"hub\"\nclient_secret = \"hush\"\n"; // 7 lines
const std::string account = "[[service_account]]\nuser = \"Tester\"\nclient_id = \"tester\"\nclient_secret = \"hush\"\n"; // 4 lines

TEST_F(configuration_file, credentials_wrong_rows) {
    const std::vector<bad_row> table{
        {"[login]\nmethod = \"ldap\"", 2, "login.method", "\"oidc\", \"pam\", \"dummy\", \"header\""},
        {"[login]\nmethod = \"oidc\"", 1, "login.oidc", "issuer, client_id and client_secret"},
        {"[login.oidc]\nclient_id = \"a\"\nclient_secret = \"b\"", 1, "login.oidc.issuer", "authorize_url, token_url and jwks_url"},
        {"[login.oidc]\nissuer = \"sso\"\nclient_id = \"a\"\nclient_secret = \"b\"", 2, "login.oidc.issuer", "https://"},
        {"[login.oidc]\nissuer = \"https://s\"\ntoken_url = \"ftp://s\"\nclient_id = \"a\"\nclient_secret = \"b\"", 3, "login.oidc.token_url", "https://"},
        {"[login.oidc]\nissuer = \"https://s\"\nclient_secret = \"b\"", 1, "login.oidc.client_id", "missing"},
        {"[login.oidc]\nissuer = \"https://s\"\nclient_id = \"a\"", 1, "login.oidc.client_secret", "client_secret_env"},
        {"[login.oidc]\nissuer = \"https://s\"\nclient_id = \"a\"\nclient_secret_env = \"NOT_SET_AT_ALL\"", 4, "login.oidc.client_secret_env", "is not set"},
        {"[login.oidc]\nissuer = \"https://s\"\nclient_id = \"a\"\nclient_secret_file = \"/not/there\"", 4, "login.oidc.client_secret_file", "/not/there"},
        {provider + "username_claim = \"\"", 8, "login.oidc.username_claim", "claim"},
        {provider + "scopes = \"openid\"", 8, "login.oidc.scopes", "list"},
        {provider + "pkce = \"yes\"", 8, "login.oidc.pkce", "true or false"},
        {provider + "user_name_claim = \"x\"", 8, "login.oidc.user_name_claim", "did you mean \"username_claim\"?"},
        {"[login]\nmethod = \"header\"\n[proxy]\ntrusted_proxies = []", 0, "login.method", "trusted_proxies is empty"},
        {"[login]\nmethod = \"header\"\n[proxy]\nmode = \"external\"\napi_url = \"http://h\"", 0, "login.method", "mode = \"own\""},
        {"[login]\nmethod = \"header\"\n[login.header]\nuser_header = \"\"", 4, "login.header.user_header", "header"},
        {"[login]\nmethod = \"header\"\n[login.header]\nuser_header = \"X Remote\"", 4, "login.header.user_header", "X-Remote-User"},
        {"[login]\nmethod = \"header\"\n[login.header]\nuser_header = \"Cookie\"", 4, "login.header.user_header", "X-Remote-User"},
        {"[login]\nmethod = \"header\"\n[login.header]\ngroups_header = \"x-remote-user\"", 4, "login.header.groups_header", "another header"},
        {"[credentials]\nrefresh_margin = \"0s\"", 2, "credentials.refresh_margin", "1s"},
        {"[credentials]\nrefresh_margin = 60", 2, "credentials.refresh_margin", "quotes"},
        {"[credentials]\nmargin = \"60s\"", 2, "credentials.margin", "refresh_margin"},
        {"[credentials.rule]\nmatch = \"*\"", 1, "credentials.rule", "[[credentials.rule]]"},
        {"[[credentials.rule]]\npolicy = \"none\"", 1, "credentials.rule.match", "group:NAME"},
        {"[[credentials.rule]]\nmatch = \"*\"", 1, "credentials.rule.policy", "\"require\""},
        {"[[credentials.rule]]\nmatch = \"grp:x\"\npolicy = \"none\"", 2, "credentials.rule.match", "\"group:NAME\""},
        {"[[credentials.rule]]\nmatch = \"user:a/b\"\npolicy = \"none\"", 2, "credentials.rule.match", "nobody's name"},
        {"[[credentials.rule]]\nmatch = \"*\"\npolicy = \"maybe\"", 3, "credentials.rule.policy", "\"try\""},
        {provider + "[service_account]\nuser = \"a\"", 8, "service_account", "[[service_account]]"},
        {provider + "[[service_account]]\nclient_id = \"c\"\nclient_secret = \"s\"", 8, "service_account.user", "missing"},
        {provider + "[[service_account]]\nuser = \"a/b\"\nclient_id = \"c\"\nclient_secret = \"s\"", 9, "service_account.user", ""},
        {provider + "[[service_account]]\nuser = \"a\"\nclient_secret = \"s\"", 8, "service_account.client_id", "missing"},
        {provider + "[[service_account]]\nuser = \"a\"\nclient_id = \"c\"", 8, "service_account.client_secret", "client_secret_file"},
        {provider + account + "[[service_account]]\nuser = \"tester\"\nclient_id = \"c\"\nclient_secret = \"s\"", 13, "service_account.user", "two service accounts"},
        {provider + account + "[[service_account]]\nuser = \"b\"\nclient_id = \"tester\"\nclient_secret = \"s\"", 14, "service_account.client_id", "each its own"},
        {provider + "[[service_account]]\nuser = \"b\"\nclient_id = \"hub\"\nclient_secret = \"s\"", 10, "service_account.client_id", "everybody who signs in"},
        {account, 1, "service_account.token_url", "issuer in [login.oidc]"},
        {account + "token_url = \"https://s\"\naccept_bearer = true", 6, "service_account.accept_bearer", "accept_bearer = false"},
        {account + "token_url = \"s\"", 5, "service_account.token_url", "https://"},
    };
    for (const auto& row : table) expect_problem(row);
}

TEST_F(configuration_file, slurm_with_users_own_tokens) {
    const std::string slurm = "[cluster.hpc]\nbackend = \"slurm\"\nidentity = \"jwt\"\n"; // 3 lines
    expect_problem({provider + account + slurm + "poll_account = \"other\"", 15, "cluster.hpc.poll_account", "user = \"other\""});
    expect_problem({provider + account + "[cluster.hpc]\nbackend = \"slurm\"\npoll_account = \"tester\"", 14, "cluster.hpc.poll_account", ""});
    expect_problem({"[login]\nallow_all = true\n" + slurm, 0, "cluster.hpc", "method = \"oidc\""});
    const auto c = read_text(provider + account + slurm + "poll_account = \"tester\"");
    ASSERT_TRUE(c);
    EXPECT_EQ(c->clusters.at(0).identity, "jwt");
    EXPECT_EQ(c->clusters.at(0).poll_account, "tester");
}

TEST_F(configuration_file, a_vault_keys_file_that_is_named_must_hold_keys) {
    const auto keys = file_.string() + ".keys";
    const auto text = "[secrets]\nvault_keys_file = \"" + keys + "\"";
    expect_problem({text, 2, "secrets.vault_keys_file", "openssl rand -hex 32"}); // not there
    std::ofstream(keys) << std::string(64, 'a') << "\nhush\n";
    expect_problem({text, 2, "secrets.vault_keys_file", "chmod 600"});
    std::filesystem::permissions(keys, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    expect_problem({text, 2, "secrets.vault_keys_file", "line 2 is no key"});
    EXPECT_THAT(first_problem(text), testing::Not(HasSubstr("hush")));
    std::ofstream(keys) << std::string(64, 'a') << "\n";
    const auto c = read_text(text);
    ASSERT_TRUE(c) << c.error().front().to_text();
    EXPECT_EQ(c->vault_keys_file, keys);
    std::filesystem::remove(keys);
}

TEST_F(configuration_file, credentials_secrets_are_not_told) {
    EXPECT_THAT(first_problem(provider + "oops = 1"), testing::Not(HasSubstr("hush")));
    EXPECT_THAT(first_problem(provider + account + "oops = 1"), testing::Not(HasSubstr("hush")));
}

TEST_F(configuration_file, credentials_are_read_with_their_defaults) {
    const auto c = read_text(provider + "[credentials]\n[[credentials.rule]]\nmatch = \"Al\"\npolicy = \"try\"\n"
                                        "[[credentials.rule]]\nmatch = \"group:HPC\"\npolicy = \"none\"\n" + account);
    ASSERT_TRUE(c) << c.error().front().to_text();
    EXPECT_EQ(c->login.oidc.scopes.size(), 3u);
    EXPECT_TRUE(c->login.oidc.pkce);
    EXPECT_EQ(c->login.oidc.client_secret.reveal(), "hush");
    EXPECT_EQ(c->login.header.user_header, "X-Remote-User");
    EXPECT_EQ(c->credentials.refresh_margin, 60s);
    ASSERT_EQ(c->credentials.rules.size(), 2u);
    EXPECT_EQ(c->credentials.rules[0].match, "user:al"); // as he is named after signing in
    EXPECT_EQ(c->credentials.rules[0].policy, auth::credential_policy::attempt);
    EXPECT_EQ(c->credentials.rules[1].match, "group:HPC");
    ASSERT_EQ(c->service_accounts.size(), 1u);
    EXPECT_EQ(c->service_accounts[0].user, "tester");
    EXPECT_TRUE(c->service_accounts[0].accept_bearer);
    EXPECT_EQ(c->service_accounts[0].client.password.reveal(), "hush");
}

TEST_F(configuration_file, a_service_account_needs_no_sign_in_by_the_provider) {
    const auto c = read_text(account + "token_url = \"https://sso/token\"\nscopes = [\"jobs\"]");
    ASSERT_TRUE(c) << c.error().front().to_text();
    EXPECT_FALSE(c->service_accounts[0].accept_bearer); // there are no keys to verify one with
    EXPECT_EQ(c->service_accounts[0].token_url, "https://sso/token");
}

TEST_F(configuration_file, bearers_of_the_sign_in_client_are_no_matter_when_none_is_accepted) {
    const auto c = read_text(provider + "[[service_account]]\nuser = \"b\"\nclient_id = \"hub\"\nclient_secret = \"s\"\naccept_bearer = false");
    EXPECT_TRUE(c) << c.error().front().to_text();
}

} // namespace
} // namespace berth::config
