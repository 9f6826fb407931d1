// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/services/service_environment.hpp"

#include <gtest/gtest.h>

namespace berth::hub {
namespace {

settings a_hub() {
    settings s;
    s.base_url = "/jupyter/";
    s.connect_url = "http://127.0.0.1:8000";
    s.public_url = "https://hub.example.org";
    return s;
}

service a_service() {
    service s;
    s.name = "a b";
    s.client_id = "service-a";
    s.redirect_uri = "/jupyter/services/a%20b/oauth_callback";
    s.allowed_scopes = {"read:users!user"};
    return s;
}

TEST(service_environment, is_jupyterhubs) {
    auto s = a_service();
    s.url = "http://127.0.0.1:10101";
    auto e = service_environment(a_hub(), s, {{"PATH", "/bin"}}, secret("t0ken"));
    EXPECT_EQ(e["JUPYTERHUB_SERVICE_NAME"], "a b");
    EXPECT_EQ(e["JUPYTERHUB_SERVICE_PREFIX"], "/jupyter/services/a%20b/");
    EXPECT_EQ(e["JUPYTERHUB_SERVICE_URL"], "http://127.0.0.1:10101");
    EXPECT_EQ(e["JUPYTERHUB_API_URL"], "http://127.0.0.1:8000/jupyter/hub/api");
    EXPECT_EQ(e["JUPYTERHUB_API_TOKEN"], "t0ken");
    EXPECT_EQ(e["JUPYTERHUB_OAUTH_ACCESS_SCOPES"], R"(["access:services","access:services!service=a b"])");
    EXPECT_EQ(e["JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES"], R"(["read:users!user"])");
    EXPECT_EQ(e["JUPYTERHUB_PUBLIC_URL"], "https://hub.example.org/jupyter/services/a%20b/");
    EXPECT_EQ(e["PATH"], "/bin");
}

TEST(service_environment, without_an_address_there_is_nothing_to_listen_on) {
    const auto e = service_environment(a_hub(), a_service(), {}, secret("t0ken"));
    EXPECT_FALSE(e.contains("JUPYTERHUB_SERVICE_URL") || e.contains("JUPYTERHUB_SERVICE_PREFIX"));
}

TEST(service_environment, its_own_variables_win_over_the_hubs_and_never_over_the_contract) {
    auto s = a_service();
    s.environment = {{"PATH", "/opt/bin"}, {"JUPYTERHUB_API_TOKEN", "mine"}};
    auto e = service_environment(a_hub(), s, {{"PATH", "/bin"}}, secret("t0ken"));
    EXPECT_EQ(e["PATH"], "/opt/bin");
    EXPECT_EQ(e["JUPYTERHUB_API_TOKEN"], "t0ken");
}

TEST(service_environment, no_secret_of_the_hub_is_kept) {
    ::setenv("OIDC_CLIENT_SECRET", "s3cret", 1);
    EXPECT_FALSE(kept_environment("").contains("OIDC_CLIENT_SECRET"));
    EXPECT_TRUE(kept_environment("").contains("PATH"));
}

} // namespace
} // namespace berth::hub
