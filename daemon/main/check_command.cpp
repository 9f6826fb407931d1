// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/http/tls_context.hpp"
#include "daemon/main/account_tokens.hpp"
#include "daemon/main/clusters.hpp"
#include "daemon/main/command_support.hpp"
#include "daemon/main/door.hpp"
#include "daemon/main/identity_side.hpp"
#include "daemon/main/listen_address.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace berth::config {
namespace asio = boost::asio;

namespace {

// Prints each finding as it comes and counts the bad ones.
class printer {
  public:
    void operator()(const scheduler::finding& f) {
        fmt::print("{}  {}\n", f.good ? "ok  " : "FAIL", f.what);
        if (!f.good && !f.remedy.empty()) fmt::print("      -> {}\n", f.remedy);
        std::fflush(stdout);
        bad_ += !f.good;
    }
    void operator()(bool good, std::string what, std::string remedy = "") { (*this)({good, std::move(what), std::move(remedy)}); }
    int bad() const { return bad_; }

  private:
    int bad_ = 0;
};

void check_identity(const configuration& c, printer& say) {
    const bool root = ::geteuid() == 0;
    if (root && c.hub.user.empty())
        say(false, "[hub] user is not set: the hub would run as root", "make an account (useradd --system berth) and set user = \"berth\"");
    for (const auto& k : c.clusters)
        if (k.backend == "local" && !k.run_as_user && !is_loopback(c.hub.listen))
            say(false, fmt::format("[cluster.{}]: notebooks run as the hub's own account and can read its secrets in data_dir", k.name),
                "start berth as root and set run_as_user = true");
    if (root) return;
    if (c.login.method == "pam") say(false, "[login] method = \"pam\" needs root to check passwords", "start berth as root and set [hub] user");
    for (const auto& k : c.clusters) {
        if (k.backend == "slurm" && k.identity == "root") say(false, fmt::format("[cluster.{}]: submitting for other users needs root or SlurmUser", k.name), "start berth as root and set [hub] user");
        if (k.run_as_user) say(false, fmt::format("[cluster.{}] run_as_user needs root", k.name), "start berth as root and set [hub] user");
    }
}

void check_addresses(const configuration& c, const data_dir& d, printer& say) {
    say(true, fmt::format("listens on {}, data in {}", c.hub.listen, d.path));
    const bool batch = std::ranges::any_of(c.clusters, [](const auto& k) { return k.backend != "local"; });
    const auto connect = c.hub.connect_url.empty() ? url_of(c.hub.listen, !c.tls.certificate.empty()) : c.hub.connect_url;
    if (batch && c.hub.connect_url.empty() && is_loopback(c.hub.listen))
        say(true, fmt::format("compute nodes are told to reach the hub at {}: right only if they are this machine (else set [hub] connect_url)", connect));
    if (connect.empty())
        say(false, fmt::format("notebook servers are not told how to reach the hub: it listens on {}", c.hub.listen),
            "set [hub] connect_url, for example \"http://login1:8000\"");
    if (const auto pid = running_hub(d)) say(true, fmt::format("a hub runs on this data directory (process {})", *pid));
    if (!c.proxy.external && door_answers(d)) say(true, "its front door is open");
}

void check_certificate(const configuration& c, printer& say) {
    if (c.tls.certificate.empty()) return;
    const auto loaded = http::load_tls({c.tls.certificate, c.tls.key});
    if (!loaded) return say(false, "[tls] " + loaded.error().message);
    say(loaded->warning.empty(), loaded->warning.empty() ? "certificate " + c.tls.certificate : loaded->warning, "renew the certificate");
}

void check_provider(const surroundings& in, printer& say) {
    for (auto& f : check_identity_provider(in.c, in.d)) say({f.good, std::move(f.what), std::move(f.remedy)});
}

// There is a guard of `io`.
template<class T>
T run_until_done(asio::io_context& io, asio::awaitable<T> task) {
    auto done = asio::co_spawn(io, std::move(task), asio::use_future);
    while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) io.run_one();
    return done.get();
}

void check_clusters(const surroundings& in, printer& say) {
    asio::io_context io;
    const auto busy = asio::make_work_guard(io); // a pool's thread may let go of its work between two runs, which would stop the second
    system_clock time;
    null_logger log;
    http_client http(io.get_executor(), log);
    account_tokens tokens(io.get_executor(), http, time, log, in.c);
    auto helpers = start_helpers(io.get_executor(), log, in.c, in.owner, in.d);
    if (!helpers) return say(false, helpers.error().message);
    auto places = make_backends({io.get_executor(), time, log, http, tokens, *helpers}, in.c, in.d);
    if (!places) return say(false, places.error().message);
    for (auto& [name, place] : *places)
        for (auto& f : run_until_done(io, place->check())) say({f.good, fmt::format("cluster {}: {}", name, f.what), f.remedy});
    run_until_done(io, tokens.shut_down());
}

} // namespace

int check_command(const common_options& o) {
    auto c = read_or_complain(o);
    if (!c) return exit_configuration;
    printer say;
    say(true, c->file.empty() ? std::string("no configuration file: the built-in one") : "configuration " + c->file);
    check_identity(*c, say);
    const auto in = open_or_complain(std::move(*c));
    if (!in) return in.error();
    check_addresses(in->c, in->d, say);
    check_certificate(in->c, say);
    check_provider(*in, say);
    check_clusters(*in, say);
    fmt::print("{}\n", say.bad() == 0 ? "everything is in order" : fmt::format("{} found wrong", say.bad()));
    return say.bad() == 0 ? 0 : exit_failed;
}

} // namespace berth::config
