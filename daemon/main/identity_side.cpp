// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/identity_side.hpp"

#include "daemon/main/listen_address.hpp"
#include "daemon/runtime/digest.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

namespace berth::config {
namespace asio = boost::asio;

namespace {

bool by_oidc(const configuration& c) { return c.login.method == "oidc"; }

auth::oauth_client_login client_of(const configuration& c) { return {c.login.oidc.client_id, c.login.oidc.client_secret}; }

auth::oidc_settings flow_of(const configuration& c, const data_dir& d) {
    auth::oidc_settings s;
    s.client = client_of(c);
    s.redirect_uri = callback_url(c);
    s.scopes = c.login.oidc.scopes;
    s.username_claim = c.login.oidc.username_claim;
    s.groups_claim = c.login.oidc.groups_claim;
    s.roles_claim = c.login.oidc.roles_claim;
    s.admin_claim = c.login.oidc.admin_claim;
    s.pkce = c.login.oidc.pkce;
    s.key = secret(hmac_sha256(d.cookie_secret.reveal(), "sign-in flows"));
    return s;
}

std::string keys_file(const configuration& c, const data_dir& d) {
    return c.vault_keys_file.empty() ? d.file("vault_keys") : c.vault_keys_file;
}

// Where no rule matches: a cluster that works with the user's own token cannot do without.
auth::credential_policy usual_policy(const configuration& c) {
    const bool needed = std::ranges::any_of(c.clusters, [](const auto& k) { return k.backend == "firecrest" || k.identity == "jwt"; });
    return needed ? auth::credential_policy::require : auth::credential_policy::none;
}

std::string provider_name_of(const configuration& c) {
    const auto& o = c.login.oidc;
    const auto url = boost::urls::parse_uri(o.issuer.empty() ? o.token_url : o.issuer);
    return url && !url->host().empty() ? std::string(url->host()) : "the identity provider";
}

} // namespace

std::string callback_url(const configuration& c) {
    const auto origin = c.hub.public_url.empty() ? url_of(c.hub.listen, !c.tls.certificate.empty()) : c.hub.public_url;
    return origin + c.hub.base_url + "hub/oauth_callback";
}

auth::provider_settings provider_settings_of(const configuration& c) {
    const auto& o = c.login.oidc;
    auth::provider_settings s;
    s.issuer = o.issuer;
    s.authorize_url = o.authorize_url;
    s.token_url = o.token_url;
    s.userinfo_url = o.userinfo_url;
    s.jwks_url = o.jwks_url;
    s.end_session_url = o.end_session_url;
    s.ca_file = o.ca_file;
    return s;
}

identity_side::identity_side(surroundings in, const configuration& c) : in_(in), c_(c), shelf_(in.time) {}

namespace {

// Where people sign in elsewhere, no password is good here.
class no_passwords final : public auth::password_check {
  public:
    asio::awaitable<result<auth::identity>> check(std::string, secret) override {
        co_return fail(errc::denied, "This hub takes no passwords: people sign in elsewhere.");
    }
};

} // namespace

std::unique_ptr<auth::password_check> make_password_check(const configuration& c, helper_process* pam) {
    if (c.login.method == "pam") return auth::make_pam_check(*pam);
    if (c.login.method == "dummy") return auth::make_dummy_check(c.login.dummy_password);
    return std::make_unique<no_passwords>();
}

result<std::unique_ptr<identity_side>> identity_side::make(surroundings in, const configuration& c, const data_dir& d) {
    auto out = std::make_unique<identity_side>(in, c);
    if (by_oidc(c) || !c.service_accounts.empty())
        if (auto ok = out->make_provider(c, d); !ok) return fail(ok.error());
    hub::spawn_credentials::parts p{c.credentials.rules, usual_policy(c), in.who, in.may};
    p.users = out->credentials_ ? &*out->credentials_ : nullptr;
    p.accounts = out->accounts_ ? &*out->accounts_ : nullptr;
    out->spawns_.emplace(std::move(p));
    return out;
}

result<void> identity_side::make_provider(const configuration& c, const data_dir& d) {
    provider_ = auth::make_identity_provider(in_.http, in_.time, in_.log, provider_settings_of(c));
    if (!c.service_accounts.empty())
        accounts_.emplace(in_.executor, in_.time, in_.log, *provider_, c.service_accounts, c.credentials.refresh_margin);
    if (!by_oidc(c)) return {};
    auto keys = auth::open_vault(keys_file(c, d));
    if (!keys) return fail(keys.error());
    credentials_.emplace(in_.executor, in_.time, in_.log, in_.db, *provider_, std::move(*keys),
                         auth::credential_settings{client_of(c), c.credentials.refresh_margin});
    sign_in_ = auth::make_oidc_sign_in(*provider_, in_.time, in_.log, flow_of(c, d));
    return {};
}

hub::identity_parts identity_side::parts() {
    hub::identity_parts p;
    p.sign_in = sign_in_.get();
    p.credentials = credentials_ ? &*credentials_ : nullptr;
    p.accounts = accounts_ ? &*accounts_ : nullptr;
    p.spawns = &*spawns_;
    p.shelf = &shelf_;
    p.provider_name = provider_name_of(c_);
    p.logout_at_provider = c_.login.oidc.logout_at_provider;
    p.callback_url = callback_url(c_);
    p.groups_claim = c_.login.oidc.groups_claim;
    if (c_.login.method == "header") {
        p.user_header = c_.login.header.user_header;
        p.groups_header = c_.login.header.groups_header;
    }
    return p;
}

asio::awaitable<result<void>> identity_side::load() {
    if (credentials_)
        if (auto ok = co_await credentials_->load(); !ok) co_return ok;
    std::vector<std::string> users;
    for (const auto& account : c_.service_accounts) users.push_back(account.user);
    auto made = co_await in_.who.create_users(std::move(users), false);
    if (!made) co_return fail(made.error());
    co_return result<void>{};
}

asio::awaitable<void> identity_side::tidy_up(const auth::session_store& sessions) {
    if (!credentials_) co_return;
    std::map<std::int64_t, std::int64_t> users; // of live sessions
    for (const auto& [id, user] : in_.who.users())
        for (const auto* one : sessions.of_user(id)) users.emplace(one->id, id);
    // Those of users who are no more, and rows that no key opens, too.
    auto stale = credentials_->sessions();
    std::erase_if(stale, [&](std::int64_t session) {
        const auto live = users.find(session);
        const auto kept = credentials_->of_session(session);
        return live != users.end() && (!kept || kept->user_id == live->second);
    });
    for (const auto session : stale) (void)co_await credentials_->forget(session);
}

asio::awaitable<void> identity_side::session_over(auth::session ended) {
    if (!credentials_) co_return;
    auto left = co_await credentials_->forget(ended.id);
    if (!left || left->refresh_token.empty() || !c_.login.oidc.logout_at_provider) co_return;
    // The provider's session dies with its refresh token: not while another browser session here still lives on it.
    if (left->provider_session.empty() || !credentials_->sessions_of("", left->provider_session).empty()) co_return;
    if (auto done = co_await provider_->revoke(client_of(c_), left->refresh_token); !done)
        in_.log.info("credential.not_revoked", {{"user_id", ended.user_id}, {"why", done.error()}});
}

std::vector<auth::provider_finding> check_identity_provider(const configuration& c, const data_dir& d) {
    std::vector<auth::provider_finding> out;
    if (!by_oidc(c) && c.service_accounts.empty()) return out;
    if (by_oidc(c)) {
        auto keys = auth::open_vault(keys_file(c, d));
        if (keys)
            out.push_back({true, fmt::format("vault keys: {} in {}", keys->key_count(), keys_file(c, d)), ""});
        else
            out.push_back({false, keys.error().message, "one line with 64 hex digits a key, mode 0600"});
    }
    asio::io_context io;
    system_clock time;
    null_logger log;
    http_client http(io.get_executor(), log);
    const auto provider = auth::make_identity_provider(http, time, log, provider_settings_of(c));
    auth::service_accounts accounts(io.get_executor(), time, log, *provider, c.service_accounts, c.credentials.refresh_margin);
    const auto gather = [&]() -> asio::awaitable<void> {
        if (by_oidc(c)) std::ranges::move(co_await provider->check(client_of(c), callback_url(c)), std::back_inserter(out));
        std::ranges::move(co_await accounts.check(), std::back_inserter(out));
        co_await accounts.shut_down();
    };
    asio::co_spawn(io, gather(), [&](const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
        io.stop();
    });
    io.run();
    return out;
}

asio::awaitable<void> identity_side::shut_down() {
    if (credentials_) co_await credentials_->shut_down();
    if (accounts_) co_await accounts_->shut_down();
}

} // namespace berth::config
