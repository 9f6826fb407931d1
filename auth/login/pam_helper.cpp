// SPDX-License-Identifier: BSD-3-Clause
// berth-pam-helper: checks passwords with the rights that the daemon gives up (pam_unix reads the shadow
// file). The protocol is helper_process.hpp's:
//
//   {"verb": "check", "name": "al", "password": "..."} -> {"name": "al", "groups": ["al", "physics"]}
//
// Which PAM service is asked is decided on the command line, not by the daemon. The password stays in the
// child that asks, and appears in no text.
#include "auth/login/pam_session.hpp"
#include "daemon/runtime/serve_helper.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <iostream>

namespace {

constexpr int children_at_once = 16;

std::string text_of(const nlohmann::json& arguments, const char* key) {
    const auto at = arguments.find(key);
    return at != arguments.end() && at->is_string() ? at->get<std::string>() : std::string();
}

berth::result<nlohmann::json> answer(const berth::auth::pam_settings& settings, const std::string& verb,
                                     const nlohmann::json& arguments) {
    if (verb != "check") return berth::fail(berth::errc::invalid_argument, "the verb must be \"check\"");
    const auto name = text_of(arguments, "name"), password = text_of(arguments, "password");
    if (name.empty() || password.empty())
        return berth::fail(berth::errc::invalid_argument, "\"name\" and \"password\" must be given");
    const auto who = berth::auth::ask_pam(settings, name, password);
    if (!who) {
        if (who.error().code == berth::errc::unavailable)
            std::cerr << "berth-pam-helper: " << who.error().message << '\n';
        return berth::fail(who.error());
    }
    return nlohmann::json{{"name", who->name}, {"groups", who->groups}};
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("Checks passwords through PAM for berth. Started by berth serve; not for people.");
    berth::auth::pam_settings settings;
    app.add_option("--service", settings.service,
                   "PAM service; default: berth if /etc/pam.d/berth exists, else login");
    app.add_option("--confdir", settings.folder, "folder of PAM service files instead of the system's");
    CLI11_PARSE(app, argc, argv);
    if (settings.service.empty())
        settings.service = std::filesystem::exists("/etc/pam.d/berth") ? "berth" : "login";
    return berth::serve_helper(
        [&](const std::string& verb, const nlohmann::json& arguments) {
            return answer(settings, verb, arguments);
        },
        children_at_once);
}
