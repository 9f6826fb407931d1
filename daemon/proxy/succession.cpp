// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/succession.hpp"

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

namespace berth::proxy {
namespace {

using nlohmann::json;

constexpr auto patience = std::chrono::seconds(20); // for a successor to be ready

} // namespace

succession::succession(reactor& loop, logger& log, succession_host& host)
    : loop_(loop)
    , log_(log)
    , host_(host) {}

succession::~succession() = default;

void succession::add_predecessor(unique_fd fd) {
    auto line = std::make_unique<handover_line>(loop_, std::move(fd));
    line->on_end = [this, gone = line.get()] {
        const auto at = std::ranges::find(predecessors_, gone, &std::unique_ptr<handover_line>::get);
        if (at == predecessors_.end()) return;
        loop_.retire(std::move(*at));
        predecessors_.erase(at);
        log_.info("proxy.predecessor_gone", {{"left", predecessors_.size()}});
    };
    predecessors_.push_back(std::move(line));
}

void succession::pass_on(const control_request& call) {
    if (predecessors_.empty()) return;
    const auto text = json{{"method", call.method}, {"path", call.path}, {"body", call.body}}.dump(
        -1, ' ', false, json::error_handler_t::replace);
    std::vector<handover_line*> all; // a line that breaks leaves the list
    for (const auto& p : predecessors_) all.push_back(p.get());
    for (auto* p : all) p->send(text);
}

void succession::begin(const std::function<result<launched_successor>()>& launch, told when_done) {
    if (!launch) return when_done(fail(errc::unavailable, "this front door cannot start a successor"));
    if (at_ != step::none) return when_done(fail(errc::conflict, "a successor has been started already"));
    auto started = launch();
    if (!started) return when_done(fail(started.error()));
    successor_ = started->pid;
    std::vector<int> lines;
    for (const auto& p : predecessors_) lines.push_back(p->fd());
    when_done_ = std::move(when_done);
    at_ = step::preparing;
    give_up_at_ = loop_clock::now() + patience;
    // The oldest beyond what one message carries are left behind: their browsers connect anew.
    if (lines.size() > most_predecessors - 1)
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most_predecessors - 1));
    if (auto ok = host_.offer(started->line.get(), lines); !ok) return give_up(ok.error());
    line_ = std::make_unique<handover_line>(loop_, std::move(started->line));
    line_->on_message = [this](std::string text) { on_message(std::move(text)); };
    line_->on_end = [this] {
        if (at_ == step::retired) return host_.abandoned();
        give_up({errc::unavailable,
                 "the new front door ended before it was ready; its own words are in the log"});
    };
    log_.info("proxy.successor_started", {{"pid", successor_}});
}

void succession::on_message(std::string text) {
    if (at_ == step::preparing && text == "prepared") {
        at_ = step::taking;
        return line_->send(host_.shut_api());
    }
    if (at_ == step::taking && text == "ready") return take_over();
    if (at_ != step::retired) return;
    const auto v = json::parse(text, nullptr, false);
    if (!v.is_object()) return;
    control_request call;
    call.method = v.value("method", "");
    call.path = v.value("path", "");
    call.body = v.value("body", "");
    host_.apply(std::move(call));
}

void succession::take_over() {
    at_ = step::retired;
    // The successor has these lines now; two writers would tear each other's messages.
    for (auto& p : predecessors_) {
        p->close();
        loop_.retire(std::move(p));
    }
    predecessors_.clear();
    log_.info("proxy.handed_over", {{"to", successor_}});
    host_.retire();
    std::exchange(when_done_, nullptr)(successor_);
}

void succession::give_up(const failure& why) {
    const bool shut = at_ == step::taking;
    drop_successor();
    at_ = step::none;
    if (shut) host_.open_api();
    log_.error("proxy.successor_failed", {{"error", why}});
    std::exchange(when_done_, nullptr)(fail(why));
}

void succession::drop_successor() {
    if (line_) {
        line_->close();
        loop_.retire(std::move(line_));
    }
    if (successor_ > 0) { // our own child, not waited for yet: the number is still its own
        kill(successor_, SIGKILL);
        waitpid(successor_, nullptr, 0);
    }
    successor_ = -1;
}

void succession::on_tick() {
    if ((at_ == step::preparing || at_ == step::taking) && loop_clock::now() > give_up_at_)
        give_up({errc::timed_out, "the new front door was not ready in time"});
}

} // namespace berth::proxy
