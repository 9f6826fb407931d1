// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/service_accounts.hpp"

#include "auth/credentials/bearer_verdicts.hpp"
#include "auth/credentials/renewable.hpp"
#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

namespace berth::auth {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration patience = 10s, last_wait = 1s;
constexpr duration bad_for = 5s, verified_for = 5min;
constexpr int most_turns = 3;
constexpr std::size_t longest_bearer = 16 << 10;

struct account {
    service_account what;
    renewable token;

    account(service_account s) : what(std::move(s)), token(std::hash<std::string>()(what.user)) {}
};

// Three parts, and a first that can be a JSON object in base64url: not worth a digest otherwise.
bool looks_like_jwt(std::string_view text) {
    return text.size() <= longest_bearer && text.starts_with("ey") && std::ranges::count(text, '.') == 2;
}

// What else a provider signs for a client: none of it is meant for an API.
bool is_for_an_api(const claims& c) {
    return c.text("typ") != "ID" && !c.has("nonce") && !c.has("at_hash") && !c.has("events");
}

bool is_of(const claims& c, const service_account& a) {
    const auto party = c.has("azp") ? c.text("azp") : c.text("client_id");
    const auto audiences = c.list("aud");
    return a.accept_bearer && party == a.client.id &&
           (a.bearer_audience.empty() || std::ranges::find(audiences, a.bearer_audience) != audiences.end());
}

} // namespace

struct service_accounts::state : std::enable_shared_from_this<state> {
    clock& time;
    logger& log;
    identity_provider& provider;
    duration margin;
    std::map<std::string, account, std::less<>> accounts; // never grows, so that a reference stays good
    bearer_verdicts verdicts;
    short_life_notice short_life;
    task_scope renewals;
    bool accepts_bearers = false, closing = false, gone = false;

    state(const asio::any_io_executor& executor, clock& t, logger& l, identity_provider& p, duration m)
        : time(t)
        , log(l)
        , provider(p)
        , margin(m)
        , renewals(executor, l) {}

    result<access> give(const account& a, duration wanted) {
        short_life.look(a.token, wanted, time.now(), log);
        return a.token.give();
    }
    std::optional<result<access>> without_asking(const account& a, duration need, duration wanted);
    void note_failure(account& a, failure why);
    static asio::awaitable<void> renew(std::shared_ptr<state> s, account& a);
    asio::awaitable<result<access>> fresh_of(account& a, duration need);
    asio::awaitable<void> judge(std::string digest, secret bearer);
    asio::awaitable<provider_finding> look_at(const account& a);
};

std::optional<result<access>> service_accounts::state::without_asking(const account& a, duration need,
                                                                      duration wanted) {
    const auto now = time.now();
    if (a.token.is_fresh(wanted, now)) return give(a, wanted);
    if (a.token.renewal || !(closing || a.token.pause.holds(now))) return std::nullopt;
    if (a.token.is_usable(need, now)) return a.token.give();
    if (a.token.pause.holds(now)) return fail(*a.token.trouble);
    return fail(errc::unavailable, "the hub is shutting down; try again");
}

void service_accounts::state::note_failure(account& a, failure why) {
    const bool operators_fault = why.code == errc::denied || why.code == errc::unauthenticated;
    if (operators_fault)
        log.error(
            "credential.misconfigured",
            {{"service_account", a.what.user},
             {"reason", why},
             {"remedy", "compare client_id and client secret of this [[service_account]] with the identity "
                        "provider's client, and allow it client credentials there"}});
    else
        log.warning("credential.provider_away", {{"service_account", a.what.user}, {"reason", why}});
    auto sentence = fmt::format("no token for the service account \"{}\": {}", a.what.user, why.message);
    a.token.failed({operators_fault ? errc::denied : errc::unavailable, std::move(sentence)}, time.now());
}

asio::awaitable<void> service_accounts::state::renew(std::shared_ptr<state> s, account& a) {
    struct turn {
        account& of;
        std::shared_ptr<flight> mine;
        explicit turn(account& who) : of(who), mine(who.token.renewal) {}
        ~turn() {
            of.token.renewal.reset();
            mine->land();
        }
    } mine(a);
    auto answer = co_await s->provider.client_credentials(a.what.client, a.what.scopes, a.what.token_url);
    if (s->gone) co_return;
    if (!answer) {
        s->note_failure(a, std::move(answer.error()));
        co_return;
    }
    const auto life = life_of(*answer, s->time.now());
    a.token.took(std::move(answer->access_token), life);
    mine.mine->succeeded = true;
    s->log.info("credential.renewed", {{"service_account", a.what.user}});
}

asio::awaitable<result<access>> service_accounts::state::fresh_of(account& a, duration need) {
    const auto self = shared_from_this();
    const auto wanted = std::max(need, margin);
    const auto until = time.now() + patience;
    for (int looks = 0; looks < most_turns && !gone; ++looks) {
        if (auto known = without_asking(a, need, wanted)) co_return std::move(*known);
        if (!a.token.renewal) {
            a.token.renewal = std::make_shared<flight>(renewals.executor());
            renewals.spawn("service_account.renew", renew(self, a));
        }
        auto renewal = a.token.renewal;
        if (!co_await landed_within(renewal, time, until - time.now())) break;
        if (renewal->succeeded && a.token.is_usable(duration::zero(), time.now())) co_return give(a, wanted);
    }
    if (a.token.is_usable(need, time.now())) co_return a.token.give();
    co_return fail(errc::unavailable,
                   fmt::format("no token for the service account \"{}\": the identity provider has "
                               "not answered within {} s; try again",
                               a.what.user,
                               std::chrono::duration_cast<std::chrono::seconds>(patience).count()));
}

// One signature is verified whatever the account; then whose it is.
asio::awaitable<void> service_accounts::state::judge(std::string digest, secret bearer) {
    const auto self = shared_from_this();
    const expectation any;
    const auto good = co_await provider.verify(std::move(bearer), any);
    const auto now = time.now();
    if (!good && good.error().code != errc::unauthenticated) co_return; // the provider is away: nobody knows
    if (good && is_for_an_api(*good))
        for (const auto& [user, a] : accounts)
            if (is_of(*good, a.what)) {
                const auto end = good->time("exp").value_or(now) + any.leeway;
                verdicts.remember_good(std::move(digest), user, std::min(end, now + verified_for), now);
                co_return;
            }
    log.debug("bearer.refused",
              {{"reason", good ? "it is no access token of a service account" : good.error().message}});
    verdicts.remember_bad(std::move(digest), now + bad_for, now);
}

asio::awaitable<provider_finding> service_accounts::state::look_at(const account& a) {
    const auto self = shared_from_this();
    const auto got = co_await provider.client_credentials(a.what.client, a.what.scopes, a.what.token_url);
    provider_finding out;
    out.good = got.has_value();
    out.what = fmt::format("service account \"{}\" (client \"{}\"): {}", a.what.user, a.what.client.id,
                           got ? "the identity provider gives it a token" : got.error().message);
    if (got) co_return out;
    out.remedy =
        got.error().code == errc::denied || got.error().code == errc::unauthenticated
            ? "compare client_id and client secret with the identity provider's client, and allow it client "
              "credentials there (Keycloak: \"Service accounts roles\")"
            : "see that the identity provider is up and reachable from here";
    co_return out;
}

service_accounts::service_accounts(asio::any_io_executor executor, clock& time, logger& log,
                                   identity_provider& provider, std::vector<service_account> list,
                                   duration refresh_margin)
    : state_(std::make_shared<state>(executor, time, log, provider, refresh_margin)) {
    for (auto& a : list) {
        state_->accepts_bearers |= a.accept_bearer;
        auto user = a.user;
        state_->accounts.try_emplace(std::move(user), std::move(a));
    }
}

service_accounts::~service_accounts() {
    state_->gone = true;
    state_->renewals.cancel();
}

asio::awaitable<void> service_accounts::shut_down() {
    const auto s = state_;
    s->closing = true;
    s->renewals.cancel(); // nothing is lost with an answer
    (void)co_await s->renewals.join(last_wait);
}

bool service_accounts::has(std::string_view user) const { return state_->accounts.contains(user); }

asio::awaitable<result<access>> service_accounts::fresh(std::string user, duration need) {
    const auto s = state_;
    const auto it = s->accounts.find(user);
    if (it == s->accounts.end())
        co_return fail(errc::not_found,
                       fmt::format("\"{}\" is no service account: [[service_account]] names them", user));
    co_return co_await s->fresh_of(it->second, need);
}

void service_accounts::distrust(std::string_view user, const secret& refused) {
    if (const auto it = state_->accounts.find(user); it != state_->accounts.end())
        it->second.token.distrust(refused);
}

asio::awaitable<void> service_accounts::prepare(secret bearer) {
    const auto s = state_;
    if (!s->accepts_bearers || !looks_like_jwt(bearer.reveal()) || !read_token_head(bearer.reveal()))
        co_return;
    auto digest = sha256(bearer.reveal());
    if (s->verdicts.knows(digest, s->time.now())) co_return;
    co_await s->judge(std::move(digest), std::move(bearer));
}

std::optional<std::string> service_accounts::user_of(std::string_view bearer) const {
    if (!state_->accepts_bearers || !looks_like_jwt(bearer)) return std::nullopt;
    return state_->verdicts.user_of(sha256(bearer), state_->time.now());
}

asio::awaitable<std::vector<provider_finding>> service_accounts::check() {
    const auto s = state_;
    std::vector<provider_finding> out;
    for (const auto& [user, a] : s->accounts) out.push_back(co_await s->look_at(a));
    co_return out;
}

} // namespace berth::auth
