// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/command_support.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>

namespace {

using namespace berth::config;

void add_common(CLI::App& command, common_options& o) {
    command
        .add_option("-c,--config", o.config_file,
                    "configuration file (TOML); without one a hub for this machine alone")
        ->check(CLI::ExistingFile);
    command.add_option("--data-dir", o.data_dir, "in place of [hub] data_dir");
}

int run(int argc, char** argv) {
    CLI::App app{"Berth: the hub of an HPC centre's notebooks"};
    app.require_subcommand(1);
    common_options common;
    serve_options serving;
    proxy_options door;
    stop_options stop;
    token_options token;

    auto* serve = app.add_subcommand("serve", "run the hub, and start the front door where none runs");
    auto* proxy = app.add_subcommand("proxy", "run the front door alone");
    auto* stopping = app.add_subcommand("stop", "stop the hub and close the front door; notebooks run on");
    auto* check =
        app.add_subcommand("check", "look whether the configuration and everything around it is in order");
    auto* tokens =
        app.add_subcommand("token", "make an API token for a user (who is created if need be) and print it");
    auto* version = app.add_subcommand("version", "print the version");
    for (auto* command : {serve, proxy, stopping, check, tokens}) add_common(*command, common);
    serve->add_flag("--door-apart", serving.door_apart, "never start a front door: a unit of its own does");
    proxy->add_flag("--replace", door.replace,
                    "have the front door that runs hand over to a new one; no connection is cut");
    add_chp_options(*proxy, door.chp);
    proxy->add_flag("--successor", door.successor, "take over through standard input")->group("");
    stopping->add_flag("--servers", stop.servers, "stop the notebook servers too");
    stopping->add_flag("--hub-only", stop.hub_only, "leave the front door open");
    tokens->add_option("user", token.user, "whose token")->required();
    tokens->add_option("--note", token.note, "what it is for");
    tokens->add_option("--expires-in", token.expires_in, "seconds; never when left out")
        ->check(CLI::PositiveNumber);
    tokens->add_option("--scope", token.scopes, "what it may do; everything its owner may when left out");
    CLI11_PARSE(app, argc, argv);

    if (serve->parsed()) return serve_command(common, serving);
    if (proxy->parsed()) {
        if (auto ok = refuse_others(*proxy); !ok) return complain(ok.error(), exit_configuration);
        door.as_chp = has_chp_options(*proxy);
        return proxy_command(common, door);
    }
    if (stopping->parsed()) return stop_command(common, stop);
    if (check->parsed()) return check_command(common);
    if (tokens->parsed()) return token_command(common, token);
    if (version->parsed()) fmt::print("berth {}\n", BERTH_VERSION);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& e) {
        fmt::print(stderr, "berth: {}\n", e.what());
        return 1;
    }
}
