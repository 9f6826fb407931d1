// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/door_state.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fmt/core.h>
#include <unistd.h>

namespace berth::proxy {
namespace {

// An upgrade has put another file in the place of the one that runs.
bool program_is_outdated() {
    constexpr std::string_view gone = " (deleted)";
    std::array<char, 4096> path{};
    const auto n = readlink("/proc/self/exe", path.data(), path.size());
    const std::string_view text(path.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    return text.ends_with(gone) &&
           access(std::string(text.substr(0, text.size() - gone.size())).c_str(), X_OK) == 0;
}

// A thread that takes no signals: they are the main thread's. It also keeps OpenSSL's plain write() to a
// connection that has gone from ending the process (SIGPIPE goes to the thread that wrote).
std::thread quiet_thread(std::function<void()> work) {
    sigset_t all, before;
    sigfillset(&all);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&all, fault);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    std::thread t(std::move(work));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return t;
}

} // namespace

void front_door::state::on_all_workers(std::function<void(worker&)> work, std::function<void()> done) {
    auto left = std::make_shared<std::atomic<std::size_t>>(workers.size());
    auto shared_work = std::make_shared<std::function<void(worker&)>>(std::move(work));
    auto shared_done = std::make_shared<std::function<void()>>(std::move(done));
    for (auto& w : workers)
        w->loop().post([this, &one = *w, left, shared_work, shared_done] {
            (*shared_work)(one);
            if (left->fetch_sub(1) == 1) control_loop.post([shared_done] { (*shared_done)(); });
        });
}

std::size_t front_door::state::tunnels() const {
    std::size_t n = 0;
    for (const auto& w : workers) n += w->tunnels();
    return n;
}

std::string front_door::state::status_json() const {
    return fmt::format(
        R"({{"pid":{},"version":"{}","outdated":{},"connections":{},"tunnels":{},"draining":{}}})", getpid(),
        config.version, program_is_outdated(), parts.connections.load(), tunnels(),
        succession.predecessors());
}

void front_door::state::reload(std::function<void(result<void>)> done) {
    auto next = hooks.read_settings ? hooks.read_settings()
                                    : fail(errc::unavailable, "this front door has no settings to read");
    auto taken = next ? take(*next) : fail(next.error());
    if (taken)
        log.info("proxy.reloaded");
    else
        log.error("proxy.reload_failed", {{"reason", taken.error()}});
    done(std::move(taken));
}

std::string front_door::state::shut_api() {
    if (server) server->shut();
    return book.to_json(book.all());
}

// The sockets stay open in the successor; here they would keep connections that nobody takes.
void front_door::state::retire() {
    on_all_workers([](worker& w) { w.hand_over(); },
                   [this] {
                       listener.reset();
                       api_listener.reset();
                       if (hooks.handed_over) hooks.handed_over();
                   });
}

result<http::tls_context> front_door::state::load_certificate(const http::tls_files& files) {
    auto loaded = http::load_tls(files);
    if (!loaded) return fail(loaded.error());
    if (!loaded->warning.empty()) log.warning("proxy.certificate", {{"warning", loaded->warning}});
    return loaded->context;
}

result<front_door::state::changeable> front_door::state::load(const settings& from) {
    changeable out;
    auto trusted = network_list::parse(from.listen.trusted_proxies);
    if (!trusted) return fail(trusted.error());
    out.trusted = std::make_shared<const network_list>(std::move(*trusted));
    if (from.listen.tls.certificate.empty()) return out;
    auto tls = load_certificate(from.listen.tls);
    if (!tls) return fail(tls.error());
    out.tls = std::move(*tls);
    return out;
}

result<void> front_door::state::take(const settings& next) {
    const std::lock_guard lock(reloading);
    if (next.listen.tls.certificate.empty() != config.listen.tls.certificate.empty())
        return fail(errc::conflict, "TLS is switched on or off with the next front door");
    auto loaded = load(next);
    if (!loaded) return fail(loaded.error());
    config.listen.tls = next.listen.tls;
    config.listen.trusted_proxies = next.listen.trusted_proxies;
    for (auto& w : workers)
        w->loop().post([&one = *w, what = *loaded] {
            one.set_tls(what.tls);
            one.set_trusted(what.trusted);
        });
    return {};
}

// Those of a predecessor where the addresses are still the same.
result<void> front_door::state::prepare_sockets() {
    const auto open = [](const std::string& address, const std::string& known,
                         unique_fd& from) -> result<unique_fd> {
        auto fd = from && address == known ? open_listener(fmt::format("fd:{}", from.release()))
                                           : open_listener(address);
        if (!fd) return fail(fd.error());
        return unique_fd(*fd);
    };
    auto fd = open(config.listen.address, inherited.listen_address, inherited.listen);
    if (!fd) return fail(fd.error());
    listener = std::move(*fd);
    if (config.api_address.empty()) return {};
    auto api_fd = open(config.api_address, inherited.api_address, inherited.api);
    if (!api_fd) return fail(api_fd.error());
    api_listener = std::move(*api_fd);
    return {};
}

result<void> front_door::state::prepare_routes() {
    book.use_hosts(config.host_routing);
    if (!config.default_target.empty())
        if (auto r = book.add("/", fmt::format(R"({{"target":"{}"}})", config.default_target), wall_ms()); !r)
            return fail(r.error());
    if (config.error_server.empty()) return {};
    auto words = parse_target(config.error_server);
    if (!words) return fail(words.error());
    auto r = std::make_shared<route>();
    r->target = std::move(*words);
    parts.error_route = std::move(r);
    return {};
}

result<void> front_door::state::prepare() {
    if (auto ok = prepare_routes(); !ok) return ok;
    const auto n = config.threads ? config.threads : std::max(1u, std::thread::hardware_concurrency());
    auto loaded = load(config);
    if (!loaded) return fail(loaded.error());
    for (unsigned i = 0; i < n; ++i) {
        workers.push_back(std::make_unique<worker>(parts));
        workers.back()->set_tls(loaded->tls);
        workers.back()->set_trusted(loaded->trusted);
    }
    if (auto ok = prepare_sockets(); !ok) return ok;
    if (inherited.line)
        if (auto ok = take_routes(); !ok) return ok;
    for (auto& w : workers) w->routes().replace(book.all());
    return {};
}

// Everything that can fail has been done. From here on the predecessor's API takes nothing.
result<void> front_door::state::take_routes() {
    if (auto ok = send_message(inherited.line.get(), "prepared"); !ok) return ok;
    auto table = receive_message(inherited.line.get(), std::chrono::seconds(10));
    if (!table) return fail(table.error());
    return book.adopt(*table, wall_ms());
}

void front_door::state::start_threads() {
    std::vector<worker*> peers;
    for (auto& w : workers) peers.push_back(w.get());
    for (auto* w : peers) w->listen(listener.get(), peers);
    for (auto* w : peers) threads.push_back(quiet_thread([w] { w->run(); }));
    api = std::make_unique<control_api>(book, *this, log, config.api_token);
    if (api_listener)
        server = std::make_unique<control_server>(
            control_loop, api_listener.get(),
            [this](control_request r, control_answer a) { api->handle(std::move(r), std::move(a)); });
    for (auto& line : inherited.predecessors) succession.add_predecessor(std::move(line));
    if (inherited.line) {
        if (auto ok = send_message(inherited.line.get(), "ready"); !ok)
            log.warning("proxy.predecessor_gone", {{"error", ok.error()}});
        succession.add_predecessor(std::move(inherited.line));
    }
    control_loop.set_tick(std::chrono::seconds(1), [this] { succession.on_tick(); });
    control_thread = quiet_thread([this] { control_loop.run(); });
    running = true;
}

} // namespace berth::proxy
