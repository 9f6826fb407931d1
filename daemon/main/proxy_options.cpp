// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/main/proxy_options.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

namespace berth::config {
namespace {

constexpr const char* ours = "As configurable-http-proxy's, in place of a configuration (API token: CONFIGPROXY_AUTH_TOKEN)";

struct absent_option {
    std::string_view name;
    std::string_view instead;
};
constexpr std::string_view api_is_plain = "keep the API on loopback or on a socket (--api-socket)";
constexpr std::string_view targets_are_plain = "targets are reached over http or Unix sockets only";
constexpr std::string_view one_tls = "TLS is 1.2 and later, with the ciphers of this system's OpenSSL";
constexpr std::string_view no_client_certificates = "browsers' certificates are not asked for";
constexpr std::string_view as_it_comes = "requests and answers are passed on as they are";
constexpr std::string_view own_pages = "name a server for error pages with --error-target";
constexpr std::string_view no_metrics = "GET /api/status of the API counts connections";
constexpr std::array absent = {
    absent_option{"--ssl-ca", "put the chain into --ssl-cert"},
    absent_option{"--ssl-request-cert", no_client_certificates},
    absent_option{"--ssl-reject-unauthorized", no_client_certificates},
    absent_option{"--ssl-protocol", one_tls},
    absent_option{"--ssl-ciphers", one_tls},
    absent_option{"--ssl-allow-rc4", one_tls},
    absent_option{"--ssl-dhparam", one_tls},
    absent_option{"--api-ssl-key", api_is_plain},
    absent_option{"--api-ssl-cert", api_is_plain},
    absent_option{"--api-ssl-ca", api_is_plain},
    absent_option{"--api-ssl-request-cert", api_is_plain},
    absent_option{"--api-ssl-reject-unauthorized", api_is_plain},
    absent_option{"--client-ssl-key", targets_are_plain},
    absent_option{"--client-ssl-cert", targets_are_plain},
    absent_option{"--client-ssl-ca", targets_are_plain},
    absent_option{"--client-ssl-request-cert", targets_are_plain},
    absent_option{"--client-ssl-reject-unauthorized", targets_are_plain},
    absent_option{"--insecure", targets_are_plain},
    absent_option{"--error-path", own_pages},
    absent_option{"--no-x-forward", "X-Forwarded-* always go along"},
    absent_option{"--no-include-prefix", as_it_comes},
    absent_option{"--auto-rewrite", as_it_comes},
    absent_option{"--change-origin", as_it_comes},
    absent_option{"--protocol-rewrite", as_it_comes},
    absent_option{"--custom-header", as_it_comes},
    absent_option{"--metrics-ip", no_metrics},
    absent_option{"--metrics-port", no_metrics},
    absent_option{"--metrics-socket", no_metrics},
    absent_option{"--timeout", "use --proxy-timeout"},
    absent_option{"--storage-backend", "routes are kept in memory; the hub gives them again"},
};

result<void> take_error_target(const chp_options& o, proxy::settings& s) {
    s.error_target.clear();
    if (o.error_target.empty()) return {};
    const auto scheme = o.error_target.find("://");
    if (scheme == std::string::npos || o.error_target.find_first_of("?# ") != std::string::npos)
        return fail(errc::invalid_argument,
                    fmt::format("--error-target \"{}\" is not an address such as http://127.0.0.1:8081/hub/error", o.error_target));
    const auto path = std::min(o.error_target.find('/', scheme + 3), o.error_target.size());
    s.error_server = o.error_target.substr(0, path);
    s.error_target = o.error_target.substr(path);
    while (s.error_target.ends_with('/')) s.error_target.pop_back();
    return {};
}

std::string address(const std::string& socket, const std::string& ip, int port) {
    if (!socket.empty()) return "unix:" + socket;
    return ip.find(':') == std::string::npos ? fmt::format("{}:{}", ip, port) : fmt::format("[{}]:{}", ip, port);
}

} // namespace

void add_chp_options(CLI::App& command, chp_options& o) {
    const auto text = [&](const char* name, std::string& value, const char* what) {
        return command.add_option(name, value, what)->group(ours);
    };
    const auto number = [&](const char* name, int& value, const char* what) {
        return command.add_option(name, value, what)->group(ours);
    };
    // "--ip=" is every interface.
    text("--ip", o.ip, "public address; every interface when left out")->expected(0, 1);
    number("--port", o.port, "public port (8000)")->check(CLI::Range(1, 65535));
    text("--socket", o.socket, "public Unix socket in place of address and port")->excludes("--ip")->excludes("--port");
    text("--api-ip", o.api_ip, "address of the REST API (localhost)")->expected(0, 1);
    number("--api-port", o.api_port, "port of the REST API (the public one + 1)")->check(CLI::Range(1, 65535));
    text("--api-socket", o.api_socket, "Unix socket of the REST API")->excludes("--api-ip")->excludes("--api-port");
    text("--ssl-key", o.ssl_key, "private key, PEM");
    text("--ssl-cert", o.ssl_cert, "certificate with its chain, PEM");
    number("--redirect-port", o.redirect_port, "plain http here is sent to https")->check(CLI::Range(1, 65535));
    number("--redirect-to", o.redirect_to, "on this port (the public one)")->check(CLI::Range(1, 65535))->needs("--redirect-port");
    text("--default-target", o.default_target, "where everything goes that has no route: http://host:port");
    text("--error-target", o.error_target, "who words errors: GET TARGET/STATUS?url=PATH");
    command.add_flag("--host-routing", o.host_routing, "a route's first segment is a host")->group(ours);
    command.add_flag("--no-prepend-path", o.no_prepend_path, "always so: a target's own path is ignored")->group(ours);
    number("--proxy-timeout", o.proxy_timeout, "ms that a target may be silent")->check(CLI::NonNegativeNumber);
    number("--keep-alive-timeout", o.keep_alive_timeout, "ms that a connection is kept between requests (75000)")
        ->check(CLI::PositiveNumber);
    text("--pid-file", o.pid_file, "where to write the process's number");
    text("--log-level", o.log_level, "debug, info, warn, error");
    for (const auto& a : absent)
        command.add_option(std::string(a.name))->expected(0, 1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)->group("");
}

bool has_chp_options(const CLI::App& command) {
    return !command.get_options([](const CLI::Option* o) { return o->get_group() == ours && o->count() > 0; }).empty();
}

result<void> refuse_others(const CLI::App& command) {
    for (const auto& a : absent)
        if (command.count(std::string(a.name)) > 0)
            return fail(errc::invalid_argument, fmt::format("berth proxy has no {}: {}", a.name, a.instead));
    return {};
}

result<log_level> chp_log_level(const chp_options& o) {
    constexpr std::array<std::string_view, 4> names = {"debug", "info", "warn", "error"};
    constexpr std::array levels = {log_level::debug, log_level::info, log_level::warning, log_level::error};
    auto name = o.log_level;
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const auto* at = std::ranges::find(names, name);
    if (at == names.end())
        return fail(errc::invalid_argument, fmt::format("--log-level \"{}\" is not debug, info, warn or error", o.log_level));
    return levels[static_cast<std::size_t>(at - names.begin())];
}

result<proxy::settings> chp_settings(const chp_options& o, std::string token) {
    if (o.ssl_cert.empty() && !o.ssl_key.empty()) return fail(errc::invalid_argument, "--ssl-key needs --ssl-cert");
    if (o.redirect_port && o.ssl_cert.empty()) return fail(errc::invalid_argument, "--redirect-port needs --ssl-cert");
    proxy::settings s;
    s.listen.address = address(o.socket, o.ip, o.port);
    s.listen.tls = {o.ssl_cert, o.ssl_key.empty() ? o.ssl_cert : o.ssl_key};
    s.listen.trusted_proxies = {"127.0.0.1/32", "::1/128"};
    s.api_address = address(o.api_socket, o.api_ip, o.api_port ? o.api_port : o.socket.empty() ? o.port + 1 : 8001);
    s.api_token = secret(std::move(token));
    s.default_target = o.default_target;
    s.host_routing = o.host_routing;
    s.response_time = std::chrono::milliseconds(o.proxy_timeout);
    if (o.keep_alive_timeout) s.listen.bounds.idle_time = std::chrono::milliseconds(o.keep_alive_timeout);
    s.version = BERTH_VERSION;
    if (auto ok = take_error_target(o, s); !ok) return fail(ok.error());
    return s;
}

std::optional<proxy::settings> redirect_settings(const chp_options& o) {
    if (!o.redirect_port) return std::nullopt;
    proxy::settings s;
    s.listen.address = address("", o.ip, o.redirect_port);
    s.redirect_to = o.redirect_to ? o.redirect_to : o.port;
    s.threads = 1;
    return s;
}

} // namespace berth::config
