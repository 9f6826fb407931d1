// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/hub_side.hpp"

#include <fmt/format.h>

namespace berth::simulation {
namespace asio = boost::asio;
using scheduler::launch_support;
using scheduler::server;

std::string target_of(const server& s) { return fmt::format("{}:{}", s.host, s.port); }

asio::awaitable<result<launch_support::launch>> launch_link::prepare(server s) {
    return calls_.make<launch>([this, attempt = s.attempt](open_calls::reply<launch> reply) {
        const auto pause =
            n_.chance.between(milliseconds(1), n_.chance.chance(n_.sky.slow) ? seconds(4) : milliseconds(20));
        const bool fails = n_.chance.chance(n_.sky.bad_starts), for_now = n_.chance.chance(50);
        n_.time.in(pause, [this, attempt, reply, fails, for_now] {
            if (!reply.awaited()) return;
            // Tokens lie in the same database.
            if (storage_.health() != ailment::none) return reply(fail(errc::io_error, "the disk fails"));
            if (fails && for_now) return reply(fail(errc::unavailable, "the provider does not answer"));
            if (fails) {
                tokens_.failed.insert(attempt);
                return reply(fail(errc::denied, "There is no credential for this cluster"));
            }
            tokens_.live.insert(attempt);
            launch out;
            out.environment = {{"JUPYTERHUB_API_TOKEN", "token-" + attempt}};
            reply(std::move(out));
        });
    });
}

asio::awaitable<void> launch_link::retire(server s) {
    auto begin = [this, attempt = s.attempt](open_calls::reply<void> reply) {
        n_.time.in(n_.chance.between(milliseconds(1), milliseconds(20)), [this, attempt, reply] {
            if (!reply.awaited()) return;
            tokens_.live.erase(attempt);
            reply({});
        });
    };
    co_await calls_.make<void>(std::move(begin));
}

asio::awaitable<result<void>> door_link::tell(std::string path, std::string target) {
    return calls_.make<void>([this, path, target](open_calls::reply<void> reply) {
        const bool unheard = n_.chance.chance(n_.sky.door_faults);
        const bool refused = n_.chance.chance(n_.sky.door_faults);
        n_.time.in(n_.chance.between(milliseconds(1), milliseconds(20)), [=, this] {
            if (!reply.awaited()) return;
            const auto silent = [reply] { reply(fail(errc::unavailable, "the front door is away")); };
            if (door_.away || refused) return silent();
            n_.time.tell([&] { return fmt::format("route {} -> {}", path, target); });
            if (target.empty())
                door_.routes.erase(path);
            else
                door_.routes[path] = target;
            if (unheard)
                n_.time.in(seconds(2), silent);
            else
                reply({});
        });
    });
}

asio::awaitable<result<void>> door_link::add(server s) { return tell(s.url_path, target_of(s)); }
asio::awaitable<result<void>> door_link::remove(server s) { return tell(s.url_path, ""); }

asio::awaitable<result<void>> probe_link::probe(server s) {
    return calls_.make<void>([this, where = target_of(s)](open_calls::reply<void> reply) {
        const bool fails = n_.chance.chance(n_.sky.probe_faults);
        n_.time.in(n_.chance.between(milliseconds(1), milliseconds(200)), [this, where, reply, fails] {
            if (!reply.awaited()) return;
            for (const auto& j : nodes_.jobs())
                if (!fails && j.listening && where == fmt::format("{}:{}", j.now.address, j.port))
                    return reply({});
            reply(fail(errc::unavailable, "connection refused"));
        });
    });
}

} // namespace berth::simulation
