// SPDX-License-Identifier: BSD-3-Clause
// A helper with a verb for every way in which a request can go.
#include "daemon/runtime/serve_helper.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <unistd.h>

using nlohmann::json;

static berth::result<json> handle(const std::string& verb, const json& arguments) {
    if (verb == "echo") return arguments;
    if (verb == "deny") return berth::fail(berth::errc::denied, "not you");
    if (verb == "throw") throw std::runtime_error("a bug");
    if (verb == "crash") return raise(SIGSEGV), json();
    if (verb == "exit") _exit(3);
    if (verb == "hang")
        for (;;) pause();
    if (verb == "large") return json(std::string(3'000'000, 'x'));
    if (verb == "pid") return json(getpid());
    if (verb == "parent") return json(getppid());
    if (verb == "wait for") { // until the file is there
        while (access(arguments.at("file").get<std::string>().c_str(), F_OK) != 0) usleep(1000);
        return json("seen");
    }
    return berth::fail(berth::errc::invalid_argument, "no verb " + verb);
}

int main() { return berth::serve_helper(handle, 3); }
