// SPDX-License-Identifier: BSD-3-Clause
// What `berth check` says of a cluster behind FirecREST.
#include "daemon/runtime/encoding.hpp"
#include "scheduler/firecrest/answer_text.hpp"
#include "scheduler/firecrest/firecrest_backend.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace berth::scheduler {
namespace asio = boost::asio;
using nlohmann::json;
namespace {

finding silent(const failure& f, const std::string& account) {
    if (is_about_the_token(f))
        return {false, fmt::format("FirecREST as {}: {}", account, f.message),
                "look at that [[service_account]]; FirecREST reads the identity provider's keys once, at its "
                "own start"};
    return {false, f.message, "look at `url`, ca_file and whether FirecREST runs"};
}

std::vector<finding> about_system(const std::string& body, const std::string& system) {
    const auto told = json::parse(body, nullptr, false);
    if (!told.is_object() || !told.contains("systems") || !told["systems"].is_array())
        return {{false, "what answers at `url` is not FirecREST v2", "`url` ends before /status/systems"}};
    std::string names;
    for (const auto& one : told["systems"]) {
        if (!one.is_object()) continue;
        if (text(one, "name") != system) {
            names += (names.empty() ? "" : ", ") + text(one, "name");
            continue;
        }
        std::vector<finding> out{{true, fmt::format("FirecREST knows the system {}", system), ""}};
        const auto health = one.find("servicesHealth");
        if (health != one.end() && health->is_array())
            for (const auto& h : *health)
                if (h.is_object() && h.value("healthy", true) == false)
                    out.push_back(
                        {false,
                         fmt::format("its {} is not healthy: {}", text(h, "serviceType"), text(h, "message")),
                         "ask those who run the system"});
        return out;
    }
    return {{false,
             fmt::format("FirecREST has no system {}; it has {}", system, names.empty() ? "none" : names),
             "set `system` to one of these"}};
}

finding about_partition(const std::string& body, const std::string& wanted) {
    const auto told = json::parse(body, nullptr, false);
    if (told.is_object() && told.contains("partitions") && told["partitions"].is_array())
        for (const auto& p : told["partitions"])
            if (p.is_object() && text(p, "name") == wanted)
                return {text(p, "partition") != "DOWN",
                        fmt::format("partition {} is {}", wanted, text(p, "partition")),
                        "ask those who run the system"};
    return {false, fmt::format("there is no partition {}", wanted),
            "change partition in [cluster.NAME.defaults]"};
}

} // namespace

asio::awaitable<result<std::string>> firecrest_backend::get(std::string path) {
    return calls_.ask({s_.poll_account, "GET", std::move(path), asking::question, ""});
}

asio::awaitable<std::vector<finding>> firecrest_backend::check() {
    if (s_.poll_account.empty())
        co_return std::vector<finding>{{true,
                                        "FirecREST is asked with each user's own token only: without a "
                                        "poll_account nothing can be tried",
                                        ""}};
    const auto systems = co_await get("/status/systems");
    if (!systems) co_return std::vector{silent(systems.error(), s_.poll_account)};
    auto out = about_system(*systems, s_.system);
    if (!out.front().good) co_return out;
    if (const auto& wanted = s_.defaults.partition) {
        const auto partitions = co_await get(fmt::format("/status/{}/partitions", percent_encode(s_.system)));
        out.push_back(partitions ? about_partition(*partitions, *wanted)
                                 : silent(partitions.error(), s_.poll_account));
    }
    const auto jobs = co_await rows(s_.poll_account, compute("?allusers=true&time_window=1h"));
    out.push_back(jobs
                      ? finding{true, fmt::format("{} sees {} jobs there", s_.poll_account, jobs->size()), ""}
                      : silent(jobs.error(), s_.poll_account));
    co_return out;
}

} // namespace berth::scheduler
