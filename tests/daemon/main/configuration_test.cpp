// SPDX-License-Identifier: BSD-3-Clause
#include "tests/daemon/main/configuration_file.hpp"

namespace berth::config {
namespace {

using testing::HasSubstr;

TEST_F(configuration_file, says_where_it_is_wrong_and_what_to_do) {
    const std::vector<bad_row> table{
        {"[hub]\nlisten = \"127.0.0.1\"", 2, "hub.listen", "127.0.0.1"},
        {"[hub]\nlisten = 8000", 2, "hub.listen", "a text in quotes is needed"},
        {"[hub]\nbase_url = \"jup\"", 2, "hub.base_url", "must begin with \"/\""},
        {"[hub]\nbase_url = \"/a;b/\"", 2, "hub.base_url", "\"/jupyter/\""},
        {"[hub]\nbase_url = \"/a\\r\\nX: y/\"", 2, "hub.base_url", "\"/jupyter/\""},
        {"[hub]\nbase_url = \"/a/../b\"", 2, "hub.base_url", "\"/jupyter/\""},
        {"[hub]\nbase_url = \"/a/..\"", 2, "hub.base_url", "\"/jupyter/\""},
        {"[hub]\nbase_url = \"/<b>/\"", 2, "hub.base_url", "\"/jupyter/\""},
        {"[hub]\npublic_url = \"https://h/x\"", 2, "hub.public_url", "without a path"},
        {"[hub]\npublic_url = \"https://h\\r\\nX\"", 2, "hub.public_url", "HOST[:PORT]"},
        {"[hub]\npublic_url = \"ftp://h\"", 2, "hub.public_url", "https://HOST"},
        {"[hub]\nconnect_url = \"h:1\"", 2, "hub.connect_url", "http://HOST"},
        {"[hub]\ndata_dir = \"\"", 2, "hub.data_dir", "directory"},
        {"[hub]\ndata_dir = \"a\\u0000b\"", 2, "hub.data_dir", "NUL"},
        {"[hub]\ndatabase = \"mysql://x\"", 2, "hub.database", "sqlite:PATH"},
        {"[hub]\ncookie_max_age = \"1s\"", 2, "hub.cookie_max_age", "too short"},
        {"[hub]\ncookie_max_age = \"36500d\"", 2, "hub.cookie_max_age", "3650d"},
        {"[hub]\ncookie_max_age = \"99999999999999999999d\"", 2, "hub.cookie_max_age", ""},
        {"[hub]\nactive_server_limit = -1", 2, "hub.active_server_limit", "0 to"},
        {"[hub]\nadmin_users = [\"a/b\"]", 2, "hub.admin_users", "nobody's name"},
        {"[hub]\nadmin_users = [1]", 2, "hub.admin_users", "texts only"},
        {"[hub]\nalow_named_servers = true", 2, "hub.alow_named_servers", "did you mean \"allow_named_servers\"?"},
        {"[tls]\nkey = \"x\"", 1, "tls.certificate", "leave [tls] out"},
        {"[proxy]\nmode = \"external\"", 1, "proxy.api_url", "http://127.0.0.1:8001"},
        {"[proxy]\ntrusted_proxies = [\"10.0.0.0/99\"]", 2, "proxy.trusted_proxies", "10.0.0.0/8"},
        {"[proxy]\ntrusted_proxies = [\"00::/0000001635860014054768640\"]", 2, "proxy.trusted_proxies", "10.0.0.0/8"},
        {"[proxy]\ntrusted_proxies = [\"fe80::1%lo\"]", 2, "proxy.trusted_proxies", "10.0.0.0/8"},
        {"[hub]\nlisten = \"0.0.0.0:1\"", 0, "login", "not loopback"},
        {"[hub]\nlisten = \"0.0.0.0:1\"\n[login]\nmethod = \"dummy\"", 4, "login.method", "dummy_anywhere"},
        {"[login]\nblocked_users = [\"..\"]", 2, "login.blocked_users", "nobody's name"},
        {"[[service]]\napi_token = \"12345678\"", 1, "service.name", "missing"},
        {"[[service]]\nname = \"a\"", 1, "service.api_token", "api_token_file"},
        {"[[service]]\nname = \"a\"\napi_token = \"short\"", 3, "service.api_token", "8 characters"},
        {"[[service]]\nname = \"a\"\napi_token_env = \"NOT_SET_AT_ALL\"", 3, "service.api_token_env", "is not set"},
        {"[[service]]\nname = \"a\"\napi_token_file = \"/not/there\"", 3, "service.api_token_file", "/not/there"},
        {"[[service]]\nname = \"berth-command\"\napi_token = \"12345678\"", 2, "service.name", "another name"},
        {"[[service]]\nname = \"a\"\napi_token = \"12345678\"\nscopes = [\"admin:everything\"]", 4, "service.scopes", "admin:everything"},
        {"[service]\nname = \"a\"", 1, "service", "[[service]]"},
        {"[[role]]\nscopes = []", 1, "role.name", "missing"},
        {"[cluster.a]\nbackend = \"pbs\"", 2, "cluster.a.backend", "\"slurm\""},
        {"[cluster.a]\nbackend = \"local\"\ncmd = []", 3, "cluster.a.cmd", "program"},
        {"[log]\nlevel = \"loud\"", 2, "log.level", "\"debug\""},
        {"[hubb]", 1, "hubb", "did you mean \"hub\"?"},
        {"[hub", 1, "", ""},
    };
    for (const auto& row : table) expect_problem(row);
}

TEST_F(configuration_file, tells_all_problems_at_once) {
    const auto c = read_text("[hub]\nbase_url = 1\nlisten = 2\n[log]\nlevel = \"x\"");
    ASSERT_FALSE(c);
    EXPECT_EQ(c.error().size(), 3u);
}

TEST_F(configuration_file, secrets_are_not_told) {
    EXPECT_THAT(first_problem("[[service]]\nname = \"a\"\napi_token = \"hush\""), testing::Not(HasSubstr("hush")));
}

// Signing in makes "mallory" of "Mallory": a list that says "Mallory" means the same person.
TEST_F(configuration_file, users_are_named_as_they_are_after_signing_in) {
    const auto c = read_text("[hub]\nadmin_users = [\"Root\"]\n[login]\nallowed_users = [\"Al\"]\nblocked_users = [\"Mallory\"]\n"
                             "[[role]]\nname = \"reader\"\nscopes = [\"list:users\"]\nusers = [\"Bo\"]");
    ASSERT_TRUE(c) << c.error().front().to_text();
    EXPECT_EQ(c->hub.admin_users, std::vector<std::string>(1, "root"));
    EXPECT_TRUE(c->login.rules.admin_users.contains("root"));
    EXPECT_TRUE(c->login.rules.allowed_users.contains("al"));
    EXPECT_TRUE(c->login.rules.blocked_users.contains("mallory"));
    EXPECT_EQ(c->roles.front().users, std::vector<std::string>(1, "bo"));
}

TEST_F(configuration_file, none_is_a_hub_on_loopback) {
    const auto c = read("");
    ASSERT_TRUE(c);
    EXPECT_EQ(c->hub.listen, "127.0.0.1:8000");
    EXPECT_EQ(c->clusters.size(), 1u);
}

TEST_F(configuration_file, base_url_gets_its_slash) {
    EXPECT_EQ(read_text("[hub]\nbase_url = \"/jup\"")->hub.base_url, "/jup/");
    EXPECT_EQ(read_text("[hub]\npublic_url = \"https://h.example:8443/\"")->hub.public_url, "https://h.example:8443");
    EXPECT_EQ(read_text("[hub]\npublic_url = \"https://[::1]:8443\"")->hub.public_url, "https://[::1]:8443");
}

} // namespace
} // namespace berth::config
