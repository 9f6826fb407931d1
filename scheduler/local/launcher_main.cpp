// SPDX-License-Identifier: BSD-3-Clause
// berth-local-launcher: starts notebook servers on this machine so that they outlive the hub.
//
//   berth-local-launcher run                  one order on standard input, its answer on standard output
//   (order.hpp) berth-local-launcher serve UID GID        as root, before the hub drops its privileges: the
//   helper protocol with the
//                                             verbs "start" (an order) and "cancel" {"dir", "grace_ms"}; the
//                                             state directories belong to UID and GID, the hub's account
#include "daemon/runtime/serve_helper.hpp"
#include "scheduler/local/order.hpp"
#include "scheduler/local/shepherd.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace berth;
using namespace berth::scheduler;
using nlohmann::json;

constexpr int starts_at_once = 8;

int usage() {
    std::fputs("usage: berth-local-launcher run | serve UID GID\n"
               "Started by berth; not meant to be used by hand.\n",
               stderr);
    return 2;
}

template<class N>
bool read_number(std::string_view text, N& out) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
}

int run_one() {
    std::string text(std::istreambuf_iterator<char>(std::cin), {});
    auto order = order_from_json(json::parse(text, nullptr, false));
    if (order && !order->user.empty())
        order = fail(errc::denied, "Only the privileged helper runs servers as other users");
    const auto answer =
        order ? start_under_shepherd(*order, std::nullopt) : result<pid_t>(fail(order.error()));
    std::cout << answer_to_json(answer).dump() << std::endl;
    return answer ? 0 : 1;
}

result<json> answer(const std::string& verb, const json& arguments, const state_owner& owner) {
    if (verb == "start") {
        auto order = order_from_json(arguments);
        if (!order) return fail(order.error());
        if (order->user.empty()) return fail(errc::invalid_argument, "The order names no user");
        auto pid = start_under_shepherd(*order, owner);
        if (!pid) return fail(pid.error());
        return json{{"pid", *pid}};
    }
    if (verb == "cancel") {
        if (!arguments.contains("dir") || !arguments["dir"].is_string())
            return fail(errc::invalid_argument, "\"dir\" is missing");
        auto done = end_job(arguments["dir"].get<std::string>(), arguments.value("grace_ms", 5000), owner);
        if (!done) return fail(done.error());
        return json::object();
    }
    if (verb == "hello") return json{{"program", "berth-local-launcher"}, {"uid", geteuid()}};
    return fail(errc::invalid_argument, "unknown verb " + verb);
}

int serve(std::string_view uid, std::string_view gid) {
    state_owner owner;
    if (!read_number(uid, owner.uid) || !read_number(gid, owner.gid)) return usage();
    if (geteuid() != 0) {
        std::fputs("berth-local-launcher serve: needs root\n", stderr);
        return 1;
    }
    return serve_helper(
        [owner](const std::string& verb, const json& arguments) { return answer(verb, arguments, owner); },
        starts_at_once);
}

} // namespace

int main(int argc, char** argv) {
    umask(022);
    const std::string_view mode = argc > 1 ? argv[1] : "";
    if (mode == "run" && argc == 2) return run_one();
    if (mode == "serve" && argc == 4) return serve(argv[2], argv[3]);
    return usage();
}
