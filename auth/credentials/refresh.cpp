// SPDX-License-Identifier: BSD-3-Clause
#include "auth/credentials/credential_state.hpp"

#include "daemon/runtime/stop_point.hpp"

#include <fmt/format.h>

namespace berth::auth {
namespace {

namespace asio = boost::asio;
using state_ptr = std::shared_ptr<user_credentials::state>;

// A refresh can be followed by another sign-in's, or fail in between: looked at again this often.
constexpr int most_turns = 3;

// The turn of who asks ends however it ends.
struct turn {
    state_ptr s;
    std::int64_t session;
    std::uint64_t generation;
    std::shared_ptr<flight> mine;

    turn(state_ptr of, const credential& c)
        : s(std::move(of))
        , session(c.session)
        , generation(c.generation)
        , mine(c.access.renewal) {}
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
        if (auto* c = find()) {
            c->access.renewal.reset();
            c->access.storing = false;
        }
        mine->land();
    }
    credential* find() const { return s->gone ? nullptr : s->find(session, generation); }
};

// What the provider left out stays as it was (RFC 6749 section 6).
void renew(credential& c, token_grant got, time_point now) {
    c.access.took(got.access_token, life_of(got, now));
    if (!got.refresh_token.empty()) {
        c.refresh_token = std::move(got.refresh_token);
        c.refresh_expires = got.refresh_expires;
    } else if (got.refresh_expires) {
        c.refresh_expires = got.refresh_expires;
    }
    if (!got.id_token.empty()) c.id_token = std::move(got.id_token);
    if (!got.scopes.empty()) c.scopes = fmt::format("{}", fmt::join(got.scopes, " "));
    if (!got.rest.empty()) c.rest = std::move(got.rest);
    c.refreshed = now;
    ++c.revision;
}

// The refresh token is dead, and with it what it gave; the id_token still names the session at its end.
void lay_down(credential& c, std::string why) {
    c.refused = std::move(why);
    c.access.token = c.refresh_token = secret();
    c.access.life = {};
    c.refresh_expires.reset();
    c.access.trouble.reset();
    c.access.pause.succeeded();
    ++c.revision;
}

// An answer that never came (outcome_unknown) may have spent the refresh token. Asking again later with the
// same one is right all the same: if it was spent, its successor was lost with the answer and nobody holds a
// token that the reuse could kill; if it was not, it still works.
void note_failure(user_credentials::state& s, credential& c, failure why) {
    ++s.told.failed;
    const bool operators_fault = why.code == errc::denied;
    if (why.code == errc::unauthenticated) {
        s.log.warning("credential.sign_in_again",
                      {{"session", c.session}, {"user_id", c.user_id}, {"reason", why.message}});
        lay_down(c, std::move(why.message));
        return;
    }
    if (operators_fault)
        s.log.error(
            "credential.misconfigured",
            {{"session", c.session},
             {"user_id", c.user_id},
             {"reason", why},
             {"remedy", "compare client_id and client secret of [login.oidc] with the identity provider's "
                        "client; `berth check` tells more. The user's tokens are kept"}});
    else
        s.log.warning("credential.provider_away",
                      {{"session", c.session}, {"user_id", c.user_id}, {"reason", why}});
    c.access.failed({operators_fault ? errc::denied : errc::unavailable, std::move(why.message)},
                    s.time.now());
}

// `at_risk`: how long the new refresh token was in this process alone.
void tell_refreshed(user_credentials::state& s, std::int64_t session, std::int64_t user_id,
                    std::chrono::steady_clock::duration at_risk) {
    s.log.info("credential.refreshed",
               {{"session", session},
                {"user_id", user_id},
                {"at_risk_ms", std::chrono::duration<double, std::milli>(at_risk).count()}});
}

asio::awaitable<void> refresh(state_ptr s, std::int64_t session, std::uint64_t generation) {
    auto* c = s->find(session, generation);
    if (!c) co_return;
    const turn mine(s, *c);
    auto answer = co_await s->provider.refresh(s->settings.client, c->refresh_token);
    const auto answered = std::chrono::steady_clock::now();
    stop_point("credential.answered");
    c = mine.find();
    if (!c) co_return; // signed out, or signed in anew: what came is nobody's
    c->access.storing = true;
    if (answer) {
        ++s->told.refreshed;
        renew(*c, std::move(*answer), s->time.now());
    } else {
        note_failure(*s, *c, std::move(answer.error()));
    }
    const auto user_id = c->user_id;
    const bool good = mine.mine->succeeded = !c->access.trouble && c->refused.empty();
    if (good || !c->refused.empty()) co_await s->save(session);
    stop_point("credential.committed");
    if (good) tell_refreshed(*s, session, user_id, std::chrono::steady_clock::now() - answered);
}

failure away(duration patience) {
    return {errc::unavailable,
            fmt::format("the identity provider has not answered within {} s; try again",
                        std::chrono::duration_cast<std::chrono::seconds>(patience).count())};
}

} // namespace

std::shared_ptr<flight> user_credentials::state::start_refresh(credential& c) {
    c.access.renewal = std::make_shared<flight>(refreshes.executor());
    refreshes.spawn("credentials.refresh", refresh(shared_from_this(), c.session, c.generation));
    return c.access.renewal;
}

result<access> user_credentials::state::give(const credential& c, duration wanted) {
    short_life.look(c.access, wanted, time.now(), log);
    return c.access.give();
}

std::optional<result<access>> user_credentials::state::without_asking(const credential& c, duration need,
                                                                      duration wanted) {
    const auto now = time.now();
    if (!c.access.storing && c.access.is_fresh(wanted, now)) return give(c, wanted);
    if (c.access.renewal) return std::nullopt;
    const auto sign_in = needs_sign_in(c);
    if (sign_in.empty() && !closing && !c.access.pause.holds(now)) return std::nullopt;
    if (c.access.is_usable(need, now)) return c.access.give();
    if (!sign_in.empty()) return fail(errc::unauthenticated, sign_in);
    if (c.access.pause.holds(now)) return fail(*c.access.trouble);
    return fail(errc::unavailable, "the hub is shutting down; try again");
}

asio::awaitable<result<access>> user_credentials::state::fresh_of(std::int64_t session, duration need,
                                                                  time_point until) {
    const auto wanted = std::max(need, settings.refresh_margin);
    for (int looks = 0; looks < most_turns; ++looks) {
        auto* c = find(session);
        if (!c) co_return fail(errc::unauthenticated, "the session has ended: sign in again");
        if (auto known = without_asking(*c, need, wanted)) co_return std::move(*known);
        const auto generation = c->generation;
        auto renewal = c->access.renewal;
        if (renewal)
            ++told.shared;
        else
            renewal = start_refresh(*c);
        if (!co_await landed_within(renewal, time, until - time.now())) break;
        c = gone ? nullptr : find(session, generation);
        // As fresh as the provider makes them, whatever was wanted.
        if (c && renewal->succeeded && c->access.is_usable(duration::zero(), time.now()))
            co_return give(*c, wanted);
        if (gone) break;
    }
    const auto* c = gone ? nullptr : find(session);
    if (c && c->access.is_usable(need, time.now())) co_return c->access.give();
    co_return fail(away(settings.patience));
}

} // namespace berth::auth
