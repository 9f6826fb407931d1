// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/model/service_list.hpp"

#include "hubapi/model/service_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace berth::hub {
namespace asio = boost::asio;

namespace {

constexpr std::size_t most_added = 1'000;

auth::token_record record_of(const service& s) {
    auth::token_record t;
    t.service = s.name;
    t.note = "service";
    t.scopes.emplace_back("inherit");
    return t;
}

bool clash(const service& a, const service& b) { return a.name == b.name || a.client_id == b.client_id; }

} // namespace

service_list::service_list(clock& time, logger& log, store::database& db, auth::token_store& tokens, permissions& may, const settings& config)
    : time_(time), log_(log), db_(db), tokens_(tokens), may_(may), config_(config) {}

store::migrations service_list::tables() { return service_tables(); }

asio::awaitable<result<void>> service_list::load() {
    auto rows = co_await db_.query({"SELECT * FROM services ORDER BY created, name", {}});
    if (!rows) co_return fail(rows.error());
    for (const auto& r : *rows)
        if (auto s = read_service(r, config_.base_url))
            added_.push_back({++last_serial_, std::move(*s)});
        else
            log_.error("service.unreadable", {{"service", store::text(r, "name")}, {"remedy", "its row is skipped"}});
    changed();
    co_await make_way(config_.services);
    co_return result<void>{};
}

std::vector<const service*> service_list::all() const {
    std::vector<const service*> out;
    out.reserve(config_.services.size() + added_.size());
    for (const auto& s : config_.services) out.push_back(&s);
    for (const auto& a : added_) out.push_back(&a.what);
    return out;
}

std::vector<service> service_list::values() const {
    std::vector<service> out;
    for (const auto& a : added_) out.push_back(a.what);
    out.insert(out.end(), config_.services.begin(), config_.services.end()); // whoever keeps them by name keeps these
    return out;
}

const service* service_list::find(std::string_view name) const {
    for (const auto& s : config_.services)
        if (s.name == name) return &s;
    for (const auto& a : added_)
        if (a.what.name == name) return &a.what;
    return nullptr;
}

const service* service_list::find_client(std::string_view id) const {
    for (const auto* s : all())
        if (!s->redirect_uri.empty() && s->client_id == id) return s;
    return nullptr;
}

bool service_list::is_added(std::string_view name) const {
    return std::ranges::any_of(added_, [&](const auto& a) { return a.what.name == name; });
}

bool service_list::take(std::int64_t serial) {
    const auto count = std::erase_if(added_, [&](const auto& a) { return a.serial == serial; });
    if (count) changed();
    return count > 0;
}

asio::awaitable<result<void>> service_list::add(service s, secret token) {
    if (find(s.name)) co_return fail(errc::already_exists, fmt::format("Service {} already exists", s.name));
    for (const auto* other : all())
        if (clash(*other, s)) co_return fail(errc::invalid_argument, fmt::format("oauth_client_id \"{}\" is another service's", s.client_id));
    if (added_.size() >= most_added) co_return fail(errc::limit_exceeded, fmt::format("there are {} services already: remove some", most_added));
    const auto serial = ++last_serial_;
    auto record = record_of(s);
    store::changes rows;
    rows.push_back(insert_service(s, config_.base_url, time_.now()));
    added_.push_back({serial, std::move(s)});
    changed();
    auto done = co_await (token.empty() ? db_.commit(std::move(rows)) : tokens_.adopt(std::move(token), std::move(record), std::move(rows)));
    if (!done) take(serial);
    if (!done && done.error().code == errc::already_exists) co_return fail(errc::invalid_argument, done.error().message); // the token
    co_return done;
}

asio::awaitable<result<void>> service_list::remove(std::string name) {
    const auto at = std::ranges::find_if(added_, [&](const auto& a) { return a.what.name == name; });
    if (at == added_.end()) co_return fail(errc::not_found, fmt::format("Service {} does not exist", name));
    const auto gone = *at;
    std::vector<std::int64_t> dead;
    for (const auto* t : tokens_.of_service(name)) dead.push_back(t->id);
    for (const auto* t : tokens_.of_client(gone.what.client_id)) dead.push_back(t->id);
    take(gone.serial);
    store::changes rows;
    rows.push_back(delete_service(name));
    auto done = co_await tokens_.revoke(std::move(dead), std::move(rows));
    if (done || find(name)) co_return done;
    added_.push_back(gone); // still on the disk: to be removed again
    changed();
    co_return done;
}

asio::awaitable<void> service_list::make_way(std::vector<service> configured) {
    std::vector<std::string> names;
    for (const auto& a : added_)
        if (std::ranges::any_of(configured, [&](const auto& s) { return clash(s, a.what); })) names.push_back(a.what.name);
    for (const auto& name : names) {
        log_.warning("service.replaced", {{"service", name}, {"note", "it was added by the API; the configuration has its name or client now"}});
        if (auto done = co_await remove(name); !done) log_.error("service.not_removed", {{"service", name}, {"why", done.error()}});
    }
}

} // namespace berth::hub
