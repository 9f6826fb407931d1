// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/cluster.hpp"

namespace berth::simulation {
namespace asio = boost::asio;
namespace {
constexpr duration deadline = seconds(10);
}

// `act` is done by the controller, at most once, and answers. Whether the hub hears of it is another matter.
template<class T, class Act>
asio::awaitable<result<T>> cluster_link::ask(errc unanswered, Act act) {
    return calls_.make<T>([&n = n_, &there = there_, unanswered, act](open_calls::reply<T> reply) {
        const auto there_in = n.chance.between(
            milliseconds(1), n.sky.slow && n.chance.chance(n.sky.slow) ? seconds(4) : milliseconds(20));
        const auto back_in = n.chance.between(milliseconds(1), milliseconds(10));
        const bool lost = n.chance.chance(n.sky.lost_requests), late = !lost && n.chance.chance(n.sky.late);
        const bool unheard = n.chance.chance(n.sky.lost_answers);
        const bool not_taken = n.chance.chance(n.sky.not_taken), dies_with_hub = n.chance.chance(50);
        n.time.in(deadline, [reply, unanswered] { reply(fail(unanswered, "no answer within 10 s")); });
        if (lost) return;
        auto perform = [&n, act, reply, back_in, unheard, dies_with_hub] {
            if (dies_with_hub && !reply.awaited()) return; // it had not left the hub's machine
            auto value = act();
            if (!unheard) n.time.in(back_in, [reply, value = std::move(value)] { reply(value); });
        };
        auto arrive = [&n, &there, reply, not_taken, back_in, perform] {
            if (not_taken || there.state() == controller::refusing)
                n.time.in(back_in,
                          [reply] { reply(fail(errc::unavailable, "the controller cannot be reached")); });
            else if (there.state() == controller::frozen)
                there.when_thawed([perform]() mutable { perform(); });
            else
                perform();
        };
        if (late)
            n.time.in(deadline + n.chance.between(duration(0), seconds(40)), [arrive] { arrive(); });
        else
            n.time.in(there_in, [arrive] { arrive(); });
    });
}

asio::awaitable<result<scheduler::submitted>> cluster_link::submit(scheduler::job_spec spec) {
    return ask<scheduler::submitted>(errc::outcome_unknown,
                                     [this_there = &there_, spec] { return this_there->submit(spec); });
}

asio::awaitable<result<std::vector<scheduler::job_status>>>
cluster_link::list(std::vector<scheduler::job_ref>) {
    return ask<std::vector<scheduler::job_status>>(errc::unavailable, [this_there = &there_] {
        return result<std::vector<scheduler::job_status>>(this_there->listing());
    });
}

asio::awaitable<result<void>> cluster_link::cancel(scheduler::job_ref ref) {
    return ask<void>(errc::outcome_unknown, [this_there = &there_, ref] {
        this_there->cancel(ref);
        return result<void>{};
    });
}

asio::awaitable<result<std::string>> cluster_link::log_tail(scheduler::job_ref, std::size_t) {
    return ask<std::string>(errc::unavailable, [] { return result<std::string>("the last words\n"); });
}

} // namespace berth::simulation
