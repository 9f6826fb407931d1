// SPDX-License-Identifier: BSD-3-Clause
#include "hubapi/services/managed_services.hpp"

#include "daemon/runtime/digest.hpp"
#include "hubapi/services/marked_processes.hpp"
#include "hubapi/services/restart_pace.hpp"
#include "hubapi/services/service_environment.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <csignal>
#include <sstream>
#include <unistd.h>

namespace berth::hub {
namespace asio = boost::asio;

namespace {

constexpr auto grace = std::chrono::seconds(4); // between SIGTERM and SIGKILL
constexpr std::string_view mark_name = "BERTH_SERVICE";

// Reading /proc and waiting for the ends: on a thread of its own.
asio::awaitable<std::size_t> end_elsewhere(std::string text, bool or_longer) {
    co_return end_marked(text, grace, or_longer);
}

std::string find_program(const std::string& name, const std::map<std::string, std::string>& environment) {
    if (name.find('/') != std::string::npos) return name;
    const auto path = environment.find("PATH");
    std::istringstream folders(path == environment.end() ? "" : path->second);
    for (std::string folder; std::getline(folders, folder, ':');)
        if (folder.starts_with('/') && ::access((folder + "/" + name).c_str(), X_OK) == 0)
            return folder + "/" + name;
    return name; // the start says that it is not there
}

auth::token_record record_of(const std::string& name) {
    auth::token_record t;
    t.service = name;
    t.note = "managed service";
    t.scopes.emplace_back("inherit");
    t.ephemeral = t.internal = true; // many in a hub's life: not counted among the configured ones
    return t;
}

} // namespace

bool managed_service::operator==(const managed_service& other) const {
    const auto user = [](const managed_service& s) {
        return s.identity ? std::optional(s.identity->uid) : std::nullopt;
    };
    return what == other.what && token.reveal() == other.token.reveal() && user(*this) == user(other);
}

struct managed_services::entry {
    entry(const asio::any_io_executor& executor, logger& log, managed_service w)
        : what(std::move(w))
        , task(executor, log) {}
    managed_service what;
    task_scope task;
    secret token; // of this run, where none is configured
    std::unique_ptr<child_process> child;
    time_point started{};
    const std::string& name() const { return what.what.name; }
};

managed_services::managed_services(surroundings in) : in_(std::move(in)), tasks_(in_.executor, in_.log) {}
managed_services::~managed_services() = default;

pid_t managed_services::pid(const std::string& name) const {
    const auto at = std::ranges::find(all_, name, [](const auto& e) { return e->name(); });
    return at != all_.end() && (*at)->child && !(*at)->child->ended() ? (*at)->child->pid() : 0;
}

std::vector<std::pair<secret, auth::token_record>> managed_services::tokens() const {
    std::vector<std::pair<secret, auth::token_record>> out;
    for (const auto& e : all_)
        if (!e->token.empty()) out.emplace_back(e->token, record_of(e->name()));
    return out;
}

void managed_services::add(managed_service what) {
    all_.push_back(std::make_shared<entry>(in_.executor, in_.log, std::move(what)));
    all_.back()->task.spawn("service", run(all_.back()));
}

void managed_services::begin(std::vector<managed_service> wanted) {
    tasks_.spawn("services_begin", begin_after_sweep(std::move(wanted)));
}

asio::awaitable<void> managed_services::begin_after_sweep(std::vector<managed_service> wanted) {
    co_await sweep("", true); // also of services that are not configured any more
    for (auto& w : wanted) add(std::move(w));
}

asio::awaitable<void> managed_services::sweep(std::string of, bool or_longer) {
    asio::thread_pool elsewhere(1);
    const auto text = std::string(mark_name) + "=" + in_.hub_id + "/" + of;
    const auto ended =
        co_await asio::co_spawn(elsewhere, end_elsewhere(text, or_longer), asio::use_awaitable);
    if (ended > 0) in_.log.info("service.leftovers_ended", {{"service", of}, {"processes", ended}});
}

asio::awaitable<void> managed_services::forget_token(entry& e) {
    const auto* t = e.token.empty() ? nullptr : in_.tokens.authenticate(e.token.reveal());
    e.token = secret();
    if (t) (void)co_await in_.tokens.revoke({t->id}); // in memory only: nothing that could fail
}

asio::awaitable<result<void>> managed_services::start(entry& e) {
    if (e.what.token.empty()) {
        e.token = secret(random_hex(16));
        if (auto ok = in_.tokens.add_configured(e.token, record_of(e.name())); !ok) co_return ok;
    }
    child_options o;
    o.environment = service_environment(in_.config, e.what.what, kept_environment(e.what.what.user),
                                        e.what.token.empty() ? e.token : e.what.token);
    o.environment[std::string(mark_name)] = in_.hub_id + "/" + e.name();
    o.argv = e.what.what.command;
    o.argv.front() = find_program(o.argv.front(), o.environment);
    o.directory = e.what.what.directory;
    o.out.fd = o.err.fd = STDERR_FILENO;
    o.identity = e.what.identity;
    auto made = co_await child_process::start(std::move(o));
    if (!made) co_return fail(made.error());
    e.child = std::move(*made);
    co_return result<void>{};
}

asio::awaitable<void> managed_services::run(std::shared_ptr<entry> e) {
    restart_pace pace;
    for (;;) {
        const auto began = in_.time.now();
        if (auto ok = co_await start(*e); !ok) {
            in_.log.error("service.not_started", {{"service", e->name()}, {"why", ok.error()}});
        } else {
            in_.log.info("service.started", {{"service", e->name()}, {"pid", e->child->pid()}});
            const auto status = co_await e->child->wait();
            if (!status) co_return; // to be ended
            in_.log.warning("service.ended", {{"service", e->name()}, {"status", to_text(*status)}});
        }
        co_await forget_token(*e);
        e->child.reset();
        co_await sweep(e->name(), false); // what it has left behind would be in the way of the next one
        co_await in_.time.sleep_for(pace.after(in_.time.now() - began));
    }
}

asio::awaitable<void> managed_services::end(entries gone) {
    for (const auto& e : gone) e->task.cancel();
    for (const auto& e : gone) {
        if (auto done = co_await e->task.join(grace * 2); !done)
            in_.log.warning("service.stop_slow", {{"service", e->name()}, {"why", done.error()}});
        if (e->child) (void)e->child->signal(SIGTERM); // all at once, so that the waits below are one
    }
    for (const auto& e : gone) {
        co_await sweep(e->name(), false);
        co_await forget_token(*e);
        e->child.reset();
        in_.log.info("service.stopped", {{"service", e->name()}});
    }
}

asio::awaitable<void> managed_services::change(std::vector<managed_service> wanted) {
    entries gone;
    std::erase_if(all_, [&](const auto& e) {
        const bool stays = std::ranges::find(wanted, e->what) != wanted.end();
        if (!stays) gone.push_back(e);
        return !stays;
    });
    std::erase_if(wanted, [&](const auto& w) {
        return std::ranges::any_of(all_, [&](const auto& e) { return e->what == w; });
    });
    co_await end(std::move(gone));
    for (auto& w : wanted) add(std::move(w));
}

asio::awaitable<void> managed_services::stop() {
    tasks_.cancel();
    if (auto done = co_await tasks_.join(grace * 2); !done)
        in_.log.warning("service.stop_slow", {{"why", done.error()}});
    co_await end(std::exchange(all_, {}));
}

} // namespace berth::hub
